//! What a client may do in an engine that Simfra configured, and what Simfra may.

use dataplane::engine::resp::{Connection, Reply};
use dataplane::engine::{Access, Clients, InstanceKey, Session};
use dataplane::runtime::{BoxStream, Configuration, NodeSpec, Runtime, Storage};
use domain::command::ForbiddenCommand;
use domain::engine::Engine;
use domain::engine_version::EngineVersion;
use domain::node_type::CacheNodeType;
use domain::parameter::{ParameterValues, memory_limit_bytes, settings};
use domain::user::EngineUser;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::contract::{node, up};

/// A node as Simfra asks for it: of this version at AWS, served by what the runtime has for `serving`.
pub(crate) fn configured(cluster: &str, engine: Engine, version: &str, serving: Option<&str>) -> NodeSpec {
    let spec = node(cluster, Storage::Ephemeral);
    let version = EngineVersion::resolve(engine, Some(version)).unwrap();
    let node_type: CacheNodeType = "cache.t3.micro".parse().unwrap();
    let secrets = InstanceKey::new([7; 32]).node(&spec.id, spec.generation);
    let access = (engine != Engine::Memcached).then_some(Access { secrets, clients: Clients::Open });
    NodeSpec {
        engine,
        version: serving.map(str::to_owned),
        memory: memory_limit_bytes(engine, node_type.facts().unwrap(), &ParameterValues::new()),
        configuration: Configuration {
            settings: settings(version, node_type.facts().unwrap(), &ParameterValues::new()),
            access,
        },
        ..spec
    }
}

/// A Memcached as Simfra asks for it.
pub(crate) fn memcached(cluster: &str) -> NodeSpec {
    NodeSpec { port: 11211, ..configured(cluster, Engine::Memcached, "1.6.22", None) }
}

async fn dial(runtime: &dyn Runtime, spec: &NodeSpec) -> BoxStream {
    runtime.dial(&spec.id, spec.port).await.unwrap()
}

async fn client(runtime: &dyn Runtime, spec: &NodeSpec) -> Connection<BoxStream> {
    Connection::new(dial(runtime, spec).await)
}

pub(crate) async fn session(runtime: &dyn Runtime, spec: &NodeSpec) -> Session<BoxStream> {
    let secrets = &spec.configuration.access.as_ref().unwrap().secrets;
    Session::open(dial(runtime, spec).await, secrets).await.unwrap()
}

