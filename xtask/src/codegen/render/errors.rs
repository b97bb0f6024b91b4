//! Error codes.

use crate::codegen::facts::{Blame, ErrorFacts, Model, Shape};
use crate::codegen::names;

/// A constant per error of the model, and all of them.
pub(super) fn errors(model: &Model) -> String {
    let errors: Vec<(String, &ErrorFacts)> =
        model.shapes.iter().filter_map(|(name, shape)| error(name, shape)).collect();
    let mut text = "use wire::Code;\n\n/// Every error of the model.\n".to_owned();
    text += &format!("pub const ALL: [Code; {}] = [\n", errors.len());
    for (constant, _) in &errors {
        text += &format!("{constant},\n");
    }
    text += "];\n";
    for (constant, facts) in &errors {
        let blame = match facts.fault {
            Blame::Sender => "sender",
            Blame::Receiver => "receiver",
        };
        let ErrorFacts { code, http, .. } = facts;
        text += &format!(
            "\n/// `{code}`, status {http}.\npub const {constant}: Code = Code::{blame}({code:?}, {http});\n"
        );
    }
    text
}

fn error<'a>(name: &str, shape: &'a Shape) -> Option<(String, &'a ErrorFacts)> {
    let Shape::Structure(structure) = shape else { return None };
    Some((names::screaming(name), structure.error.as_ref()?))
}
