//! The machine's own packages: what apt can install, and where it takes packages from.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{as_root, output, run, succeeds};
use crate::environment;
use crate::terminal::step;

/// Installs packages without starting a service that they bring.
const INSTALL_QUIETLY: &str = include_str!("apt/install-quietly.sh");

/// Installs packages; those that are there already cost nothing.
///
/// # Errors
/// There is no apt, no way to be root, or apt fails.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let wanted = packages.join(" ");
    if environment::program("apt-get").is_none() {
        bail!("install these with your system's package manager, and run this again: {wanted}");
    }
    step(format_args!("installing {wanted}"), || {
        let mut command = as_root("sh").with_context(|| format!("cannot install {wanted}"))?;
        run(command.args(["-c", INSTALL_QUIETLY, "install-quietly"]).args(packages))
    })
}

/// Whether apt knows a package.
pub(crate) fn offers(package: &str) -> bool {
    let mut command = Command::new("apt-cache");
    command.args(["show", "--no-all-versions", package]);
    environment::program("apt-cache").is_some() && succeeds(&mut command)
}

/// The Debian mirror that this machine uses; none on another distribution, where debootstrap has its own default.
pub(crate) fn debian_mirror() -> Option<String> {
    let release = fs::read_to_string("/etc/os-release").ok()?;
    let field = |name: &str| {
        let value = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_matches('"').to_owned())
    };
    if field("ID")? != "debian" {
        return None;
    }
    let codename = field("VERSION_CODENAME")?;
    let mut targets = Command::new("apt-get");
    targets.args(["indextargets", "--format", "$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)"]);
    mirror_among(&output(&mut targets).ok()?, &codename)
}

/// The repository that serves a release's `main`, among lines of `Packages RELEASE COMPONENT URI`.
fn mirror_among(targets: &str, codename: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let [created_by, release, component, uri] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return None;
        };
        let ours =
            created_by == "Packages" && component == "main" && (release == codename || release == "stable");
        // debootstrap speaks these; apt's `mirror+` and `cdrom:` sources it does not.
        let spoken = ["http://", "https://", "file:/"].iter().any(|scheme| uri.starts_with(scheme));
        (ours && spoken && !uri.contains("security")).then(|| uri.trim_end_matches('/').to_owned())
    })
}

/// The HTTP proxy that apt uses, for programs that do not read its configuration.
pub(crate) fn http_proxy() -> Option<String> {
    let dump = output(Command::new("apt-config").args(["shell", "proxy", "Acquire::http::Proxy"])).ok()?;
    let value = dump.trim().strip_prefix("proxy='")?.strip_suffix('\'')?;
    (!value.is_empty() && value != "DIRECT").then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::mirror_among;

    #[test]
    fn the_mirror_is_the_release_s_main_repository() {
        let targets = "Packages stable-security main http://mirror.test/debian-security/\n\
                       Contents-deb bookworm main http://mirror.test/other/\n\
                       Packages bookworm contrib http://mirror.test/contrib/\n\
                       Packages bookworm main http://mirror.test/debian/\n";
        assert_eq!(mirror_among(targets, "bookworm").as_deref(), Some("http://mirror.test/debian"));
        assert_eq!(mirror_among(targets, "trixie"), None);
    }

    #[test]
    fn a_source_that_debootstrap_cannot_read_is_left_alone() {
        assert_eq!(mirror_among("Packages bookworm main mirror+file:/etc/apt/mirrors.txt", "bookworm"), None);
    }
}
