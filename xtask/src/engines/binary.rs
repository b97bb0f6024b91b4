//! Server programs for the process runtime: the machine's own packages, and where one is not packaged, a copy from a
//! newer release's root filesystem that brings its own loader and libraries.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::rootfs::{Rootfs, TRIXIE};
use crate::apt;
use crate::environment;
use crate::terminal::{line, step};

/// A server program and the package that brings it.
struct Program {
    name: &'static str,
    package: &'static str,
}

const PACKAGED: [Program; 2] = [
    Program { name: "redis-server", package: "redis-server" },
    Program { name: "memcached", package: "memcached" },
];

const VALKEY: Program = Program { name: "valkey-server", package: "valkey-server" };

/// What is copied for Valkey: the server and the client that goes with it.
const VALKEY_PROGRAMS: [&str; 2] = ["valkey-server", "valkey-cli"];

/// Sees to it that the three servers can be found in the engine folder or on PATH.
///
/// # Errors
/// Something must be installed and cannot be.
pub(crate) fn ensure(cache: &Path, engine_path: &Path) -> Result<()> {
    let is_here = |program: &Program| {
        engine_path.join(program.name).is_file() || environment::program(program.name).is_some()
    };
    let mut packages: Vec<&str> =
        PACKAGED.iter().filter(|program| !is_here(program)).map(|program| program.package).collect();
    let valkey_is_missing = !is_here(&VALKEY);
    let valkey_is_packaged = valkey_is_missing && apt::offers(VALKEY.package);
    if valkey_is_packaged {
        packages.push(VALKEY.package);
    }
    apt::install(&packages)?;
    if valkey_is_missing && !valkey_is_packaged {
        let rootfs = Rootfs::ensure(cache, &TRIXIE)?;
        step("copying Valkey with its own loader", || copy_valkey(&rootfs, engine_path))?;
    }
    for program in PACKAGED.iter().chain([&VALKEY]) {
        let own = Some(engine_path.join(program.name)).filter(|path| path.is_file());
        if let Some(path) = own.or_else(|| environment::program(program.name)) {
            line(format_args!("  {:<14} {}", program.name, path.display()));
        }
    }
    Ok(())
}

/// Copies Valkey into a folder of its own and puts the wrappers that start it beside that folder.
fn copy_valkey(rootfs: &Rootfs, engine_path: &Path) -> Result<()> {
    let home = engine_path.join("valkey");
    let partial = engine_path.join("valkey.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).with_context(|| format!("cannot remove {}", partial.display()))?;
    }
    for folder in ["bin", "lib"] {
        let folder = partial.join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let files = rootfs.packages.files(rootfs.packages.closure(&["valkey-server", "valkey-tools"]))?;
    for program in VALKEY_PROGRAMS {
        copy(&rootfs.path.join("usr/bin").join(program), &partial.join("bin").join(program))?;
    }
    let libraries = libraries(&files);
    for library in &libraries {
        let name = library.file_name().context("a library has a name")?;
        copy(&rootfs.path.join(library), &partial.join("lib").join(name))?;
    }
    let loader = libraries
        .iter()
        .filter_map(|library| library.file_name()?.to_str())
        .find(|name| name.starts_with("ld-"));
    let loader = loader.context("the root filesystem has no loader")?.to_owned();

    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    fs::rename(&partial, &home).with_context(|| format!("cannot create {}", home.display()))?;
    VALKEY_PROGRAMS.iter().try_for_each(|program| write_wrapper(engine_path, program, &loader))
}

/// The shared libraries among files, the loader included: those in a library folder itself, not plug-ins below it.
fn libraries(files: &BTreeSet<PathBuf>) -> Vec<&PathBuf> {
    let is_library = |file: &&PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let folder = file.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        // `usr/lib`, `usr/lib64`, or `usr/lib/<architecture>`.
        let directly = folder == "usr/lib64"
            || folder.strip_prefix("usr/lib").is_some_and(|rest| rest.matches('/').count() <= 1);
        directly && name.contains(".so") && (name.starts_with("lib") || name.starts_with("ld-"))
    };
    files.iter().filter(is_library).collect()
}

/// Copies what a path leads to: the library behind a link gets the link's name, by which it is looked for.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// A script that *becomes* the program, so that signals and the process id are the engine's.
fn write_wrapper(engine_path: &Path, program: &str, loader: &str) -> Result<()> {
    let script = format!(
        "#!/bin/sh\n\
         # Starts {program} of a newer release with that release's own loader and libraries.\n\
         home=$(dirname \"$(readlink -f \"$0\")\")/valkey\n\
         exec \"$home/lib/{loader}\" --library-path \"$home/lib\" \"$home/bin/{program}\" \"$@\"\n"
    );
    let path = engine_path.join(program);
    let partial = path.with_extension("partial");
    fs::write(&partial, script)
        .and_then(|()| fs::set_permissions(&partial, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&partial, &path))
        .with_context(|| format!("cannot write {}", path.display()))
}
