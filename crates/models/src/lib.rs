//! Generated shapes, operations, errors and constraints of the AWS services that Simfra serves.
//!
//! Everything below `generated` comes from `models/*.json` by `cargo xtask codegen`. What is written by hand here is
//! what a model cannot say: the wording of its service's own refusals. This crate knows nothing of the domain.

pub mod ec2;
pub mod elasticache;
mod generated;
mod open_enum;
pub mod sts;
pub mod tagging;

pub use wire::refuse;

use wire::constraint::Breach;

/// What is said of values that break constraints of a model, in the words that AWS's services share; `name` is how they call a
/// member.
fn constraint_message(breaches: &[Breach], name: impl Fn(&str) -> String) -> String {
    let plural = if breaches.len() == 1 { "" } else { "s" };
    let each = breaches.iter().map(|Breach { path, value, demand }| {
        let value = value.as_ref().map_or_else(String::new, |value| format!(" '{value}'"));
        format!("Value{value} at '{}' failed to satisfy constraint: {demand}", name(path))
    });
    let each: Vec<String> = each.collect();
    format!("{} validation error{plural} detected: {}", breaches.len(), each.join("; "))
}

/// AWS names members in lower camel case in messages: 'userId'.
fn lower_first(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}
