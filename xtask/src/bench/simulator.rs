//! The Simfra that is measured: the release build beside this executable, with a port, an instance and a folder of its
//! own, stopped and cleaned up when it is dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::client::{Answer, Client, admin};
use super::sign::{self, KNOWN, Key};
use crate::environment;
use crate::test::simfra;

/// How long Simfra may take to start, and to stop.
const LIMIT: Duration = Duration::from_secs(60);

/// Settings of the user's that are kept: those that say what engines there are.
const KEPT: [&str; 5] = [
    "SIMFRA_DOCKER",
    "SIMFRA_ENGINE_PATH",
    "SIMFRA_ELASTICACHE_IMAGE_REDIS",
    "SIMFRA_ELASTICACHE_IMAGE_VALKEY",
    "SIMFRA_ELASTICACHE_IMAGE_MEMCACHED",
];

/// What a line wants of its Simfra.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engines {
    /// The API alone.
    None,
    /// Containers.
    Docker,
    /// Processes.
    Process,
    /// Whatever an unconfigured Simfra finds.
    Found,
}

/// A running Simfra.
#[derive(Debug)]
pub(super) struct Simulator {
    child: Child,
    folder: PathBuf,
    /// Where its API is.
    pub(super) address: SocketAddr,
}

impl Simulator {
    /// Starts one with `engines` and further `settings` (variables and their values), and waits until it is healthy.
    ///
    /// # Errors
    /// It is not built, or does not become healthy.
    pub(super) fn start(engines: Engines, settings: &[(&str, &str)]) -> Result<Self> {
        let mut started = Self::spawn(engines, settings)?;
        started.wait_until_healthy()?;
        Ok(started)
    }

    /// Starts one and does not wait for anything.
    ///
    /// # Errors
    /// It is not built.
    pub(super) fn spawn(engines: Engines, settings: &[(&str, &str)]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bench-{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(format!("simfra-{name}"));
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let log = File::create(folder.join("log")).context("cannot create a log")?;
        let port = free_port()?;
        let mut command = Command::new(simfra()?);
        for variable in environment::simfra_variables() {
            if !KEPT.contains(&variable.as_str()) {
                command.env_remove(variable);
            }
        }
        match engines {
            Engines::None => command.env("SIMFRA_RUNTIME", "none"),
            Engines::Docker => command.env("SIMFRA_RUNTIME", "docker"),
            Engines::Process => command.env("SIMFRA_RUNTIME", "process"),
            Engines::Found => &mut command,
        };
        command
            .env("SIMFRA_PORT", port.to_string())
            .env("SIMFRA_INSTANCE", &name)
            .env("SIMFRA_QUOTAS", "off")
            .env("SIMFRA_ROOT_ACCESS_KEY_ID", KNOWN.id)
            .env("SIMFRA_ROOT_SECRET_ACCESS_KEY", KNOWN.secret)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("the log cannot be shared")?)
            .stderr(log);
        let child = command.spawn().context("simfra does not start")?;
        Ok(Self { child, folder, address: (Ipv4Addr::LOCALHOST, port).into() })
    }

    /// A folder that goes with this Simfra.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its instance's name, as labels have it.
    pub(super) fn instance(&self) -> &str {
        let name = self.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.strip_prefix("simfra-").unwrap_or(name)
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What its clients write as `Host`.
    pub(super) fn host(&self) -> String {
        self.address.to_string()
    }

    /// A connection to it.
    ///
    /// # Errors
    /// It is gone.
    pub(super) fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    /// A signed request, to be sent later.
    pub(super) fn signed(&self, key: Key, action: &str, members: &[(&str, &str)], age: i64) -> Vec<u8> {
        sign::request(key, &self.host(), action, members, age)
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn call(&self, action: &str, members: &[(&str, &str)]) -> Result<Answer> {
        let request = self.signed(KNOWN, action, members, 0);
        self.client()?.expect(&request).with_context(|| action.to_owned())
    }

    /// Calls the admin API.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn admin(&self, method: &str, path: &str, body: &str) -> Result<serde_json::Value> {
        let answer = self.client()?.expect(&admin(&self.host(), method, path, body))?;
        serde_json::from_slice(&answer.body).with_context(|| format!("{path} answers no JSON"))
    }

    /// Creates a cluster of one node.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn create(&self, id: &str, engine: &str) -> Result<()> {
        self.call("CreateCacheCluster", &new_cluster(id, engine)).map(drop)
    }

    /// Polls until the cluster is available; answers when that was seen.
    ///
    /// # Errors
    /// It does not become available.
    pub(super) fn wait_until_available(&self, id: &str) -> Result<Instant> {
        let begun = Instant::now();
        let request = self.signed(KNOWN, "DescribeCacheClusters", &[("CacheClusterId", id)], 0);
        let mut client = self.client()?;
        loop {
            let text = client.expect(&request)?.text();
            if text.contains("<CacheClusterStatus>available<") {
                return Ok(Instant::now());
            }
            if begun.elapsed() > LIMIT {
                bail!("{id} is not available after {} s: {text}", LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let begun = Instant::now();
        let request = admin(&self.host(), "GET", "/_simfra/health", "");
        loop {
            let told = Client::connect(self.address).and_then(|mut client| client.call(&request));
            if told.is_ok_and(|answer| answer.text().contains("\"healthy\"")) {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > LIMIT {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("simfra does not become healthy:\n{log}");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn stop(&mut self) -> Result<()> {
        let pid = Pid::from_raw(self.child.id().try_into().context("a process id fits its type")?);
        kill(pid, Signal::SIGTERM).context("cannot stop simfra")?;
        let begun = Instant::now();
        while begun.elapsed() < LIMIT {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.child.kill().context("cannot kill simfra")?;
        self.child.wait()?;
        bail!("simfra did not stop and was killed")
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Whatever led here is the failure to tell.
        let _ = self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The members of the smallest CreateCacheCluster.
pub(super) fn new_cluster<'a>(id: &'a str, engine: &'a str) -> [(&'static str, &'a str); 4] {
    [("CacheClusterId", id), ("Engine", engine), ("CacheNodeType", "cache.t3.micro"), ("NumCacheNodes", "1")]
}

/// A port that is free now.
fn free_port() -> Result<u16> {
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(any.local_addr().context("a listener has an address")?.port())
}
