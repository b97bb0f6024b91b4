//! Where a node's files are: record, log, working folder, data.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::node::{Generation, NodeId};

use super::ProcessConfig;
use super::label::Record;
use crate::engine::birth;
use crate::engine::seed::Planted;
use crate::proxy::engine::Policy;
use crate::proxy::memcached::NodeList;
use crate::runtime::{RuntimeError, Storage};
use crate::tls::NodeFiles;

/// How much of a log's end goes into a message.
const TAIL_BYTES: u64 = 4096;
const TAIL_LINES: usize = 4;

/// Beside a durable node's data: its seed was laid out.
const MARKER: &str = ".simfra-seeded";

/// The folders of one instance.
#[derive(Debug)]
pub(super) struct Folders {
    /// `<run_dir>/nodes`
    runs: PathBuf,
    /// Where durable data is: `<data_dir>/elasticache`, else the same as `runs`.
    data: PathBuf,
}

impl Folders {
    pub(super) fn new(config: &ProcessConfig) -> Self {
        let runs = config.run_dir.join("nodes");
        let data = config.data_dir.as_ref().map_or_else(|| runs.clone(), |dir| dir.join("elasticache"));
        Self { runs, data }
    }

    /// Makes the node's folders for a generation, and returns the one the engine works in. What other generations left
    /// is removed.
    pub(super) fn prepare(
        &self,
        id: &NodeId,
        generation: Generation,
        storage: Storage,
    ) -> Result<PathBuf, RuntimeError> {
        let name = generation_name(generation);
        let of_node = match storage {
            Storage::Durable => &self.data,
            Storage::Ephemeral => &self.runs,
        };
        let working = of_node.join(id.to_string()).join(&name);
        let prepared = [&self.runs, &self.data].into_iter().try_for_each(|root| {
            remove_others(&root.join(id.to_string()), &name)?;
            private_folder(&self.of(id))
        });
        prepared
            .and_then(|()| private_folder(&working))
            .map_err(|error| failed("prepare the folder of", id, &error))?;
        Ok(working)
    }

    /// Lays the data that the node starts from into its working folder. A durable node gets it once: what it wrote since
    /// is more. One in memory gets it at each start, or nothing, whatever an earlier start got.
    pub(super) async fn plant(
        &self,
        id: &NodeId,
        working: &Path,
        storage: Storage,
        seed: Option<&Path>,
    ) -> Result<(), RuntimeError> {
        let target = working.join(Planted::of(storage).file_name());
        let planted = match (storage, seed) {
            (Storage::Durable, Some(seed)) => plant_once(seed, &target, &working.join(MARKER)).await,
            (Storage::Durable, None) => Ok(()),
            (Storage::Ephemeral, Some(seed)) => copy_whole(seed, &target).await,
            (Storage::Ephemeral, None) => remove_file(&target).await,
        };
        planted.map_err(|error| failed("lay out the data of", id, &error))
    }

    /// Lays what the node knows of its cluster into its working folder, where it knows nothing yet.
    pub(super) fn give_birth(&self, id: &NodeId, working: &Path, known: &str) -> Result<(), RuntimeError> {
        let path = working.join(birth::FILE);
        let given = if path.exists() { Ok(()) } else { fs::write(path, known) };
        given.map_err(|error| failed("lay out the map of its cluster for", id, &error))
    }

    /// The node's log, begun anew.
    pub(super) fn open_log(&self, id: &NodeId) -> Result<File, RuntimeError> {
        File::create(self.log(id)).map_err(|error| failed("open the log of", id, &error))
    }

    /// The last lines of the node's log, on one line; empty without any.
    pub(super) fn log_tail(&self, id: &NodeId) -> String {
        let text = read_end(&self.log(id)).unwrap_or_default();
        let mut lines: Vec<_> =
            text.lines().rev().map(str::trim).filter(|line| !line.is_empty()).take(TAIL_LINES).collect();
        lines.reverse();
        lines.join(" | ")
    }

    /// Puts the node's record in place whole.
    pub(super) fn write_record(&self, record: &Record) -> Result<(), RuntimeError> {
        let id = &record.label.id;
        let path = self.of(id).join("node.json");
        let half = path.with_extension("half");
        let written = serde_json::to_vec(record)
            .map_err(io::Error::from)
            .and_then(|text| fs::write(&half, text))
            .and_then(|()| fs::rename(&half, &path));
        written.map_err(|error| failed("write the record of", id, &error))
    }

    /// Puts a TLS node's files into its folder.
    pub(super) fn write_certificate(&self, id: &NodeId, files: &NodeFiles) -> Result<(), RuntimeError> {
        let written = files
            .each()
            .into_iter()
            .try_for_each(|(name, content)| self.write_private(id, name, content).map(drop));
        written.map_err(|error| failed("write the certificate of", id, &error))
    }

    /// Writes the configuration that the node's engine starts with: secrets stand in it.
    pub(super) fn write_configuration(&self, id: &NodeId, text: &str) -> Result<PathBuf, RuntimeError> {
        let written = self.write_private(id, "engine.conf", text);
        written.map_err(|error| failed("write the configuration of", id, &error))
    }

