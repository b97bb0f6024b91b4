//! The repository does not know on which machine it lies.

use super::{Finding, Source};

/// Folders that only one machine, or one user, has. Put together here so that this file does not object to itself.
const FOLDERS: [&str; 4] =
    [concat!("/", "root/"), concat!("/", "home/"), concat!("/", "Users/"), concat!("/", "work/")];

/// Absolute paths of somebody's machine.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    sources.iter().filter(|source| !source.is_generated()).flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<Finding> {
    let named = source
        .lines()
        .filter_map(|(number, line)| Some((number, FOLDERS.iter().find(|folder| names(line, folder))?)));
    named
        .map(|(number, folder)| Finding::new(source, number, format!("`{folder}…` is a path of one machine")))
        .collect()
}

/// Whether a path in the line begins with the folder, rather than having it inside.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-~}/".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, findings};
    use crate::tidy::objections;

    #[test]
    fn a_path_is_one_machine_s_only_from_its_beginning() {
        let text = format!("cd {}x\n\"{}y\"\ntarget{}z\n/var/lib\n", FOLDERS[0], FOLDERS[1], FOLDERS[3]);
        assert_eq!(objections(findings, "docs/a.md", &text), [1, 2]);
    }
}
