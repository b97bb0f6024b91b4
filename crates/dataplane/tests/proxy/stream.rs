//! What one client says: commands of either protocol, in pieces, and how they read to a server without a proxy.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::lab::list;

/// The key under which a server without a proxy has the list of nodes.
const LISTED: &str = "AmazonElastiCache:cluster";
/// In a command, where the keys of this client begin.
const MARK: char = '@';

/// A client's whole conversation.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    commands: Vec<Command>,
    /// How long the pieces are in which it is said; then from the start again.
    pub(crate) pieces: Vec<usize>,
    pub(crate) end: End,
    pub(crate) over_tls: bool,
}

/// How a client ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It says so.
    Quit,
    /// It says nothing more.
    Silence,
}

#[derive(Debug, Clone)]
enum Command {
    Text(String),
    /// An answer of the proxy's, and what a server has the same answer to.
    Asked(&'static str, &'static str),
    Binary {
        opcode: u8,
        extras: Vec<u8>,
        key: String,
        value: Vec<u8>,
    },
    AskedInBinary,
}

/// Who hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearer {
    Proxy,
    Server,
}

impl Conversation {
    /// Its bytes. `prefix` makes the client's keys its own.
    pub(crate) fn said(&self, prefix: &str, hearer: Hearer) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, command) in self.commands.iter().enumerate() {
            bytes.extend(command.said(prefix, u32::try_from(number).unwrap(), hearer));
        }
        if self.end == End::Quit {
            bytes.extend(if self.is_binary() { packet(0x07, &[], "", &[], 0) } else { b"quit\r\n".to_vec() });
        }
        bytes
    }

    /// Answers as they are compared: those to questions for the list are told apart from a server's by their heads alone.
    pub(crate) fn heard(&self, mut answers: Vec<u8>) -> Vec<u8> {
        if !self.is_binary() {
            let text = String::from_utf8(answers).expect("only letters are stored");
            return text.replace("CONFIG cluster 0 ", &format!("VALUE {LISTED} 0 ")).into_bytes();
        }
        let mut at = 0;
        while let Some(header) = answers.get_mut(at..at + 24) {
            if header[1] == 0x60 {
                header[1] = 0;
            }
            at += 24 + u32::from_be_bytes(header[8..12].try_into().unwrap()) as usize;
        }
        answers
    }

    fn is_binary(&self) -> bool {
        matches!(self.commands.first(), Some(Command::Binary { .. } | Command::AskedInBinary))
    }
}

impl Command {
    fn said(&self, prefix: &str, number: u32, hearer: Hearer) -> Vec<u8> {
        let own = |text: &str| text.replace(MARK, prefix);
        match self {
            Self::Text(text) => own(text).into_bytes(),
            Self::Asked(of_proxy, of_server) => {
                own(if hearer == Hearer::Proxy { of_proxy } else { of_server }).into_bytes()
            }
            Self::Binary { opcode, extras, key, value } => packet(*opcode, extras, &own(key), value, number),
            Self::AskedInBinary if hearer == Hearer::Proxy => packet(0x60, &[], "cluster", &[], number),
            Self::AskedInBinary => packet(0, &[], LISTED, &[], number),
        }
    }
}

/// What gives a server without a proxy the list of nodes.
pub(crate) fn listing() -> Vec<u8> {
    let list = list();
    let nodes = list.nodes.iter().map(|node| format!("{}|{}|{}", node.host, node.address, node.port));
    let value = format!("{}\n{}\n", list.version, nodes.collect::<Vec<_>>().join(" "));
    format!("set {LISTED} 0 0 {}\r\n{value}\r\nquit\r\n", value.len()).into_bytes()
}

fn packet(opcode: u8, extras: &[u8], key: &str, value: &[u8], opaque: u32) -> Vec<u8> {
    let mut packet = vec![0x80, opcode];
    packet.extend(u16::try_from(key.len()).unwrap().to_be_bytes());
    packet.extend([u8::try_from(extras.len()).unwrap(), 0, 0, 0]);
    packet.extend(u32::try_from(extras.len() + key.len() + value.len()).unwrap().to_be_bytes());
    packet.extend(opaque.to_be_bytes());
    packet.extend([0; 8]);
    packet.extend(extras);
    packet.extend(key.as_bytes());
    packet.extend(value);
    packet
}

