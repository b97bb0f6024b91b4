//! What a service model demands of a request's members, as data, and the one function that interprets it.
//!
//! Rules are checked on the decoded request, before any shape's meaning: first every required member, then
//! lengths, ranges and patterns. What a breach is called on the wire is the service's business.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use regex_lite::Regex;

use crate::shape::{DecodeError, DispatchError, Node};

/// What is demanded of one member of a structure.
#[derive(Debug)]
pub struct MemberRule {
    /// The member's name on the wire.
    pub name: &'static str,
    /// Whether it must be there.
    pub presence: Presence,
    /// What its value must be like.
    pub rule: Rule,
}

/// Whether a member must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It need not.
    Optional,
}

/// What a value must be like.
#[derive(Debug)]
pub enum Rule {
    /// Nothing is demanded.
    Any,
    /// A string whose length in characters, and whose pattern, are given.
    Text(Bounds, Option<&'static Pattern>),
    /// An integer in a range.
    Integer(Bounds),
    /// A list of so many elements, each of which obeys a rule.
    List {
        /// How many elements.
        length: Bounds,
        /// The elements' name on the wire.
        element: &'static str,
        /// What each must be like.
        each: &'static Rule,
    },
    /// A map of so many entries, whose keys and values obey rules.
    Map {
        /// How many entries.
        length: Bounds,
        /// How long keys are, in characters, and their pattern.
        keys: (Bounds, Option<&'static Pattern>),
        /// What each value must be like.
        values: &'static Rule,
    },
    /// A structure whose members obey rules.
    Structure(&'static [MemberRule]),
}

/// An inclusive range, open where a bound is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The least value allowed.
    pub min: Option<i64>,
    /// The greatest value allowed.
    pub max: Option<i64>,
}

impl Bounds {
    /// No bound at all.
    pub const NONE: Self = Self { min: None, max: None };
}

/// A regular expression that a whole value must match.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// The pattern as the model writes it, without anchors.
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// Whether the whole of `value` matches.
    ///
    /// # Panics
    /// When the source is no regular expression; a test of the generated rules compiles every one.
    pub fn matches(&self, value: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            Regex::new(&format!("^(?:{})$", self.source))
                .expect("the patterns of a model are regular expressions")
        });
        compiled.is_match(value)
    }
}

/// How a request breaks the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A required member is missing: its path.
    #[error("{path} is missing")]
    Missing {
        /// The missing member's path, as a client would write it.
        path: String,
    },
    /// Values break constraints: at least one, in model order.
    #[error("{} value(s) break a constraint, the first one {}", .0.len(), .0[0].path)]
    Broken(Vec<Breach>),
}

/// One value that breaks a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The member's path as the client wrote it.
    pub path: String,
    /// The value; none for lists.
    pub value: Option<String>,
    /// What the value should have been like, in the words that AWS's services share.
    pub demand: String,
}

/// The most breaches that are told: a hostile request must not be answered by a longer list.
pub const MAX_BREACHES: usize = 100;

/// Checks `request` against `rules`.
///
/// # Errors
/// The first required member that is missing; else the constraints that are broken, in model order. A node that cannot be read is
/// told as malformed, though decoding the request's shape comes before and tells it first.
pub fn check(request: &dyn Node, rules: &[MemberRule]) -> Result<(), DispatchError> {
    require(request, rules)
        .map_err(DispatchError::Malformed)?
        .map_or(Ok(()), |path| Err(DispatchError::Invalid(Violation::Missing { path })))?;
    let mut breaches = Vec::new();
    constrain(request, rules, &mut breaches).map_err(DispatchError::Malformed)?;
    if breaches.is_empty() { Ok(()) } else { Err(DispatchError::Invalid(Violation::Broken(breaches))) }
}

/// The path of the first required member that is missing in `structure`.
fn require(structure: &dyn Node, rules: &[MemberRule]) -> Result<Option<String>, DecodeError> {
    for member in rules {
        let missing = match structure.member(member.name)? {
            Some(node) => require_within(&*node, &member.rule)?,
            None if member.presence == Presence::Required => Some(join(&structure.path(), member.name)),
            None => None,
        };
        if missing.is_some() {
            return Ok(missing);
        }
    }
    Ok(None)
}

