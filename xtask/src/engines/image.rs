//! Test images: what stands in for the engines' official images where no registry can be reached.
//!
//! An image holds the engine's packages and what they need, a shell and the usual small tools, and an entrypoint with
//! the official image's habits. It says of itself that it is a stand-in, by a label.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::rootfs::{BOOKWORM, Release, Rootfs, TRIXIE};
use crate::command::check;
use crate::docker::{self, docker};

/// Marks an image that was built here; its value is the recipe's name.
pub(crate) const LABEL: &str = "dev.simfra.test-image";

/// What every image has besides the engine, so that `docker exec` finds a shell and the entrypoint its commands.
const BASE: [&str; 9] =
    ["base-files", "base-passwd", "coreutils", "dash", "findutils", "grep", "hostname", "sed", "util-linux"];

/// Files that installation scripts made, which no package lists.
const MADE_AT_INSTALLATION: [&str; 8] =
    ["bin", "sbin", "lib", "lib64", "etc/passwd", "etc/group", "etc/nsswitch.conf", "usr/bin/sh"];

const REDIS_ENTRYPOINT: &str = include_str!("entrypoints/redis.sh");
const MEMCACHED_ENTRYPOINT: &str = include_str!("entrypoints/memcached.sh");

/// What serves in an image.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// Redis or Valkey: starts as root, owns `/data`, and becomes the engine's user.
    KeyValue { server: &'static str, user: &'static str },
    /// Memcached: starts as its user.
    Memcached,
    /// Nothing: a place from which tests connect.
    Client,
}

/// How one test image is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    /// The recipe's name, which the image's label carries.
    pub(crate) name: &'static str,
    /// The names under which the image is looked for, the most asked for first.
    pub(crate) references: &'static [&'static str],
    /// The release that has it.
    pub(crate) release: &'static Release,
    packages: &'static [&'static str],
    /// What the first package's version must begin with for the references to be true.
    version: &'static str,
    role: Role,
}

impl Recipe {
    /// Whether a registry may have the real thing.
    pub(crate) fn is_published(&self) -> bool {
        !matches!(self.role, Role::Client)
    }
}

/// Every image that `cargo xtask engines` gives.
pub(crate) const RECIPES: [Recipe; 5] = [
    Recipe {
        name: "redis-7.0",
        references: &["redis:7", "redis:7.0"],
        release: &BOOKWORM,
        packages: &["redis-server", "redis-tools"],
        version: "7.0.",
        role: Role::KeyValue { server: "redis-server", user: "redis" },
    },
    Recipe {
        name: "valkey-8.1",
        references: &["valkey/valkey:8", "valkey/valkey:8.1"],
        release: &TRIXIE,
        packages: &["valkey-server", "valkey-tools"],
        version: "8.1.",
        role: Role::KeyValue { server: "valkey-server", user: "valkey" },
    },
    Recipe {
        name: "memcached-1.6",
        references: &["memcached:1.6", "memcached:1.6.38"],
        release: &TRIXIE,
        packages: &["memcached"],
        version: "1.6.38",
        role: Role::Memcached,
    },
    Recipe {
        name: "redis-8.0",
        references: &["redis:8", "redis:8.0"],
        release: &TRIXIE,
        packages: &["redis-server", "redis-tools"],
        version: "8.0.",
        role: Role::KeyValue { server: "redis-server", user: "redis" },
    },
    Recipe {
        name: "client",
        references: &["simfra-test-client:latest"],
        release: &BOOKWORM,
        packages: &["python3-redis", "python3-pymemcache", "redis-tools"],
        version: "",
        role: Role::Client,
    },
];

/// Builds a recipe's image under a name.
///
/// # Errors
/// The release no longer has the version that the name promises, or Docker refuses the image.
pub(crate) fn build(recipe: &Recipe, rootfs: &Rootfs, reference: &str) -> Result<()> {
    let main = recipe.packages[0];
    let version = rootfs.packages.upstream_version(main).unwrap_or_default();
    if !version.starts_with(recipe.version) {
        bail!("{reference} would be untrue: {} now has {main} {version}", recipe.release.codename);
    }
    let changes = changes(recipe).into_iter().flat_map(|change| ["--change".to_owned(), change]);
    let message =
        format!("{main} {version} of Debian {}, in place of the official image", recipe.release.codename);
    let mut import = docker(&["import", "--message", &message]);
    import.args(changes).args(["-", reference]);
    import.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());

    let mut child = import.spawn().context("cannot start docker")?;
    let stdin = child.stdin.take().expect("standard input was asked for as a pipe");
    let written = write(recipe, rootfs, stdin);
    let outcome = child.wait_with_output().context("docker import does not end")?;
    // When Docker gave up, its own words tell more than our broken pipe.
    check(&import, outcome.status, &String::from_utf8_lossy(&outcome.stderr))?;
    written
}

