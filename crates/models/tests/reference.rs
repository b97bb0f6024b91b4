//! The generated code against the reference tables of ElastiCache: every operation, every error.

use std::collections::BTreeSet;

use models::elasticache::{OperationName, enums, errors};
use models::tagging;
use wire::FaultKind;
use wire::constraint::{MemberRule, Presence, Rule};

/// The rows of a table below its heading, as cells.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|row| row.split('\t').collect())
}

#[test]
fn every_operation_is_there_with_its_wrapper_and_required_members() {
    let generated: Vec<(&str, &str, BTreeSet<&str>)> = OperationName::ALL
        .into_iter()
        .map(|operation| {
            let required = operation.rules().iter().filter(|rule| rule.presence == Presence::Required);
            let required = required.map(|rule| rule.name).collect();
            (operation.name(), operation.result_wrapper().unwrap_or_default(), required)
        })
        .collect();
    let reference: Vec<(&str, &str, BTreeSet<&str>)> = rows(include_str!("reference/operations.tsv"))
        .map(|row| (row[0], row[1], row[2].split(',').filter(|name| !name.is_empty()).collect()))
        .collect();
    assert_eq!(generated.len(), 77);
    assert_eq!(generated, reference);
}

#[test]
fn every_error_has_its_code_status_and_fault() {
    let generated: BTreeSet<(&str, u16, &str)> = errors::ALL
        .into_iter()
        .map(|code| {
            let fault = if code.kind == FaultKind::Sender { "Sender" } else { "Receiver" };
            (code.wire, code.http, fault)
        })
        .collect();
    let reference: BTreeSet<(&str, u16, &str)> = rows(include_str!("reference/error_codes.tsv"))
        .map(|row| (row[0], row[1].parse().expect("a status"), row[2]))
        .collect();
    assert_eq!(generated.len(), 79);
    assert_eq!(generated, reference);
}

/// The model's irregularities, by the names that handlers use.
#[test]
fn irregular_errors_keep_their_wire_names() {
    let codes = [
        errors::CACHE_CLUSTER_NOT_FOUND_FAULT,
        errors::CACHE_SUBNET_GROUP_NOT_FOUND_FAULT,
        errors::CACHE_SECURITY_GROUP_QUOTA_EXCEEDED_FAULT,
        errors::RESERVED_CACHE_NODE_ALREADY_EXISTS_FAULT,
        errors::INVALID_CREDENTIALS_EXCEPTION,
    ];
    let expected = [
        ("CacheClusterNotFound", 404),
        ("CacheSubnetGroupNotFoundFault", 400),
        ("QuotaExceeded.CacheSecurityGroup", 400),
        ("ReservedCacheNodeAlreadyExists", 404),
        ("InvalidCredentialsException", 408),
    ];
    assert_eq!(codes.map(|code| (code.wire, code.http)), expected);
}

#[test]
fn every_pattern_is_a_regular_expression() {
    fn visit(rule: &Rule) -> usize {
        match rule {
            Rule::Any | Rule::Integer(_) | Rule::Text(_, None) => 0,
            // Matching compiles: it panics when the pattern cannot be compiled.
            Rule::Text(_, Some(pattern)) => usize::from(pattern.matches("a") || !pattern.matches("a")),
            Rule::List { each, .. } => visit(each),
            Rule::Map { keys, values, .. } => visit(&Rule::Text(keys.0, keys.1)) + visit(values),
            Rule::Structure(members) => members.iter().map(|member: &MemberRule| visit(&member.rule)).sum(),
        }
    }
    let patterns: usize =
        OperationName::ALL.iter().flat_map(|operation| operation.rules()).map(|rule| visit(&rule.rule)).sum();
    assert!(patterns > 20, "only {patterns} patterns found");
    let of_tagging = tagging::OperationName::ALL.iter().flat_map(|operation| operation.rules());
    let patterns: usize = of_tagging.map(|rule| visit(&rule.rule)).sum();
    assert_eq!(patterns, 13, "of the tagging service, in its maps too");
}

#[test]
fn enums_keep_values_that_the_model_does_not_list() {
    assert_eq!(enums::NetworkType::from("dual_stack"), enums::NetworkType::DualStack);
    assert_eq!(enums::NetworkType::from("IPV7"), enums::NetworkType::Other("IPV7".to_owned()));
    for value in enums::SlaMet::KNOWN.iter().chain(&["maybe"]) {
        assert_eq!(enums::SlaMet::from(*value).as_str(), *value);
    }
}

#[test]
fn credentials_are_not_in_debug() {
    let input = models::elasticache::shapes::CreateUserMessage {
        passwords: Some(vec![wire::Secret::new("hunter2-hunter2-hunter2")]),
        ..Default::default()
    };
    assert!(!format!("{input:?}").contains("hunter2"));
}
