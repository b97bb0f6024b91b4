//! The flags and variables as clap reads them, before [`super::Config`] makes sense of them together.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use dataplane::proxy::memcached::ServerAddress;
use dataplane::runtime::EngineFallback;
use domain::ids::{AccountId, Region};

use super::value::{
    AuthMode, DnsSuffix, Filter, Host, HostName, ImageName, Instance, LogFormat, PortRange, Quotas, Secret,
    VpcPool,
};
use super::{ConfigError, DEFAULT_PORT};

/// A local AWS whose ElastiCache is real: AWS's API at http://localhost:4599, real Redis, Valkey and Memcached behind it.
#[derive(Debug, Parser)]
#[command(name = "simfra", version, max_term_width = 110, after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// Docker is required (true) or never used (false); left out, it is used when its daemon answers
    #[arg(long, env = "SIMFRA_DOCKER", help_heading = "Engines", value_name = "true|false", value_parser = truth)]
    pub(super) docker: Option<bool>,
    /// What runs the engines; auto: docker when its daemon answers, else process when engine binaries are on PATH, else none
    #[arg(long, env = "SIMFRA_RUNTIME", help_heading = "Engines", value_enum, default_value_t)]
    pub(super) runtime: RuntimeName,
    /// Redis's default image
    #[arg(
        long = "elasticache-image-redis",
        env = "SIMFRA_ELASTICACHE_IMAGE_REDIS",
        help_heading = "Engines",
        value_name = "IMAGE",
        default_value = "redis:7"
    )]
    pub(super) image_redis: ImageName,
    /// Valkey's default image
    #[arg(
        long = "elasticache-image-valkey",
        env = "SIMFRA_ELASTICACHE_IMAGE_VALKEY",
        help_heading = "Engines",
        value_name = "IMAGE",
        default_value = "valkey/valkey:8"
    )]
    pub(super) image_valkey: ImageName,
    /// Memcached's default image
    #[arg(
        long = "elasticache-image-memcached",
        env = "SIMFRA_ELASTICACHE_IMAGE_MEMCACHED",
        help_heading = "Engines",
        value_name = "IMAGE",
        default_value = "memcached:1.6"
    )]
    pub(super) image_memcached: ImageName,
    /// When the engine version asked for cannot be had: fail, or let the engine's default serve and warn
    #[arg(long, env = "SIMFRA_ENGINE_FALLBACK", help_heading = "Engines", value_enum, default_value_t)]
    pub(super) engine_fallback: FallbackName,
    /// Where engine binaries are looked for before PATH [default: simfra/engines in the user's cache folder]
    #[arg(long, env = "SIMFRA_ENGINE_PATH", help_heading = "Engines", value_name = "FOLDER")]
    pub(super) engine_path: Option<PathBuf>,

    /// The address to listen on [default: 127.0.0.1 and ::1]
    #[arg(long, env = "SIMFRA_HOST", help_heading = "Network", value_name = "ADDRESS")]
    pub(super) host: Option<Host>,
    /// The one port of everything
    #[arg(long, env = "SIMFRA_PORT", help_heading = "Network", global = true, default_value_t = DEFAULT_PORT, value_parser = port)]
    pub(super) port: u16,
    /// Host ports for port forwards, lowest free first
    #[arg(
        long,
        env = "SIMFRA_PORT_FORWARD_PORT_RANGE",
        help_heading = "Network",
        value_name = "RANGE",
        default_value = "11800-11899"
    )]
    pub(super) port_forward_port_range: PortRange,
    /// Host ports for DNS, lowest free first
    #[arg(
        long,
        env = "SIMFRA_DNS_PORT_RANGE",
        help_heading = "Network",
        value_name = "RANGE",
        default_value = "10000-10099"
    )]
    pub(super) dns_port_range: PortRange,
    /// Whether caches are reached from inside their VPC alone; false: each node is also published on the host, at an
    /// address 127.83.x.y of its own, and endpoints name that
    #[arg(long, env = "SIMFRA_VPC_ISOLATION", help_heading = "Network", value_name = "true|false", default_value_t = true, action = ArgAction::Set, value_parser = truth)]
    pub(super) vpc_isolation: bool,
    /// Host ports of nodes published where the engine's own is taken, or 127.0.0.1 is the only address
    #[arg(
        long,
        env = "SIMFRA_ELASTICACHE_PORT_RANGE",
        help_heading = "Network",
        value_name = "RANGE",
        default_value = "10900-10999"
    )]
    pub(super) elasticache_port_range: PortRange,
    /// The first and the last /16 network that stand in where a VPC's own range is taken
    #[arg(
        long,
        env = "SIMFRA_VPC_POOL",
        help_heading = "Network",
        value_name = "FIRST-LAST",
        default_value = "10.200.0.0-10.255.0.0"
    )]
    pub(super) vpc_pool: VpcPool,
    /// The last part of endpoint names
    #[arg(
        long,
        env = "SIMFRA_DNS_SUFFIX",
        help_heading = "Network",
        value_name = "NAME",
        default_value = "simfra.dev"
    )]
    pub(super) dns_suffix: DnsSuffix,

    /// Where everything survives a restart; left out, all is in memory and removed at exit
    #[arg(long, env = "SIMFRA_DATA_DIR", help_heading = "State", value_name = "FOLDER")]
    pub(super) data_dir: Option<PathBuf>,
    /// Which of several Simfras on this machine this is [default: default; p<port> on another port]
    #[arg(long, env = "SIMFRA_INSTANCE", help_heading = "State", value_name = "NAME")]
    pub(super) instance: Option<Instance>,
    /// AWS's account quotas, or none
    #[arg(long, env = "SIMFRA_QUOTAS", help_heading = "State", value_enum, default_value_t)]
    pub(super) quotas: Quotas,
    /// The account of requests that name none
    #[arg(long, env = "SIMFRA_DEFAULT_ACCOUNT_ID", help_heading = "State", value_name = "ID", default_value = "000000000000", value_parser = account)]
    pub(super) default_account_id: AccountId,
    /// The region of requests that name none
    #[arg(long, env = "SIMFRA_DEFAULT_REGION", help_heading = "State", value_name = "REGION", default_value = "us-east-1", value_parser = region)]
    pub(super) default_region: Region,

    /// off: nothing is checked; lenient: any credentials, known keys with right signatures; strict: only known keys
    #[arg(long, env = "SIMFRA_AUTH", help_heading = "Access", value_enum, default_value_t)]
    pub(super) auth: AuthMode,
    /// The default account's root key [default: AWS's documentation example]
    #[arg(long, env = "SIMFRA_ROOT_ACCESS_KEY_ID", help_heading = "Access", value_name = "ID", default_value = "AKIAIOSFODNN7EXAMPLE", hide_default_value = true, value_parser = key_id)]
    pub(super) root_access_key_id: String,
    /// Its secret [default: AWS's documentation example]
    #[arg(
        long,
        env = "SIMFRA_ROOT_SECRET_ACCESS_KEY",
        help_heading = "Access",
        value_name = "SECRET",
        default_value = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub(super) root_secret_access_key: Secret,
    /// When set, /_simfra/* (health apart) needs `Authorization: Bearer` with it
    #[arg(
        long,
        env = "SIMFRA_ADMIN_TOKEN",
        global = true,
        help_heading = "Access",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(super) admin_token: Option<Secret>,
    /// Further Host names that requests may carry, separated by commas [default: loopback names, simfra.local]
    #[arg(
        long,
        env = "SIMFRA_ALLOWED_HOSTS",
        help_heading = "Access",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    pub(super) allowed_hosts: Vec<HostName>,
    /// Listen beyond this machine without an admin token and strict auth
    #[arg(long, env = "SIMFRA_ALLOW_REMOTE", help_heading = "Access", value_name = "true|false", num_args = 0..=1, default_missing_value = "true", value_parser = truth)]
    pub(super) allow_remote: Option<bool>,

    /// What is logged: a level (error, warn, info, debug, trace) or a tracing filter
    #[arg(long, env = "SIMFRA_LOG", help_heading = "Log", value_name = "FILTER", default_value = "info")]
    pub(super) log: Filter,
    /// For people or for machines
    #[arg(long, env = "SIMFRA_LOG_FORMAT", help_heading = "Log", value_enum, default_value_t)]
    pub(super) log_format: LogFormat,
}

