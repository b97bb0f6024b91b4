//! Where commands begin and end, and which of them can share a connection to the server.
//!
//! A command shares one only when it is plain and whole, and the form of its reply is certain whatever the server
//! makes of it: a reply that is misread is another client's data. All else is passed on as it comes.

use super::discovery::{self, Query};

/// A longer line is passed on in pieces: commands that the proxy itself answers are short.
const LONGEST_LINE: usize = 8 << 10;
/// Longer values do not wait here until they are whole.
const LONGEST_SHARED_VALUE: usize = 16 << 10;
/// More keys of one `get` may have more in them than should wait for a slow client.
const MOST_SHARED_KEYS: usize = 24;
const LONGEST_KEY: usize = 250;
const BINARY_HEADER: usize = 24;
const BINARY_REQUEST: u8 = 0x80;

/// What a client speaks: its first byte says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Commands in lines.
    Text,
    /// Packets.
    Binary,
}

impl Protocol {
    pub(super) fn of(first: u8) -> Self {
        if first == BINARY_REQUEST { Self::Binary } else { Self::Text }
    }

    /// What has the server close the connection, after all that it was asked before is answered.
    pub(super) fn farewell(self) -> &'static [u8] {
        match self {
            Self::Text => b"quit\r\n",
            // Quiet: without a reply of its own.
            Self::Binary => b"\x80\x17\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        }
    }

    /// The command at the beginning of `input`, which is not empty.
    pub(super) fn command(self, input: &[u8]) -> Command {
        match self {
            Self::Text => text(input),
            Self::Binary => binary(input),
        }
    }
}

/// The form of a reply on a shared connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// One line.
    Line,
    /// Values, and the line that ends them.
    Values,
}

/// What stands at the beginning of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Not yet enough to say.
    Partial,
    /// A whole command that can go over a connection with others'.
    Shared { length: usize, reply: Reply },
    /// For a connection of the client's own: so many bytes, of which not all need be there yet.
    Own { length: u64 },
    /// The same, up to and including the next line end.
    OwnLine,
    /// For the proxy: so many bytes to skip, then the answer.
    Query { length: u64, query: Query },
}

fn text(input: &[u8]) -> Command {
    let Some(end) = input.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') else {
        return if input.len() >= LONGEST_LINE { Command::OwnLine } else { Command::Partial };
    };
    let length = end + 1;
    if let Some(shared) = shared(input, end) {
        return shared;
    }
    let line = &input[..end];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if let Some((query, data)) = Query::of_line(line) {
        return Command::Query { length: length as u64 + data, query };
    }
    Command::Own { length: length as u64 + data_length(line) }
}

/// How many bytes of data follow the line, read as the server reads it: a line that it refuses has none.
fn data_length(line: &[u8]) -> u64 {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let length = match words.next() {
        Some(b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas") => {
            if words.next().is_none_or(|key| key.len() > LONGEST_KEY) {
                return 0;
            }
            words.nth(2)
        }
        Some(b"ms") => {
            if words.next().is_none_or(|key| key.len() > LONGEST_KEY) {
                return 0;
            }
            words.next()
        }
        _ => return 0,
    };
    let number =
        length.and_then(|word| std::str::from_utf8(word).ok()).and_then(|word| word.parse::<i32>().ok());
    number.and_then(|length| u64::try_from(length).ok()).map_or(0, |length| length + 2)
}

/// The command whose line ends at `end`, if it can be shared.
fn shared(input: &[u8], end: usize) -> Option<Command> {
    let line = input[..end].strip_suffix(b"\r")?;
    // Two words side by side, one space between: whatever else is for the server to judge, alone.
    if line.iter().any(|byte| *byte < b' ' || *byte == 127) || line.windows(2).any(|two| two == b"  ") {
        return None;
    }
    let length = end + 1;
    let mut words = line.split(|byte| *byte == b' ');
    let reply = match words.next()? {
        b"get" | b"gets" => {
            let keys = words.clone().count();
            let fit = (1..=MOST_SHARED_KEYS).contains(&keys) && words.all(is_plain_key);
            fit.then_some(Reply::Values)?
        }
        b"gat" | b"gats" => {
            words.next().filter(|word| is_time(word))?;
            let keys = words.clone().count();
            let fit = (1..=MOST_SHARED_KEYS).contains(&keys) && words.all(is_plain_key);
            fit.then_some(Reply::Values)?
        }
        b"set" | b"add" | b"replace" | b"append" | b"prepend" => return storage(input, length, words, false),
        b"cas" => return storage(input, length, words, true),
        b"delete" => {
            words.next().filter(|word| is_plain_key(word))?;
            words.next().is_none().then_some(Reply::Line)?
        }
        b"incr" | b"decr" => {
            words.next().filter(|word| is_plain_key(word))?;
            words.next().filter(|word| is_number(word, 19))?;
            words.next().is_none().then_some(Reply::Line)?
        }
        b"touch" => {
            words.next().filter(|word| is_plain_key(word))?;
            words.next().filter(|word| is_time(word))?;
            words.next().is_none().then_some(Reply::Line)?
        }
        b"version" => words.next().is_none().then_some(Reply::Line)?,
        _ => return None,
    };
    Some(Command::Shared { length, reply })
}

