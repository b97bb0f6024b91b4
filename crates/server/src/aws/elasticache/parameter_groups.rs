//! Cache parameter groups: the default ones, which every account has.

use domain::paging::PageRequest;
use domain::parameter_group::CacheParameterGroup;
use domain::rejection::Rejection;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;

impl Handle<ops::DescribeCacheParameterGroups, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeCacheParameterGroupsMessage,
    ) -> Result<shapes::CacheParameterGroupsMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let groups = match input.cache_parameter_group_name {
            Some(name) => {
                vec![find(&name).ok_or_else(|| Refusal::from(Rejection::ParameterGroupNotFound(name)))?]
            }
            None => CacheParameterGroup::defaults().iter().collect(),
        };
        let page = page.page(groups, |group| group.name.to_string());
        Ok(shapes::CacheParameterGroupsMessage {
            marker: page.marker,
            cache_parameter_groups: Some(
                page.items.iter().map(|group| view::parameter_group(group, &cx.scope)).collect(),
            ),
        })
    }
}

/// The group with this name, in any case.
pub(super) fn find(name: &str) -> Option<&'static CacheParameterGroup> {
    CacheParameterGroup::defaults().iter().find(|group| group.name.as_str().eq_ignore_ascii_case(name))
}
