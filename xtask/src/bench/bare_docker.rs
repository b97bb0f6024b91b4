//! Bare containers, as they are had without Simfra: through the Docker API, in a network of their own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::cache::Cache;
use super::client::Client;
use crate::environment;

/// The networks that are tried, one after the other: `10.<this>.<n>.0/24`.
const POOL: u8 = 253;
const REDIS_PORT: u16 = 6379;
/// How many containers there are at most.
const MOST: u8 = 8;

/// A network with a few containers in it, by number; all go when this is dropped.
#[derive(Debug)]
pub(super) struct BareDocker {
    name: String,
    address: Ipv4Addr,
}

impl BareDocker {
    /// Makes the network.
    ///
    /// # Errors
    /// Docker refuses.
    pub(super) fn new() -> Result<Self> {
        let name = format!("simfra-bench-bare-{}", std::process::id());
        let mut refusal = String::new();
        for third in 0..=u8::MAX {
            let body = json!({
                "Name": name,
                "Driver": "bridge",
                "IPAM": { "Config": [{ "Subnet": format!("10.{POOL}.{third}.0/24") }] },
            });
            match docker("POST", "/networks/create", &body.to_string()) {
                Ok(_) => return Ok(Self { name, address: Ipv4Addr::new(10, POOL, third, 20) }),
                Err(cause) => refusal = cause.to_string(),
            }
        }
        bail!("no network for bare containers: {refusal}")
    }

    /// Creates and starts container `number` of `image`, as Simfra's nodes are run, and pings until it answers.
    ///
    /// # Errors
    /// Docker refuses, or the engine does not answer.
    pub(super) fn start_and_ping(&self, image: &str, number: u8) -> Result<()> {
        self.start_with(image, number, &[])
    }

    /// The same of containers 0 to `count` at once, each with these further `arguments`.
    ///
    /// # Errors
    /// Docker refuses, or an engine does not answer.
    pub(super) fn start_all(&self, image: &str, count: u8, arguments: &[&str]) -> Result<()> {
        thread::scope(|scope| {
            let start = |number| scope.spawn(move || self.start_with(image, number, arguments));
            let starts: Vec<_> = (0..count).map(start).collect();
            starts.into_iter().try_for_each(|start| start.join().expect("a start does not panic"))
        })
    }

    /// Where container `number` answers.
    pub(super) fn address(&self, number: u8) -> SocketAddr {
        let [a, b, c, d] = self.address.octets();
        (Ipv4Addr::new(a, b, c, d + number), REDIS_PORT).into()
    }

    fn start_with(&self, image: &str, number: u8, arguments: &[&str]) -> Result<()> {
        let (network, name) = (&self.name, self.container(number));
        let address = self.address(number).ip();
        let always = ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data"];
        let always = always.iter().chain(&["--appendonly", "no", "--save", ""]);
        let command: Vec<&str> = always.chain(arguments).copied().collect();
        let body = json!({
            "Image": image,
            "Cmd": command,
            "HostConfig": { "NetworkMode": network, "Tmpfs": { "/data": "" } },
            "NetworkingConfig": { "EndpointsConfig": { network: { "IPAMConfig": { "IPv4Address": address } } } },
        });
        docker("POST", &format!("/containers/create?name={name}"), &body.to_string())?;
        docker("POST", &format!("/containers/{name}/start"), "")?;
        Cache::answering(self.address(number)).map(drop)
    }

    fn container(&self, number: u8) -> String {
        format!("{}-{number}", self.name)
    }

    /// Removes container `number`.
    ///
    /// # Errors
    /// Docker refuses.
    pub(super) fn remove(&self, number: u8) -> Result<()> {
        docker("DELETE", &format!("/containers/{}?force=true&v=true", self.container(number)), "")
    }
}

impl Drop for BareDocker {
    fn drop(&mut self) {
        // They may be gone already; what Docker refuses is told by the line that fails.
        for number in 0..MOST {
            let _ = self.remove(number);
        }
        let _ = docker("DELETE", &format!("/networks/{}", self.name), "");
    }
}

/// One call of the Docker API, over a connection of its own.
fn docker(method: &str, path: &str, body: &str) -> Result<()> {
    let host =
        environment::variable("DOCKER_HOST").unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned());
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    if let Some(path) = host.strip_prefix("unix://") {
        let stream = UnixStream::connect(path).with_context(|| format!("no Docker at {path}"))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        return call(Client::over(stream), &request);
    }
    match host.strip_prefix("tcp://").map(str::parse) {
        Some(Ok(address)) => call(Client::connect(address)?, &request),
        _ => bail!("the baseline knows Docker at unix:// and tcp://<address>, not at {host}"),
    }
}

fn call<S: Read + Write>(mut client: Client<S>, request: &str) -> Result<()> {
    client.expect(request.as_bytes()).map(drop)
}
