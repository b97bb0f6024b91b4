//! Rules of every kind against forms.

use crate::DispatchError;
use crate::constraint::{Bounds, MAX_BREACHES, MemberRule, Pattern, Presence, Rule, Violation, check};
use crate::json::Document;
use crate::query::Form;

static DIGITS: Pattern = Pattern::new(r"\d+|x");

static SHARD: &[MemberRule] = &[
    MemberRule {
        name: "Id",
        presence: Presence::Required,
        rule: Rule::Text(Bounds { min: Some(1), max: Some(4) }, Some(&DIGITS)),
    },
    MemberRule {
        name: "Count",
        presence: Presence::Optional,
        rule: Rule::Integer(Bounds { min: Some(0), max: Some(5) }),
    },
];

static SHARDS: Rule = Rule::Structure(SHARD);

static REQUEST: &[MemberRule] = &[
    MemberRule {
        name: "Shards",
        presence: Presence::Optional,
        rule: Rule::List { length: Bounds { min: Some(1), max: None }, element: "Shard", each: &SHARDS },
    },
    MemberRule { name: "Name", presence: Presence::Required, rule: Rule::Any },
];

/// What `form` breaks: the missing member's path, or a line per breach.
fn broken(form: &str) -> Vec<String> {
    let form = Form::parse(form.as_bytes()).unwrap();
    match check(&form.root(), REQUEST) {
        Ok(()) => Vec::new(),
        Err(DispatchError::Invalid(Violation::Missing { path })) => vec![path],
        Err(DispatchError::Invalid(Violation::Broken(breaches))) => breaches
            .into_iter()
            .map(|breach| format!("{}={}: {}", breach.path, breach.value.unwrap_or_default(), breach.demand))
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_holds_is_silent() {
    for form in
        ["Name=", "Name=a&Shards.Shard.1.Id=0001&Shards.Shard.1.Count=5", "Name=a&Shards.Shard.2.Id=x"]
    {
        assert_eq!(broken(form), Vec::<String>::new(), "{form}");
    }
}

#[test]
fn the_first_missing_member_comes_before_every_broken_constraint() {
    assert_eq!(broken("Shards="), ["Name"]);
    assert_eq!(broken("Shards.Shard.1.Id=12345&Shards.Shard.2.Count=1"), ["Shards.Shard.2.Id"]);
    assert_eq!(broken("Name=a&Shards.Shard.7.Count=9"), ["Shards.Shard.7.Id"]);
}

#[test]
fn bounds_and_patterns_hold_at_their_edges() {
    assert_eq!(broken("Name=a&Shards="), ["Shards=: Member must have length greater than or equal to 1"]);
    assert_eq!(
        broken(
            "Name=a&Shards.Shard.1.Id=12345&Shards.Shard.1.Count=6&Shards.Shard.2.Id=&Shards.Shard.2.Count=-1"
        ),
        [
            "Shards.Shard.1.Id=12345: Member must have length less than or equal to 4",
            "Shards.Shard.1.Count=6: Member must have value less than or equal to 5",
            "Shards.Shard.2.Id=: Member must have length greater than or equal to 1",
            r"Shards.Shard.2.Id=: Member must satisfy regular expression pattern: \d+|x",
            "Shards.Shard.2.Count=-1: Member must have value greater than or equal to 0",
        ]
    );
}

#[test]
fn a_pattern_matches_whole_values_and_length_counts_characters() {
    for (value, demand) in
        [("1x", true), ("x1", true), ("y", true), ("1", false), ("x", false), ("1%0A", true)]
    {
        assert_eq!(!broken(&format!("Name=a&Shards.Shard.1.Id={value}")).is_empty(), demand, "{value}");
    }
    let lengths = broken("Name=a&Shards.Shard.1.Id=%C3%A9%C3%A9%C3%A9%C3%A9");
    assert_eq!(lengths, [r"Shards.Shard.1.Id=éééé: Member must satisfy regular expression pattern: \d+|x"]);
}

#[test]
fn a_hostile_request_is_not_answered_at_length() {
    let shards: String = (1..=MAX_BREACHES * 3).map(|index| format!("&Shards.Shard.{index}.Id=no")).collect();
    assert_eq!(broken(&format!("Name=a{shards}")).len(), MAX_BREACHES);
}

static TAGS: &[MemberRule] = &[MemberRule {
    name: "Tags",
    presence: Presence::Required,
    rule: Rule::Map {
        length: Bounds { min: Some(1), max: Some(2) },
        keys: (Bounds { min: Some(1), max: Some(4) }, Some(&DIGITS)),
        values: &Rule::Text(Bounds { min: None, max: Some(2) }, None),
    },
}];

#[test]
fn what_a_map_breaks_is_told_of_the_map() {
    let broken = |body: &str| {
        let document = Document::parse(body.as_bytes()).unwrap();
        match check(&document.root(), TAGS) {
            Ok(()) => Vec::new(),
            Err(DispatchError::Invalid(Violation::Missing { path })) => vec![path],
            Err(DispatchError::Invalid(Violation::Broken(breaches))) => {
                breaches.into_iter().map(|breach| format!("{}: {}", breach.path, breach.demand)).collect()
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(broken(r#"{"Tags":{"1":"ab","22":""}}"#), Vec::<String>::new());
    assert_eq!(broken("{}"), ["Tags"]);
    assert_eq!(broken(r#"{"Tags":{}}"#), ["Tags: Member must have length greater than or equal to 1"]);
    assert_eq!(
        broken(r#"{"Tags":{"1":"abc","12345":"","y":""}}"#),
        [
            "Tags: Member must have length less than or equal to 2",
            "Tags: Map value must satisfy constraint: [Member must have length less than or equal to 2]",
            "Tags: Map keys must satisfy constraint: [Member must have length less than or equal to 4]",
            r"Tags: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \d+|x]",
        ]
    );
    let many: String = (0..MAX_BREACHES * 3).map(|n| format!(",\"no{n}\":\"\"")).collect();
    assert!(broken(&format!("{{\"Tags\":{{\"1\":\"\"{many}}}}}")).len() <= 2 * MAX_BREACHES + 1);
}
