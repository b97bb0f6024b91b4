//! Reads botocore's service models and reduces them to facts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::facts::{
    Blame, Bounds, ErrorFacts, List, Map, Member, Model, Operation, Service, Shape, Structure, Text, Waiter,
};
use super::services::ServedService;

mod ordered;
mod protocol;
mod source;

use ordered::Ordered;
use protocol::Protocol;
use source::Source;

/// Members that hold credentials, which the model does not mark: whatever has one of these names.
const SENSITIVE: [&str; 2] = ["AuthToken", "Passwords"];

/// Reduces the newest model of `service` in the botocore at `path`, a wheel or a folder that holds `botocore/`, to the
/// operations that are served.
///
/// # Errors
/// When a file is missing, or the model has something that no rule here covers.
pub(super) fn reduce(path: &Path, service: &ServedService) -> anyhow::Result<Model> {
    let mut source = Source::open(path)?;
    let release = release(&source.read("botocore/__init__.py")?)?;
    let folder = format!("botocore/data/{}/{}", service.folder, source.newest_version(service.folder)?);
    let raw: RawModel = parse(&mut source, &format!("{folder}/service-2.json"))?;
    let paginators: RawPaginators = parse(&mut source, &format!("{folder}/paginators-1.json"))?;
    // Not every service has waiters.
    let waiters = source.find_inflated(&format!("{folder}/waiters-2.json"))?;
    let waiters: RawWaiters =
        waiters.map_or_else(|| Ok(RawWaiters::default()), |w| serde_json::from_slice(&w))?;
    let served = |name: &str| service.operations.include(name);
    let mut operations: Vec<Operation> =
        raw.operations.0.into_iter().map(|(_, raw)| raw.reduce()).filter(|o| served(&o.name)).collect();
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    let reached = reached(&operations, &raw.shapes);
    let protocol = Protocol::of(&raw.metadata.protocol);
    let mut shapes = BTreeMap::new();
    for (name, shape) in raw.shapes.0.into_iter().filter(|(name, _)| reached.contains(name)) {
        let reduced = shape.reduce(&name, protocol).with_context(|| format!("shape {name}"))?;
        shapes.insert(name, reduced);
    }
    let paginators = paginators.pagination.into_iter().filter(|(name, _)| served(name));
    let paginators = paginators.map(|(name, raw)| Ok((name, serde_json::from_value(raw)?)));
    Ok(Model {
        source: format!("botocore {release}"),
        service: raw.metadata.reduce(),
        operations,
        shapes,
        paginators: paginators.collect::<anyhow::Result<_>>()?,
        waiters: waiters.waiters.into_iter().filter(|(_, waiter)| served(&waiter.operation)).collect(),
    })
}

/// The shapes that the operations need, their errors included.
fn reached(operations: &[Operation], shapes: &Ordered<RawShape>) -> BTreeSet<String> {
    let by_name: BTreeMap<&str, &RawShape> =
        shapes.0.iter().map(|(name, shape)| (name.as_str(), shape)).collect();
    let ends = |operation: &Operation| {
        let ends = operation.input.iter().chain(&operation.output).chain(&operation.errors);
        ends.cloned().collect::<Vec<_>>()
    };
    let mut reached = BTreeSet::new();
    let mut next: Vec<String> = operations.iter().flat_map(ends).collect();
    while let Some(name) = next.pop() {
        if let Some(shape) = by_name.get(name.as_str())
            && reached.insert(name)
        {
            let below = shape.members.0.iter().map(|(_, member)| member);
            let below = below.chain(&shape.member).chain(&shape.key).chain(&shape.value);
            next.extend(below.map(|member| member.shape.clone()));
        }
    }
    reached
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
    pagination: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
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
    target_prefix: Option<String>,
}

impl RawMetadata {
    fn reduce(self) -> Service {
        Service {
            api_version: self.api_version,
            signing_name: self.signing_name.unwrap_or_else(|| self.endpoint_prefix.clone()),
            endpoint_prefix: self.endpoint_prefix,
            protocol: self.protocol,
            xml_namespace: self.xml_namespace,
            target_prefix: self.target_prefix,
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
    query_name: Option<String>,
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
    /// Of protocols that name errors by their shapes.
    #[serde(default)]
    exception: bool,
    #[serde(default)]
    fault: bool,
    location_name: Option<String>,
    member: Option<RawReference>,
    key: Option<RawReference>,
    value: Option<RawReference>,
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
    fn reduce(self, name: &str, protocol: Protocol) -> anyhow::Result<Shape> {
        let bounds = Bounds { min: bound(self.min.as_ref())?, max: bound(self.max.as_ref())? };
        Ok(match self.r#type.as_str() {
            "structure" => Shape::Structure(Structure {
                error: match self.error {
                    Some(error) => Some(ErrorFacts {
                        code: error.code,
                        http: error.http_status_code,
                        fault: if error.sender_fault && !self.fault {
                            Blame::Sender
                        } else {
                            Blame::Receiver
                        },
                    }),
                    None => self.exception.then(|| ErrorFacts {
                        code: name.to_owned(),
                        http: if self.fault { 500 } else { 400 },
                        fault: if self.fault { Blame::Receiver } else { Blame::Sender },
                    }),
                },
                members: self
                    .members
                    .0
                    .into_iter()
                    .map(|(name, member)| reduce_member(protocol, name, member, &self.required))
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
            "map" => Shape::Map(Map {
                key: self.key.context("a map without a key")?.shape,
                value: self.value.context("a map without a value")?.shape,
                length: bounds,
            }),
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

fn reduce_member(protocol: Protocol, model: String, member: RawReference, required: &[String]) -> Member {
    let (required, sensitive) = (required.contains(&model), SENSITIVE.contains(&model.as_str()));
    let in_requests = protocol.in_requests(&model, member.query_name, member.location_name.as_deref());
    let name = member.location_name.unwrap_or_else(|| model.clone());
    Member {
        required,
        sensitive,
        deprecated: member.deprecated,
        shape: member.shape,
        request_name: Some(in_requests).filter(|in_requests| *in_requests != name),
        model_name: Some(model).filter(|model| *model != name),
        name,
    }
}

/// A bound, which the models write as a number or, rarely, as a decimal.
fn bound(value: Option<&Value>) -> anyhow::Result<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    value.as_i64().map(Some).with_context(|| format!("the bound {value} is not an integer"))
}
