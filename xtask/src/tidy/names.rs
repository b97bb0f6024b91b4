//! A name says what a thing is.

use super::{Finding, Source};

/// Modules that collect what has no idea of its own.
const MODULES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "types", "tools"];

/// Endings that say nothing about a type.
const ENDINGS: [&str; 6] = ["Manager", "Helper", "Util", "Impl", "Data", "Info"];

/// Types whose ending is the noun itself: a cache node's data, kept or gone.
const NOUNS: [&str; 1] = ["NodeData"];

/// Modules and types whose names say nothing.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    let rust = sources.iter().filter(|source| source.extension() == "rs" && !source.is_generated());
    rust.flat_map(|source| modules(source).into_iter().chain(types(source))).collect()
}

fn modules(source: &Source) -> Option<Finding> {
    let nameless = source.path.trim_end_matches(".rs").split('/').find(|part| MODULES.contains(part))?;
    Some(Finding::new(source, 1, format!("a module named `{nameless}` has no idea of its own")))
}

fn types(source: &Source) -> Vec<Finding> {
    let named = source.code().filter_map(|(number, line)| Some((number, declared(line)?)));
    let nameless = named
        .filter(|(_, name)| !NOUNS.contains(name) && ENDINGS.iter().any(|ending| name.ends_with(ending)));
    nameless
        .map(|(number, name)| Finding::new(source, number, format!("`{name}`: name what it is")))
        .collect()
}

/// The type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty());
    let visibility = ["pub", "crate", "super", "in", "unsafe"];
    let keyword = words.find(|word| !visibility.contains(word))?;
    ["struct", "enum", "trait", "type"].contains(&keyword).then(|| words.next())?
}

#[cfg(test)]
mod tests {
    use super::findings;
    use crate::tidy::objections;

    #[test]
    fn modules_and_types_that_say_nothing_are_named() {
        assert_eq!(objections(findings, "crates/a/src/utils/x.rs", ""), [1]);
        assert_eq!(objections(findings, "crates/a/src/util.rs", ""), [1]);
        assert_eq!(objections(findings, "crates/a/src/utilisation.rs", ""), [0; 0]);
        let text = "pub(crate) struct NodeManager;\nstruct Node;\nenum NodeInfo {\n// struct OldInfo\nlet data = Data;\n";
        assert_eq!(objections(findings, "crates/a/src/node.rs", text), [1, 3]);
    }
}
