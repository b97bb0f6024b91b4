//! `Decode` for what requests reach, `Encode` for what answers reach.

use super::{Graph, imports};
use crate::codegen::facts::{Member, Shape, Structure};
use crate::codegen::names;

/// How structures are read.
pub(super) fn decode(graph: &Graph<'_>) -> String {
    let mut text = String::new();
    for (name, structure) in structures(graph, &graph.inputs) {
        let fields: String = structure.members.iter().map(|member| decode_field(graph, member)).collect();
        let node = if structure.members.is_empty() { "_n" } else { "n" };
        text += &format!(
            "\nimpl Decode for {name} {{
    fn decode({node}: &dyn Node) -> Result<Self, DecodeError> {{
        Ok(Self {{\n{fields}}})
    }}
}}\n"
        );
    }
    imports::of(&text, "wire::shape", &["list", "map", "optional"])
        + "use wire::{Decode, DecodeError, Node};\n\nuse super::shapes::*;\n"
        + &text
}

fn decode_field(graph: &Graph<'_>, member: &Member) -> String {
    let (field, name) = (names::field(member.in_model()), member.in_requests());
    match graph.shape(&member.shape) {
        Shape::List(shape) => format!("{field}: list(n, {name:?}, {:?})?,\n", shape.element),
        Shape::Map(_) => format!("{field}: map(n, {name:?})?,\n"),
        _ => format!("{field}: optional(n, {name:?})?,\n"),
    }
}

/// How structures are written.
pub(super) fn encode(graph: &Graph<'_>) -> String {
    let mut text = "use wire::{Encode, Encoder, Field};\n\nuse super::shapes::*;\n".to_owned();
    for (name, structure) in structures(graph, &graph.outputs) {
        let fields: String = structure.members.iter().map(|member| encode_field(graph, member)).collect();
        text += &format!(
            "\nimpl Encode for {name} {{
    fn encode(&self, e: &mut dyn Encoder) {{
        e.structure(&[\n{fields}]);
    }}
}}\n"
        );
    }
    text
}

fn encode_field(graph: &Graph<'_>, member: &Member) -> String {
    let (field, name) = (names::field(member.in_model()), &member.name);
    match graph.shape(&member.shape) {
        Shape::List(shape) => format!("Field::list({name:?}, {:?}, self.{field}.as_ref()),\n", shape.element),
        Shape::Map(_) => format!("Field::map({name:?}, self.{field}.as_ref()),\n"),
        _ => format!("Field::one({name:?}, self.{field}.as_ref()),\n"),
    }
}

fn structures<'a>(
    graph: &Graph<'a>,
    reached: &std::collections::BTreeSet<&'a str>,
) -> Vec<(&'a str, &'a Structure)> {
    let structure = |name: &&'a str| match graph.shape(name) {
        Shape::Structure(structure) => Some((*name, structure)),
        _ => None,
    };
    reached.iter().filter_map(structure).collect()
}