fn text(reply: &Reply) -> String {
    match reply {
        Reply::Simple(text) => text.clone(),
        Reply::Error(text) => format!("-{text}"),
        Reply::Bulk(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    }
}

fn texts(reply: Reply) -> Vec<String> {
    let Reply::Array(Some(elements)) = reply else { panic!("{reply:?} is no list") };
    elements.iter().map(text).collect()
}

/// Starts a Redis or Valkey and holds it to AWS's rules; `files` is what it may open.
pub(crate) async fn holds(runtime: &dyn Runtime, spec: &NodeSpec, files: u64) {
    up(runtime, spec).await;
    forbidden_commands_are_refused(runtime, spec).await;
    all_others_are_allowed(runtime, spec).await;
    simfra_itself_may_do_everything(runtime, spec, files).await;
    tokens_are_asked_for(runtime, spec).await;
    runtime.remove(&spec.id).await.unwrap();
}

async fn forbidden_commands_are_refused(runtime: &dyn Runtime, spec: &NodeSpec) {
    for row in ForbiddenCommand::all() {
        // Enough words for each: the number of arguments is looked at first.
        for extra in [&[][..], &["1"], &["1", "1"], &["1", "1", "1", "1", "1"]] {
            let words: Vec<&str> =
                [row.command].into_iter().chain(row.subcommand).chain(extra.iter().copied()).collect();
            let said = text(&client(runtime, spec).await.call(&words).await.unwrap());
            let refused = if row.subcommand.is_none() && !["sync", "psync"].contains(&row.command) {
                said.starts_with("-ERR unknown command")
            } else {
                said.starts_with("-NOPERM") || said.contains("wrong number of arguments")
            };
            assert!(refused, "{words:?}: {said}");
        }
    }
    let mut client = client(runtime, spec).await;
    for words in [
        &["ACL", "SETUSER", "default", "+@all"][..],
        &["ACL", "DELUSER", "simfra"],
        &["CLUSTER", "MEET", "127.0.0.1", "1"],
        &["PSYNC", "?", "-1"],
        &["SYNC"],
    ] {
        let said = text(&client.call(words).await.unwrap());
        assert!(said.starts_with("-NOPERM"), "{words:?}: {said}");
    }
    let script = ["EVAL", "return redis.call('config', 'get', 'maxmemory')", "0"];
    let said = text(&client.call(&script).await.unwrap());
    assert!(said.starts_with('-'), "a script gets around it: {said}");
}

async fn all_others_are_allowed(runtime: &dyn Runtime, spec: &NodeSpec) {
    let mut one = client(runtime, spec).await;
    for (words, answer) in [
        (&["SET", "key", "value"][..], "OK"),
        (&["GET", "key"], "value"),
        (&["EVAL", "return redis.call('get', KEYS[1])", "1", "key"], "value"),
        (&["MULTI"], "OK"),
        (&["INCR", "counter"], "QUEUED"),
        (&["EXEC"], "Array(Some([Integer(1)]))"),
        (&["KEYS", "k*"], "Array(Some([Bulk(Some([107, 101, 121]))]))"),
        (&["ACL", "WHOAMI"], "default"),
        (&["CLIENT", "SETNAME", "me"], "OK"),
        (&["AUTH", "default", "whatever"], "OK"),
        (&["FLUSHALL"], "OK"),
        (&["PUBLISH", "channel", "message"], "Integer(0)"),
    ] {
        assert_eq!(text(&one.call(words).await.unwrap()), answer, "{words:?}");
    }
    let info = text(&one.call(&["INFO"]).await.unwrap());
    assert!(info.contains("maxmemory:402653184") && info.contains("maxmemory_policy:volatile-lru"), "{info}");
    assert!(text(&one.call(&["SUBSCRIBE", "channel"]).await.unwrap()).contains("Integer(1)"));

    let mut simfra = session(runtime, spec).await;
    let commands = texts(simfra.call(&["COMMAND", "LIST"]).await.unwrap());
    assert!(commands.len() > 200, "{commands:?}");
    let is_forbidden = |name: &str| {
        let (command, subcommand) = name.split_once('|').unzip();
        let command = command.unwrap_or(name);
        ForbiddenCommand::all()
            .iter()
            .any(|row| row.command == command && (row.subcommand.is_none() || row.subcommand == subcommand))
    };
    // A command with subcommands is nothing without one.
    let is_container = |name: &str| commands.iter().any(|other| other.starts_with(&format!("{name}|")));
    for name in commands.iter().filter(|name| !is_forbidden(name) && !is_container(name)) {
        let Reply::Array(Some(told)) = simfra.call(&["COMMAND", "INFO", name]).await.unwrap() else {
            panic!("nothing is told of {name}")
        };
        let Reply::Array(Some(told)) = &told[0] else { panic!("{name} is unknown: {told:?}") };
        let Reply::Integer(arity) = told[1] else { panic!("{told:?}") };
        let mut words = vec!["ACL", "DRYRUN", "default"];
        words.extend(name.split('|'));
        let least = usize::try_from(arity.abs()).unwrap() + 3;
        words.resize(words.len().max(least), "1");
        assert_eq!(text(&simfra.call(&words).await.unwrap()), "OK", "{words:?}");
    }
}

async fn simfra_itself_may_do_everything(runtime: &dyn Runtime, spec: &NodeSpec, files: u64) {
    let mut simfra = session(runtime, spec).await;
    assert_eq!(text(&simfra.call(&["ACL", "WHOAMI"]).await.unwrap()), "simfra");
    for setting in &spec.configuration.settings {
        let told = texts(simfra.call(&["CONFIG", "GET", setting.directive]).await.unwrap());
        let Some(value) = told.get(1) else { continue };
        if setting.directive == "maxclients" {
            // The engine keeps 32 files for itself.
            let wanted: u64 = setting.value[0].parse().unwrap();
            assert_eq!(value.parse::<u64>().unwrap(), wanted.min(files - 32), "{told:?}");
        } else {
            assert_eq!(value, &setting.value.join(" "), "{}", setting.directive);
        }
    }
    let listed = text(&client(runtime, spec).await.call(&["ACL", "LIST"]).await.unwrap());
    assert!(!listed.contains(">"), "a password in the clear: {listed}");
}

async fn tokens_are_asked_for(runtime: &dyn Runtime, spec: &NodeSpec) {
    let hash =
        |token: &str| Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut before = client(runtime, spec).await;
    assert_eq!(text(&before.call(&["PING"]).await.unwrap()), "PONG");
    let mut simfra = session(runtime, spec).await;
    let both = Clients::Tokens(vec![hash("first-of-the-tokens"), hash("second-of-the-tokens")]);
    for _ in 0..2 {
        simfra.admit(&both).await.unwrap();
    }
    let one = |words: &'static [&'static str]| async move {
        text(&client(runtime, spec).await.call(words).await.unwrap())
    };
    assert!(one(&["GET", "key"]).await.starts_with("-NOAUTH"));
    assert!(one(&["AUTH", "wrong"]).await.starts_with("-WRONGPASS"));
    assert!(one(&["AUTH", "simfra", "first-of-the-tokens"]).await.starts_with("-WRONGPASS"));
    assert_eq!(one(&["AUTH", "first-of-the-tokens"]).await, "OK");
    assert_eq!(one(&["AUTH", "default", "second-of-the-tokens"]).await, "OK");
    assert_eq!(text(&before.call(&["PING"]).await.unwrap()), "PONG", "who is in stays in");
    simfra.admit(&Clients::Tokens(vec![hash("second-of-the-tokens")])).await.unwrap();
    assert!(one(&["AUTH", "first-of-the-tokens"]).await.starts_with("-WRONGPASS"));
    let mut late = client(runtime, spec).await;
    assert_eq!(text(&late.call(&["AUTH", "second-of-the-tokens"]).await.unwrap()), "OK");
    assert!(
        text(&late.call(&["ACL", "SETUSER", "x"]).await.unwrap()).starts_with("-NOPERM"),
        "nothing came back"
    );
    users_are_let_in(runtime, spec, &mut simfra, &mut late).await;
    simfra.admit(&Clients::Open).await.unwrap();
    assert_eq!(one(&["PING"]).await, "PONG");
}