    /// A file in the node's folder, for its owner alone.
    fn write_private(&self, id: &NodeId, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.of(id).join(name);
        // One that is there keeps its mode when it is written into.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(content.as_bytes())?;
        Ok(path)
    }

    /// Every record that can be read.
    pub(super) fn records(&self) -> Vec<Record> {
        let Ok(nodes) = fs::read_dir(&self.runs) else { return Vec::new() };
        let texts = nodes.flatten().filter_map(|node| fs::read(node.path().join("node.json")).ok());
        texts.filter_map(|text| serde_json::from_slice(&text).ok()).collect()
    }

    /// Removes all that the node has. The record goes last: while it is there, a crash leaves something to be found.
    pub(super) async fn remove(&self, id: &NodeId) -> Result<(), RuntimeError> {
        for root in [&self.data, &self.runs] {
            remove_folder(&root.join(id.to_string()))
                .await
                .map_err(|error| failed("remove the data of", id, &error))?;
        }
        Ok(())
    }

    /// Removes what all nodes have.
    pub(super) async fn remove_all(&self) -> Result<(), RuntimeError> {
        for root in [&self.data, &self.runs] {
            remove_folder(root).await.map_err(|error| RuntimeError::Backend {
                verb: "remove",
                subject: root.display().to_string(),
                reason: error.to_string(),
            })?;
        }
        Ok(())
    }

    /// The file with the nodes of the node's cluster.
    pub(super) fn nodes_file(&self, id: &NodeId) -> PathBuf {
        self.of(id).join("nodes.json")
    }

    /// Puts the policy of the node's proxy in place whole: secrets stand in it.
    pub(super) fn write_policy(&self, id: &NodeId, policy: &Policy) -> Result<PathBuf, RuntimeError> {
        let content = String::from_utf8_lossy(&policy.to_file()).into_owned();
        let path = self.of(id).join("policy.json");
        let half = self.write_private(id, "policy.half", &content);
        let written = half.and_then(|half| fs::rename(half, &path));
        written.map(|()| path).map_err(|error| failed("write the policy of the proxy of", id, &error))
    }

    /// Notes whether the node's engine starts behind a proxy, whose policy is told later.
    pub(super) fn begin_policy(&self, id: &NodeId, is_proxied: bool) -> Result<(), RuntimeError> {
        let path = self.of(id).join("policy.json");
        let begun = match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ if is_proxied => self.write_private(id, "policy.json", "").map(drop),
            _ => Ok(()),
        };
        begun.map_err(|error| failed("begin the policy of the proxy of", id, &error))
    }

    /// Whether a policy was begun for the node's engine as it runs.
    pub(super) fn has_policy(&self, id: &NodeId) -> bool {
        self.of(id).join("policy.json").exists()
    }

    /// The proxy's log, begun anew.
    pub(super) fn open_proxy_log(&self, id: &NodeId) -> Result<File, RuntimeError> {
        File::create(self.of(id).join("proxy.log"))
            .map_err(|error| failed("open the proxy's log of", id, &error))
    }

    /// Puts the nodes of the node's cluster in place whole.
    pub(super) fn write_nodes(&self, id: &NodeId, list: &NodeList) -> Result<(), RuntimeError> {
        let path = self.nodes_file(id);
        let half = path.with_extension("half");
        let written = fs::write(&half, list.to_file()).and_then(|()| fs::rename(&half, &path));
        written.map_err(|error| failed("tell the nodes of its cluster to", id, &error))
    }

    /// The node's own folder: its record, log and certificate.
    pub(super) fn of(&self, id: &NodeId) -> PathBuf {
        self.runs.join(id.to_string())
    }

    fn log(&self, id: &NodeId) -> PathBuf {
        self.of(id).join("engine.log")
    }
}

fn generation_name(generation: Generation) -> String {
    format!("g{generation}")
}

/// Caches hold people's data: nobody else may read it.
fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn remove_others(of_node: &Path, keep: &str) -> io::Result<()> {
    let entries = match fs::read_dir(of_node) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() && entry.file_name() != keep {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

async fn plant_once(seed: &Path, target: &Path, marker: &Path) -> io::Result<()> {
    if tokio::fs::try_exists(marker).await? {
        return Ok(());
    }
    copy_whole(seed, target).await?;
    tokio::fs::File::create(marker).await?.sync_all().await
}

/// The copy is on the disk, whole, before it has its name.
async fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    let half = to.with_extension("half");
    tokio::fs::copy(from, &half).await?;
    tokio::fs::File::open(&half).await?.sync_all().await?;
    tokio::fs::rename(&half, to).await
}

/// Absent is fine.
async fn remove_file(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Absent is fine.
async fn remove_folder(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_dir_all(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn read_end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}

fn failed(verb: &'static str, id: &NodeId, error: &io::Error) -> RuntimeError {
    RuntimeError::Backend { verb, subject: format!("node {id}"), reason: error.to_string() }
}
