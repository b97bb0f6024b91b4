//! A node's replies, followed as they pass, and told otherwise where they tell of topology.

use super::Topology;
use super::order::{Expected, Order, Seen, SeenWord, Start, Subscription, Telling};
use super::requests::number;
use super::retell;
use super::value::parts;

/// Longer lines pass in pieces: what MONITOR shows has no limit. No redirect is as long.
const LONGEST_LINE: usize = 4 << 10;
/// Longer replies pass as they are: a cluster of 500 nodes is told in a tenth of that.
const LONGEST_TELLING: usize = 4 << 20;
/// The start of a word by which it is known, its line end with it.
const LONGEST_WORD: usize = 16;
/// The deepest nesting that is followed; engines' own replies have a handful of levels.
const DEEPEST: usize = 1024;

/// Where a node's stream is.
#[derive(Debug, Default)]
pub(super) struct Replies {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// A long line is under way, whose start has passed.
    in_long_line: bool,
    /// Bytes of a text to come, its line end with them.
    bytes: u64,
    /// The arrays and maps under way, from the outside in.
    arrays: Vec<Array>,
    /// What the reply under way is to tell otherwise.
    expected: Expected,
    start: Option<Start>,
    /// Whether what the reply says matters.
    looks: bool,
    seen: Seen,
    /// The word under way that matters.
    word: Option<Vec<u8>>,
    kept: Option<Kept>,
    /// What came is no RESP: all passes.
    broken: bool,
}

#[derive(Debug)]
struct Array {
    left: u64,
    passed: u64,
}

/// A reply, or an element of one, that is kept until it is whole.
#[derive(Debug)]
struct Kept {
    telling: Telling,
    /// How many arrays it stands in.
    depth: usize,
    bytes: Vec<u8>,
}

impl Replies {
    /// Follows what the node said next, and adds to `told` what the client is told.
    pub(super) fn read(
        &mut self,
        mut said: &[u8],
        told: &mut Vec<u8>,
        order: &mut Order,
        topology: &dyn Topology,
    ) {
        while !said.is_empty() {
            if self.broken {
                return told.extend_from_slice(said);
            }
            said = if self.bytes > 0 {
                self.text(said, told, order, topology)
            } else {
                self.line(said, told, order, topology)
            };
        }
    }

    /// What was held back when the stream ended.
    pub(super) fn rest(self) -> Vec<u8> {
        let mut rest = self.kept.map_or_else(Vec::new, |kept| kept.bytes);
        rest.extend_from_slice(&self.line);
        rest
    }

