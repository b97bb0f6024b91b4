//! A model's names as Rust's.

/// `PreferredCacheClusterAZs` as `preferred_cache_cluster_azs`, `EC2SecurityGroup` as `ec2_security_group`.
pub(super) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, c) in chars.iter().enumerate() {
        if at > 0 && c.is_ascii_uppercase() && begins_word(&chars, at) {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Whether the upper-case letter at `at` begins a word: after a small letter, or as the last capital of a row that
/// goes on in small letters, unless these are just a plural's `s`.
fn begins_word(chars: &[char], at: usize) -> bool {
    let after_small = chars[at - 1].is_ascii_lowercase();
    let next_is_small = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
    let plural = chars.get(at + 1) == Some(&'s') && chars.get(at + 2).is_none_or(char::is_ascii_uppercase);
    after_small || (next_is_small && !plural)
}

/// `CacheClusterNotFoundFault` as `CACHE_CLUSTER_NOT_FOUND_FAULT`.
pub(super) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A member's name as a field: keywords are escaped.
pub(super) fn field(name: &str) -> String {
    let snake = snake(name);
    if matches!(snake.as_str(), "type" | "match" | "ref" | "use" | "where" | "enum" | "return") {
        format!("r#{snake}")
    } else {
        snake
    }
}

/// An enum's value as a variant: `dual_stack` as `DualStack`, `ROTATE` as `Rotate`.
pub(super) fn variant(value: &str) -> String {
    let words = value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let shouted = !word.bytes().any(|byte| byte.is_ascii_lowercase());
            let (first, rest) = word.split_at(1);
            let rest = if shouted { rest.to_ascii_lowercase() } else { rest.to_owned() };
            first.to_ascii_uppercase() + &rest
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_stay_words() {
        let names =
            ["PreferredCacheClusterAZs", "EC2SecurityGroupName", "MultiAZ", "AZMode", "ARN", "ECPUPerSecond"];
        let expected = [
            "preferred_cache_cluster_azs",
            "ec2_security_group_name",
            "multi_az",
            "az_mode",
            "arn",
            "ecpu_per_second",
        ];
        assert_eq!(names.map(snake), expected);
    }

    #[test]
    fn values_become_variants() {
        let values = ["dual_stack", "ROTATE", "cache-cluster", "n/a", "ipv4"];
        assert_eq!(values.map(variant), ["DualStack", "Rotate", "CacheCluster", "NA", "Ipv4"]);
    }
}
