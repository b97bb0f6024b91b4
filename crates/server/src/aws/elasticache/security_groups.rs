//! Cache security groups, which are EC2-Classic's: an account of today has none and can make none.

use domain::paging::PageRequest;
use domain::rejection::Rejection;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::ElastiCache;
use crate::aws::fault::Refusal;
use crate::http::Cx;

impl Handle<ops::CreateCacheSecurityGroup, Cx> for ElastiCache {
    async fn handle(
        &self,
        _cx: &Cx,
        _input: shapes::CreateCacheSecurityGroupMessage,
    ) -> Result<shapes::CreateCacheSecurityGroupResult, Fault> {
        Err(Refusal::from(Rejection::CacheSecurityGroups).into())
    }
}

impl Handle<ops::DeleteCacheSecurityGroup, Cx> for ElastiCache {
    async fn handle(&self, _cx: &Cx, _input: shapes::DeleteCacheSecurityGroupMessage) -> Result<(), Fault> {
        Err(Refusal::from(Rejection::CacheSecurityGroups).into())
    }
}

impl Handle<ops::AuthorizeCacheSecurityGroupIngress, Cx> for ElastiCache {
    async fn handle(
        &self,
        _cx: &Cx,
        _input: shapes::AuthorizeCacheSecurityGroupIngressMessage,
    ) -> Result<shapes::AuthorizeCacheSecurityGroupIngressResult, Fault> {
        Err(Refusal::from(Rejection::CacheSecurityGroups).into())
    }
}

impl Handle<ops::RevokeCacheSecurityGroupIngress, Cx> for ElastiCache {
    async fn handle(
        &self,
        _cx: &Cx,
        _input: shapes::RevokeCacheSecurityGroupIngressMessage,
    ) -> Result<shapes::RevokeCacheSecurityGroupIngressResult, Fault> {
        Err(Refusal::from(Rejection::CacheSecurityGroups).into())
    }
}

impl Handle<ops::DescribeCacheSecurityGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        _cx: &Cx,
        input: shapes::DescribeCacheSecurityGroupsMessage,
    ) -> Result<shapes::CacheSecurityGroupMessage, Fault> {
        PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        match input.cache_security_group_name {
            Some(name) => Err(Refusal::from(Rejection::CacheSecurityGroupNotFound(name)).into()),
            None => Ok(shapes::CacheSecurityGroupMessage {
                marker: None,
                cache_security_groups: Some(Vec::new().into()),
            }),
        }
    }
}
