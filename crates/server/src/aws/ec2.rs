//! EC2's operations on networks, as far as caches need them: a file a resource.

mod describe;
mod network_acls;
mod network_interfaces;
pub(super) mod refusal;
mod requests;
mod route_tables;
mod security_group_rules;
mod security_groups;
mod subnets;
pub(super) mod tags;
mod view;
mod vpcs;
mod zones;

use std::sync::Arc;

use domain::ec2::{Draw, Ec2Rejection, Limit};
use domain::quota::Quotas;
use models::ec2::{API_VERSION, OperationName, SIGNING_NAME, XML_NAMESPACE, dispatch, fault};
use wire::{Encode, Fault, Node, refuse};

use crate::http::{Cx, QueryApi, Wrapping};
use crate::ids::Ids;
use crate::store::{Store, Tx};

use refusal::Refusal;

/// The service.
pub struct Ec2 {
    store: Store,
    ids: Arc<Ids>,
    quotas: Quotas,
}

impl Ec2 {
    /// The service over `store`.
    pub fn new(store: Store, ids: Arc<Ids>, quotas: Quotas) -> Self {
        Self { store, ids, quotas }
    }

    fn draw(&self) -> Draw {
        Draw(self.ids.draw())
    }

    /// Makes a change, which a trial (`DryRun`) takes back.
    async fn change<T: Send + 'static>(
        &self,
        dry_run: Option<bool>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Ec2Rejection> + Send + 'static,
    ) -> Result<T, Fault> {
        let changed = self.store.transact(move |tx| {
            let done = work(tx)?;
            if dry_run == Some(true) { Err(Refusal::from(Ec2Rejection::DryRun)) } else { Ok(done) }
        });
        Ok(changed.await?)
    }
}

/// Whether one more fits beside `count`.
fn fits(limit: Limit, count: usize, quotas: Quotas) -> Result<(), Ec2Rejection> {
    match quotas {
        Quotas::Aws if count >= limit.default_number() => Err(Ec2Rejection::Limit(limit)),
        Quotas::Aws | Quotas::Off => Ok(()),
    }
}

impl QueryApi for Ec2 {
    const SIGNING_NAME: &'static str = SIGNING_NAME;
    const VERSION: &'static str = API_VERSION;
    const NAMESPACE: &'static str = XML_NAMESPACE;
    const WRAPPING: Wrapping = Wrapping::Ec2;
    type Operation = OperationName;

    fn operation(name: &str) -> Option<OperationName> {
        OperationName::from_name(name)
    }

    fn unknown(name: &str, _version: Option<&str>) -> Fault {
        refuse::not_built(name)
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