/// Names the image of a recipe that was built before.
///
/// # Errors
/// Docker does not answer.
pub(crate) fn tag_built(recipe: &Recipe, reference: &str) -> Result<bool> {
    let Some(image) = docker::image_with_label(&format!("{LABEL}={}", recipe.name))? else {
        return Ok(false);
    };
    docker::tag(&image, reference)?;
    Ok(true)
}

fn changes(recipe: &Recipe) -> Vec<String> {
    let mut changes = vec![format!("LABEL {LABEL}={}", recipe.name)];
    match recipe.role {
        Role::KeyValue { server, .. } => changes.extend([
            "WORKDIR /data".to_owned(),
            "VOLUME /data".to_owned(),
            "EXPOSE 6379".to_owned(),
            r#"ENTRYPOINT ["docker-entrypoint.sh"]"#.to_owned(),
            format!(r#"CMD ["{server}"]"#),
        ]),
        Role::Memcached => changes.extend([
            "USER memcache".to_owned(),
            "EXPOSE 11211".to_owned(),
            r#"ENTRYPOINT ["docker-entrypoint.sh"]"#.to_owned(),
            r#"CMD ["memcached"]"#.to_owned(),
        ]),
        Role::Client => changes.push(r#"CMD ["python3"]"#.to_owned()),
    }
    changes
}

/// Writes the image's one layer.
fn write(recipe: &Recipe, rootfs: &Rootfs, to: impl Write) -> Result<()> {
    let mut layer = tar::Builder::new(io::BufWriter::with_capacity(1 << 20, to));
    layer.follow_symlinks(false);
    layer.sparse(false);
    for file in files(recipe, rootfs)? {
        let from = rootfs.path.join(&file);
        layer
            .append_path_with_name(&from, &file)
            .with_context(|| format!("cannot read {}", from.display()))?;
    }
    match recipe.role {
        Role::KeyValue { server, user } => {
            let script = REDIS_ENTRYPOINT.replace("@SERVER@", server).replace("@USER@", user);
            append_script(&mut layer, &script)?;
            append_data(&mut layer, owner(&rootfs.path, user)?)?;
        }
        Role::Memcached => append_script(&mut layer, MEMCACHED_ENTRYPOINT)?,
        Role::Client => {}
    }
    layer.into_inner().and_then(|mut rest| rest.flush()).context("cannot write the image's layer")
}

/// The layer's files, each folder before what is in it.
fn files(recipe: &Recipe, rootfs: &Rootfs) -> Result<BTreeSet<PathBuf>> {
    let roots: Vec<&str> = BASE.iter().chain(recipe.packages).copied().collect();
    let mut files = rootfs.packages.files(rootfs.packages.closure(&roots))?;
    let made = MADE_AT_INSTALLATION.iter().map(PathBuf::from);
    files.extend(made.filter(|file| rootfs.path.join(file).symlink_metadata().is_ok()));
    Ok(files)
}

fn append_script(layer: &mut tar::Builder<impl Write>, script: &str) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(script.len() as u64);
    header.set_mode(0o755);
    layer
        .append_data(&mut header, "usr/local/bin/docker-entrypoint.sh", script.as_bytes())
        .context("cannot write the entrypoint")
}

fn append_data(layer: &mut tar::Builder<impl Write>, (uid, gid): (u64, u64)) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_size(0);
    header.set_mode(0o755);
    header.set_uid(uid);
    header.set_gid(gid);
    layer.append_data(&mut header, "data/", io::empty()).context("cannot write /data")
}

/// A user's number and group, by the root filesystem's own list.
fn owner(root: &Path, user: &str) -> Result<(u64, u64)> {
    let passwd =
        fs::read_to_string(root.join("etc/passwd")).context("the root filesystem has no list of users")?;
    let entry =
        passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == user);
    let fields = entry.with_context(|| format!("the root filesystem has no user {user}"))?;
    let [_, _, uid, gid, ..] = fields[..] else { bail!("the entry of user {user} is cut short") };
    Ok((uid.parse()?, gid.parse()?))
}
