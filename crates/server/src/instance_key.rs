//! The instance key: from it follow the secrets of every node. In memory it lives as long as the instance; with a data
//! directory it lies there, for its owner alone, and a later start knows its nodes by it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use dataplane::engine::InstanceKey;

use crate::ids::Ids;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot keep the instance key in {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{0} holds no instance key; put the one that was there back, or remove it: then a new one is made, and clusters \
         that run since before need a reboot before their AUTH token can change"
    )]
    Malformed(PathBuf),
}

/// The instance's key, made at the first start.
///
/// # Errors
/// When the file of a data directory cannot be used.
pub fn of(data_dir: Option<&Path>, ids: &Ids) -> Result<InstanceKey, KeyError> {
    let Some(folder) = data_dir else { return Ok(InstanceKey::new(ids.secret())) };
    let path = folder.join("instance.key");
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map(InstanceKey::new).map_err(|_| KeyError::Malformed(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = ids.secret();
            write(&path, &secret).map_err(|source| KeyError::Io { path, source })?;
            Ok(InstanceKey::new(secret))
        }
        Err(source) => Err(KeyError::Io { path, source }),
    }
}

/// Puts it in place whole: a crash leaves no half of a key.
fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
    let half = path.with_extension("half");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(half, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_data_directory_keeps_its_key_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = of(Some(folder.path()), &Ids::random()).expect("a key is made");
        assert_eq!(of(Some(folder.path()), &Ids::random()).expect("it is read"), key);
        let path = folder.path().join("instance.key");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, "short").expect("it is broken");
        assert!(matches!(of(Some(folder.path()), &Ids::random()), Err(KeyError::Malformed(_))));
        assert_ne!(of(None, &Ids::random()).expect("a key"), of(None, &Ids::random()).expect("a key"));
    }
}