/// Any conversation.
pub(crate) fn conversation() -> impl Strategy<Value = Conversation> {
    let commands = prop_oneof![3 => vec(text(), 1..40), 1 => vec(binary(), 1..40)];
    let piece = prop_oneof![1..40_usize, 40..5_000_usize, 5_000..100_000_usize, Just(usize::MAX)];
    let end = prop_oneof![Just(End::Quit), Just(End::Silence)];
    (commands, vec(piece, 1..6), end, any::<bool>())
        .prop_map(|(commands, pieces, end, over_tls)| Conversation { commands, pieces, end, over_tls })
}

/// Few keys, so that commands meet.
fn key() -> impl Strategy<Value = String> {
    (0..6_u8).prop_map(|number| format!("{MARK}{number}"))
}

/// Around all the sizes at which something is done otherwise.
fn value() -> impl Strategy<Value = String> {
    let length = prop_oneof![
        40 => 0..40_usize,
        4 => 16_000..17_000_usize,
        2 => 65_000..70_000_usize,
        1 => 300_000..400_000_usize,
        // Larger than a server takes.
        1 => Just(1_100_000_usize),
    ];
    let text = (length, "[a-z]").prop_map(|(length, letter)| letter.repeat(length));
    let number = (0..1000_u32).prop_map(|number| number.to_string());
    prop_oneof![6 => text, 2 => number, 1 => Just("config get cluster\r\nget k\r\n".to_owned())]
}

fn text() -> impl Strategy<Value = Command> {
    prop_oneof![12 => plain(), 4 => peculiar(), 3 => meta(), 2 => wrong(), 3 => asked()]
}

/// What most clients say.
fn plain() -> impl Strategy<Value = Command> {
    let keys = vec(key(), 1..30).prop_map(|keys| keys.join(" "));
    let line = prop_oneof![
        (prop_oneof![Just("get"), Just("gets"), Just("gat 0"), Just("gats 0")], keys)
            .prop_map(|(verb, keys)| format!("{verb} {keys}\r\n")),
        (storing(), key(), value())
            .prop_map(|(verb, key, value)| format!("{verb} {key} 5 0 {}\r\n{value}\r\n", value.len())),
        (key(), value()).prop_map(|(key, value)| format!("cas {key} 1 0 {} 0\r\n{value}\r\n", value.len())),
        (prop_oneof![Just("incr"), Just("decr")], key())
            .prop_map(|(verb, key)| format!("{verb} {key} 7\r\n")),
        key().prop_map(|key| format!("delete {key}\r\n")),
        key().prop_map(|key| format!("touch {key} 0\r\n")),
        Just("version\r\n".to_owned()),
    ];
    line.prop_map(Command::Text)
}

fn storing() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("set"), 1 => Just("add"), 1 => Just("replace"), 1 => Just("append"), 1 => Just("prepend")]
}

/// What is right, and not as most write it.
fn peculiar() -> impl Strategy<Value = Command> {
    let line = prop_oneof![
        (storing(), key(), value()).prop_map(|(verb, key, value)| format!(
            "{verb} {key} 0 0 {} noreply\r\n{value}\r\n",
            value.len()
        )),
        (key(), value()).prop_map(|(key, value)| format!("set  {key}  0 0  {}\r\n{value}\r\n", value.len())),
        key().prop_map(|key| format!("get {key}\n")),
        key().prop_map(|key| format!("get  {key} \r\n")),
        key().prop_map(|key| format!("delete {key} noreply\r\n")),
        key().prop_map(|key| format!("incr {key} 3 noreply\r\n")),
        key().prop_map(|key| format!("touch {key} 0 noreply\r\n")),
    ];
    line.prop_map(Command::Text)
}

