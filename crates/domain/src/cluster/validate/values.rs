//! Single values of requests on clusters.

use crate::cluster::Surroundings;
use crate::engine::Engine;
use crate::engine_version::EngineVersion;
use crate::ids::{CacheClusterId, Scope};
use crate::network::{IpDiscovery, NetworkType};
use crate::node_type::{CacheNodeType, DataTiering};
use crate::quota::{Quota, Quotas};
use crate::rejection::Rejection;

/// A value that must be there and not be empty.
pub(crate) fn required<'r>(value: Option<&'r str>, parameter: &'static str) -> Result<&'r str, Rejection> {
    value.filter(|text| !text.is_empty()).ok_or(Rejection::Missing(parameter))
}

/// AWS's rule for identifiers, which is the one for clusters' ids but for the length.
pub(crate) fn identifier(text: &str, parameter: &'static str) -> Result<(), Rejection> {
    text.parse::<CacheClusterId>().map(drop).map_err(|_| Rejection::BadIdentifier(parameter))
}

/// `Engine`, in any case.
pub(crate) fn engine(text: &str) -> Result<Engine, Rejection> {
    text.parse().map_err(|_| Rejection::NotListed {
        parameter: "Engine",
        value: text.to_owned(),
        allowed: Engine::ALL.map(Engine::as_str).join(", "),
    })
}

/// `NumCacheNodes`: 1 for Redis and Valkey; for Memcached from 1 up to the quota, default 1 (uncertain).
pub(crate) fn num_cache_nodes(asked: Option<i32>, engine: Engine, quotas: Quotas) -> Result<u16, Rejection> {
    let asked = asked.unwrap_or(1);
    if engine != Engine::Memcached {
        return if asked == 1 { Ok(1) } else { Err(Rejection::NumCacheNodesNotOne(engine)) };
    }
    let most = Quota::NodesPerMemcachedCluster.default_limit();
    let number = u16::try_from(asked).ok().filter(|number| *number > 0);
    let number = number.ok_or(Rejection::out_of_range("NumCacheNodes", asked, 1, i64::from(most)))?;
    match quotas.limit(Quota::NodesPerMemcachedCluster) {
        Some(limit) if u32::from(number) > limit => Err(Rejection::NodeQuotaForCluster(limit)),
        _ => Ok(number),
    }
}

/// Whether so many nodes more fit in the region's quota.
pub(crate) fn nodes_fit(more: u16, world: &Surroundings<'_>) -> Result<(), Rejection> {
    match world.quotas.limit(Quota::NodesPerRegion) {
        Some(limit) if world.nodes + u32::from(more) > limit => Err(Rejection::NodeQuotaForCustomer(limit)),
        _ => Ok(()),
    }
}

/// `Port`: 1150 to 65535, the range of AWS's older consoles (uncertain); else the engine's own.
pub(crate) fn port(asked: Option<i32>, engine: Engine) -> Result<u16, Rejection> {
    let Some(asked) = asked else { return Ok(engine.default_port()) };
    let port = u16::try_from(asked).ok().filter(|port| *port >= 1150);
    port.ok_or(Rejection::out_of_range("Port", asked, 1150, 65535))
}

/// `SnapshotRetentionLimit`: 0 to 35 days.
pub(crate) fn retention(asked: i32) -> Result<u8, Rejection> {
    let days = u8::try_from(asked).ok().filter(|days| *days <= 35);
    days.ok_or(Rejection::out_of_range("SnapshotRetentionLimit", asked, 0, 35))
}

/// Whether new clusters of `version` can have the node type.
pub(crate) fn node_type_runs(
    node_type: &CacheNodeType,
    version: &EngineVersion,
    tiering: DataTiering,
) -> Result<(), Rejection> {
    let name = || node_type.as_str().to_owned();
    let facts = node_type.facts().ok_or_else(|| Rejection::UnknownNodeType(name()))?;
    if !facts.creatable {
        return Err(Rejection::RetiredNodeType(name()));
    }
    if facts.needs_data_tiering && tiering == DataTiering::Off {
        return Err(Rejection::DataTieringNeedsReplicationGroup(name()));
    }
    if !facts.runs(version.engine, version.number()) {
        return Err(Rejection::NodeTypeNotForVersion {
            node_type: name(),
            engine: version.engine,
            version: version.full_version.to_owned(),
        });
    }
    Ok(())
}

/// `NotificationTopicArn`: an SNS topic of the caller's account ("the topic's owner must be the cluster's").
pub(crate) fn topic_arn(text: &str, scope: &Scope) -> Result<String, Rejection> {
    let parts: Vec<&str> = text.split(':').collect();
    let partition = scope.region.partition().as_str();
    let account = scope.account.as_str();
    match parts[..] {
        ["arn", p, "sns", region, a, topic]
            if p == partition && a == account && !region.is_empty() && !topic.is_empty() =>
        {
            Ok(text.to_owned())
        }
        _ => Err(Rejection::BadTopicArn(text.to_owned())),
    }
}

/// `IpDiscovery` must be a version that the network has; default ipv4, on IPv6 networks ipv6.
pub(crate) fn ip_discovery(asked: Option<&str>, network: NetworkType) -> Result<IpDiscovery, Rejection> {
    let asked = asked.map(str::parse::<IpDiscovery>).transpose()?;
    match (network, asked) {
        (NetworkType::Ipv6, None) => Ok(IpDiscovery::Ipv6),
        (_, None) => Ok(IpDiscovery::Ipv4),
        (NetworkType::Ipv4, Some(IpDiscovery::Ipv6)) | (NetworkType::Ipv6, Some(IpDiscovery::Ipv4)) => {
            Err(Rejection::DiscoveryNotForNetwork {
                discovery: asked.map_or("", IpDiscovery::as_str).to_owned(),
                network: network.as_str().to_owned(),
            })
        }
        (_, Some(discovery)) => Ok(discovery),
    }
}