fn storage<'a>(
    input: &[u8],
    line: usize,
    mut words: impl Iterator<Item = &'a [u8]>,
    unique: bool,
) -> Option<Command> {
    words.next().filter(|word| is_plain_key(word))?;
    words.next().filter(|word| is_number(word, 9))?;
    words.next().filter(|word| is_time(word))?;
    let bytes = words.next().filter(|word| is_number(word, 5))?;
    let bytes: usize = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    if unique {
        words.next().filter(|word| is_number(word, 19))?;
    }
    // Nothing after it, `noreply` neither: the server answers that after all when something goes wrong.
    if words.next().is_some() || bytes > LONGEST_SHARED_VALUE {
        return None;
    }
    let length = line + bytes + 2;
    if input.len() < length {
        return Some(Command::Partial);
    }
    input[..length].ends_with(b"\r\n").then_some(Command::Shared { length, reply: Reply::Line })
}

/// A key that no server refuses, and not the list's.
fn is_plain_key(word: &[u8]) -> bool {
    !word.is_empty() && word.len() <= LONGEST_KEY && !word.starts_with(b"AmazonElastiCache:")
}

/// Digits, few enough that no server finds them too large.
fn is_number(word: &[u8], most: usize) -> bool {
    !word.is_empty() && word.len() <= most && word.iter().all(u8::is_ascii_digit)
}

fn is_time(word: &[u8]) -> bool {
    is_number(word.strip_prefix(b"-").unwrap_or(word), 9)
}

fn binary(input: &[u8]) -> Command {
    if input[0] != BINARY_REQUEST {
        // The server closes the connection, after this line or before it.
        return Command::OwnLine;
    }
    let Some(header) = input.get(..BINARY_HEADER) else { return Command::Partial };
    let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
    let length = BINARY_HEADER as u64 + u64::from(body);
    if discovery::is_binary(header[1]) && (body as usize) < LONGEST_LINE {
        let Some(packet) = input.get(..BINARY_HEADER + body as usize) else { return Command::Partial };
        if let Some(query) = Query::of_packet(packet) {
            return Command::Query { length, query };
        }
    }
    Command::Own { length }
}

/// Reads replies that follow each other on a shared connection: where each ends.
#[derive(Debug, Default)]
pub(super) struct Replies {
    /// So many bytes of a value, and its line end, are still to come.
    data: u64,
}

/// A piece of the reply that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its length; 0 when its end has not come yet.
    pub(super) length: usize,
    /// Whether it ends the reply.
    pub(super) last: bool,
    /// The length of the value that it announces.
    pub(super) announces: u64,
}

impl Replies {
    /// The piece of a reply of this form at the beginning of `input`, which is not empty. None when the server does
    /// not speak as it should.
    pub(super) fn piece(&mut self, reply: Reply, input: &[u8]) -> Option<Piece> {
        if self.data > 0 {
            let length = usize::try_from(self.data).unwrap_or(usize::MAX).min(input.len());
            self.data -= length as u64;
            return Some(Piece { length, last: false, announces: 0 });
        }
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
            return (input.len() < LONGEST_LINE).then_some(Piece { length: 0, last: false, announces: 0 });
        };
        let length = end + 1;
        let line = input[..end].strip_suffix(b"\r")?;
        if reply == Reply::Line || !line.starts_with(b"VALUE ") {
            return Some(Piece { length, last: true, announces: 0 });
        }
        let bytes = line.split(|byte| *byte == b' ').nth(3)?;
        let bytes: u64 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
        self.data = bytes + 2;
        Some(Piece { length, last: false, announces: bytes })
    }
}

#[cfg(test)]
mod tests;
