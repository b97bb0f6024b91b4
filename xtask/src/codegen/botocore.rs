//! Reads botocore's service models and reduces them to facts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::facts::{
    Blame, Bounds, ErrorFacts, List, Member, Model, Operation, Paginator, Service, Shape, Structure, Text,
    Waiter,
};

mod ordered;
mod source;

use ordered::Ordered;
use source::Source;

/// Members that hold credentials, which the model does not mark: whatever has one of these names.
const SENSITIVE: [&str; 2] = ["AuthToken", "Passwords"];

/// Reduces the newest model of `service` in the botocore at `path`: a wheel, or a folder that holds `botocore/`.
///
/// # Errors
/// When a file is missing, or the model has something that no rule here covers.
pub(crate) fn reduce(path: &Path, service: &str) -> anyhow::Result<Model> {
    let mut source = Source::open(path)?;
    let release = release(&source.read("botocore/__init__.py")?)?;
    let folder = format!("botocore/data/{service}/{}", source.newest_version(service)?);
    let raw: RawModel = parse(&mut source, &format!("{folder}/service-2.json"))?;
    let paginators: RawPaginators = parse(&mut source, &format!("{folder}/paginators-1.json"))?;
    let waiters: RawWaiters = parse(&mut source, &format!("{folder}/waiters-2.json"))?;
    let mut shapes = BTreeMap::new();
    for (name, shape) in raw.shapes.0 {
        let reduced = shape.reduce().with_context(|| format!("shape {name}"))?;
        shapes.insert(name, reduced);
    }
    let mut operations: Vec<Operation> = raw.operations.0.into_iter().map(|(_, raw)| raw.reduce()).collect();
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Model {
        source: format!("botocore {release}"),
        service: raw.metadata.reduce(),
        operations,
        shapes,
        paginators: paginators.pagination,
        waiters: waiters.waiters,
    })
}

/// The release that botocore's own `__init__.py` names.
fn release(init: &[u8]) -> anyhow::Result<String> {
    let text = std::str::from_utf8(init)?;
    let version =
        text.lines().find_map(|line| line.strip_prefix("__version__ = ")).context("no __version__")?;
    Ok(version.trim_matches(['\'', '"']).to_owned())
}

fn parse<T: for<'de> Deserialize<'de>>(source: &mut Source, name: &str) -> anyhow::Result<T> {
    serde_json::from_slice(&source.read(name)?).with_context(|| format!("parse {name}"))
}

#[derive(Deserialize)]
struct RawModel {
    metadata: RawMetadata,
    operations: Ordered<RawOperation>,
    shapes: Ordered<RawShape>,
}

#[derive(Deserialize)]
struct RawPaginators {
    pagination: BTreeMap<String, Paginator>,
}

#[derive(Deserialize)]
struct RawWaiters {
    waiters: BTreeMap<String, Waiter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    api_version: String,
    endpoint_prefix: String,
    signing_name: Option<String>,
    protocol: String,
    xml_namespace: Option<String>,
}

impl RawMetadata {
    fn reduce(self) -> Service {
        Service {
            api_version: self.api_version,
            signing_name: self.signing_name.unwrap_or_else(|| self.endpoint_prefix.clone()),
            endpoint_prefix: self.endpoint_prefix,
            protocol: self.protocol,
            xml_namespace: self.xml_namespace,
        }
    }
}

#[derive(Deserialize)]
struct RawOperation {
    name: String,
    input: Option<RawReference>,
    output: Option<RawReference>,
    #[serde(default)]
    errors: Vec<RawReference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReference {
    shape: String,
    location_name: Option<String>,
    result_wrapper: Option<String>,
    #[serde(default)]
    deprecated: bool,
}

impl RawOperation {
    fn reduce(self) -> Operation {
        let (output, result_wrapper) =
            self.output.map_or((None, None), |output| (Some(output.shape), output.result_wrapper));
        Operation {
            name: self.name,
            input: self.input.map(|input| input.shape),
            output,
            result_wrapper,
            errors: self.errors.into_iter().map(|error| error.shape).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawShape {
    r#type: String,
    #[serde(default)]
    members: Ordered<RawReference>,
    #[serde(default)]
    required: Vec<String>,
    error: Option<RawError>,
    #[serde(default)]
    fault: bool,
    location_name: Option<String>,
    member: Option<RawReference>,
    #[serde(default)]
    flattened: bool,
    #[serde(default, rename = "enum")]
    values: Vec<String>,
    pattern: Option<String>,
    min: Option<Value>,
    max: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawError {
    code: String,
    http_status_code: u16,
    #[serde(default)]
    sender_fault: bool,
}

impl RawShape {
    fn reduce(self) -> anyhow::Result<Shape> {
        let bounds = Bounds { min: bound(self.min.as_ref())?, max: bound(self.max.as_ref())? };
        Ok(match self.r#type.as_str() {
            "structure" => Shape::Structure(Structure {
                error: self.error.map(|error| ErrorFacts {
                    code: error.code,
                    http: error.http_status_code,
                    fault: if error.sender_fault && !self.fault { Blame::Sender } else { Blame::Receiver },
                }),
                members: self
                    .members
                    .0
                    .into_iter()
                    .map(|(name, member)| reduce_member(name, member, &self.required))
                    .collect(),
            }),
            "list" => {
                ensure!(!self.flattened, "a flattened list: no codec writes one");
                let member = self.member.context("a list without a member")?;
                Shape::List(List {
                    element: member.location_name.unwrap_or_else(|| "member".to_owned()),
                    of: member.shape,
                    location_name: self.location_name,
                    length: bounds,
                })
            }
            "string" => Shape::String(Text { values: self.values, pattern: self.pattern, length: bounds }),
            "integer" => Shape::Integer(bounds),
            "long" => Shape::Long(bounds),
            "boolean" => Shape::Boolean,
            "double" => Shape::Double,
            "float" => Shape::Float,
            "timestamp" => Shape::Timestamp,
            other => bail!("no rule for the type {other}"),
        })
    }
}

fn reduce_member(name: String, member: RawReference, required: &[String]) -> Member {
    Member {
        required: required.contains(&name),
        sensitive: SENSITIVE.contains(&name.as_str()),
        deprecated: member.deprecated,
        shape: member.shape,
        name: member.location_name.unwrap_or(name),
    }
}

/// A bound, which the models write as a number or, rarely, as a decimal.
fn bound(value: Option<&Value>) -> anyhow::Result<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    value.as_i64().map(Some).with_context(|| format!("the bound {value} is not an integer"))
}
