//! The binary as a process: it starts, answers on both loopback addresses, and stops when told.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::support::gateway::DEADLINE;
use crate::support::raw::{Client, bare};
use crate::support::signer::{Place, Signer};

/// A Simfra without engines, with a cache folder of its own. Dropped, it is killed.
struct Simfra {
    process: Child,
    port: Port,
    _cache: tempfile::TempDir,
}

fn command(port: u16, cache: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simfra"));
    command.env_clear().env("XDG_CACHE_HOME", cache).args(["--runtime", "none", "--port", &port.to_string()]);
    command
}

/// A port for a test alone, as long as it holds it: below those that the system hands out, and reserved against other
/// test processes on a loopback address that Simfra leaves alone.
struct Port {
    number: u16,
    _reservation: TcpListener,
}

impl Port {
    fn reserve() -> Self {
        let reserve = |number: u16| {
            let reservation = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), number)).ok()?;
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
            free.then_some(Self { number, _reservation: reservation })
        };
        (22_000..23_000).find_map(reserve).expect("a free port")
    }
}

impl Simfra {
    fn start() -> Self {
        Self::start_with(&[], Stdio::null())
    }

    fn start_with(variables: &[(&str, &str)], log: Stdio) -> Self {
        let (cache, port) = (tempfile::tempdir().unwrap(), Port::reserve());
        let mut command = command(port.number, cache.path());
        let process = command.envs(variables.iter().copied()).stderr(log).spawn().unwrap();
        let mut simfra = Self { process, port, _cache: cache };
        simfra.wait_until_healthy();
        simfra
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port.number).into()
    }

    fn wait_until_healthy(&mut self) {
        let start = Instant::now();
        while TcpStream::connect(self.address()).is_err()
            || Client::connect(self.address()).ask(bare("GET", "/_simfra/health")).status != 200
        {
            assert!(start.elapsed() < DEADLINE, "Simfra does not become healthy");
            assert_eq!(self.process.try_wait().unwrap(), None, "Simfra ended");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    fn exit(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < DEADLINE, "Simfra does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Simfra {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn both_loopback_addresses_answer_and_either_signal_stops() {
    for signal in ["TERM", "INT"] {
        let mut simfra = Simfra::start();
        if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
            let reply = Client::connect((Ipv6Addr::LOCALHOST, simfra.port.number).into())
                .ask(bare("GET", "/_simfra/health"));
            assert_eq!(reply.status, 200);
        }
        simfra.signal(signal);
        assert_eq!(simfra.exit().code(), Some(0), "{signal}");
        assert!(TcpStream::connect(simfra.address()).is_err());
    }
}

#[test]
fn a_second_simfra_on_the_port_says_what_to_do() {
    let simfra = Simfra::start();
    let cache = tempfile::tempdir().unwrap();
    let second = command(simfra.port.number, cache.path()).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    let expected = format!("127.0.0.1:{} is taken by another process", simfra.port.number);
    assert!(said.contains(&expected) && said.contains("SIMFRA_PORT"), "{said}");
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut simfra = Simfra::start();
    // A request whose body is under way holds the stop up.
    let mut client = Client::connect(simfra.address());
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
    assert_eq!(client.reply().unwrap().status, 100);
    simfra.signal("TERM");
    let start = Instant::now();
    while TcpStream::connect(simfra.address()).is_ok() {
        assert!(start.elapsed() < DEADLINE, "Simfra goes on accepting");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(simfra.process.try_wait().unwrap(), None);
    simfra.signal("TERM");
    assert_eq!(simfra.exit().code(), Some(1));
}

#[test]
fn the_log_is_json_where_asked_for_names_misspelt_variables_and_keeps_credentials_out() {
    let variables = [
        ("SIMFRA_LOG_FORMAT", "json"),
        ("SIMFRA_LOG", "trace"),
        ("SIMFRA_DATADIR", "/misspelt"),
        ("SIMFRA_ADMIN_TOKEN", "hush-hush"),
    ];
    let mut simfra = Simfra::start_with(&variables, Stdio::piped());
    let mut log = simfra.process.stderr.take().unwrap();
    // Read beside the test: a full pipe would stop Simfra.
    let log = std::thread::spawn(move || std::io::read_to_string(&mut log).unwrap());
    let signed = Signer { key: ("AKIASOMEBODYSREALKEY", "quiet"), service: "elasticache", ..Signer::root(1) };
    let call = "Action=DescribeUsers&Version=2015-02-02&AuthToken=quiet-quiet";
    for place in [Place::Header, Place::Query] {
        assert_eq!(Client::connect(simfra.address()).ask(Signer { place, ..signed }.post(call)).status, 200);
    }
    simfra.signal("TERM");
    assert_eq!(simfra.exit().code(), Some(0));
    let log = log.join().unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |text: &str| {
        lines.iter().any(|line| line["fields"]["message"].as_str().is_some_and(|m| m.contains(text)))
    };
    assert!(said("SIMFRA_DATADIR"), "{log}");
    assert!(said("Simfra is ready"), "{log}");
    for secret in ["hush-hush", "AKIASOMEBODYSREALKEY", "quiet-quiet", "X-Amz-Signature", "/misspelt"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
