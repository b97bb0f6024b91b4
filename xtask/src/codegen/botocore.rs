//! Reads botocore's service models and reduces them to facts.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::Value;

use super::facts::{
    Blame, Bounds, ErrorFacts, List, Member, Model, Operation, Paginator, Service, Shape, Structure, Text,
    Waiter,
};

mod ordered;
use ordered::Ordered;

/// Members that hold credentials, which the model does not mark: whatever has one of these names.
const SENSITIVE: [&str; 2] = ["AuthToken", "Passwords"];

/// Reduces the newest model of `service` in the botocore at `root`: a folder that holds `botocore/`, as a wheel
/// unpacks or as Python installs it.
///
/// # Errors
/// When a file is missing, or the model has something that no rule here covers.
pub(crate) fn reduce(root: &Path, service: &str) -> anyhow::Result<Model> {
    let version = version(&root.join("botocore/__init__.py"))?;
    let folder = newest_folder(&root.join("botocore/data").join(service))?;
    let raw: RawModel = read(&folder, "service-2.json")?;
    let paginators: RawPaginators = read(&folder, "paginators-1.json")?;
    let waiters: RawWaiters = read(&folder, "waiters-2.json")?;
    let mut shapes = BTreeMap::new();
    for (name, shape) in raw.shapes.0 {
        let reduced = shape.reduce().with_context(|| format!("shape {name}"))?;
        shapes.insert(name, reduced);
    }
    let model = Model {
        source: format!("botocore {version}"),
        service: raw.metadata.reduce(),
        operations: raw.operations.0.into_iter().map(|(_, operation)| operation.reduce()).collect(),
        shapes,
        paginators: paginators.pagination,
        waiters: waiters.waiters,
    };
    Ok(model)
}

fn version(init: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(init).with_context(|| format!("read {}", init.display()))?;
    let version =
        text.lines().find_map(|line| line.strip_prefix("__version__ = ")).context("no __version__")?;
    Ok(version.trim_matches(['\'', '"']).to_owned())
}

/// The folder of the newest API version: they are dates.
fn newest_folder(service: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(service).with_context(|| format!("read {}", service.display()))?;
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    folders.sort();
    folders.pop().with_context(|| format!("{} is empty", service.display()))
}

/// Reads a model file, which newer versions of botocore compress.
fn read<T: for<'de> Deserialize<'de>>(folder: &Path, name: &str) -> anyhow::Result<T> {
    let plain = folder.join(name);
    let text = if plain.exists() {
        fs::read(&plain).with_context(|| format!("read {}", plain.display()))?
    } else {
        let path = folder.join(format!("{name}.gz"));
        let file = fs::File::open(&path).with_context(|| format!("open {}", path.display()))?;
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(file)
            .read_to_end(&mut text)
            .with_context(|| format!("inflate {}", path.display()))?;
        text
    };
    serde_json::from_slice(&text).with_context(|| format!("parse {name}"))
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
                let member = self.member.context("a list without a member")?;
                Shape::List(List {
                    element: member.location_name.unwrap_or_else(|| "member".to_owned()),
                    of: member.shape,
                    flattened: self.flattened,
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
