//! What the user decides: every `SIMFRA_*` variable and its flag, parsed into one typed [`Config`].
//!
//! The one place that reads the environment. A value that cannot be accepted ends the start with one line that names
//! the variable, the value and what is accepted; nothing later has to doubt a setting again.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};
use dataplane::proxy::engine::EngineProxyConfig;
use dataplane::proxy::memcached::{ProxyConfig, ServerAddress};
use dataplane::runtime::EngineFallback;
use domain::engine::Engine;
use domain::ids::{AccountId, Scope};

mod args;
mod environment;
mod value;

use args::{Args, Command};
pub use value::{
    AccessKey, AuthMode, DnsSuffix, HostName, ImageName, Instance, LogFormat, PortRange, Quotas, Secret,
    VpcPool,
};

/// The port when none is asked for.
const DEFAULT_PORT: u16 = 4599;

/// Everything that the user decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the gateway listens.
    pub listen: Listen,
    /// Which of several Simfras on this machine this is.
    pub instance: Instance,
    /// Which runtime serves.
    pub runtime: RuntimeChoice,
    /// The engines' default images.
    pub images: Images,
    /// What happens when the engine version asked for cannot be had.
    pub engine_fallback: EngineFallback,
    /// Where the process runtime looks for engine binaries before PATH.
    pub engine_path: PathBuf,
    /// The folders of PATH.
    pub search_path: Vec<PathBuf>,
    /// The folder of the user's Docker configuration, for registry credentials.
    pub docker_config_dir: Option<PathBuf>,
    /// The fault point at which a test has this process killed.
    pub kill_at: Option<dataplane::fault_point::End>,
    /// The user's cache folder for Simfra: what instances share (locks), and nothing that could not be made again.
    pub cache_dir: PathBuf,
    /// Host ports of port forwards.
    pub forward_ports: RangeInclusive<u16>,
    /// Whether caches are reached from inside their VPC alone; else their nodes are published on the host too.
    pub vpc_isolation: bool,
    /// Host ports of published nodes that cannot have their engine's own.
    pub published_ports: RangeInclusive<u16>,
    /// Host ports of DNS.
    pub dns_ports: RangeInclusive<u16>,
    /// Networks that stand in where a VPC's own range is taken.
    pub vpc_pool: VpcPool,
    /// The last part of endpoint names.
    pub dns_suffix: DnsSuffix,
    /// Where everything survives; none: all in memory.
    pub data_dir: Option<PathBuf>,
    /// Whether the account quotas hold.
    pub quotas: domain::quota::Quotas,
    /// The account and region of requests that name none.
    pub default_scope: Scope,
    /// Who may call AWS's API.
    pub auth: Auth,
    /// What `/_simfra/*` asks for.
    pub admin_token: Option<Secret>,
    /// Host names, beyond the loopback ones and `simfra.local`, that requests may carry.
    pub allowed_hosts: Vec<HostName>,
    /// The log.
    pub log: Log,
}

/// Where the gateway listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The addresses.
    pub addresses: Vec<IpAddr>,
    /// The port at each of them.
    pub port: u16,
}

impl Listen {
    /// Whether it is every address of this machine, those that are still to come as well.
    pub fn is_everywhere(&self) -> bool {
        self.addresses.iter().any(IpAddr::is_unspecified)
    }

    /// Where port forwards and DNS listen: loopback, unless everything is to be reached from everywhere, as in a
    /// container whose ports are published.
    pub fn for_forwards(&self) -> Vec<IpAddr> {
        if self.is_everywhere() { self.addresses.clone() } else { addresses(None) }
    }

    /// Where this machine's own requests reach it.
    pub fn local(&self) -> SocketAddr {
        let own = |ip: &IpAddr| match ip {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => *ip,
        };
        SocketAddr::new(self.addresses.first().map_or(Ipv4Addr::LOCALHOST.into(), own), self.port)
    }
}

/// Which runtime the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeChoice {
    /// Docker when its daemon answers, else processes when engine binaries are there, else none.
    Auto,
    /// The same, never Docker.
    AutoWithoutDocker,
    /// Docker, or no start.
    Docker,
    /// Processes, or no start.
    Process,
    /// No engines.
    None,
}

/// The default image of each engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Redis's.
    pub redis: ImageName,
    /// Valkey's.
    pub valkey: ImageName,
    /// Memcached's.
    pub memcached: ImageName,
}

impl Images {
    /// The default image of `engine`.
    pub const fn of(&self, engine: Engine) -> &ImageName {
        match engine {
            Engine::Redis => &self.redis,
            Engine::Valkey => &self.valkey,
            Engine::Memcached => &self.memcached,
        }
    }
}

