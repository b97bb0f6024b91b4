//! Root filesystems of Debian releases: built once by debootstrap, kept in the cache folder, and read as a source of
//! engines. Nothing runs inside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::packages::Packages;
use crate::apt;
use crate::command::{as_root, run};
use crate::environment;
use crate::terminal::step;

/// A Debian release and what is taken from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// The release's code name, as debootstrap knows it.
    pub(crate) codename: &'static str,
    /// The packages that are wanted on top of the smallest system.
    pub(crate) packages: &'static [&'static str],
}

/// Redis 7.0, and what the test client is made of.
pub(crate) const BOOKWORM: Release = Release {
    codename: "bookworm",
    packages: &["redis-server", "redis-tools", "python3-minimal", "python3-redis", "python3-pymemcache"],
};

/// Valkey 8.1, Redis 8.0, Memcached 1.6.38.
pub(crate) const TRIXIE: Release = Release {
    codename: "trixie",
    packages: &["redis-server", "redis-tools", "valkey-server", "valkey-tools", "memcached"],
};

/// Where Debian's signing keys are, on every distribution that packages them.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What the files of the packages do not need once they are unpacked; apt's sources and debootstrap's log name the
/// machine's mirror.
const SUPERFLUOUS: [&str; 8] = [
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log/bootstrap.log",
    "etc/apt/sources.list",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "boot",
];

/// A release's root filesystem.
#[derive(Debug)]
pub(crate) struct Rootfs {
    /// Its folder.
    pub(crate) path: PathBuf,
    /// What is installed in it.
    pub(crate) packages: Packages,
}

impl Rootfs {
    /// Builds the release's root filesystem unless it is there with the same packages.
    ///
    /// # Errors
    /// This user cannot be root, debootstrap cannot be installed, or the distribution cannot be reached.
    pub(crate) fn ensure(cache: &Path, release: &Release) -> Result<Self> {
        let folder = cache.join("rootfs");
        let path = folder.join(release.codename);
        // What the root filesystem was built with stands beside it, so that a changed list rebuilds it.
        let stamp = folder.join(format!("{}.packages", release.codename));
        let wanted = release.packages.join("\n");
        if !path.is_dir() || fs::read_to_string(&stamp).ok().as_deref() != Some(&wanted) {
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
            let cannot = || format!("cannot build Debian {}'s root filesystem", release.codename);
            build(release, &path).with_context(cannot)?;
            fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
        }
        let packages = Packages::read(&path)?;
        Ok(Self { path, packages })
    }
}

fn build(release: &Release, path: &Path) -> Result<()> {
    let missing: Vec<&str> = [
        ("debootstrap", environment::program("debootstrap").is_some()),
        ("debian-archive-keyring", Path::new(KEYRING).exists()),
    ]
    .into_iter()
    .filter_map(|(package, there)| (!there).then_some(package))
    .collect();
    apt::install(&missing)?;

    let partial = path.with_extension("partial");
    discard(&partial)?;
    step(format_args!("building Debian {}'s root filesystem (a minute or two)", release.codename), || {
        run(&mut bootstrap(release, &partial)?)?;
        run(as_root("rm")?.arg("-rf").args(SUPERFLUOUS.map(|superfluous| partial.join(superfluous))))
    })?;
    discard(path)?;
    run(as_root("mv")?.arg("-T").args([partial.as_path(), path]))
}

fn bootstrap(release: &Release, target: &Path) -> Result<Command> {
    let mut command = as_root("env")?;
    if let Some(proxy) = apt::http_proxy() {
        command.arg(format!("http_proxy={proxy}"));
    }
    command
        .args(["debootstrap", "--variant=minbase", "--merged-usr"])
        .arg(format!("--keyring={KEYRING}"))
        .arg(format!("--include={}", release.packages.join(",")))
        .arg(release.codename)
        .arg(target)
        .args(apt::debian_mirror());
    Ok(command)
}

/// Removes a root filesystem, also one whose building was interrupted while `/proc` was mounted in it.
fn discard(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    for mounted in ["proc", "sys"] {
        // It is mounted only after an interruption.
        let _ = run(as_root("umount")?.arg(path.join(mounted)));
    }
    run(as_root("rm")?.args(["-rf", "--one-file-system"]).arg(path))
}