    /// Passes what is there of a text, and answers with what follows.
    fn text<'a>(
        &mut self,
        said: &'a [u8],
        told: &mut Vec<u8>,
        order: &mut Order,
        topology: &dyn Topology,
    ) -> &'a [u8] {
        let length = usize::try_from(self.bytes).unwrap_or(usize::MAX).min(said.len());
        let (part, rest) = said.split_at(length);
        self.bytes -= length as u64;
        if let Some(word) = self.word.as_mut().filter(|word| word.len() < LONGEST_WORD) {
            word.extend_from_slice(part);
        }
        self.pass(part, told);
        if self.bytes == 0 {
            if let Some(word) = self.word.take() {
                self.seen.word = seen_word(word.strip_suffix(b"\r\n").unwrap_or(&word));
            }
            self.ended(told, order, topology);
        }
        rest
    }

    /// Passes a line, or keeps what is there of it, and answers with what follows.
    fn line<'a>(
        &mut self,
        said: &'a [u8],
        told: &mut Vec<u8>,
        order: &mut Order,
        topology: &dyn Topology,
    ) -> &'a [u8] {
        let end = said.iter().position(|byte| *byte == b'\n');
        let (line, rest) = said.split_at(end.map_or(said.len(), |end| end + 1));
        if self.in_long_line {
            self.pass(line, told);
            if end.is_some() {
                self.in_long_line = false;
                self.ended(told, order, topology);
            }
            return rest;
        }
        if end.is_some() && self.line.is_empty() {
            self.whole_line(line, told, order, topology);
            return rest;
        }
        self.line.extend_from_slice(line);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            self.whole_line(&line, told, order, topology);
        } else if self.line.len() > LONGEST_LINE {
            self.long_line(told, order);
        }
        rest
    }

    fn long_line(&mut self, told: &mut Vec<u8>, order: &mut Order) {
        let line = std::mem::take(&mut self.line);
        match line.first() {
            Some(sign @ (b'+' | b'-' | b'(')) => {
                self.begins(*sign, order);
                self.pass(&line, told);
                self.in_long_line = true;
            }
            _ => self.breaks(&line, told, order),
        }
    }

    fn whole_line(&mut self, line: &[u8], told: &mut Vec<u8>, order: &mut Order, topology: &dyn Topology) {
        if self.value(line, told, order, topology).is_none() {
            self.breaks(line, told, order);
        }
    }

    /// A line with its end; none where it is none that engines send.
    fn value(
        &mut self,
        line: &[u8],
        told: &mut Vec<u8>,
        order: &mut Order,
        topology: &dyn Topology,
    ) -> Option<()> {
        let text = line.strip_suffix(b"\r\n")?;
        let (&sign, value) = text.split_first()?;
        let length = match sign {
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => None,
            b'$' | b'=' | b'!' | b'*' | b'~' | b'%' => match number::<i64>(value)? {
                -1 => None,
                length => Some(u64::try_from(length).ok()?),
            },
            // Pushed between replies, never inside of one.
            b'>' if self.arrays.is_empty() => Some(number(value)?),
            _ => return None,
        };
        let is_array = matches!(sign, b'*' | b'~' | b'%' | b'>');
        if is_array && self.arrays.len() == DEEPEST {
            return None;
        }
        self.begins(sign, order);
        if self.looks {
            self.look(sign, value);
        }
        match retell::redirect(text, topology) {
            Some(redirect) => self.pass(format!("{redirect}\r\n").as_bytes(), told),
            None => self.pass(line, told),
        }
        match length {
            Some(length) if !is_array => self.bytes = length.saturating_add(2),
            Some(count) if count > 0 => {
                self.arrays.push(Array { left: count.saturating_mul(parts(sign) as u64), passed: 0 });
            }
            _ => self.ended(told, order, topology),
        }
        Some(())
    }

    /// A reply, or an element of one, begins.
    fn begins(&mut self, sign: u8, order: &Order) {
        let telling = match &self.arrays[..] {
            [] => {
                let start = if sign == b'>' { Start::Push } else { Start::Reply };
                self.expected = order.begins(start);
                self.start = Some(start);
                self.looks = order.looks();
                self.seen = Seen { sign, ..Seen::default() };
                match self.expected {
                    Expected::Telling(telling) => Some(telling),
                    _ => None,
                }
            }
            [outer] => match &self.expected {
                Expected::Elements(elements) => {
                    let place = elements.iter().find(|(place, _)| *place == outer.passed);
                    place.map(|(_, telling)| *telling)
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(telling) = telling {
            self.kept = Some(Kept { telling, depth: self.arrays.len(), bytes: Vec::new() });
        }
    }

    /// Takes down of a reply what it is known by.
    fn look(&mut self, sign: u8, value: &[u8]) {
        match (&self.arrays[..], sign) {
            ([], b'+') => self.seen.word = seen_word(value),
            ([Array { passed: 0, .. }], b'$') => self.word = Some(Vec::new()),
            ([Array { passed: 2, .. }], b':') => self.seen.third = number(value),
            _ => {}
        }
    }

    /// A value has ended, and with it what it is the last of.
    fn ended(&mut self, told: &mut Vec<u8>, order: &mut Order, topology: &dyn Topology) {
        loop {
            if let Some(kept) = self.kept.take_if(|kept| kept.depth == self.arrays.len()) {
                retell::reply(&kept.bytes, kept.telling, topology, told);
            }
            let Some(array) = self.arrays.last_mut() else {
                self.expected = Expected::Nothing;
                let start = self.start.take().unwrap_or(Start::Reply);
                return order.ended(start, self.seen);
            };
            array.passed += 1;
            array.left -= 1;
            if array.left > 0 {
                return;
            }
            self.arrays.pop();
        }
    }

    fn pass(&mut self, bytes: &[u8], told: &mut Vec<u8>) {
        match &mut self.kept {
            None => told.extend_from_slice(bytes),
            Some(kept) => {
                kept.bytes.extend_from_slice(bytes);
                if kept.bytes.len() > LONGEST_TELLING {
                    told.append(&mut kept.bytes);
                    self.kept = None;
                }
            }
        }
    }

    fn breaks(&mut self, line: &[u8], told: &mut Vec<u8>, order: &mut Order) {
        if let Some(kept) = self.kept.take() {
            told.extend_from_slice(&kept.bytes);
        }
        told.extend_from_slice(line);
        self.broken = true;
        order.lose();
    }
}

fn seen_word(word: &[u8]) -> SeenWord {
    match word {
        b"OK" => SeenWord::Ok,
        b"QUEUED" => SeenWord::Queued,
        b"subscribe" => SeenWord::Subscribe(Subscription::Channel),
        b"psubscribe" => SeenWord::Subscribe(Subscription::Pattern),
        b"ssubscribe" => SeenWord::Subscribe(Subscription::Shard),
        b"unsubscribe" => SeenWord::Unsubscribe(Subscription::Channel),
        b"punsubscribe" => SeenWord::Unsubscribe(Subscription::Pattern),
        b"sunsubscribe" => SeenWord::Unsubscribe(Subscription::Shard),
        b"message" | b"pmessage" | b"smessage" => SeenWord::Message,
        _ => SeenWord::Other,
    }
}
