//! Operations and the way from their names to their handlers.

use super::{Graph, imports, rules};
use crate::codegen::facts::Operation;
use crate::codegen::names;

/// With more operations than this, a dispatch has more lines than clippy likes.
const LONG: usize = 60;

/// A type per operation that says what its request and answer are.
pub(super) fn ops(graph: &Graph<'_>) -> String {
    let text: String = graph.model.operations.iter().map(|operation| op(graph, operation)).collect();
    "use wire::Operation;\nuse wire::constraint::MemberRule;\n\n".to_owned()
        + &imports::of(&text.replace("fn rules()", ""), "super", &["rules", "shapes"])
        + &text
}

fn op(graph: &Graph<'_>, operation: &Operation) -> String {
    let name = &operation.name;
    let errors: Vec<String> = operation
        .errors
        .iter()
        .map(|error| names::screaming(error))
        .map(|error| format!("[`{error}`](super::errors::{error})"))
        .collect();
    let errors =
        if errors.is_empty() { String::new() } else { format!("///\n/// Errors: {}.\n", errors.join(", ")) };
    let input = operation.input.as_deref().unwrap_or_else(|| panic!("{name} has no input"));
    let output = operation.output.as_ref().map_or("()".to_owned(), |output| format!("shapes::{output}"));
    let rules = rules::of_structure(graph, input).map_or("&[]".to_owned(), |rules| format!("rules::{rules}"));
    format!(
        "\n/// `{name}`.
{errors}#[derive(Debug, Clone, Copy)]
pub struct {name};

impl Operation for {name} {{
    const NAME: &'static str = {name:?};
    const RESULT_WRAPPER: Option<&'static str> = {:?};
    type Input = shapes::{input};
    type Output = {output};

    fn rules() -> &'static [MemberRule] {{
        {rules}
    }}
}}\n",
        operation.result_wrapper
    )
}

/// The names of the operations, what a service is, and the dispatch.
pub(super) fn dispatch(graph: &Graph<'_>) -> String {
    let operations = &graph.model.operations;
    let lines = |line: &dyn Fn(&str) -> String| -> String {
        operations.iter().map(|operation| line(&operation.name)).collect()
    };
    let count = operations.len();
    let long = if count > LONG {
        "#[expect(clippy::too_many_lines, reason = \"one line an operation\")]\n"
    } else {
        ""
    };
    let variants = lines(&|name| format!("/// `{name}`.\n{name},\n"));
    let all = lines(&|name| format!("Self::{name},\n"));
    let table = lines(&|name| format!("entry::<ops::{name}>(),\n"));
    let bounds = lines(&|name| format!("Handle<ops::{name}, Cx> +\n"));
    let arms =
        lines(&|name| format!("OperationName::{name} => serve::<ops::{name}, S, Cx>(service, cx, input),\n"));
    let bounds = bounds.trim_end().trim_end_matches('+');
    format!(
        "use wire::constraint::MemberRule;
use wire::shape::serve;
use wire::{{DispatchError, Encode, Handle, Node, Operation}};

use super::ops;

/// The operations of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperationName {{
{variants}}}

/// What can be said of an operation without its shapes.
struct Entry {{
    name: &'static str,
    result_wrapper: Option<&'static str>,
    rules: fn() -> &'static [MemberRule],
}}

/// The entries by [`OperationName`].
static TABLE: [Entry; {count}] = [
{table}];

const fn entry<O: Operation>() -> Entry {{
    Entry {{ name: O::NAME, result_wrapper: O::RESULT_WRAPPER, rules: O::rules }}
}}

impl OperationName {{
    /// Every operation, sorted by name.
    pub const ALL: [Self; {count}] = [
{all}];

    /// The operation that a request calls `name`, as in `Action=`.
    pub fn from_name(name: &str) -> Option<Self> {{
        let at = Self::ALL.binary_search_by(|operation| operation.name().cmp(name)).ok()?;
        Some(Self::ALL[at])
    }}

    /// The operation's name on the wire.
    pub fn name(self) -> &'static str {{
        TABLE[self as usize].name
    }}

    /// The element that wraps the operation's answer; none when it has no output.
    pub fn result_wrapper(self) -> Option<&'static str> {{
        TABLE[self as usize].result_wrapper
    }}

    /// What the model demands of the operation's requests.
    pub fn rules(self) -> &'static [MemberRule] {{
        (TABLE[self as usize].rules)()
    }}
}}

/// A service that serves every operation of the model: one without a handler does not compile.
pub trait Service<Cx: Sync>:
{bounds}
{{
}}

impl<S, Cx: Sync> Service<Cx> for S where S:
{bounds}
{{
}}

/// Serves one request.
///
/// # Errors
/// When the request cannot be read, breaks what the model demands, or is refused by its handler.
{long}pub async fn dispatch<S, Cx>(
    service: &S,
    cx: &Cx,
    operation: OperationName,
    input: &dyn Node,
) -> Result<Box<dyn Encode + Send>, DispatchError>
where
    S: Service<Cx>,
    Cx: Sync,
{{
    let served = match operation {{
{arms}}};
    served.await
}}\n"
    )
}