const AFTER_HELP: &str = "Every option is also an environment variable; an option goes before its variable.";

/// What else the executable can be.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum Command {
    /// Prints the certificate authority's certificate (PEM) of the Simfra that runs
    ///
    /// Clients of caches with encryption in transit trust it: `simfra ca > ca.pem`, then
    /// `redis-cli --tls --cacert ca.pem -h localhost -p 11800`. It stays the same from run to run.
    Ca,
    /// Asks the Simfra that runs with these options how it is: succeeds when it is healthy, else says why it is not
    Health,
    /// Tell how this machine's resolver is pointed at the Simfra that runs, for its names alone
    Dns,
    /// Look at what this machine has for Simfra, what will not work and what to do; exit status 1 when nothing can serve
    Doctor,
    /// The resolver inside a VPC: answers DNS on port 53 and takes zones as lines on its standard input
    #[command(hide = true)]
    Resolver,
    /// The relay into a VPC: connects Simfra to its containers, and takes grants as lines on its standard input
    #[command(hide = true)]
    Relay,
    /// What stands before a server at its node's address: answers Memcached's auto discovery, or takes Redis's clients
    /// with TLS and without, and with tokens of IAM's
    #[command(hide = true)]
    Proxy(Proxy),
}

/// What a proxy is told.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Proxy {
    /// The node's address
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) listen: SocketAddr,
    /// Where the server listens: an address with a port, or unix:PATH
    #[arg(long, value_name = "WHERE")]
    pub(super) server: ServerAddress,
    /// The file with the cluster's nodes: the server is Memcached
    #[arg(long, value_name = "FILE", required_unless_present = "policy", conflicts_with = "policy")]
    pub(super) nodes: Option<PathBuf>,
    /// The file that says whom to take: the server is Redis or Valkey, and somebody else starts it
    #[arg(long, value_name = "FILE", conflicts_with = "command")]
    pub(super) policy: Option<PathBuf>,
    /// The folder with the node's certificate and key: clients of Memcached speak TLS alone
    #[arg(long, value_name = "FOLDER")]
    pub(super) tls: Option<PathBuf>,
    /// What starts the server, where the proxy is to do that
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

