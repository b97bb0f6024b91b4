//! The primary paths beside moto's server, which answers the same API without engines: for orientation.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::super::client::Client;
use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::median;
use super::super::sign::{self, KNOWN};
use super::super::simulator::{Engines, Simulator, new_cluster};
use crate::command::run;
use crate::environment;
use crate::terminal::step;

/// The line.
pub(super) const MOTO: Line = Line {
    name: "moto",
    what: "create, describe and delete one after the other, runtime `none`: round trips a second in times of moto's server",
    bar: Bar::Reported(Unit::Times),
    measure,
};

/// What is installed, in a folder of its own in the cache.
const PACKAGE: &str = "moto[server]==5.1.22";
const LIMIT: Duration = Duration::from_secs(60);

fn measure(effort: Effort) -> Result<Outcome> {
    let server = match installed() {
        Ok(server) => server,
        Err(cause) => {
            return Ok(Outcome::Skipped(format!("moto cannot be installed: {}", first_line(&cause))));
        }
    };
    let simfra = Simulator::start(Engines::None, &[])?;
    let moto = Moto::start(&server, simfra.folder())?;
    let count = effort.of(100, 20);
    let ours = walk(simfra.address, count)?;
    let theirs = walk(moto.address, count)?;
    let each = ours.iter().zip(&theirs).map(|((name, ours), (_, theirs))| {
        format!("{name} {:.2} ms against {:.2} ms", ours * 1e3, theirs * 1e3)
    });
    let detail = each.collect::<Vec<_>>().join(", ");
    let sum = |times: &[(&str, f64)]| times.iter().map(|(_, time)| time).sum::<f64>();
    Ok(Outcome::Measured { value: sum(&theirs) / sum(&ours), detail })
}

/// The median time of each operation, in seconds.
fn walk(address: SocketAddr, count: usize) -> Result<Vec<(&'static str, f64)>> {
    let host = address.to_string();
    let ids: Vec<String> = (0..count).map(|number| format!("cache-{number}")).collect();
    let mut client = Client::connect(address)?;
    let mut timed = |action: &'static str, id: &str, members: &[(&str, &str)]| -> Result<f64> {
        let request = sign::request(KNOWN, &host, action, members, 0);
        let begun = Instant::now();
        let answer = client.expect(&request).with_context(|| format!("{action} {id}"))?;
        let taken = begun.elapsed().as_secs_f64();
        // Werkzeug's server may close each connection.
        if answer.head.to_ascii_lowercase().contains("connection: close") {
            client = Client::connect(address)?;
        }
        Ok(taken)
    };
    let mut times = vec![];
    for (action, name) in [
        ("CreateCacheCluster", "create"),
        ("DescribeCacheClusters", "describe"),
        ("DeleteCacheCluster", "delete"),
    ] {
        let mut each = Vec::new();
        for id in &ids {
            let created = new_cluster(id, "redis");
            let members = if action == "CreateCacheCluster" { &created[..] } else { &created[..1] };
            each.push(timed(action, id, members)?);
        }
        times.push((name, median(&each)));
    }
    Ok(times)
}

/// moto's server program, installed on first use.
fn installed() -> Result<PathBuf> {
    let home = environment::cache()?.join("moto");
    let stamp = home.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(home.join("bin/moto_server"));
    }
    step(format_args!("installing {PACKAGE}"), || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        let pip = ["install", "--quiet", "--no-input", "--disable-pip-version-check", PACKAGE];
        run(Command::new(home.join("bin/pip")).args(pip))?;
        fs::write(&stamp, PACKAGE).with_context(|| format!("cannot write {}", stamp.display()))
    })?;
    Ok(home.join("bin/moto_server"))
}

fn first_line(cause: &anyhow::Error) -> String {
    format!("{cause:#}").lines().last().unwrap_or_default().to_owned()
}

/// A running moto; it ends with this.
struct Moto {
    child: Child,
    address: SocketAddr,
}

impl Moto {
    fn start(program: &Path, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("moto does not start")?;
        let mut moto = Self { child, address: (Ipv4Addr::LOCALHOST, port).into() };
        let begun = Instant::now();
        while Client::connect(moto.address).is_err() {
            if moto.child.try_wait()?.is_some() || begun.elapsed() > LIMIT {
                bail!("moto's server does not listen");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(moto)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself; then the line has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
