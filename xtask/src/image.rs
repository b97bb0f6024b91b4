//! `cargo xtask image`: Simfra as an image, its static executable alone, and a folder for what it keeps.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::command::{check, show};
use crate::docker::{self, docker};
use crate::terminal;
use crate::terminal::line;
use crate::test::{cargo, simfra};

/// Arguments of `cargo xtask image`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Put the debug build into it: quicker to make, larger and slower
    #[arg(long)]
    debug: bool,
    /// Its name, to be tagged with the version and with `latest`
    #[arg(long, value_name = "NAME", default_value = "simfra")]
    name: String,
}

/// What a container of the image is told, unless the user says otherwise. Its published ports are on the user's
/// loopback, and inside it there is no other way in than from everywhere; its own instance name keeps its containers
/// and networks apart from those of a Simfra on the host.
const SETTINGS: &str = include_str!("image/settings.txt");

/// Builds Simfra and its image.
///
/// # Errors
/// Docker does not answer, or Simfra does not compile.
pub(crate) fn run(args: &Args) -> Result<()> {
    if !docker::is_used()? {
        bail!("an image is made in Docker: its daemon does not answer, or SIMFRA_DOCKER=false");
    }
    let executable = build(args.debug)?;
    let version = env!("CARGO_PKG_VERSION");
    let reference = format!("{}:{version}", args.name);
    terminal::step(format_args!("importing {reference}"), || import(executable, &reference))?;
    docker::tag(&reference, &format!("{}:latest", args.name))?;
    line(format_args!(
        "run it: docker run -v /var/run/docker.sock:/var/run/docker.sock -p 127.0.0.1:4599:4599 \
         -p 127.0.0.1:11800-11899:11800-11899 {}",
        args.name
    ));
    Ok(())
}

fn build(debug: bool) -> Result<PathBuf> {
    line("· building");
    let mut command = cargo();
    // All of them: a part of the workspace alone would be another build, with other features.
    command.args(["build", "--workspace", "--bins"]);
    if !debug {
        command.arg("--release");
    }
    show(&mut command)?;
    // Beside this xtask, which is a debug build.
    let built = simfra()?;
    if debug {
        return Ok(built);
    }
    let folder = built.parent().and_then(|folder| folder.parent()).context("a build lies in a folder")?;
    Ok(folder.join("release/simfra"))
}

fn import(executable: PathBuf, reference: &str) -> Result<()> {
    let changes = SETTINGS.lines().flat_map(|setting| ["--change", setting]);
    let mut import = docker(&["import", "--message", "Simfra, a local AWS whose ElastiCache is real"]);
    import
        .args(changes)
        .arg("--change")
        .arg(format!("LABEL org.opencontainers.image.version={}", env!("CARGO_PKG_VERSION")));
    import.args(["-", reference]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = import.spawn().context("cannot start docker")?;
    let stdin = child.stdin.take().expect("standard input was asked for as a pipe");
    let written = write(executable, stdin);
    let outcome = child.wait_with_output().context("docker import does not end")?;
    // When Docker gave up, its own words tell more than our broken pipe.
    check(&import, outcome.status, &String::from_utf8_lossy(&outcome.stderr))?;
    written
}

/// Writes the image's one layer.
fn write(executable: PathBuf, to: impl Write) -> Result<()> {
    let mut layer = tar::Builder::new(io::BufWriter::with_capacity(1 << 20, to));
    let mut file =
        File::open(&executable).with_context(|| format!("cannot read {}", executable.display()))?;
    let mut header = tar::Header::new_gnu();
    header.set_size(file.metadata()?.len());
    header.set_mode(0o755);
    layer.append_data(&mut header, "simfra", &mut file).context("cannot write the executable")?;
    for (folder, mode) in [("tmp/", 0o1777), ("data/", 0o755)] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        header.set_mode(mode);
        layer.append_data(&mut header, folder, io::empty()).context("cannot write a folder")?;
    }
    layer.into_inner().and_then(|mut rest| rest.flush()).context("cannot write the image's layer")
}
