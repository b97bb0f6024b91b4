//! A file that grows is two ideas.

use super::{Finding, Source};

/// From here on a file is listed, as a hint.
const LONG: usize = 400;
/// Beyond this a file is refused.
const TOO_LONG: usize = 600;

/// Files that nobody can read in one sitting.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let lengths = code(sources).filter(|(_, length)| *length > TOO_LONG);
    lengths
        .map(|(source, length)| Finding::new(source, length, format!("{length} lines, at most {TOO_LONG}")))
        .collect()
}

/// Files that are getting long.
pub(super) fn long_files(sources: &[Source]) -> Vec<String> {
    let lengths = code(sources).filter(|(_, length)| (LONG + 1..=TOO_LONG).contains(length));
    lengths.map(|(source, length)| format!("{} ({length} lines)", source.path)).collect()
}

fn code(sources: &[Source]) -> impl Iterator<Item = (&Source, usize)> {
    let is_code =
        |source: &&Source| matches!(source.extension(), "rs" | "py" | "sh") && !source.is_generated();
    sources.iter().filter(is_code).map(|source| (source, source.text.lines().count()))
}

#[cfg(test)]
mod tests {
    use super::{findings, long_files};
    use crate::tidy::source;

    #[test]
    fn length_counts_in_what_people_write() {
        let text = "x\n".repeat(601);
        let sources = [
            source("crates/a/src/long.rs", &text),
            source("crates/a/src/generated/long.rs", &text),
            source("docs/long.md", &text),
            source("crates/a/src/longish.rs", &text[..2 * 401]),
            source("crates/a/src/short.rs", &text[..2 * 400]),
        ];
        let too_long: Vec<_> = findings(&sources).into_iter().map(|finding| finding.path).collect();
        assert_eq!(too_long, ["crates/a/src/long.rs"]);
        assert_eq!(long_files(&sources), ["crates/a/src/longish.rs (401 lines)"]);
    }
}
