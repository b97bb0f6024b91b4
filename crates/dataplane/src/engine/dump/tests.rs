use super::*;

const RDB: &[u8] = b"REDIS0011\xfa\nany bytes\r\n\xff12345678";
const EOF_MARK: &[u8; MARK] = b"0123456789abcdef0123456789abcdef01234567";

/// What becomes of a file when the node answers the three wishes and then sends `sent`, in pieces of `piece` bytes.
async fn taken(sent: &[u8], piece: usize) -> (Result<RdbFormat, DumpError>, Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seeds/node.rdb");
    let (near, mut far) = tokio::io::duplex(64);
    let sent = sent.to_vec();
    let node = async move {
        let mut heard = [0; 4096];
        for answer in [&b"+OK\r\n"[..], b"-ERR unknown\r\n", b"+OK\r\n"] {
            assert!(far.read(&mut heard).await.unwrap() > 0);
            far.write_all(answer).await.unwrap();
        }
        let _ = far.read(&mut heard).await;
        for piece in sent.chunks(piece) {
            if far.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let (taken, ()) = tokio::join!(take(Connection::new(near), &path), node);
    let found = std::fs::read(&path).ok();
    (taken, found)
}

#[tokio::test]
async fn data_of_a_known_length_is_taken_whole() {
    let sent =
        [b"\n\n$".to_vec(), RDB.len().to_string().into_bytes(), b"\r\n".to_vec(), RDB.to_vec()].concat();
    for piece in [1, 7, 40, 4096] {
        let (taken, found) = taken(&sent, piece).await;
        assert_eq!(taken.unwrap(), RdbFormat(11), "in pieces of {piece}");
        assert_eq!(found.as_deref(), Some(RDB));
    }
}

#[tokio::test]
async fn data_up_to_a_mark_is_taken_without_it() {
    let sent = [&b"\n$EOF:"[..], EOF_MARK, b"\r\n", RDB, EOF_MARK].concat();
    for piece in [1, 7, 40, 4096] {
        let (taken, found) = taken(&sent, piece).await;
        assert_eq!(taken.unwrap(), RdbFormat(11), "in pieces of {piece}");
        assert_eq!(found.as_deref(), Some(RDB));
    }
}

#[tokio::test]
async fn a_file_is_there_whole_or_not_at_all() {
    let marked = [&b"$EOF:"[..], EOF_MARK, b"\r\n", RDB].concat();
    for (sent, reason) in [
        (&b"$100\r\nREDIS0011"[..], "could not be read"),
        (&marked, "could not be read"),
        (b"-ERR no\r\n", "the node refuses SYNC: ERR no"),
        (b"$x\r\n", "no RDB file: it begins with '$x'"),
        (b"+OK\r\n", "no RDB file: it begins with '+OK'"),
        (b"$EOF:short\r\n", "no RDB file"),
        (b"$9\r\nsomething", "no RDB file: it begins with 'something'"),
        (&[b'x'; 2000], "its header has no end"),
    ] {
        let (taken, found) = taken(sent, 4096).await;
        let error = taken.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert_eq!(found, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (near, mut far) = tokio::io::duplex(1024);
    far.write_all(b"+OK\r\n+OK\r\n+OK\r\n\n").await.unwrap();
    let taken = take(Connection::new(near), &folder.path().join("node.rdb")).await;
    assert!(matches!(taken, Err(DumpError::Silent)));
}

#[test]
fn formats_are_read_from_the_first_bytes() {
    for (first, format) in [
        (&b"REDIS0009"[..], Some(9)),
        (b"REDIS0012", Some(12)),
        (b"VALKEY080", Some(80)),
        (b"REDIS001", None),
        (b"REDIS00xx", None),
        (b"", None),
    ] {
        assert_eq!(format_of(first), format.map(RdbFormat), "{}", first.escape_ascii());
    }
}

/// The answers of a node to each command in turn.
async fn commanded(
    answers: &[&str],
    act: impl AsyncFnOnce(Connection<tokio::io::DuplexStream>),
) -> Vec<String> {
    let (near, mut far) = tokio::io::duplex(4096);
    let node = async {
        let mut heard = Vec::new();
        let mut bytes = [0; 4096];
        for answer in answers {
            let read = far.read(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            heard.push(
                text.lines().filter(|line| !line.starts_with(['*', '$'])).collect::<Vec<_>>().join(" "),
            );
            far.write_all(answer.as_bytes()).await.unwrap();
        }
        heard
    };
    let ((), heard) = tokio::join!(act(Connection::new(near)), node);
    heard
}

#[tokio::test(start_paused = true)]
async fn writes_wait_and_the_pause_is_renewed() {
    let heard = commanded(&["+OK\r\n"; 4], async |control| {
        let mut hold = Hold::begin(control).await.unwrap();
        let work = async {
            tokio::time::sleep(RENEWAL * 2 + RENEWAL / 2).await;
            Ok::<_, DumpError>(())
        };
        hold.during(work).await.unwrap();
        hold.release().await.unwrap();
    });
    let pause = "CLIENT PAUSE 10000 WRITE";
    assert_eq!(heard.await, [pause, pause, pause, "CLIENT UNPAUSE"]);
}

#[tokio::test]
async fn an_older_node_refuses_writes_instead() {
    let answers = ["-ERR syntax error\r\n", "+OK\r\n", "+OK\r\n"];
    let heard = commanded(&answers, async |control| {
        Hold::begin(control).await.unwrap().release().await.unwrap();
    });
    let set = |replicas: &str| format!("CONFIG SET min-slaves-to-write {replicas}");
    assert_eq!(heard.await, ["CLIENT PAUSE 10000 WRITE".to_owned(), set(UNREACHED), set("0")]);
}

#[tokio::test(start_paused = true)]
async fn work_under_a_lost_hold_is_given_up() {
    let heard = commanded(&["+OK\r\n", "-ERR not now\r\n"], async |control| {
        let mut hold = Hold::begin(control).await.unwrap();
        let lost = hold.during(std::future::pending::<Result<(), DumpError>>()).await;
        assert!(matches!(lost, Err(DumpError::Refused { command: "CLIENT PAUSE", .. })));
    });
    heard.await;
}
