//! Cache subnet groups: the default one, over the default VPC's subnets.

use domain::ids::Scope;
use domain::paging::PageRequest;
use domain::rejection::Rejection;
use domain::subnet_group::CacheSubnetGroup;
use domain::vpc::Vpc;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;

impl Handle<ops::DescribeCacheSubnetGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeCacheSubnetGroupsMessage,
    ) -> Result<shapes::CacheSubnetGroupMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let groups = match input.cache_subnet_group_name {
            Some(name) => {
                vec![
                    find(&cx.scope, &name)
                        .ok_or_else(|| Refusal::from(Rejection::SubnetGroupNotFound(name)))?,
                ]
            }
            None => vec![CacheSubnetGroup::default_of(&Vpc::default_of(&cx.scope))],
        };
        let page = page.page(groups, |group| group.name.to_string());
        Ok(shapes::CacheSubnetGroupMessage {
            marker: page.marker,
            cache_subnet_groups: Some(
                page.items.iter().map(|group| view::subnet_group(group, &cx.scope)).collect(),
            ),
        })
    }
}

/// The group with this name, in any case.
pub(super) fn find(scope: &Scope, name: &str) -> Option<CacheSubnetGroup> {
    let default = CacheSubnetGroup::default_of(&Vpc::default_of(scope));
    default.name.as_str().eq_ignore_ascii_case(name).then_some(default)
}
