//! The single looks, each of which answers what it found.

use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::path::Path;

use dataplane::runtime::RuntimeError;
use dataplane::runtime::docker::{self, EngineImages, Survey, WayIn};
use dataplane::runtime::process;
use domain::engine::Engine;
use domain::vpc::Vpc;
use nix::unistd::{AccessFlags, access};

use super::Finding;
use crate::ask::{self, AskError};
use crate::config::{Config, RuntimeChoice};

type Binaries = Vec<(Engine, Vec<String>, Vec<String>)>;

pub(super) async fn everything(config: &Config) -> Vec<Finding> {
    let running = ask::health(&config.running()).await;
    let images = EngineImages {
        redis: config.images.redis.as_str().to_owned(),
        valkey: config.images.valkey.as_str().to_owned(),
        memcached: config.images.memcached.as_str().to_owned(),
    };
    let range = Vpc::default_of(&config.default_scope).cidr;
    let docker = docker::survey(&images, range).await;
    let is_static = std::env::current_exe()
        .map_err(|error| error.to_string())
        .and_then(|path| docker::runs_in_containers(&path).map_err(|error| error.to_string()));
    let binaries = process::survey(config.engine_path.clone(), config.search_path.clone()).await;
    let mut findings = vec![
        runtime(config, docker.is_ok() && is_static.is_ok(), &binaries),
        api(config, &running),
        reached(&docker),
        executable(is_static),
    ];
    if let Ok(docker) = &docker {
        findings.extend([engine_images(docker), addresses(docker, &range.to_string()), way(docker)]);
    }
    findings.extend(binaries.iter().map(|of_engine| servers(of_engine, config)));
    findings.extend([
        ports("forward ports", &config.forward_ports, "SIMFRA_PORT_FORWARD_PORT_RANGE"),
        ports("DNS ports", &config.dns_ports, "SIMFRA_DNS_PORT_RANGE"),
        resolvers(),
        folder("cache folder", &config.cache_dir, "XDG_CACHE_HOME"),
    ]);
    match &config.data_dir {
        Some(path) => findings.push(folder("data folder", path, "SIMFRA_DATA_DIR")),
        None => findings.push(Finding::ok("data folder", "none: all is in memory and ends with Simfra")),
    }
    findings
}

/// What would serve, as at a start.
fn runtime(config: &Config, docker: bool, binaries: &Binaries) -> Finding {
    const WHAT: &str = "runtime";
    let processes = binaries.iter().any(|(_, found, _)| !found.is_empty());
    let with_docker = || Finding::ok(WHAT, "docker: engines run in containers");
    let with_processes = || Finding::ok(WHAT, "process: engines run as processes of this machine");
    let install = "start Docker, or install redis-server, valkey-server or memcached (SIMFRA_ENGINE_PATH)";
    match config.runtime {
        RuntimeChoice::Auto | RuntimeChoice::Docker if docker => with_docker(),
        RuntimeChoice::Docker => Finding::fatal(
            WHAT,
            "Docker is required and cannot serve",
            "see Docker below, or unset SIMFRA_DOCKER",
        ),
        RuntimeChoice::Auto | RuntimeChoice::AutoWithoutDocker | RuntimeChoice::Process if processes => {
            with_processes()
        }
        RuntimeChoice::Process => Finding::fatal(WHAT, "there is no engine to run as a process", install),
        RuntimeChoice::Auto | RuntimeChoice::AutoWithoutDocker => {
            Finding::fatal(WHAT, "none: the API would answer without engines behind it", install)
        }
        RuntimeChoice::None => Finding::ok(WHAT, "none, as asked for: the API alone"),
    }
}

fn api(config: &Config, running: &Result<serde_json::Value, AskError>) -> Finding {
    const WHAT: &str = "API port";
    let port = config.listen.port;
    match running {
        Ok(health) => {
            let runtime = health["runtime"].as_str().unwrap_or("still starting");
            Finding::ok(WHAT, format!("{port}: a Simfra runs there ({runtime})"))
        }
        Err(AskError::Silent { .. }) if is_free(config.listen.addresses.first(), port) => {
            Finding::ok(WHAT, format!("{port} is free; no Simfra runs there"))
        }
        Err(_) => Finding::fatal(
            WHAT,
            format!("{port} is taken by something that is no Simfra"),
            "stop it, or choose another port with SIMFRA_PORT",
        ),
    }
}

