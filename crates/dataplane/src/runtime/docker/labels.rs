//! Names and labels: how what Simfra made in Docker is named for people and recognised by Simfra.
//!
//! Names are for people and never parsed. Labels carry everything that is read back: the owner, the kind, the
//! identity.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use domain::engine::Engine;
use domain::ids::{CacheNodeId, Scope};
use domain::node::{Generation, NodeId, VpcKey};

use crate::engine::arguments;
use crate::runtime::{NodeSpec, Storage};

/// The instance's name; on everything that Simfra makes.
pub(super) const INSTANCE: &str = "dev.simfra.instance";
/// What proves that the instance lives: see [`Lock`].
pub(super) const LOCK: &str = "dev.simfra.lock";
/// `true` where the instance has a data directory: nobody else may clean up after it.
pub(super) const DURABLE: &str = "dev.simfra.durable";
/// On the helper image: the hash of the executable in it.
pub(super) const HELPER: &str = "dev.simfra.helper";
/// The image that a companion was made from.
pub(super) const IMAGE: &str = "dev.simfra.image";
/// The range that the API reports for a VPC.
pub(super) const CIDR: &str = "dev.simfra.cidr";
/// `true` on a network that the user made for a VPC, under the name that Simfra would give it: used, never removed.
pub(super) const PROVIDED: &str = "dev.simfra.provided";
/// The generation of a node's container or volume.
pub(super) const GENERATION: &str = "dev.simfra.generation";

/// The memory limit that the container was made with, in bytes.
pub(super) const MEMORY: &str = "dev.simfra.memory";
/// A digest of the parameters that the container starts with.
pub(super) const PARAMETERS: &str = "dev.simfra.parameters";
/// A digest of the AUTH tokens that the container starts with.
pub(super) const TOKENS: &str = "dev.simfra.tokens";
/// On the container of an engine that starts behind a proxy.
pub(super) const PROXIED: &str = "dev.simfra.proxied";
/// On the container of a node in memory that started from a seed, or knows its cluster from its first start on.
pub(super) const SEEDED: &str = "dev.simfra.seeded";

/// On both containers of a node that has two.
const PAIR: &str = "dev.simfra.pair";
const SERVICE: &str = "dev.simfra.service";
const ARN: &str = "dev.simfra.arn";
const ROLE: &str = "dev.simfra.role";
const ACCOUNT: &str = "dev.simfra.account";
const REGION: &str = "dev.simfra.region";
const CLUSTER: &str = "dev.simfra.cluster";
const NODE: &str = "dev.simfra.node";
const VPC: &str = "dev.simfra.vpc";
const ADDRESS: &str = "dev.simfra.address";
const PORT: &str = "dev.simfra.port";
/// On a TLS node's container: which authority signed its certificate.
const TLS: &str = "dev.simfra.tls";

/// Labels as Docker has them.
pub(super) type Labels = HashMap<String, String>;
/// Filters as Docker's list calls take them.
pub(super) type Filters = HashMap<String, Vec<String>>;

/// What kind of thing a container, network or volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A cache node's container.
    Node,
    /// A cache node's data.
    Volume,
    /// A VPC's network.
    Network,
    /// A VPC's resolver.
    Resolver,
    /// A VPC's relay.
    Relay,
    /// What stands before a node's server, at its address.
    Proxy,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Resolver => "resolver",
            Self::Relay => "relay",
            Self::Proxy => "proxy",
        }
    }

    const fn service(self) -> &'static str {
        match self {
            Self::Node | Self::Volume | Self::Proxy => "elasticache",
            Self::Network | Self::Resolver | Self::Relay => "ec2",
        }
    }
}

/// Who owns what is made: this instance, under its lock.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    /// The instance's name.
    pub(super) instance: String,
    /// Its [`Lock`], as the label has it.
    pub(super) lock: String,
    /// Whether it has a data directory.
    pub(super) durable: bool,
}

impl Owner {
    /// Another name than `default` is appended to every name, so that instances live side by side.
    fn suffix(&self) -> String {
        if self.instance == "default" { String::new() } else { format!("-{}", self.instance) }
    }

    pub(super) fn container(&self, id: &NodeId) -> String {
        format!("simfra-elasticache-{id}{}", self.suffix())
    }