fn meta() -> impl Strategy<Value = Command> {
    let flags = prop_oneof![Just(""), Just(" v"), Just(" v q"), Just(" v f k s t"), Just(" k O77 q")];
    let line = prop_oneof![
        (key(), flags).prop_map(|(key, flags)| format!("mg {key}{flags}\r\n")),
        (key(), value(), prop_oneof![Just(""), Just(" T0 F9"), Just(" q"), Just(" MA"), Just(" MX")])
            .prop_map(|(key, value, flags)| format!("ms {key} {}{flags}\r\n{value}\r\n", value.len())),
        (key(), prop_oneof![Just(""), Just(" q"), Just(" k")])
            .prop_map(|(key, flags)| format!("md {key}{flags}\r\n")),
        (key(), prop_oneof![Just(""), Just(" v"), Just(" MD D4"), Just(" N0 J13 v")])
            .prop_map(|(key, flags)| format!("ma {key}{flags}\r\n")),
        Just("mn\r\n".to_owned()),
    ];
    line.prop_map(Command::Text)
}

/// What a server refuses, without closing the connection. Not a `get` of too long a key: with its refusal a server forgets
/// what it was about to answer to the commands before.
fn wrong() -> impl Strategy<Value = Command> {
    let long = "k".repeat(251);
    let line = prop_oneof![
        Just("nonsense\r\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("get\r\n".to_owned()),
        Just(format!("set {long} 0 0 3\r\nabc\r\n")),
        key().prop_map(|key| format!("set {key} 0 0 abc\r\n")),
        key().prop_map(|key| format!("set {key} 0 0 -1\r\n")),
        key().prop_map(|key| format!("set {key} 0\r\n")),
        (key(), 1..9_usize).prop_map(|(key, more)| format!("set {key} 0 0 3\r\nabc{}\r\n", "x".repeat(more))),
        key().prop_map(|key| format!("incr {key} x\r\n")),
        key().prop_map(|key| format!("delete {key} 5\r\n")),
        key().prop_map(|key| format!("touch {key}\r\n")),
    ];
    line.prop_map(Command::Text)
}

fn asked() -> impl Strategy<Value = Command> {
    const GET: &str = "get AmazonElastiCache:cluster\r\n";
    prop_oneof![
        Just(Command::Asked("config get cluster\r\n", GET)),
        Just(Command::Asked("config  get cluster\n", GET)),
        Just(Command::Asked(GET, GET)),
        Just(Command::Asked("config get other\r\n", "get @none\r\n")),
        Just(Command::Asked("config nonsense\r\n", "nonsense\r\n")),
    ]
}

fn binary() -> impl Strategy<Value = Command> {
    let with = |opcodes: &'static [u8], extras: &'static [u8]| {
        (prop::sample::select(opcodes), key(), value()).prop_map(move |(opcode, key, value)| {
            Command::Binary { opcode, extras: extras.to_vec(), key, value: value.into_bytes() }
        })
    };
    let without = |opcodes: &'static [u8], extras: &'static [u8]| {
        (prop::sample::select(opcodes), key()).prop_map(move |(opcode, key)| Command::Binary {
            opcode,
            extras: extras.to_vec(),
            key,
            value: Vec::new(),
        })
    };
    let alone = prop::sample::select(&[0x0a_u8, 0x0b][..]).prop_map(|opcode| Command::Binary {
        opcode,
        extras: Vec::new(),
        key: String::new(),
        value: Vec::new(),
    });
    prop_oneof![
        // Set, add, replace, and their quiet ones.
        4 => with(&[0x01, 0x02, 0x03, 0x11, 0x12, 0x13], &[0, 0, 0, 9, 0, 0, 0, 0]),
        // Append, prepend, and their quiet ones.
        1 => with(&[0x0e, 0x0f, 0x19, 0x1a], &[]),
        // Get with key or without, quiet or not; delete.
        6 => without(&[0x00, 0x09, 0x0c, 0x0d, 0x04, 0x14], &[]),
        // Increment and decrement by 2 from 40.
        2 => without(&[0x05, 0x06, 0x15, 0x16], &[0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 0]),
        // Touch, and get and touch.
        1 => without(&[0x1c, 0x1d, 0x1e], &[0, 0, 0, 0]),
        // No operation, version.
        1 => alone,
        2 => Just(Command::AskedInBinary),
    ]
}
