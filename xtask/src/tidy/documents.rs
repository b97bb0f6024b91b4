//! The papers: links lead somewhere, decisions are numbered without a gap, the changelog is open.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{Finding, Source};

/// Where decisions are recorded, as `0001-what-was-decided.md`.
const DECISIONS: &str = "docs/decisions/";

/// Dead links, gaps in the decisions' numbers, a changelog that has no place for the next entry.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let documents = sources.iter().filter(|source| source.extension() == "md");
    let mut findings: Vec<Finding> = documents.flat_map(|source| dead_links(source, sources)).collect();
    findings.extend(misnumbered(sources));
    findings.extend(closed_changelog(sources));
    findings
}

fn dead_links(source: &Source, sources: &[Source]) -> Vec<Finding> {
    let links =
        outside_code(source).flat_map(|(number, line)| targets(line).map(move |target| (number, target)));
    let dead = links.filter(|(_, target)| {
        !target.contains("://") && !target.starts_with("mailto:") && !leads_somewhere(source, target, sources)
    });
    dead.map(|(number, target)| Finding::new(source, number, format!("`{target}` leads nowhere"))).collect()
}

/// The lines of a document that are not in a fenced block.
fn outside_code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    source.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// What `](…)` names in a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, open)| line[at + open.len()..].split(')').next())
}

fn leads_somewhere(source: &Source, target: &str, sources: &[Source]) -> bool {
    let (file, heading) =
        target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let folder = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    let path = if file.is_empty() { PathBuf::from(&source.path) } else { plain(&folder.join(file)) };
    let is_folder = || sources.iter().any(|other| Path::new(&other.path).starts_with(&path));
    match (sources.iter().find(|other| Path::new(&other.path) == path), heading) {
        (Some(document), Some(heading)) => headings(document).contains(heading),
        (Some(_), None) => true,
        (None, _) => is_folder(),
    }
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
        plain
    })
}

/// A document's headings, as links name them.
fn headings(document: &Source) -> BTreeSet<String> {
    let headings = outside_code(document).filter(|(_, line)| line.starts_with('#'));
    headings.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

fn misnumbered(sources: &[Source]) -> Vec<Finding> {
    let mut decisions: Vec<&Source> =
        sources.iter().filter(|source| source.path.starts_with(DECISIONS)).collect();
    decisions.sort_by(|one, other| one.path.cmp(&other.path));
    let numbered = decisions.into_iter().zip(1..);
    let wrong = numbered
        .filter(|(source, number)| !source.path[DECISIONS.len()..].starts_with(&format!("{number:04}-")));
    wrong
        .map(|(source, number)| Finding::new(source, 1, format!("this would be decision {number:04}")))
        .collect()
}

fn closed_changelog(sources: &[Source]) -> Option<Finding> {
    let changelog = sources.iter().find(|source| source.path == "CHANGELOG.md")?;
    let open = changelog.text.lines().any(|line| line.trim() == "## Unreleased");
    (!open).then(|| Finding::new(changelog, 1, "has no section `## Unreleased`"))
}

#[cfg(test)]
mod tests {
    use super::findings;
    use crate::tidy::{objections, source};

    #[test]
    fn a_link_leads_to_a_file_a_folder_or_a_heading() {
        let readme = "[a](docs/a.md) [b](docs/a.md#two-words) [c](docs) [d](#own)\n[e](docs/b.md)\n[f](docs/a.md#three)\n\n```\n[g](nowhere)\n```\n# Own\n";
        let sources = [source("README.md", readme), source("docs/a.md", "# Two words\n[up](../README.md)\n")];
        let lines: Vec<_> =
            findings(&sources).into_iter().map(|finding| (finding.path, finding.line)).collect();
        assert_eq!(lines, [("README.md".to_owned(), 2), ("README.md".to_owned(), 3)]);
    }

    #[test]
    fn decisions_are_numbered_without_a_gap() {
        let sources = [source("docs/decisions/0001-a.md", ""), source("docs/decisions/0003-b.md", "")];
        let wrong: Vec<_> = findings(&sources).into_iter().map(|finding| finding.path).collect();
        assert_eq!(wrong, ["docs/decisions/0003-b.md"]);
    }

    #[test]
    fn the_changelog_is_open() {
        assert_eq!(objections(findings, "CHANGELOG.md", "# Changelog\n"), [1]);
        assert_eq!(objections(findings, "CHANGELOG.md", "# Changelog\n\n## Unreleased\n"), [0; 0]);
    }
}