/// Who may call AWS's API.
#[derive(Debug, Clone)]
pub struct Auth {
    /// How much is asked for.
    pub mode: AuthMode,
    /// The default account's root key.
    pub root: AccessKey,
}

/// How and what Simfra logs.
#[derive(Debug, Clone)]
pub struct Log {
    /// A tracing filter, `info` or `info,server::http=debug`.
    pub filter: String,
    /// For people or for machines.
    pub format: LogFormat,
}

/// What the command line asks for.
#[derive(Debug, Clone)]
pub enum Role {
    /// Simfra itself.
    Serve(Box<Config>),
    /// A question to the Simfra that runs.
    Ask(Question, Running),
    /// What this machine has.
    Doctor(Box<Config>),
    /// The resolver inside a VPC.
    Resolver,
    /// The relay into a VPC.
    Relay,
    /// The proxy before a Memcached server.
    Proxy(Box<ProxyConfig>),
    /// The proxy before a Redis or Valkey server.
    EngineProxy(Box<EngineProxyConfig>),
}

/// What a running Simfra is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Its certificate authority's certificate.
    Ca,
    /// How it is.
    Health,
    /// How this machine's resolver is pointed at it.
    Dns {
        /// Whose names.
        account: AccountId,
        /// The last part of their names.
        suffix: DnsSuffix,
    },
}

/// Where the Simfra that runs is found.
#[derive(Debug, Clone)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its admin API asks for.
    pub admin_token: Option<Secret>,
}

/// Why Simfra does not start as it was asked to. Displays as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that its variable does not accept.
    #[error("{variable}: '{value}' is not accepted; expected {expected}")]
    Value {
        /// The variable, or the flag where there is none.
        variable: String,
        /// What was given.
        value: String,
        /// What is accepted.
        expected: String,
    },
    /// A variable of a later version.
    #[error("{variable}={value} is not accepted; {variable} is not built yet in this version; unset it")]
    NotBuilt {
        /// The variable.
        variable: &'static str,
        /// What was given.
        value: String,
    },
    /// Two settings that exclude each other.
    #[error("{0}")]
    Conflict(String),
    /// Listening beyond this machine without protection.
    #[error(
        "SIMFRA_HOST: '{0}' is not accepted; listening beyond this machine needs SIMFRA_ADMIN_TOKEN and \
         SIMFRA_AUTH=strict, or SIMFRA_ALLOW_REMOTE=true"
    )]
    Unprotected(IpAddr),
    /// An argument that does not exist, or lacks its value.
    #[error("{0}; `simfra --help` lists what there is")]
    Usage(String),
}

impl Role {
    /// Reads the command line `args`, the program's name first, and the environment. `Ok(Err(text))` is help or the
    /// version, to be printed.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Result<Self, String>, ConfigError> {
        let command = Args::command().mut_args(environment::without_empty);
        let matches = match command.try_get_matches_from(args) {
            Ok(matches) => matches,
            Err(error) if !error.use_stderr() => return Ok(Err(error.render().to_string())),
            Err(error) => return Err(args::explain(&error)),
        };
        let args = Args::from_arg_matches(&matches).map_err(|error| args::explain(&error))?;
        match args.command {
            Some(Command::Ca) => Config::from_args(args).map(|config| Ok(config.ask(Question::Ca))),
            Some(Command::Health) => Config::from_args(args).map(|config| Ok(config.ask(Question::Health))),
            Some(Command::Dns) => Config::from_args(args).map(|config| {
                let account = config.default_scope.account.clone();
                Ok(config.ask(Question::Dns { account, suffix: config.dns_suffix.clone() }))
            }),
            Some(Command::Doctor) => Config::from_args(args).map(|config| Ok(Self::Doctor(Box::new(config)))),
            Some(Command::Resolver) => Ok(Ok(Self::Resolver)),
            Some(Command::Relay) => Ok(Ok(Self::Relay)),
            Some(Command::Proxy(proxy)) => Self::proxy(proxy).map(Ok),
            None => {
                environment::refuse_unbuilt()?;
                Config::from_args(args).map(|config| Ok(Self::Serve(Box::new(config))))
            }
        }
    }
}

