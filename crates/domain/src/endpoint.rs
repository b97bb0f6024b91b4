//! Endpoint names: AWS's formats with a configurable suffix.

use crate::ids::{CacheClusterId, CacheNodeId, ReplicationGroupId, Scope, ServerlessCacheName};
use crate::network::TransitEncryption;
use crate::token::EndpointToken;

/// What all endpoint names of one account and region share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointNames {
    /// The account's and region's token.
    pub token: EndpointToken,
    /// The region's short code, `use1`.
    pub region_code: String,
    /// `SIMFRA_DNS_SUFFIX`, `simfra.dev`.
    pub suffix: String,
}

impl EndpointNames {
    /// The names of `scope`; `home` is the configured default account and region.
    pub fn of(scope: &Scope, home: &Scope, suffix: &str) -> Self {
        Self {
            token: EndpointToken::of(scope, home),
            region_code: scope.region.short_code(),
            suffix: suffix.to_owned(),
        }
    }

    /// A cluster node's: `my-cache.abcdef.0001.use1.cache.simfra.dev`.
    pub fn node(&self, cluster: &CacheClusterId, node: CacheNodeId) -> String {
        format!("{cluster}.{}.{node}.{}.cache.{}", self.token, self.region_code, self.suffix)
    }

    /// A serverless cache's: `my-cache-abcdef.serverless.use1.cache.simfra.dev`.
    pub fn serverless(&self, cache: &ServerlessCacheName) -> String {
        format!("{cache}-{}.serverless.{}.cache.{}", self.token, self.region_code, self.suffix)
    }

    /// A replication group member's with TLS: `my-group-001.my-group.abcdef.use1.cache.simfra.dev`.
    pub fn encrypted_member(&self, member: &CacheClusterId, group: &ReplicationGroupId) -> String {
        self.encrypted(member.as_str(), group)
    }

    /// A group's primary endpoint without cluster mode: `my-group.abcdef.ng.0001.use1.cache.simfra.dev`, with TLS
    /// `master.my-group.abcdef.use1.cache.simfra.dev`.
    pub fn primary(&self, group: &ReplicationGroupId, encryption: TransitEncryption) -> String {
        if encryption.is_on() { self.encrypted("master", group) } else { self.plain_group(group.as_str()) }
    }

    /// A group's reader endpoint without cluster mode: `my-group-ro.abcdef.ng.0001.use1.cache.simfra.dev`, with TLS
    /// `replica.my-group.abcdef.use1.cache.simfra.dev`.
    pub fn reader(&self, group: &ReplicationGroupId, encryption: TransitEncryption) -> String {
        if encryption.is_on() {
            self.encrypted("replica", group)
        } else {
            self.plain_group(&format!("{group}-ro"))
        }
    }

    /// A group's configuration endpoint with cluster mode: `my-group.abcdef.clustercfg.use1.cache.simfra.dev`, with
    /// TLS `clustercfg.my-group.abcdef.use1.cache.simfra.dev`.
    pub fn cluster_configuration(&self, group: &ReplicationGroupId, encryption: TransitEncryption) -> String {
        if encryption.is_on() {
            return self.encrypted("clustercfg", group);
        }
        format!("{group}.{}.clustercfg.{}.cache.{}", self.token, self.region_code, self.suffix)
    }

    fn plain_group(&self, label: &str) -> String {
        format!("{label}.{}.ng.0001.{}.cache.{}", self.token, self.region_code, self.suffix)
    }

    fn encrypted(&self, label: &str, group: &ReplicationGroupId) -> String {
        format!("{label}.{group}.{}.{}.cache.{}", self.token, self.region_code, self.suffix)
    }

    /// A Memcached cluster's configuration endpoint: `my-cache.abcdef.cfg.use1.cache.simfra.dev`.
    pub fn configuration(&self, cluster: &CacheClusterId) -> String {
        format!("{cluster}.{}.cfg.{}.cache.{}", self.token, self.region_code, self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_name_is_built() {
        let scope = Scope::for_tests();
        let names = EndpointNames::of(&scope, &scope, "simfra.dev");
        let cluster = "my-cache".parse().unwrap();
        assert_eq!(names.node(&cluster, CacheNodeId::new(1)), "my-cache.abcdef.0001.use1.cache.simfra.dev");
        assert_eq!(names.configuration(&cluster), "my-cache.abcdef.cfg.use1.cache.simfra.dev");
        let serverless = names.serverless(&"my-cache".parse().unwrap());
        assert_eq!(serverless, "my-cache-abcdef.serverless.use1.cache.simfra.dev");
    }

    #[test]
    fn a_groups_names_follow_mode_and_encryption() {
        let scope = Scope::for_tests();
        let names = EndpointNames::of(&scope, &scope, "simfra.dev");
        let (group, member) = ("g".parse().unwrap(), "g-001".parse().unwrap());
        let (off, tls) = (TransitEncryption::Off, TransitEncryption::Preferred);
        assert_eq!(names.primary(&group, off), "g.abcdef.ng.0001.use1.cache.simfra.dev");
        assert_eq!(names.primary(&group, tls), "master.g.abcdef.use1.cache.simfra.dev");
        assert_eq!(names.reader(&group, off), "g-ro.abcdef.ng.0001.use1.cache.simfra.dev");
        assert_eq!(names.reader(&group, tls), "replica.g.abcdef.use1.cache.simfra.dev");
        assert_eq!(names.cluster_configuration(&group, off), "g.abcdef.clustercfg.use1.cache.simfra.dev");
        assert_eq!(names.cluster_configuration(&group, tls), "clustercfg.g.abcdef.use1.cache.simfra.dev");
        assert_eq!(names.encrypted_member(&member, &group), "g-001.g.abcdef.use1.cache.simfra.dev");
    }
}
