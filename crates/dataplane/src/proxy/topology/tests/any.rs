//! Any replies to any requests, cut anywhere: what is not to be told otherwise passes byte for byte.

use proptest::prelude::*;

use super::*;

/// A request with its reply, and what the client is to be told.
#[derive(Debug, Clone)]
struct Exchange {
    request: Vec<u8>,
    reply: Vec<u8>,
    told: Vec<u8>,
}

impl Exchange {
    fn untouched(request: Vec<u8>, reply: Vec<u8>) -> Self {
        Self { request, told: reply.clone(), reply }
    }
}

fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    words.iter().for_each(|word| bytes.extend(text(b'$', word)));
    bytes
}

fn text(sign: u8, text: &[u8]) -> Vec<u8> {
    [&[sign], text.len().to_string().as_bytes(), b"\r\n", text, b"\r\n"].concat()
}

/// Bytes among which line ends and signs are frequent.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"-MOVED 7 10.200.0.6:6379\r\n".to_vec()),
        Just(b"$5\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// A reply without a redirect.
fn any_reply() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "[+(][ -~]{0,30}",
        "-ERR [ -~]{0,30}",
        ":-?[0-9]{1,9}",
        Just("_".to_owned()),
        Just("#t".to_owned()),
        ",[0-9]{1,3}\\.5",
        Just("$-1".to_owned()),
        Just("*-1".to_owned()),
    ];
    let scalar = prop_oneof![
        line.prop_map(|line| (line + "\r\n").into_bytes()),
        (prop::sample::select(&b"$=!"[..]), anything()).prop_map(|(sign, bytes)| text(sign, &bytes)),
    ];
    scalar.prop_recursive(4, 20, 5, |inner| {
        let many = (prop::sample::select(&b"*~%"[..]), prop::collection::vec(inner, 0..5));
        many.prop_map(|(sign, mut values)| {
            if sign == b'%' && values.len() % 2 == 1 {
                values.pop();
            }
            let count = values.len() / if sign == b'%' { 2 } else { 1 };
            [vec![sign], format!("{count}\r\n").into_bytes(), values.concat()].concat()
        })
    })
}

fn slots(host: &str, port: u16) -> Vec<u8> {
    format!("*1\r\n*3\r\n:0\r\n:9\r\n*3\r\n${}\r\n{host}\r\n:{port}\r\n$1\r\na\r\n", host.len()).into_bytes()
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let telling = command(&[b"CLUSTER", b"SLOTS"]);
    let plain = (anything(), any_reply());
    let plain = plain.prop_map(|(key, reply)| Exchange::untouched(command(&[b"GET", &key]), reply));
    let told = Exchange {
        request: telling.clone(),
        reply: slots("10.200.0.6", 6379),
        told: slots("127.0.0.1", 11802),
    };
    let moved = Exchange {
        request: command(&[b"GET", b"k"]),
        reply: b"-MOVED 7 one.example:6379\r\n".to_vec(),
        told: b"-MOVED 7 127.0.0.1:11801\r\n".to_vec(),
    };
    let pushed = any_reply().prop_map(|value| {
        Exchange::untouched(Vec::new(), [&b">2\r\n$10\r\ninvalidate\r\n"[..], &value].concat())
    });
    let refused = Exchange::untouched(telling, b"-NOAUTH Authentication required.\r\n".to_vec());
    prop_oneof![4 => plain, 2 => Just(told), 1 => Just(moved), 1 => pushed, 1 => Just(refused)]
}

/// The pieces of `bytes` between these places.
fn cut<'a>(bytes: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.push(bytes.len());
    places.sort_unstable();
    let mut from = 0;
    places.into_iter().map(|to| &bytes[std::mem::replace(&mut from, to)..to]).collect()
}

fn joined(exchanges: &[Exchange], of: impl Fn(&Exchange) -> &[u8]) -> Vec<u8> {
    exchanges.iter().flat_map(|exchange| of(exchange).to_vec()).collect()
}

proptest! {
    #[test]
    fn replies_cut_anywhere_are_told_as_they_should_be(
        exchanges in prop::collection::vec(exchange(), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut connection = Connection::default();
        for piece in cut(&joined(&exchanges, |each| &each.request), &cuts) {
            connection.asks(piece);
        }
        for piece in cut(&joined(&exchanges, |each| &each.reply), &cuts) {
            connection.answers(piece);
        }
        let expected = joined(&exchanges, |each| &each.told);
        prop_assert_eq!(connection.told.escape_ascii().to_string(), expected.escape_ascii().to_string());
        prop_assert_eq!(connection.replies.rest(), b"".to_vec());
    }

    #[test]
    fn what_is_no_resp_passes_byte_for_byte(pieces in prop::collection::vec(anything(), 0..10)) {
        let mut connection = Connection::default();
        for piece in &pieces {
            connection.asks(piece);
        }
        for piece in &pieces {
            connection.answers(piece);
        }
        let rest = std::mem::take(&mut connection.replies).rest();
        let passed = [connection.told, rest].concat();
        let retold = pieces.concat().escape_ascii().to_string().replace("10.200.0.6:6379", "127.0.0.1:11802");
        let passed = passed.escape_ascii().to_string().replace("10.200.0.6:6379", "127.0.0.1:11802");
        prop_assert_eq!(passed, retold);
    }
}
