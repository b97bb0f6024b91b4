use std::fs;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::io::{DuplexStream, duplex};
use tokio::time::sleep;

use super::*;
use crate::proxy::engine::policy::PolicyFile;
use crate::proxy::engine::{Iam, Policy, Verify};

const HOUR: Duration = Duration::from_hours(1);

/// Takes the token `good`.
struct Good;

impl Verify for Good {
    fn admits(&self, _iam: &Iam, _user: &str, token: &str) -> bool {
        token == "good"
    }
}

fn policy(users: &[&str]) -> Policy {
    let iam = Iam {
        cache: "g".to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        default_account: "000000000000".to_owned(),
        users: users.iter().map(|user| ((*user).to_owned(), "secret".to_owned())).collect(),
        keys: Vec::new(),
        unknown_keys: true,
    };
    Policy { plain: true, tls: true, iam: Some(iam) }
}

/// A client and the engine's end of its connection, with what tells the proxy whom to take.
struct Pair {
    client: DuplexStream,
    engine: DuplexStream,
    folder: TempDir,
    ended: tokio::task::JoinHandle<io::Result<()>>,
}

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        fs::write(&path, policy(&["app"]).to_file()).unwrap();
        let shared = Shared {
            server: "127.0.0.1:1".parse().unwrap(),
            tls: None,
            policy: PolicyFile::open(path).unwrap(),
            verify: Arc::new(Good),
        };
        let (client, near) = duplex(1 << 20);
        let (engine, far) = duplex(1 << 20);
        let tasks = crate::Tasks::default();
        let ended = tasks.tracker.spawn(async move { serve(near, far, &shared, true).await });
        Self { client, engine, folder, ended }
    }

    fn tell(&self, users: &[&str]) {
        let (half, path) = (self.folder.path().join("half"), self.folder.path().join("policy.json"));
        fs::write(&half, policy(users).to_file()).unwrap();
        fs::rename(half, path).unwrap();
    }

    /// What the engine reads of what the client says.
    async fn passed(&mut self, said: &str) -> String {
        self.client.write_all(said.as_bytes()).await.unwrap();
        let mut read = vec![0; 4096];
        let length = self.engine.read(&mut read).await.unwrap();
        String::from_utf8_lossy(&read[..length]).into_owned()
    }

    async fn shows(&mut self, token: &str) -> bool {
        self.passed(&format!("AUTH app {token}\r\n")).await.contains("secret")
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_twelve_hours_after_its_last_good_token() {
    let (mut pair, begun) = (Pair::new(), Instant::now());
    assert_eq!(pair.passed("PING\r\n").await, "PING\r\n");
    sleep(20 * HOUR).await;
    assert!(!pair.ended.is_finished(), "nobody of IAM is in");
    assert!(pair.shows("good").await);
    sleep(11 * HOUR).await;
    assert!(pair.shows("good").await, "it is good again");
    sleep(11 * HOUR).await;
    assert!(!pair.shows("bad").await);
    assert_eq!(pair.passed("GET key\r\n").await, "GET key\r\n");
    let ended = pair.ended.await.unwrap();
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(begun.elapsed().as_secs() / 3600, 20 + 11 + 12);
    assert_eq!(pair.engine.read(&mut [0]).await.unwrap(), 0, "the engine's end is closed");
    assert_eq!(pair.client.read(&mut [0]).await.unwrap(), 0, "so is the client's");
}

#[tokio::test(start_paused = true)]
async fn users_who_come_and_go_are_known_at_once_and_replies_pass_untouched() {
    let mut pair = Pair::new();
    pair.tell(&["other"]);
    assert!(!pair.shows("good").await);
    pair.tell(&["other", "app"]);
    assert!(pair.shows("good").await);
    let reply = b"*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$4\r\ngood\r\n";
    pair.engine.write_all(reply).await.unwrap();
    let mut read = vec![0; reply.len()];
    pair.client.read_exact(&mut read).await.unwrap();
    assert_eq!(read, reply);
    // A client that has asked all gets what is still answered.
    pair.client.shutdown().await.unwrap();
    assert_eq!(pair.engine.read(&mut read).await.unwrap(), 0);
    pair.engine.write_all(b"+LAST\r\n").await.unwrap();
    drop(pair.engine);
    let mut last = String::new();
    pair.client.read_to_string(&mut last).await.unwrap();
    assert_eq!(last, "+LAST\r\n");
    pair.ended.await.unwrap().unwrap();
}
