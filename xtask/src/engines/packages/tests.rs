use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{Packages, upstream};

const STATUS: &str = "\
Package: engine
Version: 5:8.0.2-3+deb13u2
Depends: engine-tools (= 5:8.0.2-3), adduser, libother | libssl, python3:any (>= 3.8)

Package: engine-tools
Version: 5:8.0.2-3
Pre-Depends: virtual-lib

Package: libssl
Version: 3

Package: librole
Version: 1
Provides: virtual-lib (= 1)

Package: adduser
Version: 3

Package: python3
Version: 3.11.2-1
";

fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let info = root.path().join("var/lib/dpkg/info");
    fs::create_dir_all(&info).unwrap();
    fs::create_dir_all(root.path().join("usr/bin")).unwrap();
    symlink("usr/bin", root.path().join("bin")).unwrap();
    fs::write(root.path().join("var/lib/dpkg/status"), STATUS).unwrap();
    fs::write(root.path().join("usr/bin/engine"), "").unwrap();
    fs::write(info.join("engine.list"), "/.\n/bin\n/bin/engine\n/usr/share/doc/engine/copyright\n/gone\n")
        .unwrap();
    fs::write(info.join("libssl:amd64.list"), "/.\n/usr\n").unwrap();
    root
}

#[test]
fn a_closure_follows_alternatives_and_roles_and_leaves_installers_out() {
    let root = root();
    let packages = Packages::read(root.path()).unwrap();
    let closure: Vec<_> = packages.closure(&["engine", "unknown"]).into_iter().collect();
    assert_eq!(closure, ["engine", "engine-tools", "librole", "libssl", "python3"]);
}

#[test]
fn files_are_named_by_where_they_really_are() {
    let root = root();
    let packages = Packages::read(root.path()).unwrap();
    let files: Vec<_> = packages.files(["engine", "libssl"]).unwrap().into_iter().collect();
    assert_eq!(files, [Path::new("bin"), Path::new("usr"), Path::new("usr/bin/engine")]);
    assert!(packages.files(["unknown"]).is_err());
}

#[test]
fn an_upstream_version_has_neither_epoch_nor_revision() {
    assert_eq!(upstream("5:8.0.2-3+deb13u2"), "8.0.2");
    assert_eq!(upstream("8.1.1+dfsg1-3"), "8.1.1");
    assert_eq!(upstream("1.6.38-1"), "1.6.38");
}
