//! No file names a host that is a matter of where one works: a mirror, a proxy, somebody's server.

use super::{Finding, Source};

/// The hosts that files may name, one a line; a leading dot stands for every name below it.
const ALLOWED: &str = include_str!("hosts/allowed.txt");

/// Addresses of hosts that are not on the list.
pub(super) fn findings(sources: &[Source]) -> Vec<Finding> {
    sources.iter().filter(|source| source.path != "Cargo.lock").flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<Finding> {
    let hosts = source.lines().flat_map(|(number, line)| hosts(line).map(move |host| (number, host)));
    let foreign = hosts.filter(|(_, host)| !is_allowed(host));
    foreign
        .map(|(number, host)| {
            Finding::new(source, number, format!("`{host}` is not in tidy/hosts/allowed.txt"))
        })
        .collect()
}

/// The hosts of the line's addresses; one that is put together at run time has none.
fn hosts(line: &str) -> impl Iterator<Item = &str> {
    let addresses = line.match_indices("://").map(|(at, scheme)| &line[at + scheme.len()..]);
    addresses.filter_map(|rest| {
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || ".-_".contains(letter)));
        let host = &rest[..end.unwrap_or(rest.len())];
        let host = host.trim_end_matches('.');
        (host.contains('.') && !rest[host.len()..].starts_with(['{', '$'])).then_some(host)
    })
}

fn is_allowed(host: &str) -> bool {
    let is_number = host.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let allowed = ALLOWED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    is_number
        || allowed.into_iter().any(|allowed| match allowed.strip_prefix('.') {
            Some(parent) => host == parent || host.ends_with(allowed),
            None => host == allowed,
        })
}

#[cfg(test)]
mod tests {
    use super::{findings, hosts};
    use crate::tidy::objections;

    #[test]
    fn only_hosts_on_the_list_are_named() {
        let mirror = ["http://mirror", "corp", "net/debian"].join(".");
        let text =
            format!("http://localhost:4599\n{mirror}\nhttps://docs.aws.amazon.com/x\nhttp://mirror.test/y\n");
        assert_eq!(objections(findings, "README.md", &text), [2]);
    }

    #[test]
    fn an_address_put_together_at_run_time_has_no_host() {
        assert_eq!(hosts("http://{host}/ http://cache.{suffix}/ http://[::1]:1").count(), 0);
    }
}
