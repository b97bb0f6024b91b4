//! Endpoint names: AWS's formats with a configurable suffix.

use crate::ids::{CacheClusterId, CacheNodeId, Scope, ServerlessCacheName};
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
}
