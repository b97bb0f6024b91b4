//! The instance lock: proof that a Simfra of this name lives.
//!
//! What an instance makes carries the lock file's path as a label; another Simfra cleans it up only once it can take
//! that lock itself. The kernel frees it however the process ends. A Simfra in a container of Docker goes by its
//! container's id there, or by its data directory's, since nobody else sees the file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::ids::Ids;

/// How long what a Simfra holds may stay taken after it was killed: a child that it was just starting has all of it until it
/// becomes the engine's program. On a busy machine that is no mere moment.
pub const FREED_WITHIN: Duration = Duration::from_secs(2);
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// Why an instance cannot start.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The name is taken by a running Simfra.
    #[error(
        "another Simfra runs as instance '{name}' (it holds {path}); stop it, or start this one with another \
         SIMFRA_INSTANCE or SIMFRA_PORT"
    )]
    Taken {
        /// The instance's name.
        name: String,
        /// The lock file.
        path: PathBuf,
    },
    /// The lock file cannot be made.
    #[error("cannot lock {path} for instance '{name}'")]
    Lock {
        /// The instance's name.
        name: String,
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A held lock; it is free again when this is dropped or the process ends.
#[derive(Debug)]
pub struct InstanceLock {
    path: PathBuf,
    _file: File,
}

impl InstanceLock {
    /// Takes the lock of instance `name` below `state`, the user's own folder of Simfra, once what is left of one that was
    /// killed has freed it.
    ///
    /// # Errors
    /// When a running Simfra holds it, or the file cannot be made.
    pub fn take(state: &Path, name: &str) -> Result<Self, InstanceError> {
        let path = state.join("instances").join(format!("{name}.lock"));
        let failed = |source| InstanceError::Lock { name: name.to_owned(), path: path.clone(), source };
        let file = open(&path).map_err(failed)?;
        let until = Instant::now() + FREED_WITHIN;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { path, _file: file }),
                // Nothing is served yet that could wait.
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOOKS_EVERY),
                Err(TryLockError::WouldBlock) => {
                    return Err(InstanceError::Taken { name: name.to_owned(), path });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }

    /// The lock file, for labels.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether no living Simfra holds the lock at `path`. A file that is not there is nobody's; one that cannot be looked
/// at may be another user's, and counts as held.
pub fn is_free(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// What the data directory is known by, wherever it is mounted: drawn at its first use, and kept in it.
///
/// # Errors
/// When the directory cannot be read or written.
pub fn data_id(folder: &Path, ids: &Ids) -> io::Result<String> {
    let path = folder.join("instance-id");
    match std::fs::read_to_string(&path) {
        Ok(id) if !id.trim().is_empty() => return Ok(id.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        // A crash at the first use left it empty.
        _ => {}
    }
    let id = ids.request_id().to_string();
    let mut file = File::create(&path)?;
    file.write_all(id.as_bytes())?;
    file.sync_all()?;
    Ok(id)
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_is_known_again() {
        let (folder, ids) = (tempfile::tempdir().expect("a temporary folder"), Ids::seeded(1));
        let first = data_id(folder.path(), &ids).expect("it can be written");
        assert_eq!(data_id(folder.path(), &ids).expect("it can be read"), first);
        std::fs::write(folder.path().join("instance-id"), "").expect("it can be written");
        assert_ne!(data_id(folder.path(), &ids).expect("it can be written"), first);
    }

    #[test]
    fn a_name_is_held_by_one_and_free_after_it() {
        let state = tempfile::tempdir().expect("a temporary folder");
        let held = InstanceLock::take(state.path(), "default").expect("nobody holds it");
        let path = held.path().to_owned();
        assert!(!is_free(&path));
        let second = InstanceLock::take(state.path(), "default");
        assert!(matches!(second, Err(InstanceError::Taken { .. })), "{second:?}");
        drop(held);
        assert!(is_free(&path));
        assert!(is_free(&state.path().join("instances/never-started.lock")));
    }
}
