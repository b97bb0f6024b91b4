//! The Simfra of a demo: its own instance, in memory, on the guide's port when that is free.

use std::fs::{self, File};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::PathBuf;
use std::process::{self, Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::shell::Shell;
use crate::environment;
use crate::setup::Clients;
use crate::terminal::line;
use crate::test::{path_with, simfra};

/// The port of every example in the guide.
const GUIDE_PORT: u16 = 4599;

/// How long Simfra may take to start, and to stop.
const LIMIT: Duration = Duration::from_secs(60);

/// Settings of the user's that a demo keeps: those that say what engines there are.
const KEPT: [&str; 7] = [
    "SIMFRA_DOCKER",
    "SIMFRA_RUNTIME",
    "SIMFRA_ENGINE_PATH",
    "SIMFRA_VPC_POOL",
    "SIMFRA_ELASTICACHE_IMAGE_REDIS",
    "SIMFRA_ELASTICACHE_IMAGE_VALKEY",
    "SIMFRA_ELASTICACHE_IMAGE_MEMCACHED",
];

/// A running Simfra; it is stopped when this is dropped.
#[derive(Debug)]
pub(super) struct Simulator {
    child: Child,
    port: u16,
    instance: String,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Simulator {
    /// Starts Simfra.
    ///
    /// # Errors
    /// It is not built or does not start.
    pub(super) fn start(clients: &Clients) -> Result<Self> {
        let port = free_port()?;
        if port != GUIDE_PORT {
            line(format_args!("\nPort {GUIDE_PORT} is taken: this demo uses {port}."));
        }
        let instance = format!("demo-{}", process::id());
        let log = std::env::temp_dir().join(format!("simfra-{instance}.log"));
        let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;

        let binary = simfra()?;
        let mut command = Command::new(&binary);
        for name in environment::simfra_variables() {
            if !KEPT.contains(&name.as_str()) {
                command.env_remove(name);
            }
        }
        command
            .env("PATH", path_with(&clients.programs)?)
            .env("SIMFRA_PORT", port.to_string())
            .env("SIMFRA_INSTANCE", &instance)
            .stdin(process::Stdio::null())
            .stdout(file.try_clone().context("the log cannot be shared")?)
            .stderr(file);
        line(format_args!("\n$ SIMFRA_PORT={port} SIMFRA_INSTANCE={instance} simfra &"));
        let child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        Ok(Self { child, port, instance, log, ended: None })
    }

    /// The port of everything.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The name that its containers and networks carry.
    pub(super) fn instance(&self) -> &str {
        &self.instance
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until Simfra says that it is healthy, and shows what it says.
    ///
    /// # Errors
    /// It ends, or the time is up.
    pub(super) fn wait_until_healthy(&mut self, shell: &Shell) -> Result<()> {
        let begun = Instant::now();
        while !shell.is_healthy() {
            if let Some(status) = self.child.try_wait()? {
                self.ended = Some(status);
                bail!("Simfra ended at its start ({status})");
            }
            if begun.elapsed() > LIMIT {
                bail!("Simfra is not healthy after {} s", LIMIT.as_secs());
            }
            thread::sleep(Duration::from_millis(50));
        }
        shell.admin("GET", "health", None).map(drop)
    }

    /// Stops Simfra as a service manager does, and waits for its end.
    ///
    /// # Errors
    /// It ends with a failure or not in time; then it is killed.
    pub(super) fn stop(&mut self) -> Result<()> {
        if self.ended.is_none() {
            line("\n$ kill %1");
            self.ended = Some(self.terminate()?);
        }
        match self.ended {
            Some(status) if !status.success() => bail!("Simfra ended with a failure ({status})"),
            _ => Ok(()),
        }
    }

    fn terminate(&mut self) -> Result<ExitStatus> {
        let pid = Pid::from_raw(self.child.id().try_into().context("a process id fits its type")?);
        kill(pid, Signal::SIGTERM).context("cannot stop Simfra")?;
        let begun = Instant::now();
        while begun.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().context("cannot kill Simfra")?;
        self.child.wait()?;
        bail!("Simfra did not stop within {} s and was killed", LIMIT.as_secs())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // Whatever led here is the failure to tell.
            let _ = self.terminate();
        }
        let _ = fs::remove_file(&self.log);
    }
}

/// The guide's port, or any other that is free on both loopback addresses.
fn free_port() -> Result<u16> {
    let is_free = |port: u16| {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        // Where there is no IPv6, nothing can be taken there.
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
        let taken = |failure: std::io::Error| failure.kind() == std::io::ErrorKind::AddrInUse;
        four.is_ok() && !six.is_err_and(taken)
    };
    if is_free(GUIDE_PORT) {
        return Ok(GUIDE_PORT);
    }
    loop {
        let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let port = any.local_addr().context("a listener has an address")?.port();
        drop(any);
        if is_free(port) {
            return Ok(port);
        }
    }
}
