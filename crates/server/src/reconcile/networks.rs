//! The VPCs' networks: made once, by whoever comes first, and removed when a reset leaves nobody in them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use dataplane::runtime::{NetworkSpec, RuntimeError};
use domain::cluster::CacheCluster;
use domain::ec2;
use domain::ids::VpcId;
use domain::node::VpcKey;
use domain::vpc::Vpc;

use super::Reconciler;
use crate::store::Key;

/// Of one VPC: the round in which its network was ensured. Locked while that is made or removed, and never for
/// another's.
type Slot = Arc<tokio::sync::Mutex<Option<u64>>>;

/// Which networks are known to be there.
#[derive(Default)]
pub(super) struct Networks {
    slots: Mutex<HashMap<VpcKey, Slot>>,
    round: AtomicU64,
}

impl Networks {
    pub(super) fn slot(&self, vpc: &VpcKey) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(vpc.clone()).or_default())
    }

    /// What was ensured in an earlier round may be gone.
    pub(super) fn round(&self) -> u64 {
        self.round.load(SeqCst)
    }

    /// They may be gone: each is ensured again when it is next needed.
    pub(super) fn forget(&self) {
        self.round.fetch_add(1, SeqCst);
    }
}

impl Reconciler {
    /// The network that a cluster's nodes lie in. Do not call it with the world in hand.
    pub(super) fn network_spec(&self, cluster: &CacheCluster) -> NetworkSpec {
        let vpc = &cluster.spec.vpc;
        let key = Key::new(vpc.scope.clone(), vpc.vpc.clone());
        // What has no row is the default VPC; any other outlives what is in it.
        let world = self.store.read();
        let cidr = world.get::<ec2::Vpc>(&key).map_or_else(Vpc::default_cidr, |vpc| vpc.cidr);
        NetworkSpec { vpc: vpc.clone(), cidr }
    }

    /// Has the network of a VPC removed that is no more. Should Simfra end before, the next start does it.
    pub(super) fn leave_vpc(self: &Arc<Self>, key: &Key<VpcId>) {
        let vpc = VpcKey { scope: key.scope.clone(), vpc: key.id.clone() };
        let this = Arc::clone(self);
        self.supervisor.spawn("remove a VPC's network", async move {
            if let Err(error) = this.remove_network(&vpc).await {
                tracing::warn!(%vpc, %error, "the network of a VPC that was deleted could not be removed");
            }
        });
    }

    /// Removes the VPC's network unless a cluster is in it; one that is created meanwhile has it made anew.
    ///
    /// # Errors
    /// When the runtime fails.
    pub async fn remove_network(&self, vpc: &VpcKey) -> Result<(), RuntimeError> {
        let slot = self.networks.slot(vpc);
        let mut ensured = slot.lock().await;
        if self.store.read().is_inhabited(vpc) {
            return Ok(());
        }
        // Half removed, it is to be ensured again.
        *ensured = None;
        self.names.leave_vpc(vpc);
        self.remove_network_to_the_end(vpc.clone()).await
    }
}
