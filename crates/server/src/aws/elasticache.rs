//! ElastiCache's operations: a file a resource, each handler a parse, one transaction and a view.

mod clusters;
mod engine_versions;
mod events;
mod global_replication_groups;
mod migrations;
mod node_types;
mod parameter_groups;
mod replication_groups;
mod requests;
mod reserved_nodes;
mod security_groups;
mod serverless_cache_snapshots;
mod serverless_caches;
mod service_updates;
mod snapshots;
mod subnet_groups;
pub(super) mod tags;
mod user_groups;
mod users;
mod view;

use std::sync::Arc;

use domain::quota::Quotas;
use models::elasticache::{API_VERSION, OperationName, SIGNING_NAME, XML_NAMESPACE, dispatch, fault};
use wire::{Encode, Fault, Node};

use super::elements::Elements;
use crate::http::{Cx, QueryApi};
use crate::ids::Ids;
use crate::names::Naming;
use crate::serving::Serving;
use crate::store::Store;

/// The service.
pub struct ElastiCache {
    pub(super) store: Store,
    pub(super) naming: Naming,
    pub(super) ids: Arc<Ids>,
    pub(super) quotas: Quotas,
    serving: Serving,
    elements: Elements,
}

impl ElastiCache {
    /// The service over `store`.
    pub fn new(store: Store, naming: Naming, ids: Arc<Ids>, quotas: Quotas, serving: Serving) -> Self {
        Self { store, naming, ids, quotas, serving, elements: Elements::default() }
    }
}

impl QueryApi for ElastiCache {
    const SIGNING_NAME: &'static str = SIGNING_NAME;
    const VERSION: &'static str = API_VERSION;
    const NAMESPACE: &'static str = XML_NAMESPACE;
    type Operation = OperationName;

    fn operation(name: &str) -> Option<OperationName> {
        OperationName::from_name(name)
    }

    fn result_wrapper(operation: OperationName) -> Option<&'static str> {
        operation.result_wrapper()
    }

    async fn dispatch(
        &self,
        cx: &Cx,
        operation: OperationName,
        input: &dyn Node,
    ) -> Result<Box<dyn Encode + Send>, Fault> {
        dispatch(self, cx, operation, input).await.map_err(fault)
    }
}
