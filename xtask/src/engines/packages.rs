//! What dpkg knows of a root filesystem: which packages it has, what they need, which files they brought.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Packages that others depend on only for the time of their installation, or to run as services of a whole system.
const INSTALLATION_ONLY: [&str; 10] = [
    "adduser",
    "debconf",
    "dpkg",
    "init-system-helpers",
    "lsb-base",
    "passwd",
    "perl",
    "perl-base",
    "procps",
    "sysvinit-utils",
];

/// Folders whose files an engine never reads.
const UNREAD: [&str; 12] = [
    "/usr/share/doc/",
    "/usr/share/doc-base/",
    "/usr/share/man/",
    "/usr/share/locale/",
    "/usr/share/info/",
    "/usr/share/lintian/",
    "/usr/share/bash-completion/",
    "/usr/share/bug/",
    "/usr/lib/systemd/",
    "/etc/init.d/",
    "/etc/redis/",
    "/etc/valkey/",
];

/// The packages of a root filesystem.
#[derive(Debug)]
pub(crate) struct Packages {
    root: PathBuf,
    installed: BTreeMap<String, Package>,
}

#[derive(Debug, Default)]
struct Package {
    version: String,
    /// Each need is a list of alternatives.
    needs: Vec<Vec<String>>,
    provides: Vec<String>,
}

impl Packages {
    /// Reads dpkg's status of a root filesystem.
    ///
    /// # Errors
    /// It has none.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let status = root.join("var/lib/dpkg/status");
        let text =
            fs::read_to_string(&status).with_context(|| format!("cannot read {}", status.display()))?;
        Ok(Self { root: root.to_owned(), installed: text.split("\n\n").filter_map(stanza).collect() })
    }

    /// A package's version as its authors count: without Debian's epoch and revision.
    pub(crate) fn upstream_version(&self, package: &str) -> Option<&str> {
        Some(upstream(&self.installed.get(package)?.version))
    }

    /// These packages and all that they need to run.
    pub(crate) fn closure<'a>(&'a self, roots: &[&'a str]) -> BTreeSet<&'a str> {
        let mut closure = BTreeSet::new();
        let mut open: Vec<&str> = roots.to_vec();
        while let Some(name) = open.pop() {
            let Some(package) = self.installed.get(name) else { continue };
            if INSTALLATION_ONLY.contains(&name) || !closure.insert(name) {
                continue;
            }
            open.extend(package.needs.iter().filter_map(|alternatives| self.chosen(alternatives)));
        }
        closure
    }

    /// The installed package that meets a need.
    fn chosen(&self, alternatives: &[String]) -> Option<&str> {
        alternatives.iter().find_map(|wanted| {
            let by_name = self.installed.get_key_value(wanted);
            let by_role = || self.installed.iter().find(|(_, package)| package.provides.contains(wanted));
            by_name.or_else(by_role).map(|(name, _)| name.as_str())
        })
    }

    /// The files, links and folders of packages, relative to the root and without a link in their folders' names.
    ///
    /// # Errors
    /// dpkg's list of a package cannot be read.
    pub(crate) fn files<'a>(&self, packages: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<PathBuf>> {
        let mut files = BTreeSet::new();
        for package in packages {
            let list = self.list_of(package)?;
            let read = list.lines().filter(|file| !UNREAD.iter().any(|unread| file.starts_with(unread)));
            files.extend(read.map(|file| self.without_links(file)));
        }
        // A package may name a file that its own installation scripts moved away.
        files.retain(|file| !file.as_os_str().is_empty() && self.root.join(file).symlink_metadata().is_ok());
        Ok(files)
    }

    fn list_of(&self, package: &str) -> Result<String> {
        let info = self.root.join("var/lib/dpkg/info");
        let plain = info.join(format!("{package}.list"));
        if plain.exists() {
            return fs::read_to_string(&plain).with_context(|| format!("cannot read {}", plain.display()));
        }
        // Packages that several architectures can have side by side carry theirs in the name.
        let prefix = format!("{package}:");
        let entries = fs::read_dir(&info).with_context(|| format!("cannot read {}", info.display()))?;
        let qualified = entries.flatten().map(|entry| entry.path()).find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&prefix) && name.ends_with(".list")
        });
        let qualified = qualified.with_context(|| format!("dpkg has no list of {package}'s files"))?;
        fs::read_to_string(&qualified).with_context(|| format!("cannot read {}", qualified.display()))
    }

    /// `/bin/sh` of an older package is `usr/bin/sh` where `/bin` is a link.
    fn without_links(&self, file: &str) -> PathBuf {
        let file = file.trim_start_matches('/').trim_end_matches('.');
        match file.split_once('/') {
            Some((top, rest)) if self.root.join(top).is_symlink() => Path::new("usr").join(top).join(rest),
            _ => PathBuf::from(file),
        }
    }
}

fn stanza(text: &str) -> Option<(String, Package)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let needs = ["Pre-Depends", "Depends"].into_iter().filter_map(field).flat_map(|list| list.split(','));
    let package = Package {
        version: field("Version")?.to_owned(),
        needs: needs.map(|need| need.split('|').filter_map(bare_name).collect()).collect(),
        provides: field("Provides").unwrap_or_default().split(',').filter_map(bare_name).collect(),
    };
    Some((field("Package")?.to_owned(), package))
}

/// ` python3:any (>= 3.8)` is `python3`.
fn bare_name(relation: &str) -> Option<String> {
    let name = relation.split_whitespace().next()?;
    Some(name.split(':').next().unwrap_or(name).to_owned())
}

fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let end = version.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(version.len());
    version[..end].trim_end_matches('.')
}

#[cfg(test)]
mod tests;