async fn users_are_let_in(
    runtime: &dyn Runtime,
    spec: &NodeSpec,
    simfra: &mut Session<BoxStream>,
    default: &mut Connection<BoxStream>,
) {
    let app = |rules: &str| {
        let rules = rules.split(", ").map(str::to_owned).collect();
        Clients::Users(vec![EngineUser { name: "app".to_owned(), rules, by_iam: false }])
    };
    let unknown_ones_too = "nopass, on, ~app:*, +@all, +no.such, (+@all -@write +no.such ~other:*)";
    for _ in 0..2 {
        simfra.admit(&app(unknown_ones_too)).await.unwrap();
    }
    assert!(default.call(&["PING"]).await.is_err(), "nobody is the default user any more");
    assert!(text(&client(runtime, spec).await.call(&["PING"]).await.unwrap()).starts_with("-NOAUTH"));
    let mut one = client(runtime, spec).await;
    assert_eq!(text(&one.call(&["AUTH", "app", "anything"]).await.unwrap()), "OK");
    for words in [&["SET", "app:key", "value"][..], &["EXISTS", "other:key"]] {
        assert!(!text(&one.call(words).await.unwrap()).starts_with('-'), "{words:?}");
    }
    for words in [&["SET", "other:key", "value"][..], &["ACL", "SETUSER", "x"], &["PSYNC", "?", "-1"]] {
        assert!(text(&one.call(words).await.unwrap()).starts_with("-NOPERM"), "{words:?}");
    }
    let users = text(&simfra.call(&["ACL", "USERS"]).await.unwrap());
    assert!(!users.contains("trial"), "{users}");
    simfra.admit(&app("nopass, off, ~*, +@all")).await.unwrap();
    assert!(one.call(&["PING"]).await.is_err(), "who is switched off is cut");
}

/// Starts a Memcached and holds it to the family's parameters.
pub(crate) async fn memcached_holds(runtime: &dyn Runtime, spec: &NodeSpec) {
    up(runtime, spec).await;
    let mut stream = dial(runtime, spec).await;
    stream.write_all(b"stats settings\r\n").await.unwrap();
    let mut told = String::new();
    while !told.ends_with("END\r\n") {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "{told}");
        told.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
    }
    for line in [
        "maxbytes 432013312",
        "num_threads 2",
        "growth_factor 1.25",
        "chunk_size 48",
        "item_size_max 1048576",
        "tcp_backlog 1024",
        "hash_algorithm murmur3",
        "lru_crawler no",
        "lru_maintainer_thread no",
        "slab_reassign no",
        "maxconns_fast no",
        "cas_enabled yes",
        "flush_enabled yes",
        "reqs_per_event 20",
    ] {
        assert!(told.contains(&format!("STAT {line}\r\n")), "no '{line}' in {told}");
    }
    runtime.remove(&spec.id).await.unwrap();
}
