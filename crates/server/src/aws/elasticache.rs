//! ElastiCache's operations: a file a resource, each handler a parse, one transaction and a view.

mod clusters;
mod engine_versions;
mod events;
mod parameter_groups;
mod refused;
mod requests;
mod subnet_groups;
mod tags;
mod view;

use std::sync::Arc;

use domain::quota::Quotas;

use crate::ids::Ids;
use crate::names::Naming;
use crate::store::Store;

/// The service.
pub struct ElastiCache {
    pub(super) store: Store,
    pub(super) naming: Naming,
    pub(super) ids: Arc<Ids>,
    pub(super) quotas: Quotas,
}

impl ElastiCache {
    /// The service over `store`.
    pub fn new(store: Store, naming: Naming, ids: Arc<Ids>, quotas: Quotas) -> Self {
        Self { store, naming, ids, quotas }
    }
}
