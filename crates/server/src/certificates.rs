//! Which nodes speak TLS, and what stands in their certificates.

use std::sync::Arc;

use dataplane::tls::{Authority, AuthorityError, NodeTls};
use domain::cluster::{CacheCluster, Membership};
use domain::engine::Engine;
use domain::ids::CacheNodeId;
use domain::network::TransitEncryption;

use crate::clock::Clock;
use crate::config::Config;
use crate::names::Naming;

/// Simfra's certificate authority, and the names that it certifies.
#[derive(Clone)]
pub struct Certificates {
    authority: Arc<Authority>,
    naming: Naming,
}

impl Certificates {
    /// The authority that `config` leads to: the data directory's, else the instance's own in the user's cache folder,
    /// where it outlives the run. People install its certificate; one that changed with each start would be a nuisance.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn open(config: &Config, naming: Naming, clock: &Clock) -> Result<Self, AuthorityError> {
        let folder = match &config.data_dir {
            Some(data) => data.join("authority"),
            None => config.cache_dir.join("authorities").join(config.instance.as_str()),
        };
        let clock = clock.clone();
        let now = Arc::new(move || clock.now().into());
        let authority = Arc::new(Authority::open(&folder, &naming.suffix, now)?);
        Ok(Self { authority, naming })
    }

    /// The authority's certificate, as PEM.
    pub fn authority_pem(&self) -> String {
        self.authority.certificate_pem()
    }

    /// TLS of a cluster's node; none where it speaks in clear.
    pub fn of(&self, cluster: &CacheCluster, node: CacheNodeId) -> Option<NodeTls> {
        match cluster.spec.transit_encryption {
            TransitEncryption::Off => None,
            TransitEncryption::Preferred | TransitEncryption::Required => {
                let endpoints = self.naming.of(&cluster.scope);
                let mut names = vec![cluster.node_name(node, &endpoints)];
                if cluster.spec.engine == Engine::Memcached {
                    names.push(endpoints.configuration(&cluster.id));
                }
                if let Some(Membership { group, .. }) = &cluster.membership {
                    names.push(endpoints.node(&cluster.id, node));
                    // Whichever member an endpoint of the group leads to.
                    let encryption = cluster.spec.transit_encryption;
                    names.push(endpoints.primary(group, encryption));
                    names.push(endpoints.reader(group, encryption));
                    names.push(endpoints.cluster_configuration(group, encryption));
                }
                let mut tls = NodeTls::new(Arc::clone(&self.authority), names);
                if cluster.membership.is_some() {
                    // What was a cluster of its own has a certificate of that time when it becomes a group's primary.
                    tls = tls.formerly(endpoints.node(&cluster.id, node));
                }
                let preferred = cluster.spec.transit_encryption == TransitEncryption::Preferred;
                Some(if preferred { tls.preferred() } else { tls })
            }
        }
    }
}
