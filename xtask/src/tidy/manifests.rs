//! Dependencies stand once, in the workspace table, each with its reason; every crate is held to the same lints.

use super::{Finding, Source};

const TABLE: &str = "[workspace.dependencies]";

/// Dependencies without a reason or outside the table, crates without the workspace's lints.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let manifests = sources.iter().filter(|source| source.path.ends_with("Cargo.toml"));
    manifests
        .flat_map(|source| if source.path == "Cargo.toml" { reasons(source) } else { member(source) })
        .collect()
}

fn reasons(source: &Source) -> Vec<Finding> {
    let dependencies = section(source, |header| header == TABLE);
    let unexplained = dependencies.filter(|(_, line)| !line.contains("path = ") && !line.contains(" # "));
    unexplained
        .map(|(number, _)| Finding::new(source, number, "a dependency carries its reason in a comment"))
        .collect()
}

fn member(source: &Source) -> Vec<Finding> {
    let own = section(source, |header| header.ends_with("dependencies]"))
        .filter(|(_, line)| !line.contains(".workspace = true") && !line.contains("workspace = true"));
    let mut findings: Vec<Finding> = own
        .map(|(number, _)| Finding::new(source, number, "versions stand in the workspace's table"))
        .collect();
    if !source.text.contains("[lints]\nworkspace = true") {
        findings.push(Finding::new(source, 1, "the workspace's lints do not apply here"));
    }
    findings
}

/// The entries of the sections whose header is wanted.
fn section(source: &Source, wanted: fn(&str) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    source.lines().filter(move |(_, line)| {
        if line.starts_with('[') {
            inside = wanted(line.trim());
            return false;
        }
        inside && !line.trim().is_empty() && !line.starts_with('#')
    })
}

#[cfg(test)]
mod tests {
    use super::findings;
    use crate::tidy::objections;

    #[test]
    fn a_dependency_has_a_reason_and_one_place() {
        let table = "[workspace.dependencies]\nwire = { path = \"crates/wire\" }\nbytes = \"1\" # bodies\nhttp = \"1\"\n";
        assert_eq!(objections(findings, "Cargo.toml", table), [4]);
        let member = "[lints]\nworkspace = true\n[dependencies]\nbytes.workspace = true\nhttp = \"1\"\n";
        assert_eq!(objections(findings, "crates/a/Cargo.toml", member), [5]);
        assert_eq!(objections(findings, "crates/a/Cargo.toml", "[package]\n"), [1]);
    }
}
