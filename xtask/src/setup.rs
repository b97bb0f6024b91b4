//! `cargo xtask setup`: what a machine with a Rust toolchain lacks for the demo and the tests. The demo and the tests
//! begin with it; where all is there it takes a second.

use std::fs::{self, File};
use std::io;
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

/// Pythons that the pinned clients run on, the most usual first. They ask for 3.11.
const PYTHONS: [&str; 5] = ["python3", "python3.11", "python3.12", "python3.13", "python3.14"];

/// Succeeds on a Python that is new enough and can make a virtual environment (Debian packages that apart).
const SUITABLE: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";

/// What of the package of Ansible's collections is kept: 8 MB of 210, 400 files of 21,000.
const COLLECTIONS: [&str; 2] = ["ansible_collections/amazon/aws", "ansible_collections/community/aws"];

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

    let lists = Lists::of_repository();
    let wanted = lists.text()?;
    let home = cache.join("clients");
    // Written last: it says that the environment is whole, and for which lists.
    let stamp = home.join("requirements.txt");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        let what = "installing the AWS CLI, boto3, redis-py, Valkey GLIDE, Ansible, Cloud Custodian and other clients";
        step(what, || install(&home, &lists))?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    Ok(Clients { programs: home.join("bin") })
}

/// The files that pin the clients.
struct Lists {
    /// Python packages.
    packages: PathBuf,
    /// The package that carries Ansible's collections.
    collections: PathBuf,
}

impl Lists {
    fn of_repository() -> Self {
        let folder = environment::repository().join("tests/clients");
        Self { packages: folder.join("requirements.txt"), collections: folder.join("collections.txt") }
    }

    /// Both, as they are compared with what was installed.
    fn text(&self) -> Result<String> {
        let read =
            |list: &Path| fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()));
        Ok(read(&self.packages)? + &read(&self.collections)?)
    }
}

fn install(home: &Path, lists: &Lists) -> Result<()> {
    run_command(Command::new(python()?).args(["-m", "venv", "--clear"]).arg(home))?;
    // The lists name all that is needed.
    let pip = |verb: &str| {
        let mut pip = Command::new(home.join("bin/pip"));
        pip.args([verb, "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]);
        pip
    };
    run_command(pip("install").arg("--requirement").arg(&lists.packages))?;
    let wheel = home.join("wheel");
    run_command(pip("download").arg("--dest").arg(&wheel).arg("--requirement").arg(&lists.collections))?;
    unpack_collections(&wheel, &home.join("collections"))?;
    fs::remove_dir_all(&wheel).with_context(|| format!("cannot remove {}", wheel.display()))
}

/// Unpacks what is kept of the one package in `folder`.
fn unpack_collections(folder: &Path, home: &Path) -> Result<()> {
    let mut packages = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let package = packages.next().context("no package of Ansible's collections was downloaded")??.path();
    let unread = || format!("cannot read {}", package.display());
    let file = File::open(&package).with_context(unread)?;
    let mut archive = zip::ZipArchive::new(file).with_context(unread)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).with_context(unread)?;
        let path = entry.enclosed_name().filter(|_| entry.is_file());
        let kept = |path: &PathBuf| COLLECTIONS.iter().any(|collection| path.starts_with(collection));
        let Some(path) = path.filter(kept) else { continue };
        let target = home.join(path);
        let unwritten = || format!("cannot write {}", target.display());
        fs::create_dir_all(target.parent().unwrap_or(home)).with_context(unwritten)?;
        let mut written = File::create(&target).with_context(unwritten)?;
        io::copy(&mut entry, &mut written).with_context(unwritten)?;
    }
    Ok(())
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
            "the clients need Python 3.11 or newer, and this system's packages have an older one: install one"
        ),
    }
}
