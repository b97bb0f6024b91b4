//! Ratchets: no operation is served without a test, and fewer and fewer refusals are provoked nowhere but in the domain.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use models::elasticache::OperationName;

use crate::support::emu::TestEmu;
use crate::support::raw::post;

/// The operations that stand in `refused.rs`: not built yet.
fn refused() -> BTreeSet<&'static str> {
    let source = include_str!("../../src/aws/elasticache/refused.rs");
    source.lines().filter_map(|line| line.trim().strip_prefix("ops::")?.strip_suffix(',')).collect()
}

/// Every source below this folder, this file apart.
fn sources() -> String {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it")];
    let mut all = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_this_file(&path) {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

fn is_this_file(path: &Path) -> bool {
    path.ends_with("tests/it/coverage.rs")
}

/// `CreateCacheCluster` as the SDK calls it: `create_cache_cluster`.
fn method(operation: &str) -> String {
    let mut name = String::new();
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[test]
fn every_operation_that_is_served_is_called_by_a_test() {
    let (refused, sources) = (refused(), sources());
    let served =
        OperationName::ALL.into_iter().map(OperationName::name).filter(|name| !refused.contains(name));
    let untested: Vec<_> = served.filter(|name| !sources.contains(&format!(".{}()", method(name)))).collect();
    assert_eq!(untested, [""; 0], "served, and called by no test of crates/server/tests/it");
}

#[tokio::test]
async fn every_operation_that_is_not_built_yet_says_so() {
    let emu = TestEmu::start().await;
    let refused = refused();
    assert!(!refused.is_empty());
    for name in &refused {
        assert!(OperationName::from_name(name).is_some(), "{name} is no operation of the model");
        let reply = emu.ask(&post(&format!("Action={name}&Version=2015-02-02")));
        let expected = format!("501 NotImplemented: Simfra does not implement the operation {name} yet.");
        assert_eq!(reply.error(), expected);
    }
}
