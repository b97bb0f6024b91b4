//! The imports that a generated file needs: a small service does not use all that a large one does.

/// `use` lines for those of `names` in `module` that `body` mentions.
pub(super) fn of(body: &str, module: &str, names: &[&str]) -> String {
    let used: Vec<&str> = names.iter().copied().filter(|name| mentions(body, name)).collect();
    match used[..] {
        [] => String::new(),
        [one] => format!("use {module}::{one};\n"),
        _ => format!("use {module}::{{{}}};\n", used.join(", ")),
    }
}

fn mentions(body: &str, name: &str) -> bool {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    body.match_indices(name).any(|(at, _)| {
        let (before, after) = (&body[..at], &body[at + name.len()..]);
        !word(before.chars().next_back()) && !word(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_mentioned_is_imported() {
        let body = "e.list(MySecret); Timestamp::now()";
        assert_eq!(of(body, "wire", &["Secret", "Timestamp"]), "use wire::Timestamp;\n");
        assert_eq!(of(body, "wire", &["list", "Timestamp"]), "use wire::{list, Timestamp};\n");
        assert_eq!(of(body, "wire", &["Node"]), "");
    }
}
