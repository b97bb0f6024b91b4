//! What the inner crates must not touch: their functions answer from their arguments alone.

use super::{Finding, Source};

/// An inner crate's folder, and the words that would bring the world into it.
const PURE: [(&str, &[&str]); 2] = [
    (
        "crates/domain/src/",
        &[
            "tokio",
            "SystemTime",
            "Instant",
            "Timestamp::now",
            "Zoned::now",
            "rand::",
            "std::env",
            "std::fs",
            "std::net::Tcp",
            "std::net::Udp",
            "std::process",
            "std::thread",
        ],
    ),
    (
        "crates/wire/src/",
        &[
            "tokio",
            "SystemTime",
            "Instant",
            "rand::",
            "std::env",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
        ],
    ),
];

/// Uses of clock, randomness, environment and IO in crates that have none.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    // Tests may look at the clock to compare with others' code.
    let is_test = |source: &&Source| source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    let inner = sources.iter().filter(|source| source.extension() == "rs" && !is_test(source));
    inner.flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<Finding> {
    let Some((folder, words)) = PURE.iter().find(|(folder, _)| source.path.starts_with(folder)) else {
        return Vec::new();
    };
    let worldly = source
        .code()
        .filter_map(|(number, line)| Some((number, words.iter().find(|word| line.contains(*word))?)));
    worldly
        .map(|(number, word)| Finding::new(source, number, format!("`{word}` has no place in {folder}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::findings;
    use crate::tidy::objections;

    #[test]
    fn the_clock_stays_outside_the_domain() {
        let text = "use std::time::Duration;\nlet now = SystemTime::now();\n// tokio is not used here\n";
        assert_eq!(objections(findings, "crates/domain/src/cluster.rs", text), [2]);
        assert_eq!(objections(findings, "crates/domain/src/cluster/tests.rs", text), [0; 0]);
        assert_eq!(objections(findings, "crates/server/src/clock.rs", text), [0; 0]);
    }
}
