//! Counts tests by the summaries that cargo and pytest print.

use std::fmt;

/// How many tests ended how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

impl Tally {
    /// Adds what a line says, if it is a summary.
    pub(super) fn read(&mut self, line: &str) {
        let line = line.trim_matches(['=', ' ']);
        let summary = match line.strip_prefix("test result: ") {
            Some(summary) => summary,
            // pytest: `3 passed, 1 skipped in 0.52s`, with or without a time in brackets.
            None if line.starts_with(|letter: char| letter.is_ascii_digit()) && line.contains(" in ") => line,
            None => return,
        };
        let words: Vec<&str> = summary.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u32>() else { continue };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" | "error" | "errors" => self.failed += count,
                "ignored" | "skipped" => self.skipped += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn summaries_add_up_and_other_lines_count_for_nothing() {
        let mut tally = Tally::default();
        for line in [
            "running 6 tests",
            "test result: ok. 6 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s",
            "========= 1 failed, 12 passed, 2 skipped, 1 error in 75.20s (0:01:15) =========",
            "4 passed in 0.52s",
            "7 engines were seen",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "24 passed, 3 failed, 3 skipped");
    }
}
