//! What is committed is finished.

use super::{Finding, Source};

/// Macros that stand where code should be. Without their exclamation mark, so that this file does not object to itself.
const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Notes to oneself.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Placeholders and notes to oneself.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let rust = sources.iter().filter(|source| source.extension() == "rs" && !source.is_generated());
    rust.flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<Finding> {
    let placeholders =
        source.code().filter(|(_, line)| MACROS.iter().any(|name| line.contains(&format!("{name}!("))));
    let placeholders = placeholders.map(|(number, _)| Finding::new(source, number, "a placeholder"));
    let is_note = |line: &str| {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric());
        words.any(|word| NOTES.contains(&word))
    };
    let notes = source.lines().filter(|(_, line)| is_note(line));
    placeholders
        .chain(notes.map(|(number, _)| Finding::new(source, number, "an open note: do it, or file an issue")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MACROS, NOTES, findings};
    use crate::tidy::objections;

    #[test]
    fn placeholders_and_notes_are_found() {
        let text = format!("{}!()\n// {}: later\nlet fine = 1;\n", MACROS[0], NOTES[1]);
        assert_eq!(objections(findings, "crates/a/src/a.rs", &text), [1, 2]);
    }
}
