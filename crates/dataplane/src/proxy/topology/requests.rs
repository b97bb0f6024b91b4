//! A client's requests, followed as they pass: where each ends, and what its reply will be.

use super::order::{Order, Request, Subscription, Telling};

/// Longer lines no engine takes: of the lengths before arguments, and of commands typed as plain text.
const LONGEST_LINE: usize = 64 << 10;

/// Where a client's stream is.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// Arguments of the request to come, the one under way with them.
    arguments: u64,
    /// Bytes of the argument under way to come, its line end with them.
    bytes: u64,
    /// The request so far.
    words: Words,
    /// What came is no request: what follows is not looked at, as no engine does.
    broken: bool,
}

impl Requests {
    /// Follows what the client said next.
    pub(super) fn read(&mut self, mut said: &[u8], order: &mut Order) {
        while !said.is_empty() && !self.broken {
            if self.bytes > 0 {
                said = self.argument(said, order);
                continue;
            }
            let Some(end) = said.iter().position(|byte| *byte == b'\n') else {
                self.line.extend_from_slice(said);
                if self.line.len() > LONGEST_LINE {
                    self.breaks(order);
                }
                return;
            };
            let (line, rest) = said.split_at(end + 1);
            said = rest;
            let known = if self.line.is_empty() {
                self.line(line, order)
            } else {
                self.line.extend_from_slice(line);
                let line = std::mem::take(&mut self.line);
                self.line(&line, order)
            };
            if known.is_none() {
                self.breaks(order);
            }
        }
    }

    fn breaks(&mut self, order: &mut Order) {
        self.broken = true;
        order.lose();
    }

    /// Passes over what is there of an argument, and answers with what follows.
    fn argument<'a>(&mut self, said: &'a [u8], order: &mut Order) -> &'a [u8] {
        let length = usize::try_from(self.bytes).unwrap_or(usize::MAX).min(said.len());
        let (part, rest) = said.split_at(length);
        self.bytes -= length as u64;
        // The line end is no part of a word, and no word that matters has one.
        let line_end = 2_usize.saturating_sub(usize::try_from(self.bytes).unwrap_or(2));
        self.words.extend(&part[..part.len().saturating_sub(line_end)]);
        if self.bytes == 0 {
            self.end_of_argument(order);
        }
        rest
    }

    /// A line with its end; none where it is none of the protocol's.
    fn line(&mut self, line: &[u8], order: &mut Order) -> Option<()> {
        let line = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n"))?;
        if self.arguments > 0 {
            let length: u64 = number(line.strip_prefix(b"$")?)?;
            self.bytes = length.checked_add(2)?;
            self.words.next();
            return Some(());
        }
        match line.strip_prefix(b"*") {
            Some(count) => {
                // An engine takes a request of nothing without a word.
                let count: i64 = number(count)?;
                self.arguments = u64::try_from(count).unwrap_or(0);
            }
            None => {
                for word in line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                    self.words.next();
                    self.words.extend(word);
                }
                self.end(order);
            }
        }
        Some(())
    }

    fn end_of_argument(&mut self, order: &mut Order) {
        self.arguments -= 1;
        if self.arguments == 0 {
            self.end(order);
        }
    }

    fn end(&mut self, order: &mut Order) {
        let words = std::mem::take(&mut self.words);
        if words.count > 0 {
            order.asked(words.request());
        }
    }
}

/// The first words of a request, as far as they can matter.
#[derive(Debug, Default)]
struct Words {
    first: [Word; 3],
    count: usize,
}

impl Words {
    fn next(&mut self) {
        self.count += 1;
    }

    fn extend(&mut self, bytes: &[u8]) {
        if let Some(word) = self.count.checked_sub(1).and_then(|last| self.first.get_mut(last)) {
            word.extend(bytes);
        }
    }

    fn request(&self) -> Request {
        let [command, sub, value] = self.first.each_ref().map(Word::text);
        let subscribed = |subscription| Request::Subscribe(subscription, self.count - 1);
        let unsubscribed = |subscription| Request::Unsubscribe(subscription, self.count - 1);
        match (command, sub, value) {
            (b"CLUSTER", b"SLOTS", _) => Request::Telling(Telling::Slots),
            (b"CLUSTER", b"SHARDS", _) => Request::Telling(Telling::Shards),
            (b"CLUSTER", b"NODES" | b"REPLICAS" | b"SLAVES", _) => Request::Telling(Telling::Nodes),
            (b"MULTI", ..) => Request::Multi,
            (b"EXEC", ..) => Request::Exec,
            (b"DISCARD", ..) => Request::Discard,
            (b"RESET", ..) => Request::Reset,
            (b"HELLO", ..) => Request::Hello,
            (b"SUBSCRIBE", ..) => subscribed(Subscription::Channel),
            (b"PSUBSCRIBE", ..) => subscribed(Subscription::Pattern),
            (b"SSUBSCRIBE", ..) => subscribed(Subscription::Shard),
            (b"UNSUBSCRIBE", ..) => unsubscribed(Subscription::Channel),
            (b"PUNSUBSCRIBE", ..) => unsubscribed(Subscription::Pattern),
            (b"SUNSUBSCRIBE", ..) => unsubscribed(Subscription::Shard),
            (b"MONITOR", ..) | (b"CLIENT", b"REPLY", b"OFF" | b"SKIP") => Request::Uncounted,
            _ => Request::Other,
        }
    }
}

/// A word in capitals; longer than any that matters it is none.
#[derive(Debug, Default)]
struct Word {
    bytes: [u8; 12],
    length: usize,
}

impl Word {
    fn extend(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().take(self.bytes.len() + 1) {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte.to_ascii_uppercase();
            }
            self.length += 1;
        }
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// What a line says after its sign.
pub(super) fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
