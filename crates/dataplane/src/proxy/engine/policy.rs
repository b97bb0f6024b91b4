//! Whom a proxy takes, and how: a file that Simfra replaces whole.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Whom a proxy takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Clients without TLS.
    pub plain: bool,
    /// Clients with TLS.
    pub tls: bool,
    /// Who signs in with a token of IAM's; none: nobody.
    pub iam: Option<Iam>,
}

/// The users of IAM, and what their tokens are checked by. Each proxy has what its own node needs of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iam {
    /// What tokens call the cache: the replication group's id.
    pub cache: String,
    /// Whose it is.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// The account of access keys that name none.
    pub default_account: String,
    /// The users by name, with what each is known by to the engine.
    pub users: BTreeMap<String, String>,
    /// The known access keys.
    pub keys: Vec<IamKey>,
    /// Whether tokens of other access keys are good, whose signature nobody can check.
    pub unknown_keys: bool,
}

/// What a known access key's tokens of one day are checked by. It makes signatures of that day, the region and ElastiCache,
/// and no others.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamKey {
    /// The key's id.
    pub access_key: String,
    /// The day, `20150830`.
    pub day: String,
    /// What is derived from its secret.
    pub signing_key: [u8; 32],
}

impl Policy {
    /// Whether a client is taken that begins with TLS, or without.
    pub(super) const fn takes(&self, encrypted: bool) -> bool {
        if encrypted { self.tls } else { self.plain }
    }

    /// What is to be in the file. Its last byte tells that it is whole.
    ///
    /// # Panics
    /// Never: it is JSON.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).expect("strings, numbers and lists are JSON");
        text.push(b'\n');
        text
    }

    fn of_file(text: &[u8]) -> io::Result<Self> {
        let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut short");
        serde_json::from_slice(text.strip_suffix(b"\n").ok_or_else(cut)?).map_err(io::Error::from)
    }
}

impl fmt::Debug for Iam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iam").field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl fmt::Debug for IamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamKey").field("day", &self.day).finish_non_exhaustive()
    }
}

/// What tells one content of a file from the next: whoever writes it cannot set the time of the change.
type Stamp = (u64, i64, i64, u64);

/// The file, as it was last read.
#[derive(Debug)]
pub(super) struct PolicyFile {
    path: PathBuf,
    stamp: Mutex<Option<Stamp>>,
    now: watch::Sender<Arc<Policy>>,
}

impl PolicyFile {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let policy = Policy::of_file(&fs::read(&path)?)?;
        Ok(Self { path, stamp: Mutex::default(), now: watch::Sender::new(Arc::new(policy)) })
    }

    /// The policy from now on, as it changes.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Policy>> {
        self.now.subscribe()
    }

    /// The policy as it is.
    pub(super) fn now(&self) -> Arc<Policy> {
        self.look();
        Arc::clone(&self.now.borrow())
    }

    /// Reads the file where it was replaced. What cannot be read is being written: the next look has it.
    pub(super) fn look(&self) {
        let mut stamp = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(found) = fs::metadata(&self.path) else { return };
        let found = (found.ino(), found.ctime(), found.ctime_nsec(), found.len());
        if *stamp == Some(found) {
            return;
        }
        if let Ok(policy) = fs::read(&self.path).and_then(|text| Policy::of_file(&text)) {
            *stamp = Some(found);
            self.now.send_if_modified(|now| {
                let is_new = **now != policy;
                *now = Arc::new(policy);
                is_new
            });
        }
    }

    /// Looks for ever.
    pub(super) async fn follow(&self, period: Duration) {
        loop {
            self.look();
            tokio::time::sleep(period).await;
        }
    }
}
