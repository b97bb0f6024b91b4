//! `cargo xtask setup`: what a machine with a Rust toolchain lacks for the demo and the tests. The demo and the tests
//! begin with it; where all is there it takes a second.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{run as run_command, succeeds};
use crate::engines::Programs;
use crate::terminal::{line, step};
use crate::{apt, docker, engines, environment};

/// Arguments of `cargo xtask setup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// What the machine has now.
#[derive(Debug)]
pub(crate) struct Clients {
    /// The folder of the foreign clients' programs: `aws`, `python`, `pytest`.
    pub(crate) programs: PathBuf,
}

/// Programs that the tasks and the tests call, with the packages that bring them.
const PROGRAMS: [(&str, &str); 2] = [("curl", "curl"), ("redis-cli", "redis-tools")];

/// Pythons that the pinned clients run on, the most usual first. They ask for 3.10.
const PYTHONS: [&str; 6] = ["python3", "python3.11", "python3.12", "python3.13", "python3.14", "python3.10"];

/// Succeeds on a Python that is new enough and can make a virtual environment (Debian packages that apart).
const SUITABLE: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";

/// Installs what is missing.
///
/// # Errors
/// Something is missing and cannot be installed.
pub(crate) fn run(_args: &Args) -> Result<()> {
    let clients = ensure(Programs::Needed)?;
    line(format_args!("ready; the clients are in {}", clients.programs.display()));
    Ok(())
}

/// As [`run`], for the tasks that need it.
///
/// # Errors
/// As [`run`].
pub(crate) fn ensure(programs: Programs) -> Result<Clients> {
    let missing = PROGRAMS.iter().filter(|(program, _)| environment::program(program).is_none());
    let mut packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if docker::is_used()? {
        packages.extend(missing_beside_docker());
    }
    apt::install(&packages)?;
    let clients = clients()?;
    engines::ensure(programs)?;
    Ok(clients)
}

/// The packages of what only Docker's tests call: one cuts the host off from a network of its own, as root, and one
/// types the Compose file.
fn missing_beside_docker() -> impl Iterator<Item = &'static str> {
    let cuts = nix::unistd::geteuid().is_root() && environment::program("nft").is_none();
    let composes = succeeds(&mut docker::docker(&["compose", "version"]))
        || environment::program("docker-compose").is_some();
    [(cuts, "nftables"), (!composes, "docker-compose")]
        .into_iter()
        .filter_map(|(lacks, package)| lacks.then_some(package))
}

/// Sees to it that the pinned foreign clients are installed, in a virtual environment in the cache folder.
fn clients() -> Result<Clients> {
    let cache = environment::cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let lock = cache.join("clients.lock");
    let file = File::create(&lock).with_context(|| format!("cannot create {}", lock.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", lock.display()))?;

    let list = environment::repository().join("tests/clients/requirements.txt");
    let wanted = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let home = cache.join("clients");
    // Written last: it says that the environment is whole, and for which list.
    let stamp = home.join("requirements.txt");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        step("installing the AWS CLI, boto3, redis-py and other clients", || install(&home, &list))?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    Ok(Clients { programs: home.join("bin") })
}

fn install(home: &Path, list: &Path) -> Result<()> {
    let python = python()?;
    run_command(Command::new(python).args(["-m", "venv", "--clear"]).arg(home))?;
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"]).arg(list);
    run_command(&mut pip)
}

/// A Python that the clients run on, installed if need be.
fn python() -> Result<&'static str> {
    let suitable =
        || PYTHONS.into_iter().find(|python| succeeds(Command::new(python).args(["-c", SUITABLE])));
    if let Some(python) = suitable() {
        return Ok(python);
    }
    apt::install(&["python3", "python3-venv"])?;
    match suitable() {
        Some(python) => Ok(python),
        None => bail!(
            "the clients need Python 3.10 or newer, and this system's packages have an older one: install one"
        ),
    }
}