/// A runtime as the user names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum RuntimeName {
    #[default]
    Auto,
    Docker,
    Process,
    None,
}

/// A fallback as the user names it.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum FallbackName {
    #[default]
    Fail,
    Warn,
}

impl From<FallbackName> for EngineFallback {
    fn from(name: FallbackName) -> Self {
        match name {
            FallbackName::Fail => Self::Fail,
            FallbackName::Warn => Self::Warn,
        }
    }
}

fn truth(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "true or false")
}

fn port(value: &str) -> Result<u16, &'static str> {
    match value.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err("a port from 1 to 65535"),
    }
}

fn account(value: &str) -> Result<AccountId, &'static str> {
    value.parse().map_err(|_| "an account id of 12 digits")
}

fn region(value: &str) -> Result<Region, &'static str> {
    value.parse().map_err(|_| "a region's name like us-east-1")
}

/// AWS's access key ids have 16 to 128 word characters.
fn key_id(value: &str) -> Result<String, &'static str> {
    let form =
        (16..=128).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if form { Ok(value.to_owned()) } else { Err("an access key id of 16 to 128 letters and digits") }
}

/// clap's complaint as one line that names the variable, the value and what is accepted.
pub(super) fn explain(error: &clap::Error) -> ConfigError {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let named = variable(&argument);
    let value = match &named {
        // clap repeats the value; a secret's must not come out.
        Some(name) if is_secret(name) => "…".to_owned(),
        _ => text(ContextKind::InvalidValue).unwrap_or_default(),
    };
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let expected = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(valid)) if !valid.is_empty() => {
                    format!("one of {}", valid.join(", "))
                }
                _ => {
                    std::error::Error::source(error).map_or_else(|| "a value".to_owned(), ToString::to_string)
                }
            };
            ConfigError::Value { variable: named.unwrap_or(argument), value, expected }
        }
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            ConfigError::Usage(first.trim_start_matches("error: ").to_owned())
        }
    }
}

/// The variable of the argument that clap calls `--port <PORT>`.
fn variable(argument: &str) -> Option<String> {
    let flag = argument.strip_prefix("--")?.split([' ', '=']).next()?;
    let flag = flag.split('[').next()?;
    let command = <Args as clap::CommandFactory>::command();
    let argument = command.get_arguments().find(|argument| argument.get_long() == Some(flag))?;
    Some(argument.get_env()?.to_string_lossy().into_owned())
}

fn is_secret(variable: &str) -> bool {
    matches!(variable, "SIMFRA_ADMIN_TOKEN" | "SIMFRA_ROOT_SECRET_ACCESS_KEY")
}
