//! What the authority signs, keeps and refuses.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(172, 31, 16, 10));

#[expect(clippy::disallowed_methods, reason = "who checks a certificate looks at the machine's clock")]
fn now() -> Now {
    Arc::new(SystemTime::now)
}

fn authority(folder: &tempfile::TempDir, suffix: &str) -> Arc<Authority> {
    Arc::new(Authority::open(folder.path(), suffix, now()).unwrap())
}

/// What a client that trusts `authority` and looks for `wanted` gets from a node with `files`.
async fn greeting(files: &NodeFiles, authority: &Arc<Authority>, wanted: &str) -> io::Result<[u8; 2]> {
    let (near, far) = tokio::io::duplex(16 * 1024);
    let acceptor = files.acceptor().unwrap();
    let serve = async move {
        if let Ok(mut stream) = acceptor.accept(far).await {
            let _ = stream.write_all(b"hi").await;
            let _ = stream.shutdown().await;
        }
    };
    let client = NodeTls::new(Arc::clone(authority), vec![wanted.to_owned()]);
    let ask = async move {
        let mut stream = client.connect(Box::new(near)).await?;
        let mut said = [0; 2];
        stream.read_exact(&mut said).await?;
        Ok(said)
    };
    tokio::join!(serve, ask).1
}

#[tokio::test]
async fn a_node_is_known_by_its_names_and_addresses_and_by_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(&folder, "simfra.dev");
    let names =
        ["My-Cache.abc.0001.use1.cache.simfra.dev".to_owned(), "my-cache.abc.cfg.simfra.dev".to_owned()];
    let files = NodeTls::new(Arc::clone(&ours), names.to_vec()).issue(HOME).unwrap();
    let known = [&names[0], &names[1], "localhost", "127.0.0.1", "::1", "172.31.16.10"];
    for name in known {
        assert_eq!(greeting(&files, &ours, name).await.unwrap(), *b"hi", "{name}");
    }
    for name in ["other.abc.0001.use1.cache.simfra.dev", "example.com", "172.31.16.11"] {
        assert!(greeting(&files, &ours, name).await.is_err(), "{name}");
    }
    let foreign = authority(&tempfile::tempdir().unwrap(), "simfra.dev");
    assert!(greeting(&files, &foreign, &names[0]).await.is_err(), "another authority's certificate is taken");
}

#[tokio::test]
async fn nothing_outside_the_suffix_can_be_signed_to_be_believed() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(&folder, "simfra.dev");
    for name in ["example.com", "simfra.dev.example.com", "notsimfra.dev"] {
        let files = NodeTls::new(Arc::clone(&ours), vec![name.to_owned()]).issue(HOME).unwrap();
        let error = greeting(&files, &ours, name).await.unwrap_err();
        assert!(error.to_string().contains("NameConstraintViolation"), "{name}: {error}");
    }
    // A public address is left out: with it the certificate would be of no use at all.
    let node = NodeTls::new(Arc::clone(&ours), vec!["a.simfra.dev".to_owned()]);
    let files = node.issue("93.184.216.34".parse().unwrap()).unwrap();
    assert!(greeting(&files, &ours, "a.simfra.dev").await.is_ok());
    assert!(greeting(&files, &ours, "93.184.216.34").await.is_err());
}

#[test]
fn an_authority_is_kept_privately_and_stays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("deep/authority");
    let first = Authority::open(&home, "simfra.dev", now()).unwrap();
    let file = home.join("authority.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
    let second = Authority::open(&home, "simfra.dev", now()).unwrap();
    assert_eq!(first.certificate_pem(), second.certificate_pem());
    let other = Authority::open(&home, "caches.test", now()).unwrap();
    assert_ne!(other.certificate_pem(), first.certificate_pem(), "its constraints are for another suffix");

    std::fs::write(&file, b"{").unwrap();
    let error = Authority::open(&home, "simfra.dev", now()).unwrap_err().to_string();
    assert!(error.contains("authority.json") && error.contains("remove it"), "{error}");
}

#[test]
fn an_authority_that_ends_before_a_node_would_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let at = |days: u32| -> Now { Arc::new(move || UNIX_EPOCH + DAY * (20_000 + days)) };
    let open = |days| Authority::open(folder.path(), "simfra.dev", at(days)).unwrap().certificate_pem();
    let first = open(0);
    assert_eq!(open(2_800), first);
    assert_ne!(open(2_900), first);
}

#[test]
fn what_is_shown_holds_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let ours = authority(&folder, "simfra.dev");
    let node = NodeTls::new(Arc::clone(&ours), vec!["a.simfra.dev".to_owned()]);
    let key = node.issue(HOME).unwrap().key;
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let shown = format!("{ours:?} {node:?} {}", ours.certificate_pem());
    assert!(!shown.contains("PRIVATE"), "{shown}");
}
