//! The engine versions that can be asked for.

use domain::engine_version::EngineVersionFilter;
use domain::paging::PageRequest;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;

impl Handle<ops::DescribeCacheEngineVersions, Cx> for ElastiCache {
    async fn handle(
        &self,
        _cx: &Cx,
        input: shapes::DescribeCacheEngineVersionsMessage,
    ) -> Result<shapes::CacheEngineVersionMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let filter = EngineVersionFilter {
            engine: input.engine,
            engine_version: input.engine_version,
            cache_parameter_group_family: input.cache_parameter_group_family,
            default_only: input.default_only.unwrap_or_default(),
        };
        let page = page.page(filter.rows(), |version| version.paging_key());
        Ok(shapes::CacheEngineVersionMessage {
            marker: page.marker,
            cache_engine_versions: Some(page.items.into_iter().map(view::engine_version).collect()),
        })
    }
}
