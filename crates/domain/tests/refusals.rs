//! The reference's refusals of all operations, every error that the model declares and every wording that is known: each
//! has a test, or stands open with the reason, in `data/refusals_open.tsv`. The number of open ones may only shrink.

use std::collections::BTreeSet;
use std::path::Path;

/// How many refusals stand open. Lower it with every one that gets its test; never raise it for one that loses it.
const OPEN: usize = 132;

#[test]
fn every_refusal_has_a_test_or_a_reason() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut open = 0;
    let mut seen = BTreeSet::new();
    for line in include_str!("../data/refusals_open.tsv").lines().skip(1) {
        let cells: Vec<_> = line.split('\t').collect();
        let [operation, code, template, status, told] = cells[..] else { panic!("five columns: {line}") };
        assert!(seen.insert((operation, code, template)), "twice: {line}");
        match status {
            "tested" => {
                assert!(has_test(&workspace, told), "there is no test {told}; it is named by: {line}")
            }
            "open" => {
                assert!(told.len() > 10, "a reason is a phrase: {line}");
                open += 1;
            }
            other => panic!("{other} is neither tested nor open: {line}"),
        }
    }
    assert_eq!(open, OPEN, "set `OPEN` to the number of open refusals, if it shrank");
}

/// Whether `path#name` is a test function of the workspace.
fn has_test(workspace: &Path, test: &str) -> bool {
    let Some((path, name)) = test.split_once('#') else { return false };
    let source = std::fs::read_to_string(workspace.join(path)).unwrap_or_default();
    let (function, lines) = (format!("fn {name}("), source.lines().collect::<Vec<_>>());
    let is_test = |line: &str| ["#[test]", "#[tokio::test]"].contains(&line.trim());
    lines
        .windows(2)
        .any(|pair| is_test(pair[0]) && pair[1].trim().trim_start_matches("async ").starts_with(&function))
}
