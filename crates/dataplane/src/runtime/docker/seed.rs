//! Puts what a node starts from into its container, between its creation and its first start: its data, what it knows of its
//! cluster.

use std::io;
use std::path::Path;

use bollard::query_parameters::{ContainerArchiveInfoOptionsBuilder, UploadToContainerOptionsBuilder};
use bollard::{body_full, body_try_stream};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::daemon::{Daemon, failed, status};
use crate::engine::birth;
use crate::engine::seed::Planted;
use crate::runtime::{NodeSpec, RuntimeError, Storage};

/// Where durable nodes have their volume; there too a volume is mounted while something is put into it.
pub(super) const DATA: &str = "/data";
/// Where a node in memory finds what it starts from: what is written to its tmpfs before it starts would be gone.
const SEEDED: &str = "/simfra-seed";
/// Comes after the data, in the same upload: where it is, the data is whole.
const MARKER: &str = ".simfra-seeded";
/// How tar aligns what it holds.
const BLOCK: u64 = 512;

/// The folder in which the engine of such a node works.
pub(super) fn folder(spec: &NodeSpec) -> &'static str {
    match spec.storage {
        Storage::Ephemeral if spec.seed.is_some() => SEEDED,
        Storage::Ephemeral | Storage::Durable => DATA,
    }
}

/// The folder in which the engine of such a node keeps its map of its cluster.
pub(super) fn folder_of_map(spec: &NodeSpec) -> &'static str {
    match spec.storage {
        Storage::Ephemeral if spec.birth().is_some() => SEEDED,
        Storage::Ephemeral | Storage::Durable => folder(spec),
    }
}

/// Puts the seed into a container that never ran. Doing it again changes nothing: what a volume of this generation
/// holds may be more than its seed by now.
pub(super) async fn plant(
    daemon: &Daemon,
    container: &str,
    spec: &NodeSpec,
    seed: &Path,
) -> Result<(), RuntimeError> {
    let folder = folder(spec);
    if is_there(daemon, container, &format!("{folder}/{MARKER}")).await? {
        return Ok(());
    }
    let unreadable = |error: io::Error| RuntimeError::Backend {
        verb: "read",
        subject: format!("{}, which {} starts from", seed.display(), spec.id),
        reason: error.to_string(),
    };
    let file = File::open(seed).await.map_err(unreadable)?;
    let length = file.metadata().await.map_err(unreadable)?.len();
    let archive = archive(folder, Planted::of(spec.storage), file, length).map_err(unreadable)?;
    let options = UploadToContainerOptionsBuilder::new().path("/").build();
    let put = daemon.docker.upload_to_container(container, Some(options), body_try_stream(archive)).await;
    put.map_err(failed("put its data into", &spec.id))
}

/// Puts what a node knows of its cluster into a container that never ran. What a volume of this generation holds is newer.
pub(super) async fn give_birth(
    daemon: &Daemon,
    container: &str,
    spec: &NodeSpec,
    known: &str,
) -> Result<(), RuntimeError> {
    let folder = folder_of_map(spec);
    let path = format!("{folder}/{}", birth::FILE);
    if spec.storage == Storage::Durable && is_there(daemon, container, &path).await? {
        return Ok(());
    }
    let unmade = |error: io::Error| RuntimeError::Backend {
        verb: "make the map of its cluster for",
        subject: spec.id.to_string(),
        reason: error.to_string(),
    };
    let length = known.len() as u64;
    let mut archive = beginning(folder, birth::FILE, length).map_err(unmade)?;
    archive.extend(known.as_bytes());
    archive.extend(padding(length));
    archive.extend([0; 2 * BLOCK as usize]);
    let options = UploadToContainerOptionsBuilder::new().path("/").build();
    let put = daemon.docker.upload_to_container(container, Some(options), body_full(archive.into())).await;
    put.map_err(failed("put the map of its cluster into", &spec.id))
}

async fn is_there(daemon: &Daemon, container: &str, path: &str) -> Result<bool, RuntimeError> {
    let options = ContainerArchiveInfoOptionsBuilder::new().path(path).build();
    match daemon.docker.get_container_archive_info(container, Some(options)).await {
        Ok(_) => Ok(true),
        Err(error) if status(&error) == Some(404) => Ok(false),
        Err(error) => Err(failed("look into", container)(error)),
    }
}

/// A tar of the folder, the data and the marker. Which user the engine runs as is the image's business: everybody in the
/// container may read and write them.
fn archive(
    folder: &str,
    planted: Planted,
    file: File,
    length: u64,
) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
    let before = beginning(folder, planted.file_name(), length)?;
    let mut after = padding(length);
    let marker = format!("{}/{MARKER}", folder.trim_start_matches('/'));
    after.extend(header(&marker, tar::EntryType::Regular, 0o666, 0)?);
    after.extend([0; 2 * BLOCK as usize]);
    let data = ReaderStream::new(file.take(length));
    Ok(stream::iter([Ok(Bytes::from(before))]).chain(data).chain(stream::iter([Ok(Bytes::from(after))])))
}

/// What comes before a file's content.
fn beginning(folder: &str, name: &str, length: u64) -> io::Result<Vec<u8>> {
    let mut before = Vec::new();
    let path = folder.trim_start_matches('/');
    if folder == SEEDED {
        before.extend(header(&format!("{path}/"), tar::EntryType::Directory, 0o777, 0)?);
    }
    before.extend(header(&format!("{path}/{name}"), tar::EntryType::Regular, 0o666, length)?);
    Ok(before)
}

/// What comes after a file's content, up to the end of its last block.
fn padding(length: u64) -> Vec<u8> {
    vec![0; usize::try_from((BLOCK - length % BLOCK) % BLOCK).expect("less than a block")]
}

fn header(path: &str, kind: tar::EntryType, mode: u32, size: u64) -> io::Result<[u8; BLOCK as usize]> {
    let mut header = tar::Header::new_gnu();
    header.set_path(path)?;
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_cksum();
    Ok(*header.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    #[tokio::test]
    async fn the_archive_holds_the_data_and_then_the_marker() {
        for length in [0, 1, 511, 512, 513, 5000_usize] {
            let data = vec![b'x'; length];
            let named = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(named.path(), &data).unwrap();
            let file = File::open(named.path()).await.unwrap();
            let parts = archive(SEEDED, Planted::Rdb, file, length as u64).unwrap();
            let bytes = parts.try_collect::<Vec<_>>().await.unwrap().concat();
            let mut archive = tar::Archive::new(&bytes[..]);
            let entries = archive.entries().unwrap().map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = Vec::new();
                io::Read::read_to_end(&mut entry, &mut content).unwrap();
                (entry.path().unwrap().display().to_string(), content)
            });
            let expected = [
                ("simfra-seed/", Vec::new()),
                ("simfra-seed/dump.rdb", data),
                ("simfra-seed/.simfra-seeded", vec![]),
            ];
            assert_eq!(entries.collect::<Vec<_>>(), expected.map(|(path, data)| (path.to_owned(), data)));
        }
    }
}
