//! The helper image: Simfra's own executable as the one file of an image, so that its roles inside a VPC need no
//! second download. Tagged by the executable's hash: an image of that tag never changes.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bollard::body_full;
use bollard::query_parameters::{ImportImageOptions, ListImagesOptionsBuilder, RemoveImageOptions};
use bytes::Bytes;
use futures_util::TryStreamExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::daemon::{Daemon, failed, status};
use super::labels::HELPER;
use crate::runtime::RuntimeError;

const REPOSITORY: &str = "simfra-helper";

/// The executable's path inside the image.
pub(super) const ENTRYPOINT: &str = "/simfra";

/// The image made of one executable; imported when first needed.
#[derive(Debug)]
pub(super) struct HelperImage {
    executable: PathBuf,
    /// The reference, once the image was seen in Docker.
    imported: Mutex<Option<String>>,
}

impl HelperImage {
    /// Fails when containers could not run the executable.
    pub(super) fn new(executable: PathBuf) -> Result<Self, RuntimeError> {
        let linked = std::fs::File::open(&executable).and_then(linkage);
        let problem = match linked {
            Ok(Linkage::Static) => return Ok(Self { executable, imported: Mutex::new(None) }),
            Ok(Linkage::Dynamic) => "it is dynamically linked".to_owned(),
            Ok(Linkage::NotElf) => "it is no Linux executable".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(RuntimeError::Backend {
            verb: "make the helper image from",
            subject: executable.display().to_string(),
            reason: format!(
                "{problem}; build Simfra in its own repository without RUSTFLAGS in the environment (the repository's \
                 cargo configuration links it statically), or set SIMFRA_RUNTIME=process"
            ),
        })
    }

    /// The image's reference; imports it unless it is there.
    pub(super) async fn ensure(&self, daemon: &Daemon) -> Result<String, RuntimeError> {
        let mut imported = self.imported.lock().await;
        if let Some(reference) = imported.as_ref() {
            return Ok(reference.clone());
        }
        let path = self.executable.clone();
        let digest = tokio::task::spawn_blocking(move || hash(&path)).await;
        let digest = digest.expect("hashing does not panic").map_err(|e| self.unreadable(&e))?;
        let reference = format!("{REPOSITORY}:{}", &digest[..12]);
        match daemon.docker.inspect_image(&reference).await {
            Ok(_) => {}
            Err(error) if status(&error) == Some(404) => self.import(daemon, &reference, &digest).await?,
            Err(error) => return Err(failed("inspect image", &reference)(error)),
        }
        *imported = Some(reference.clone());
        Ok(reference)
    }

    /// The image has vanished from Docker: the next [`ensure`](Self::ensure) looks again.
    pub(super) async fn forget(&self) {
        *self.imported.lock().await = None;
    }

    async fn import(&self, daemon: &Daemon, reference: &str, digest: &str) -> Result<(), RuntimeError> {
        tracing::info!(image = reference, "importing the helper image");
        let (path, tag, hash) = (self.executable.clone(), reference.to_owned(), digest.to_owned());
        let archive = tokio::task::spawn_blocking(move || archive(&path, &tag, &hash)).await;
        let archive = archive.expect("archiving does not panic").map_err(|e| self.unreadable(&e))?;
        let options = ImportImageOptions { quiet: true, ..Default::default() };
        let answer = daemon.docker.import_image(options, body_full(Bytes::from(archive)), None);
        answer.try_collect::<Vec<_>>().await.map_err(failed("import image", reference))?;
        remove_older(daemon, reference).await;
        Ok(())
    }

    fn unreadable(&self, error: &std::io::Error) -> RuntimeError {
        RuntimeError::Backend {
            verb: "make the helper image from",
            subject: self.executable.display().to_string(),
            reason: error.to_string(),
        }
    }
}

/// Helper images of other executables, unless a container uses them. Failure is no matter: they cost only room.
async fn remove_older(daemon: &Daemon, current: &str) {
    let filters = HashMap::from([("label", vec![HELPER])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let Ok(images) = daemon.docker.list_images(Some(options)).await else { return };
    for tag in images.into_iter().flat_map(|image| image.repo_tags) {
        if tag != current && tag.starts_with(REPOSITORY) {
            let removed = daemon.docker.remove_image(&tag, None::<RemoveImageOptions>, None).await;
            tracing::debug!(image = tag, removed = removed.is_ok(), "an older helper image");
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Linkage {
    Static,
    Dynamic,
    NotElf,
}

/// Whether a 64-bit ELF file asks for an interpreter (elf(5): a program header of type PT_INTERP).
fn linkage(mut file: impl Read + Seek) -> std::io::Result<Linkage> {
    const PT_INTERP: u32 = 3;
    let mut header = [0_u8; 64];
    if file.read_exact(&mut header).is_err() || header[..5] != *b"\x7fELF\x02" {
        return Ok(Linkage::NotElf);
    }
    let table = u64::from_le_bytes(header[32..40].try_into().expect("eight bytes"));
    let entry = u64::from(u16::from_le_bytes([header[54], header[55]]));
    let entries = u64::from(u16::from_le_bytes([header[56], header[57]]));
    for index in 0..entries {
        let mut kind = [0_u8; 4];
        file.seek(SeekFrom::Start(table + index * entry))?;
        file.read_exact(&mut kind)?;
        if u32::from_le_bytes(kind) == PT_INTERP {
            return Ok(Linkage::Dynamic);
        }
    }
    Ok(Linkage::Static)
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(hex(hasher))
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The image in the form that `docker load` takes: a manifest, a configuration, one layer.
fn archive(executable: &Path, reference: &str, hash: &str) -> std::io::Result<Vec<u8>> {
    let layer = layer(&std::fs::read(executable)?)?;
    let mut hasher = Sha256::new();
    hasher.update(&layer);
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "config": { "Entrypoint": [ENTRYPOINT], "Labels": { HELPER: hash } },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", hex(hasher))] },
    });
    let manifest = json!([{ "Config": "config.json", "RepoTags": [reference], "Layers": ["layer.tar"] }]);
    let mut archive = tar::Builder::new(Vec::with_capacity(layer.len() + 8192));
    append(&mut archive, "manifest.json", 0o644, manifest.to_string().as_bytes())?;
    append(&mut archive, "config.json", 0o644, config.to_string().as_bytes())?;
    append(&mut archive, "layer.tar", 0o644, &layer)?;
    archive.into_inner()
}

fn layer(executable: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut layer = tar::Builder::new(Vec::with_capacity(executable.len() + 2048));
    append(&mut layer, ENTRYPOINT.trim_start_matches('/'), 0o755, executable)?;
    layer.into_inner()
}

/// Times and owners are zero: the same executable is the same image everywhere.
fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, mode: u32, content: &[u8]) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    archive.append_data(&mut header, name, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// An ELF header with one program header of the type.
    fn elf(kind: u32) -> Cursor<Vec<u8>> {
        let mut bytes = vec![0_u8; 64 + 56];
        bytes[..5].copy_from_slice(b"\x7fELF\x02");
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64..68].copy_from_slice(&kind.to_le_bytes());
        Cursor::new(bytes)
    }

    #[test]
    fn an_interpreter_means_dynamic() {
        assert_eq!(linkage(elf(1)).unwrap(), Linkage::Static);
        assert_eq!(linkage(elf(3)).unwrap(), Linkage::Dynamic);
        assert_eq!(linkage(Cursor::new(b"#!/bin/sh".to_vec())).unwrap(), Linkage::NotElf);
    }

    #[test]
    fn what_cannot_run_in_a_container_is_refused_with_the_way_out() {
        let script = tempfile::NamedTempFile::new().unwrap();
        let error = HelperImage::new(script.path().to_owned()).unwrap_err().to_string();
        assert!(error.contains("no Linux executable") && error.contains("SIMFRA_RUNTIME=process"), "{error}");
    }

    #[test]
    fn the_same_executable_is_the_same_archive() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"content").unwrap();
        let make = || archive(file.path(), "simfra-helper:1", "1").unwrap();
        assert_eq!(make(), make());
    }
}