    /// The proxy of a node that has one.
    pub(super) fn proxy(&self, id: &NodeId) -> String {
        format!("simfra-proxy-{id}{}", self.suffix())
    }

    pub(super) fn volume(&self, id: &NodeId, generation: Generation) -> String {
        format!("simfra-elasticache-{id}-g{generation}{}", self.suffix())
    }

    pub(super) fn network(&self, vpc: &VpcKey) -> String {
        format!("simfra-vpc-{vpc}{}", self.suffix())
    }

    /// A VPC's resolver or relay.
    pub(super) fn companion(&self, role: Role, vpc: &VpcKey) -> String {
        format!("simfra-{}-{vpc}{}", role.as_str(), self.suffix())
    }

    /// The labels that everything of this instance carries.
    fn base(&self, role: Role, scope: &Scope) -> Labels {
        [
            (INSTANCE, self.instance.as_str()),
            (LOCK, self.lock.as_str()),
            (DURABLE, if self.durable { "true" } else { "false" }),
            (SERVICE, role.service()),
            (ROLE, role.as_str()),
            (ACCOUNT, scope.account.as_str()),
            (REGION, scope.region.as_str()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
    }

    /// A VPC's network, resolver or relay.
    pub(super) fn vpc_labels(&self, role: Role, vpc: &VpcKey) -> Labels {
        let mut labels = self.base(role, &vpc.scope);
        labels.insert(VPC.to_owned(), vpc.vpc.to_string());
        labels
    }

    /// A node's container, or its proxy's, which answers at `address` in the network's pool.
    pub(super) fn node_labels(&self, spec: &NodeSpec, role: Role, address: Ipv4Addr) -> Labels {
        let mut labels = self.volume_labels(spec, role);
        labels.insert(VPC.to_owned(), spec.network.vpc.vpc.to_string());
        labels.insert(ADDRESS.to_owned(), address.to_string());
        labels.insert(PORT.to_owned(), spec.port.to_string());
        if let Some(bytes) = spec.memory {
            labels.insert(MEMORY.to_owned(), bytes.to_string());
        }
        labels.insert(PARAMETERS.to_owned(), parameters(spec));
        if let Some(tokens) = tokens(spec) {
            labels.insert(TOKENS.to_owned(), tokens);
        }
        if spec.is_proxied {
            labels.insert(PROXIED.to_owned(), "true".to_owned());
        }
        if (spec.seed.is_some() || spec.birth().is_some()) && spec.storage == Storage::Ephemeral {
            labels.insert(SEEDED.to_owned(), "true".to_owned());
        }
        if let Some(tls) = &spec.tls {
            labels.insert(TLS.to_owned(), tls.fingerprint().to_owned());
        }
        if spec.engine == Engine::Memcached {
            labels.insert(PAIR.to_owned(), "true".to_owned());
        }
        labels
    }

    /// What names a node and its generation.
    pub(super) fn volume_labels(&self, spec: &NodeSpec, role: Role) -> Labels {
        let mut labels = self.base(role, &spec.id.scope);
        labels.insert(CLUSTER.to_owned(), spec.id.cluster.to_string());
        labels.insert(NODE.to_owned(), spec.id.node.to_string());
        labels.insert(GENERATION.to_owned(), spec.generation.to_string());
        labels.insert(ARN.to_owned(), spec.arn.clone());
        labels
    }

    /// True when the labels prove that this instance made the thing.
    pub(super) fn owns(&self, labels: &Labels) -> bool {
        labels.get(INSTANCE) == Some(&self.instance) && labels.get(LOCK) == Some(&self.lock)
    }

    /// Everything of this instance.
    pub(super) fn filters(&self) -> Filters {
        let own = [format!("{INSTANCE}={}", self.instance), format!("{LOCK}={}", self.lock)];
        Filters::from([("label".to_owned(), own.to_vec())])
    }

    /// Everything of this instance that has the role.
    pub(super) fn role_filters(&self, role: Role) -> Filters {
        let mut filters = self.filters();
        filters.entry("label".to_owned()).or_default().push(format!("{ROLE}={}", role.as_str()));
        filters
    }

    /// The volumes of one node, of all generations.
    pub(super) fn node_volume_filters(&self, id: &NodeId) -> Filters {
        let mut filters = self.role_filters(Role::Volume);
        filters.entry("label".to_owned()).or_default().extend([
            format!("{ACCOUNT}={}", id.scope.account),
            format!("{REGION}={}", id.scope.region),
            format!("{CLUSTER}={}", id.cluster),
            format!("{NODE}={}", id.node),
        ]);
        filters
    }
}

/// Everything that any instance made.
pub(super) fn any_instance() -> Filters {
    Filters::from([("label".to_owned(), vec![INSTANCE.to_owned()])])
}

/// Whose a foreign thing is: its lock, unless it is durable and thus nobody's to clean up.
pub(super) fn disposable_lock(labels: &Labels) -> Option<Lock> {
    if labels.get(DURABLE).map(String::as_str) != Some("false") {
        return None;
    }
    labels.get(LOCK).map(|text| Lock::read(text))
}

/// What proves that an instance lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Lock {
    /// A file on the host, which it holds locked.
    File(PathBuf),
    /// The container that it runs in, by its id: a file in there is seen by nobody else.
    Container(String),
    /// Its data directory, which any container may go on with: who has it is the directory's own business.
    Data(String),
}

impl Lock {
    fn read(text: &str) -> Self {
        match text.split_once(':') {
            Some(("container", id)) => Self::Container(id.to_owned()),
            Some(("data", id)) => Self::Data(id.to_owned()),
            _ => Self::File(PathBuf::from(text)),
        }
    }
}

impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Container(id) => write!(f, "container:{id}"),
            Self::Data(id) => write!(f, "data:{id}"),
        }
    }
}

