//! Typed commands: shown with their answers as in a terminal.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command::{output_within, shown};
use crate::setup::Clients;
use crate::terminal::line;
use crate::test::path_with;

/// How long a command may take. The slowest wait for an engine, whose image is here.
const LIMIT: Duration = Duration::from_secs(120);

/// A terminal in which the pinned clients come first, with credentials as a newcomer would set them.
#[derive(Debug)]
pub(super) struct Shell {
    path: OsString,
    endpoint: String,
}

impl Shell {
    /// A terminal for the Simfra at this port.
    ///
    /// # Errors
    /// The clients' folder cannot stand in `PATH`.
    pub(super) fn new(clients: &Clients, port: u16) -> Result<Self> {
        Ok(Self { path: path_with(&clients.programs)?, endpoint: format!("http://localhost:{port}") })
    }

    /// Types a command and returns its answer.
    ///
    /// # Errors
    /// It fails or takes too long.
    pub(super) fn type_in(&self, words: &[&str]) -> Result<String> {
        let mut command = self.command(words);
        line(format_args!("\n$ {}", shown(&command)));
        let answer = output_within(&mut command, LIMIT)?;
        if !answer.trim().is_empty() {
            line(answer.trim_end());
        }
        Ok(answer)
    }

    /// Types an ElastiCache command of the AWS CLI.
    ///
    /// # Errors
    /// It fails, or its answer is no JSON (an empty one is null).
    pub(super) fn elasticache(&self, words: &[&str]) -> Result<Value> {
        let fixed = ["aws", "--endpoint-url", &self.endpoint, "elasticache"];
        json(&self.type_in(&[&fixed[..], words].concat())?)
    }

    /// Types a curl command to the admin API.
    ///
    /// # Errors
    /// The status is not success, or the answer is no JSON (an empty one is null).
    pub(super) fn admin(&self, method: &str, path: &str, body: Option<&str>) -> Result<Value> {
        let address = format!("{}/_simfra/{path}", self.endpoint);
        let mut words = vec!["curl", "-sS", "--fail-with-body", "-X", method, &address];
        words.extend(body.iter().flat_map(|body| ["-d", body]));
        json(&self.type_in(&words)?)
    }

    /// Whether Simfra says that it is healthy; not shown.
    pub(super) fn is_healthy(&self) -> bool {
        let address = format!("{}/_simfra/health", self.endpoint);
        output_within(&mut self.command(&["curl", "-sf", &address]), LIMIT).is_ok()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env("PATH", &self.path)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            // Nothing of the user's own AWS set-up may reach this, and nothing of this a proxy.
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_PAGER", "")
            .env("NO_PROXY", "localhost")
            .env("no_proxy", "localhost");
        for name in
            ["AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_OUTPUT"]
        {
            command.env_remove(name);
        }
        command
    }
}

fn json(answer: &str) -> Result<Value> {
    if answer.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(answer).context("the answer is no JSON")
}

/// A string of an answer.
///
/// # Errors
/// There is none at this place.
pub(super) fn text<'a>(answer: &'a Value, pointer: &str) -> Result<&'a str> {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("the answer has no string at {pointer}"))
}

/// Fails unless the answer has this value at this place.
///
/// # Errors
/// It has another, or none.
pub(super) fn expect(answer: &Value, pointer: &str, wanted: impl Into<Value>) -> Result<()> {
    let wanted = wanted.into();
    match answer.pointer(pointer) {
        Some(value) if *value == wanted => Ok(()),
        Some(value) => bail!("{pointer} is {value}, and the guide says {wanted}"),
        None => bail!("the answer has nothing at {pointer}, and the guide says {wanted}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{expect, text};

    #[test]
    fn an_answer_that_differs_is_a_failure() {
        let answer = json!({"CacheCluster": {"CacheClusterStatus": "creating", "NumCacheNodes": 1}});
        assert!(expect(&answer, "/CacheCluster/NumCacheNodes", 1).is_ok());
        assert!(expect(&answer, "/CacheCluster/CacheClusterStatus", "available").is_err());
        assert!(expect(&answer, "/CacheCluster/Engine", "redis").is_err());
        assert!(text(&answer, "/CacheCluster/NumCacheNodes").is_err());
    }
}
