//! Ends what no node owns.

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::future::try_join_all;

use super::Nodes;
use crate::runtime::RuntimeError;
use crate::runtime::process::child::Child;
use crate::runtime::process::scan::{self, Identity, Labelled};

impl Nodes {
    /// This instance's labelled processes.
    pub(super) fn labelled(&self) -> Vec<Labelled> {
        scan::labelled().into_iter().filter(|found| found.label.owner.is(&self.owner)).collect()
    }

    /// Ends this instance's processes but for the engines that `is_kept` knows and what those forked. Proxies end with
    /// their engines.
    pub(super) fn kill_strays(&self, is_kept: impl Fn(Identity) -> bool) {
        let found = self.labelled();
        let kept: BTreeSet<i32> = found
            .iter()
            .filter(|found| found.leads() && is_kept(found.identity))
            .map(|found| found.identity.pid)
            .collect();
        let of_kept = |found: &&Labelled| kept.contains(&found.group) || found.label.is_proxy;
        for stray in found.iter().filter(|found| !of_kept(found)) {
            if let Some(process) = Child::found(stray.identity) {
                tracing::info!(node = %stray.label.id, pid = stray.identity.pid, "a stray process is ended");
                if stray.label.owner.durable && stray.label.owner != self.owner {
                    // Its data is kept, in folders that are not ours now: it is to write what it still has.
                    process.ask_to_end();
                } else {
                    process.kill_now();
                }
            }
        }
    }

    pub(in crate::runtime::process) async fn remove_all(&self) -> Result<(), RuntimeError> {
        let ids: Vec<_> = self.table().keys().cloned().collect();
        try_join_all(ids.iter().map(|id| self.remove(id))).await?;
        self.kill_strays(|_| false);
        self.folders.remove_all().await
    }

    pub(in crate::runtime::process) async fn sweep(
        &self,
        is_lock_free: &(dyn Fn(&Path) -> bool + Sync),
    ) -> Result<(), RuntimeError> {
        let abandoned = scan::labelled().into_iter().filter(|found| {
            let owner = &found.label.owner;
            !owner.is(&self.owner) && !owner.durable && is_lock_free(&owner.lock)
        });
        for found in abandoned {
            if let Some(process) = Child::found(found.identity) {
                let owner = &found.label.owner.instance;
                tracing::info!(node = %found.label.id, owner, pid = found.identity.pid, "left behind: killed");
                process.kill().await;
            }
        }
        Ok(())
    }
}
