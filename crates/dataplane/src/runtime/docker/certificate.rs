//! A TLS node's certificate and key, put into its container before it starts: they are in no label, no variable of the
//! environment, no file of the host.

use std::io;
use std::net::Ipv4Addr;

use bollard::query_parameters::UploadToContainerOptionsBuilder;

use super::daemon::{Daemon, failed};
use crate::fault_point;
use crate::runtime::{NodeSpec, RuntimeError};
use crate::tls::{NodeFiles, NodeTls};

/// Where they are. Not in the data folder: what is mounted there at the start covers it.
pub(super) const FOLDER: &str = "/simfra";
/// Where they are in a Memcached node's proxy, whose executable has the other name.
pub(super) const PROXY_FOLDER: &str = "/tls";

/// Puts a new certificate for `address`, and its key, into a folder of a container in which nobody reads them yet.
pub(super) async fn put(
    daemon: &Daemon,
    container: &str,
    folder: &str,
    spec: &NodeSpec,
    tls: &NodeTls,
    address: Ipv4Addr,
) -> Result<(), RuntimeError> {
    let backend = |reason: String| RuntimeError::Backend {
        verb: "make the certificate of",
        subject: spec.id.to_string(),
        reason,
    };
    let files = tls.issue(address.into()).map_err(|error| backend(error.to_string()))?;
    let archive = archive(folder, &files).map_err(|error| backend(error.to_string()))?;
    let options = UploadToContainerOptionsBuilder::new().path("/").build();
    let body = bollard::body_full(archive.into());
    let put = daemon.docker.upload_to_container(container, Some(options), body).await;
    put.map_err(failed("put the certificate into", &spec.id))?;
    fault_point::pass("after put certificate");
    Ok(())
}

/// An archive to unpack at the container's root. Whoever is in the container may read it: the engine's user is the
/// image's own affair, and the container is the engine's alone.
fn archive(folder: &str, files: &NodeFiles) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let folder = folder.trim_start_matches('/');
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_mode(0o755);
    header.set_size(0);
    archive.append_data(&mut header, folder, io::empty())?;
    for (name, content) in files.each() {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o444);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, format!("{folder}/{name}"), content.as_bytes())?;
    }
    archive.into_inner()
}
