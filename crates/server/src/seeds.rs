//! Where a node's data lies while the node moves: taken from what it was, read by what it shall be.

use std::io;
use std::path::PathBuf;

use dataplane::engine::dump::{self, RdbFormat};
use domain::node::NodeId;

/// The folder of an instance's seeds, one file a node at most. With a data directory it lies there: a move goes on
/// after a crash.
#[derive(Debug, Clone)]
pub struct Seeds {
    folder: PathBuf,
}

impl Seeds {
    /// Seeds in `folder`, which is made with the first of them.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The node's.
    pub fn of(&self, node: &NodeId) -> PathBuf {
        self.folder.join(format!("{node}.rdb"))
    }

    /// The format of the node's, as far as it can be told.
    pub async fn format(&self, node: &NodeId) -> Option<RdbFormat> {
        dump::format_of_file(&self.of(node)).await
    }

    /// Removes the node's: it was read, or nobody will read it.
    pub async fn remove(&self, node: &NodeId) {
        told(tokio::fs::remove_file(self.of(node)).await);
    }

    /// Removes all but those that are `needed`: what a run that was killed left.
    pub async fn retain(&self, needed: impl Fn(&PathBuf) -> bool) {
        let Ok(mut entries) = tokio::fs::read_dir(&self.folder).await else { return };
        while let Ok(Some(entry)) = entries.next_entry().await {
            // A half one is named like its whole.
            if !needed(&entry.path().with_extension("rdb")) {
                told(tokio::fs::remove_file(entry.path()).await);
            }
        }
    }

    /// Removes all, and the folder.
    pub async fn remove_all(&self) {
        told(tokio::fs::remove_dir_all(&self.folder).await);
    }
}

fn told(removed: io::Result<()>) {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a file with a cache's data could not be removed; the next start tries again");
        }
        _ => {}
    }
}
