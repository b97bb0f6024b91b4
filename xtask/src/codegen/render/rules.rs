//! Required members and constraints, as data.

use super::{Graph, imports};
use crate::codegen::facts::{Bounds, Member, Shape, Text};
use crate::codegen::names;

/// The rules of every structure that requests reach and of which the model demands something.
pub(super) fn rules(graph: &Graph<'_>) -> String {
    let mut text = String::new();
    for name in &graph.inputs {
        match graph.shape(name) {
            Shape::String(string) => {
                if let Some(pattern) = &string.pattern {
                    text += &format!(
                        "\nstatic {}: Pattern = Pattern::new(r\"{pattern}\");\n",
                        pattern_name(name)
                    );
                }
            }
            Shape::Structure(structure) if demands(graph, name) => {
                let members: String =
                    structure.members.iter().filter_map(|member| rule(graph, member)).collect();
                text += &format!(
                    "\npub(super) static {}: &[MemberRule] = &[\n{members}];\n",
                    names::screaming(name)
                );
            }
            _ => {}
        }
    }
    imports::of(&text, "wire::constraint", &["Bounds", "MemberRule", "Pattern", "Presence", "Rule"]) + &text
}

/// The name of the rules of the structure `name`, none when the model demands nothing of it.
pub(super) fn of_structure(graph: &Graph<'_>, name: &str) -> Option<String> {
    demands(graph, name).then(|| names::screaming(name))
}

fn rule(graph: &Graph<'_>, member: &Member) -> Option<String> {
    if !member.required && !demands(graph, &member.shape) {
        return None;
    }
    // Errors repeat the values of strings that break a constraint.
    assert!(
        !(member.sensitive && constrains_text(graph, &member.shape)),
        "{} is a credential with a constraint: teach `Rule` not to repeat it",
        member.name
    );
    let presence = if member.required { "Required" } else { "Optional" };
    let rule = value_rule(graph, &member.shape);
    Some(format!(
        "MemberRule {{ name: {:?}, presence: Presence::{presence}, rule: {rule} }},\n",
        member.in_requests()
    ))
}

/// Whether the model demands something of the values of the shape `name`.
fn demands(graph: &Graph<'_>, name: &str) -> bool {
    match graph.shape(name) {
        Shape::Structure(structure) => {
            structure.members.iter().any(|member| member.required || demands(graph, &member.shape))
        }
        Shape::List(list) => list.length != Bounds::default() || demands(graph, &list.of),
        Shape::Map(map) => {
            map.length != Bounds::default() || demands(graph, &map.key) || demands(graph, &map.value)
        }
        Shape::String(string) => string.length != Bounds::default() || string.pattern.is_some(),
        Shape::Integer(bounds) | Shape::Long(bounds) => *bounds != Bounds::default(),
        Shape::Boolean | Shape::Double | Shape::Float | Shape::Timestamp => false,
    }
}

/// Whether the shape `name` is a string, or a list of strings, with a constraint.
fn constrains_text(graph: &Graph<'_>, name: &str) -> bool {
    match graph.shape(name) {
        Shape::List(list) => constrains_text(graph, &list.of),
        Shape::Map(map) => constrains_text(graph, &map.key) || constrains_text(graph, &map.value),
        Shape::String(_) => demands(graph, name),
        _ => false,
    }
}

fn value_rule(graph: &Graph<'_>, name: &str) -> String {
    if !demands(graph, name) {
        return "Rule::Any".to_owned();
    }
    match graph.shape(name) {
        Shape::Structure(_) => format!("Rule::Structure({})", names::screaming(name)),
        Shape::List(list) => format!(
            "Rule::List {{ length: {}, element: {:?}, each: &{} }}",
            bounds(&list.length),
            list.element,
            value_rule(graph, &list.of)
        ),
        Shape::Map(map) => {
            let Shape::String(key) = graph.shape(&map.key) else {
                panic!("the keys of {name} are no strings")
            };
            format!(
                "Rule::Map {{ length: {}, keys: ({}), values: &{} }}",
                bounds(&map.length),
                text_rule(&map.key, key),
                value_rule(graph, &map.value)
            )
        }
        Shape::String(string) => format!("Rule::Text({})", text_rule(name, string)),
        Shape::Integer(range) | Shape::Long(range) => format!("Rule::Integer({})", bounds(range)),
        Shape::Boolean | Shape::Double | Shape::Float | Shape::Timestamp => "Rule::Any".to_owned(),
    }
}

/// The length and the pattern of the string shape `name`.
fn text_rule(name: &str, string: &Text) -> String {
    let pattern = string.pattern.as_ref();
    let pattern = pattern.map_or_else(|| "None".to_owned(), |_| format!("Some(&{})", pattern_name(name)));
    format!("{}, {pattern}", bounds(&string.length))
}

fn bounds(bounds: &Bounds) -> String {
    if *bounds == Bounds::default() {
        "Bounds::NONE".to_owned()
    } else {
        format!("Bounds {{ min: {:?}, max: {:?} }}", bounds.min, bounds.max)
    }
}

fn pattern_name(name: &str) -> String {
    format!("{}_PATTERN", names::screaming(name))
}
