//! The engines' command lines.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use domain::engine::Engine;
use rustix::process::{Resource, getrlimit};

use super::binaries::Binary;
use super::label::{Label, VARIABLE};
use crate::engine::arguments::{self, directive};
use crate::runtime::NodeSpec;

/// The socket of a Memcached server, in its working folder.
const SOCKET: &str = "memcached.sock";
/// ElastiCache's limit of client connections, for every engine.
const CONNECTIONS: u64 = 65_000;
/// Files that Memcached opens besides its clients' connections, generously.
const OTHER_FILES: u64 = 64;

/// Where a node's files are.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeFolders<'a> {
    /// Its certificate and key.
    pub(super) of_node: &'a Path,
    /// Its data.
    pub(super) working: &'a Path,
}

/// The files that a command line names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    /// The configuration of an engine that has one.
    pub(super) configuration: Option<&'a Path>,
    /// Simfra's own executable, which stands before a Memcached server.
    pub(super) simfra: &'a Path,
    /// The nodes of its cluster.
    pub(super) nodes: &'a Path,
}

/// What starts the node. Its environment is its own: nothing of Simfra's (credentials, say) reaches an engine.
pub(super) fn command(
    binary: &Binary,
    label: &Label,
    spec: &NodeSpec,
    folders: NodeFolders<'_>,
    files: Files<'_>,
    search_path: OsString,
    log: File,
) -> io::Result<Command> {
    let mut command = match label.engine {
        Engine::Redis | Engine::Valkey => {
            let mut command = Command::new(&binary.path);
            command.args(files.configuration);
            command
        }
        Engine::Memcached => memcached(binary, label, spec, folders, files),
    };
    command
        .current_dir(folders.working)
        .env_clear()
        .env("PATH", search_path)
        .env(VARIABLE, serde_json::to_string(label)?)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}

/// The configuration file of a Redis or Valkey node: what stands on a command line, everybody on the machine can read.
pub(super) fn configuration(
    binary: &Binary,
    label: &Label,
    spec: &NodeSpec,
    folders: NodeFolders<'_>,
) -> Option<String> {
    if label.engine == Engine::Memcached {
        return None;
    }
    let NodeFolders { of_node: secrets, working: folder } = folders;
    let place = arguments::Place {
        bind: label.address,
        port: label.port,
        address: label.address,
        folder,
        folder_of_map: folder,
        secrets,
    };
    let mut directives = arguments::redis(spec, place, binary.version.number());
    directives.push(directive("daemonize", "no"));
    // Valkey began at 7.2, so Redis's numbers hold for both.
    if binary.version.at_least(6, 2) {
        // A process title is written over the environment, and the label with it.
        directives.push(directive("set-proc-title", "no"));
    }
    if binary.version.at_least(7, 0) {
        // Replication and cluster links come from the node's own address.
        directives.push(directive("bind-source-addr", label.address));
    }
    Some(arguments::file(&directives))
}

/// The proxy, which starts the server: the two are one node, in one process group. The server's socket is named from
/// the folder in which both work, because the whole path may be longer than a socket's can be.
fn memcached(
    binary: &Binary,
    label: &Label,
    spec: &NodeSpec,
    folders: NodeFolders<'_>,
    files: Files<'_>,
) -> Command {
    let mut command = Command::new(files.simfra);
    command
        .args(["proxy", "--listen", &label.socket().to_string()])
        .args(["--server", &format!("unix:{SOCKET}")])
        .arg("--nodes")
        .arg(files.nodes);
    if spec.tls.is_some() {
        command.arg("--tls").arg(folders.of_node);
    }
    command.arg("--").arg(&binary.path).args(memcached_arguments(binary, spec));
    command
}

fn memcached_arguments(binary: &Binary, spec: &NodeSpec) -> Vec<String> {
    let files = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let connections = CONNECTIONS.min(files.saturating_sub(OTHER_FILES));
    let mut own = vec![("-s", SOCKET.to_owned()), ("-c", connections.to_string())];
    if rustix::process::geteuid().is_root() {
        // It refuses to run as root unless told to.
        own.push(("-u", "root".to_owned()));
    }
    let mut arguments: Vec<_> = own.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
    arguments.extend(spec.memcached_memory());
    arguments.extend(arguments::memcached_settings(spec, binary.version.number()));
    arguments
}