/// The role in the labels.
pub(super) fn role(labels: &Labels) -> Option<Role> {
    let text = labels.get(ROLE)?;
    let all = [Role::Node, Role::Volume, Role::Network, Role::Resolver, Role::Relay, Role::Proxy];
    all.into_iter().find(|role| role.as_str() == text)
}

fn scope(labels: &Labels) -> Option<Scope> {
    Some(Scope { account: labels.get(ACCOUNT)?.parse().ok()?, region: labels.get(REGION)?.parse().ok()? })
}

/// The VPC that the labels name.
pub(super) fn vpc(labels: &Labels) -> Option<VpcKey> {
    Some(VpcKey { scope: scope(labels)?, vpc: labels.get(VPC)?.parse().ok()? })
}

/// What the labels of a node's container, or of its proxy's, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeLabels {
    pub(super) role: Role,
    /// Whether the node is two containers.
    pub(super) is_pair: bool,
    pub(super) id: NodeId,
    pub(super) generation: Generation,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// The authority of a TLS node's certificate.
    pub(super) authority: Option<String>,
}

impl NodeLabels {
    /// None where a label is missing or unreadable: then Simfra did not make it.
    pub(super) fn read(labels: &Labels) -> Option<Self> {
        let role = role(labels).filter(|role| matches!(role, Role::Node | Role::Proxy))?;
        let node: u16 = labels.get(NODE)?.parse().ok()?;
        let id = NodeId {
            scope: scope(labels)?,
            cluster: labels.get(CLUSTER)?.parse().ok()?,
            node: CacheNodeId::new(node),
        };
        Some(Self {
            role,
            is_pair: labels.contains_key(PAIR),
            id,
            generation: generation(labels)?,
            address: labels.get(ADDRESS)?.parse().ok()?,
            port: labels.get(PORT)?.parse().ok()?,
            authority: labels.get(TLS).cloned(),
        })
    }
}

/// The generation in the labels.
pub(super) fn generation(labels: &Labels) -> Option<Generation> {
    labels.get(GENERATION)?.parse().ok().map(Generation)
}

/// The label's value for the AUTH tokens that the node is to start with; none where it needs none.
pub(super) fn tokens(spec: &NodeSpec) -> Option<String> {
    spec.configuration.access.as_ref()?.clients.digest()
}

/// The label's value for the parameters that the node is to start with.
pub(super) fn parameters(spec: &NodeSpec) -> String {
    arguments::digest(&spec.configuration.settings)
}

#[cfg(test)]
mod tests;
