//! The user's registry credentials, from Docker's `config.json` and its credential programs, used only to pull.
//!
//! Best effort: what cannot be read is no credential, and the pull goes on without one. Nothing is logged or kept.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use bollard::auth::DockerCredentials;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Docker Hub's key in `config.json`.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// A credential program that asks the user something nobody sees must not hold the pull up.
const PROGRAM_TIME: Duration = Duration::from_secs(5);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: HashMap<String, Entry>,
    creds_store: Option<String>,
    cred_helpers: HashMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    identitytoken: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FromProgram {
    username: String,
    secret: String,
}

/// The registry that an image reference names, as `config.json` calls it.
pub(super) fn registry(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => DOCKER_HUB,
    }
}

/// The credentials for the registry in the configuration in `folder`.
pub(super) async fn find(folder: &Path, registry: &str) -> Option<DockerCredentials> {
    let text = tokio::fs::read(folder.join("config.json")).await.ok()?;
    let config: Config = serde_json::from_slice(&text).ok()?;
    if let Some(program) = config.cred_helpers.get(registry).or(config.creds_store.as_ref())
        && let Some(credentials) = ask(program, registry).await
    {
        return Some(credentials);
    }
    stored(&config, registry)
}

fn stored(config: &Config, registry: &str) -> Option<DockerCredentials> {
    let with_scheme = format!("https://{registry}");
    let entry = config.auths.get(registry).or_else(|| config.auths.get(&with_scheme))?;
    if let Some(token) = entry.identitytoken.as_ref().filter(|token| !token.is_empty()) {
        return Some(by_token(token.clone(), registry));
    }
    let (username, password) = basic(entry.auth.as_deref()?)?;
    Some(by_password(username, password, registry))
}

/// `auth` is the Base64 of `user:password`.
fn basic(auth: &str) -> Option<(String, String)> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(auth).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, password) = text.trim_end_matches('\0').split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

/// Asks `docker-credential-<program>`, by the protocol of Docker's credential programs: the registry on its
/// standard input, JSON on its output.
async fn ask(program: &str, registry: &str) -> Option<DockerCredentials> {
    let mut child = Command::new(format!("docker-credential-{program}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(registry.as_bytes()).await.ok()?;
    let output = tokio::time::timeout(PROGRAM_TIME, child.wait_with_output()).await.ok()?.ok()?;
    let answer: FromProgram = serde_json::from_slice(&output.stdout).ok()?;
    Some(match answer.username.as_str() {
        "<token>" => by_token(answer.secret, registry),
        _ => by_password(answer.username, answer.secret, registry),
    })
}

fn by_password(username: String, password: String, registry: &str) -> DockerCredentials {
    DockerCredentials {
        username: Some(username),
        password: Some(password),
        serveraddress: Some(registry.to_owned()),
        ..Default::default()
    }
}

fn by_token(token: String, registry: &str) -> DockerCredentials {
    DockerCredentials {
        identitytoken: Some(token),
        serveraddress: Some(registry.to_owned()),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn found(config: &str, registry: &str) -> Option<DockerCredentials> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        find(folder.path(), registry).await
    }

    #[test]
    fn the_first_part_is_a_registry_only_when_it_looks_like_a_host() {
        assert_eq!(registry("redis:7"), DOCKER_HUB);
        assert_eq!(registry("valkey/valkey:8"), DOCKER_HUB);
        assert_eq!(registry("localhost/redis"), "localhost");
        assert_eq!(registry("registry.example:5000/redis:7"), "registry.example:5000");
    }

    #[tokio::test]
    async fn basic_credentials_are_read() {
        // "user:pass:word"
        let config = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dXNlcjpwYXNzOndvcmQ="}}}"#;
        let credentials = found(config, DOCKER_HUB).await.unwrap();
        assert_eq!(credentials.username.as_deref(), Some("user"));
        assert_eq!(credentials.password.as_deref(), Some("pass:word"));
        assert_eq!(found(config, "registry.example").await, None);
    }

    #[tokio::test]
    async fn a_missing_program_or_broken_file_is_no_credential() {
        assert_eq!(found(r#"{"credsStore":"simfra-test-absent"}"#, DOCKER_HUB).await, None);
        assert_eq!(found("{", DOCKER_HUB).await, None);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(folder.path(), DOCKER_HUB).await, None);
    }
}
