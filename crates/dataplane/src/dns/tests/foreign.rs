//! Other people's clients: `dig`, and Python with its own few lines of DNS where `dig` is not installed.

use tokio::process::Command;

use super::*;

async fn output(command: &mut Command) -> String {
    let run = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE, run).await.expect("it ends").unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn dig(served: &Served, arguments: &[&str]) -> String {
    let port = served.address().port().to_string();
    let mut command = Command::new("dig");
    command.args(["@127.0.0.1", "-p", &port, "+tries=1", "+time=10"]).args(arguments);
    output(&mut command).await
}

/// Says aloud what is not checked where `dig` is missing.
fn has_dig() -> bool {
    let found = std::process::Command::new("dig").arg("-v").output().is_ok();
    if !found {
        println!("SKIPPED: dig (package dnsutils) is not installed");
    }
    found
}

#[tokio::test]
async fn dig_reads_every_kind_of_answer() {
    if !has_dig() {
        return;
    }
    let served = Served::with_zone(nobody()).await;
    for transport in ["+notcp", "+tcp"] {
        assert_eq!(dig(&served, &[transport, "+short", NODE, "A"]).await.trim(), node_address().to_string());
        assert_eq!(dig(&served, &[transport, "+short", NODE, "AAAA"]).await.trim(), "");
        let cases = [
            (NODE, "A", "NOERROR", "ANSWER: 1"),
            (NODE, "AAAA", "NOERROR", "ANSWER: 0"),
            ("gone.simfra.dev", "A", "NXDOMAIN", "AUTHORITY: 1"),
            ("simfra.dev", "SOA", "NOERROR", "ANSWER: 1"),
            ("www.example.com", "A", "SERVFAIL", "ANSWER: 0"),
        ];
        for (name, kind, status, count) in cases {
            let said = dig(&served, &[transport, name, kind]).await;
            assert!(said.contains(&format!("status: {status}")) && said.contains(count), "{said}");
            assert!(!said.to_lowercase().contains("warning") && !said.contains("malformed"), "{said}");
        }
    }
}

/// A question and its answer by Python's own means; prints the answer code and the first address.
const PYTHON: &str = r#"
import socket, struct, sys
port, name, kind = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
qname = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
question = qname + struct.pack(">HH", kind, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.sendto(struct.pack(">HHHHHH", 99, 0x0100, 1, 0, 0, 0) + question, ("127.0.0.1", port))
answer = s.recv(512)
ident, flags, qd, an, ns, ar = struct.unpack(">HHHHHH", answer[:12])
assert ident == 99 and flags & 0x8000 and qd == 1 and answer[12:12 + len(question)] == question
rest = answer[12 + len(question):]
# The owner's name: a pointer to the question, or written out again.
rest = rest[2:] if rest[:1] == b"\xc0" else rest[len(qname):] if rest.startswith(qname) else b""
print(flags & 15, an, socket.inet_ntoa(rest[10:14]) if an else "-")
"#;

#[tokio::test]
async fn python_reads_the_bytes() {
    let served = Served::with_zone(nobody()).await;
    let cases = [
        (NODE, "1", "0 1 172.31.0.10"),
        (NODE, "28", "0 0 -"),
        ("gone.simfra.dev", "1", "3 0 -"),
        ("simfra.local", "1", "0 1 127.0.0.1"),
    ];
    for (name, kind, expected) in cases {
        let port = served.address().port().to_string();
        let mut command = Command::new("python3");
        command.args(["-c", PYTHON, &port, name, kind]);
        assert_eq!(output(&mut command).await.trim(), expected, "{name} {kind}");
    }
}
