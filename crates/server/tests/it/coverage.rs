//! Ratchets: no operation is served without a test, and fewer and fewer refusals are provoked nowhere but in the domain.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use models::elasticache::OperationName;

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
    let sources = sources();
    let served = OperationName::ALL.into_iter().map(OperationName::name);
    let untested: Vec<_> = served.filter(|name| !sources.contains(&format!(".{}()", method(name)))).collect();
    assert_eq!(untested, [""; 0], "served, and called by no test of crates/server/tests/it");
}

/// The table of refusals has every error that the model declares.
#[test]
fn every_declared_error_stands_in_the_table_of_refusals() {
    let facts: serde_json::Value =
        serde_json::from_str(include_str!("../../../../models/elasticache.json")).unwrap();
    let rows: Vec<Vec<&str>> = include_str!("../../../domain/data/refusals_open.tsv")
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    let tabled: BTreeSet<_> = rows.iter().map(|row| (row[0], row[1])).collect();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut missing = Vec::new();
    for operation in facts["operations"].as_array().unwrap() {
        for error in operation["errors"].as_array().unwrap() {
            let pair = (text(&operation["name"]), text(&facts["shapes"][text(error)]["error"]["code"]));
            if !tabled.contains(&(pair.0.as_str(), pair.1.as_str())) {
                missing.push(pair);
            }
        }
    }
    assert_eq!(missing, [], "declared by the model, and not in crates/domain/data/refusals_open.tsv");
}