fn reached(docker: &Result<Survey, RuntimeError>) -> Finding {
    match docker {
        Ok(found) => {
            Finding::ok("Docker", format!("{} (API {}) on {}", found.version, found.api, found.system))
        }
        Err(error) => Finding::lacking(
            "Docker",
            error.to_string(),
            "start it; where the socket is forbidden, join the group docker or set DOCKER_HOST. Without it, engines \
             run as processes",
        ),
    }
}

fn executable(is_static: Result<(), String>) -> Finding {
    match is_static {
        Ok(()) => Finding::ok("executable", "static: it runs in containers too"),
        Err(reason) => Finding::lacking("executable", reason, "Docker is of no use to Simfra until then"),
    }
}

fn engine_images(docker: &Survey) -> Finding {
    let named = |there: bool| {
        let images = docker.images.iter().filter(|(_, is_there)| *is_there == there);
        images.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let missing = named(false);
    if missing.is_empty() {
        return Finding::ok("images", named(true));
    }
    let first = missing.split(", ").next().unwrap_or_default().to_owned();
    Finding::lacking(
        "images",
        format!("not here yet: {missing}"),
        format!(
            "the first cache that needs one waits for its pull; `docker pull {first}` shows whether it can be had"
        ),
    )
}

fn addresses(docker: &Survey, range: &str) -> Finding {
    match docker.overlaps.first() {
        None => Finding::ok("addresses", format!("{range} is free for the default VPC")),
        Some(first) => Finding::lacking(
            "addresses",
            format!("{range} overlaps {first}"),
            "VPCs get ranges of SIMFRA_VPC_POOL instead: set that to ranges that are free here",
        ),
    }
}

fn way(docker: &Survey) -> Finding {
    match docker.way {
        WayIn::Direct => Finding::ok("containers", "this host should reach them by their addresses"),
        WayIn::Relay => Finding::ok("containers", "reached through a relay: this host cannot route to them"),
    }
}

fn servers((engine, found, rejected): &(Engine, Vec<String>, Vec<String>), config: &Config) -> Finding {
    let what = match engine {
        Engine::Redis => "redis-server",
        Engine::Valkey => "valkey-server",
        Engine::Memcached => "memcached",
    };
    if !found.is_empty() {
        return Finding::ok(what, found.join(", "));
    }
    let place = config.engine_path.display();
    let text = if rejected.is_empty() {
        format!("none below {place} or on PATH")
    } else {
        format!("none that works: {}", rejected.join("; "))
    };
    Finding::lacking(
        what,
        text,
        "needed without Docker alone: install it, or put it below SIMFRA_ENGINE_PATH",
    )
}

fn ports(what: &'static str, range: &RangeInclusive<u16>, variable: &str) -> Finding {
    let all = range.clone().count();
    let free = range.clone().filter(|port| is_free(None, *port)).count();
    let (first, last) = (range.start(), range.end());
    match free {
        0 => Finding::lacking(
            what,
            format!("all of {first}-{last} are taken"),
            format!("set {variable} to ports that are free"),
        ),
        free => Finding::ok(what, format!("{free} of {all} are free in {first}-{last}")),
    }
}

/// For TCP and for UDP.
fn is_free(at: Option<&IpAddr>, port: u16) -> bool {
    let at = at.copied().unwrap_or(Ipv4Addr::LOCALHOST.into());
    TcpListener::bind((at, port)).is_ok() && UdpSocket::bind((at, port)).is_ok()
}

fn resolvers() -> Finding {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let servers = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")).map(str::trim);
    let servers = servers.collect::<Vec<_>>().join(", ");
    if servers.is_empty() {
        let advice = "names of caches resolve all the same; others do not inside a VPC";
        return Finding::lacking("resolvers", "/etc/resolv.conf names none", advice);
    }
    Finding::ok("resolvers", format!("{servers}; `simfra dns` tells how names of caches get there"))
}

/// Whether the folder can be written to, or made.
fn folder(what: &'static str, path: &Path, variable: &str) -> Finding {
    let there = path.ancestors().find(|folder| folder.exists()).unwrap_or(path);
    let shown = path.display();
    match access(there, AccessFlags::W_OK | AccessFlags::X_OK) {
        Ok(()) if there == path => Finding::ok(what, format!("{shown} can be written to")),
        Ok(()) => Finding::ok(what, format!("{shown} can be made")),
        Err(error) => Finding::fatal(
            what,
            format!("{shown} cannot be written to: {}", error.desc()),
            format!("give this user the right to, or name another folder with {variable}"),
        ),
    }
}
