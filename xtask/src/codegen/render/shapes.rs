//! Structures and enums.

use super::{Graph, imports};
use crate::codegen::facts::{Member, Shape};
use crate::codegen::names;

/// A struct per structure that a request or an answer reaches.
pub(super) fn structures(graph: &Graph<'_>) -> String {
    let mut text = String::new();
    for name in graph.inputs.union(&graph.outputs) {
        let Shape::Structure(structure) = graph.shape(name) else { continue };
        text +=
            &format!("\n/// `{name}`.\n#[derive(Debug, Clone, Default, PartialEq)]\npub struct {name} {{\n");
        for member in &structure.members {
            let field = names::field(member.in_model());
            let rust = match graph.shape(&member.shape) {
                Shape::List(list) if graph.is_page(name, structure) && graph.is_structure(&list.of) => {
                    format!("List<{}>", list.of)
                }
                _ => graph.rust_type(&member.shape, member.sensitive),
            };
            text += &format!("/// {}\npub {field}: Option<{rust}>,\n", documentation(graph, member));
        }
        text += "}\n";
    }
    let enums = enum_names(graph);
    let enums = if enums.is_empty() { "" } else { "\nuse super::enums::*;\n" };
    imports::of(&text, "std::collections", &["BTreeMap"])
        + &imports::of(&text, "wire", &["List", "Secret", "Timestamp"])
        + enums
        + &text
}

/// The strings whose values the model lists.
fn enum_names<'a>(graph: &Graph<'a>) -> Vec<&'a str> {
    let listed = |name: &&&str| matches!(graph.shape(name), Shape::String(text) if !text.values.is_empty());
    graph.inputs.union(&graph.outputs).filter(listed).copied().collect()
}

/// What the facts say of a member.
fn documentation(graph: &Graph<'_>, member: &Member) -> String {
    let mut text = format!("`{}`", member.in_model());
    if let Shape::List(list) = graph.shape(&member.shape) {
        text += &format!(", a list of `{}`", list.element);
    }
    for (holds, word) in [(member.required, "required"), (member.deprecated, "deprecated")] {
        if holds {
            text += &format!(", {word}");
        }
    }
    text + "."
}

/// An open enum per string whose values are listed.
pub(super) fn enums(graph: &Graph<'_>) -> String {
    let mut text = String::new();
    for name in enum_names(graph) {
        let Shape::String(string) = graph.shape(name) else { continue };
        text += &format!("\nopen_enum! {{\n    /// `{name}`.\n    {name} {{\n");
        for value in &string.values {
            text += &format!("        {} = {value:?},\n", names::variant(value));
        }
        text += "    }\n}\n";
    }
    imports::of(&text, "crate::open_enum", &["open_enum"]) + &text
}