/// The path of the first required member that is missing somewhere below `node`.
fn require_within(node: &dyn Node, rule: &Rule) -> Result<Option<String>, DecodeError> {
    match rule {
        Rule::Any | Rule::Text(..) | Rule::Integer(_) => Ok(None),
        Rule::Structure(members) => require(node, members),
        Rule::List { element, each, .. } => {
            for item in node.elements(element)? {
                let missing = require_within(&*item, each)?;
                if missing.is_some() {
                    return Ok(missing);
                }
            }
            Ok(None)
        }
        Rule::Map { values, .. } => {
            for (_, value) in node.entries()? {
                let missing = require_within(&*value, values)?;
                if missing.is_some() {
                    return Ok(missing);
                }
            }
            Ok(None)
        }
    }
}

fn constrain(
    structure: &dyn Node,
    rules: &[MemberRule],
    breaches: &mut Vec<Breach>,
) -> Result<(), DecodeError> {
    for member in rules {
        if let Some(node) = structure.member(member.name)? {
            constrain_value(&*node, &member.rule, breaches)?;
        }
    }
    Ok(())
}

fn constrain_value(node: &dyn Node, rule: &Rule, breaches: &mut Vec<Breach>) -> Result<(), DecodeError> {
    match rule {
        _ if breaches.len() >= MAX_BREACHES => {}
        Rule::Any => {}
        Rule::Structure(members) => constrain(node, members, breaches)?,
        Rule::Integer(bounds) => {
            let value = node.integer()?;
            let demand = outside(value, bounds, "value");
            breaches.extend(demand.map(|demand| Breach {
                path: node.path(),
                value: Some(value.to_string()),
                demand,
            }));
        }
        Rule::Text(bounds, pattern) => {
            let value = node.string()?;
            breaches.extend(demands_on(&value, bounds, *pattern).map(|demand| Breach {
                path: node.path(),
                value: Some(value.clone().into_owned()),
                demand,
            }));
        }
        Rule::List { length, element, each } => {
            let items = node.elements(element)?;
            let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let demand = outside(count, length, "length");
            breaches.extend(demand.map(|demand| Breach { path: node.path(), value: None, demand }));
            for item in items {
                constrain_value(&*item, each, breaches)?;
            }
        }
        Rule::Map { length, keys, values } => constrain_map(node, length, keys, values, breaches)?,
    }
    Ok(())
}

/// Breaches within a map are told of the map as a whole, as AWS does.
fn constrain_map(
    node: &dyn Node,
    length: &Bounds,
    (bounds, pattern): &(Bounds, Option<&'static Pattern>),
    values: &Rule,
    breaches: &mut Vec<Breach>,
) -> Result<(), DecodeError> {
    let entries = node.entries()?;
    let mut tell = |demand| breaches.push(Breach { path: node.path(), value: None, demand });
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    outside(count, length, "length").into_iter().for_each(&mut tell);
    for (key, value) in entries.into_iter().take(MAX_BREACHES) {
        for demand in demands_on(&key, bounds, *pattern) {
            tell(format!("Map keys must satisfy constraint: [{demand}]"));
        }
        let mut of_value = Vec::new();
        constrain_value(&*value, values, &mut of_value)?;
        for Breach { demand, .. } in of_value {
            tell(format!("Map value must satisfy constraint: [{demand}]"));
        }
    }
    Ok(())
}

/// What is demanded of `text` that it is not.
fn demands_on(
    text: &str,
    bounds: &Bounds,
    pattern: Option<&'static Pattern>,
) -> impl Iterator<Item = String> + use<> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let mismatch = pattern
        .filter(|pattern| !pattern.matches(text))
        .map(|pattern| format!("Member must satisfy regular expression pattern: {}", pattern.source));
    outside(length, bounds, "length").into_iter().chain(mismatch)
}

/// What is demanded of `actual`, the `measure` of a value, when it lies outside `bounds`.
fn outside(actual: i64, bounds: &Bounds, measure: &str) -> Option<String> {
    let Bounds { min, max } = *bounds;
    if let Some(min) = min.filter(|min| actual < *min) {
        return Some(format!("Member must have {measure} greater than or equal to {min}"));
    }
    let max = max.filter(|max| actual > *max)?;
    Some(format!("Member must have {measure} less than or equal to {max}"))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
