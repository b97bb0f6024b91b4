//! Access strings: the rules of the engines' ACLs, as far as AWS lets users write them.

use serde::{Deserialize, Serialize};

use super::UserRejection;
use crate::command::ForbiddenCommand;

/// What a user may do, as it was written: rules of an ACL with single spaces between them.
///
/// A user without `on` is off. Passwords are no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessString(String);

/// The categories of commands of Redis 7, Valkey and their modules.
const CATEGORIES: [&str; 25] = [
    "admin",
    "all",
    "bitmap",
    "blocking",
    "bloom",
    "connection",
    "dangerous",
    "fast",
    "geo",
    "hash",
    "hyperloglog",
    "json",
    "keyspace",
    "list",
    "pubsub",
    "read",
    "scripting",
    "search",
    "set",
    "slow",
    "sortedset",
    "stream",
    "string",
    "transaction",
    "write",
];

/// Rules of one word. `reset` would take the passwords too, and is no rule here.
const WORDS: [&str; 10] = [
    "on",
    "off",
    "allkeys",
    "resetkeys",
    "allchannels",
    "resetchannels",
    "allcommands",
    "nocommands",
    "sanitize-payload",
    "skip-sanitize-payload",
];

/// What belongs to passwords, which have parameters of their own.
const PASSWORD_WORDS: [&str; 3] = ["nopass", "resetpass", "reset"];

impl AccessString {
    /// What the default user has.
    pub fn everything() -> Self {
        Self("on ~* +@all".to_owned())
    }

    /// As it was asked for.
    ///
    /// # Errors
    /// On the first rule that is none, or that AWS does not let a user write.
    pub fn parse(asked: &str) -> Result<Self, UserRejection> {
        let rules: Vec<&str> = asked.split_whitespace().collect();
        let mut within = false;
        for rule in &rules {
            let mut rest = *rule;
            if let Some(inner) = rest.strip_prefix('(') {
                if within {
                    return Err(UserRejection::Selector);
                }
                (within, rest) = (true, inner);
            }
            let closes = within && rest.ends_with(')');
            if closes {
                rest = &rest[..rest.len() - 1];
            }
            if !rest.is_empty() {
                check(rest, within)?;
            }
            within &= !closes;
        }
        if within {
            return Err(UserRejection::Selector);
        }
        Ok(Self(rules.join(" ")))
    }

    /// With further rules: `AppendAccessString`. Of a rule that comes twice the last counts, and of `on` and `off` too.
    ///
    /// # Errors
    /// As for [`AccessString::parse`].
    pub fn with(&self, appended: &str) -> Result<Self, UserRejection> {
        let appended = Self::parse(appended)?;
        if self.has_selectors() || appended.has_selectors() {
            return Ok(Self(format!("{} {}", self.0, appended.0)));
        }
        let new: Vec<&str> = appended.rules().collect();
        let switched = new.iter().any(|rule| is_switch(rule));
        let kept = self.rules().filter(|rule| !(new.contains(rule) || switched && is_switch(rule)));
        let rules: Vec<&str> = kept.chain(new.iter().copied()).collect();
        // The switch stands in front, as the guide writes it.
        let (switch, others): (Vec<&str>, Vec<&str>) = rules.into_iter().partition(|rule| is_switch(rule));
        let rules: Vec<&str> = switch.into_iter().chain(others).collect();
        Ok(Self(rules.join(" ")))
    }

    /// The rules as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The rules one by one, a selector as one of them.
    pub fn engine_rules(&self) -> impl Iterator<Item = String> {
        let mut open: Option<String> = None;
        self.rules().filter_map(move |word| {
            let rule = match open.take() {
                Some(begun) => format!("{begun} {word}"),
                None => word.to_owned(),
            };
            if rule.starts_with('(') && !rule.ends_with(')') {
                open = Some(rule);
                return None;
            }
            Some(rule)
        })
    }

    /// Permissions by read and write, and selectors, came with version 7.0 of the engines.
    pub fn needs_version_7(&self) -> bool {
        self.has_selectors() || self.rules().any(|rule| rule.starts_with('%'))
    }

    fn has_selectors(&self) -> bool {
        self.rules().any(|rule| rule.starts_with('('))
    }

    fn rules(&self) -> impl Iterator<Item = &str> {
        self.0.split_whitespace()
    }
}

fn is_switch(rule: &str) -> bool {
    matches!(rule, "on" | "off")
}

/// One rule; `in_selector`: between parentheses, where a user is neither switched on nor off.
fn check(rule: &str, in_selector: bool) -> Result<(), UserRejection> {
    let word = rule.to_ascii_lowercase();
    if rule.starts_with(['>', '<', '#', '!']) || PASSWORD_WORDS.contains(&word.as_str()) {
        return Err(if word == "reset" {
            UserRejection::Reset
        } else {
            UserRejection::PasswordInAccessString
        });
    }
    if WORDS.contains(&word.as_str()) {
        let fits = !in_selector || !(is_switch(&word) || word.ends_with("sanitize-payload"));
        return if fits { Ok(()) } else { Err(UserRejection::Selector) };
    }
    let bad = || UserRejection::BadRule(rule.to_owned());
    let (sign, rest) = rule.split_at_checked(1).ok_or_else(bad)?;
    match sign {
        "~" | "&" if !rest.is_empty() => Ok(()),
        "%" => {
            let (access, pattern) = rest.split_once('~').ok_or_else(bad)?;
            let known = matches!(access.to_ascii_uppercase().as_str(), "R" | "W" | "RW" | "WR");
            if known && !pattern.is_empty() { Ok(()) } else { Err(bad()) }
        }
        "+" | "-" => match rest.strip_prefix('@') {
            Some(category) if CATEGORIES.contains(&category.to_ascii_lowercase().as_str()) => Ok(()),
            Some(category) => Err(UserRejection::NoSuchCategory(category.to_owned())),
            None => command(rest, rule),
        },
        _ => Err(bad()),
    }
}

/// A command, with a subcommand or without.
fn command(asked: &str, rule: &str) -> Result<(), UserRejection> {
    let asked = asked.to_ascii_lowercase();
    let (command, subcommand) = match asked.split_once('|') {
        Some((command, subcommand)) => (command, Some(subcommand)),
        None => (asked.as_str(), None),
    };
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !is_name(command) || !subcommand.is_none_or(is_name) {
        return Err(UserRejection::BadRule(rule.to_owned()));
    }
    let forbidden = ForbiddenCommand::all().iter().any(|known| {
        known.command == command && (known.subcommand.is_none() || known.subcommand == subcommand)
    });
    if forbidden { Err(UserRejection::ForbiddenCommand(asked)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