impl Role {
    fn proxy(told: args::Proxy) -> Result<Self, ConfigError> {
        let args::Proxy { listen, server, nodes, policy, tls, command } = told;
        match (nodes, policy, server) {
            (_, Some(policy), ServerAddress::Tcp(server)) => {
                Ok(Self::EngineProxy(Box::new(EngineProxyConfig { listen, server, policy, tls })))
            }
            (Some(nodes), None, server) => {
                Ok(Self::Proxy(Box::new(ProxyConfig { listen, server, nodes, tls, command })))
            }
            (None, None, _) | (_, Some(_), ServerAddress::Unix(_)) => Err(ConfigError::Usage(
                "a proxy needs --nodes, or --policy and a server's address".to_owned(),
            )),
        }
    }
}

/// The names of `SIMFRA_*` variables in the environment that mean nothing: misspelt, most likely.
pub fn unknown_variables() -> Vec<String> {
    environment::unknown(&Args::command())
}

impl Config {
    /// What `flags` ask for, whatever the environment says: for tests.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn of_flags<'a>(flags: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        let command = Args::command().mut_args(|argument| argument.env(Resettable::Reset));
        let matches = command.try_get_matches_from(["simfra"].into_iter().chain(flags));
        let args = matches.and_then(|matches| Args::from_arg_matches(&matches));
        args.map_err(|error| args::explain(&error)).and_then(Self::from_args)
    }

    /// Where the Simfra of this configuration is found when it runs.
    pub fn running(&self) -> Running {
        Running { address: self.listen.local(), admin_token: self.admin_token.clone() }
    }

    fn ask(&self, question: Question) -> Role {
        Role::Ask(question, self.running())
    }

    fn from_args(args: Args) -> Result<Self, ConfigError> {
        let listen = Listen { addresses: addresses(args.host.map(|host| host.0)), port: args.port };
        let auth = Auth {
            mode: args.auth,
            root: AccessKey { id: args.root_access_key_id, secret: args.root_secret_access_key },
        };
        if let Some(remote) = listen.addresses.iter().find(|address| !address.is_loopback()) {
            let protected = args.admin_token.is_some() && auth.mode == AuthMode::Strict;
            if !protected && args.allow_remote != Some(true) {
                return Err(ConfigError::Unprotected(*remote));
            }
        }
        let cache_dir = environment::cache_dir();
        Ok(Self {
            instance: args.instance.unwrap_or_else(|| Instance::of_port(args.port)),
            runtime: runtime(args.runtime, args.docker)?,
            images: Images {
                redis: args.image_redis,
                valkey: args.image_valkey,
                memcached: args.image_memcached,
            },
            engine_fallback: args.engine_fallback.into(),
            engine_path: args.engine_path.unwrap_or_else(|| cache_dir.join("engines")),
            search_path: environment::search_path(),
            docker_config_dir: environment::docker_config_dir(),
            kill_at: environment::kill_at(),
            cache_dir,
            forward_ports: args.port_forward_port_range.into(),
            vpc_isolation: args.vpc_isolation,
            published_ports: args.elasticache_port_range.into(),
            dns_ports: args.dns_port_range.into(),
            vpc_pool: args.vpc_pool,
            dns_suffix: args.dns_suffix,
            data_dir: args.data_dir,
            quotas: args.quotas.into(),
            default_scope: Scope { account: args.default_account_id, region: args.default_region },
            auth,
            admin_token: args.admin_token,
            allowed_hosts: args.allowed_hosts,
            log: Log { filter: args.log.0, format: args.log_format },
            listen,
        })
    }
}

fn addresses(host: Option<IpAddr>) -> Vec<IpAddr> {
    match host {
        Some(address) => vec![address],
        None => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    }
}

fn runtime(named: args::RuntimeName, docker: Option<bool>) -> Result<RuntimeChoice, ConfigError> {
    use args::RuntimeName;
    Ok(match (named, docker) {
        (RuntimeName::Auto, None) => RuntimeChoice::Auto,
        (RuntimeName::Auto, Some(false)) => RuntimeChoice::AutoWithoutDocker,
        (RuntimeName::Auto, Some(true)) | (RuntimeName::Docker, None | Some(true)) => RuntimeChoice::Docker,
        (RuntimeName::Process, None | Some(false)) => RuntimeChoice::Process,
        (RuntimeName::None, None | Some(false)) => RuntimeChoice::None,
        (RuntimeName::Docker, Some(false)) => return Err(contradiction("false", "docker")),
        (RuntimeName::Process, Some(true)) => return Err(contradiction("true", "process")),
        (RuntimeName::None, Some(true)) => return Err(contradiction("true", "none")),
    })
}

fn contradiction(docker: &str, runtime: &str) -> ConfigError {
    ConfigError::Conflict(format!(
        "SIMFRA_DOCKER={docker} and SIMFRA_RUNTIME={runtime} exclude each other: unset one of them"
    ))
}
