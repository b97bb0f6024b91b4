//! A client's commands on their way to the engine: those that sign in are seen and, where a token is good, say what the
//! engine knows instead; all others pass as they came, however long they are.
//!
//! What the engine answers is not looked at: a token that is no good goes on as it is, and the engine refuses it in its
//! own words and in its order among other answers.

/// The longest command that is looked at whole: a token has some 500 bytes, one of temporary credentials 2,000.
const LONGEST: usize = 64 << 10;
/// The longest name of a command that is looked at, and the longest line that tells a length.
const LONGEST_NAME: usize = 7;
const LONGEST_LINE: usize = 32;
/// `HELLO 3 AUTH user token SETNAME name`, with room.
const MOST_WORDS: usize = 16;

/// What becomes of a name and a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignIn {
    /// The engine knows better.
    Untouched,
    /// The token is no good.
    Refused,
    /// The token is good: the engine is shown this.
    As(String),
}

/// Where a client's stream stands.
#[derive(Debug, Default)]
pub(super) struct Commands {
    at: At,
    /// The beginning of what is not whole.
    held: Vec<u8>,
    session: Session,
}

/// What the client did that matters for what it does next.
#[derive(Debug, Default)]
struct Session {
    /// It showed something to sign in with. Before that an engine mostly refuses it all else.
    has_shown: bool,
    in_transaction: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before a command.
    #[default]
    Command,
    /// In a command that passes: before so many of its words.
    Words(usize),
    /// In a word of it: so many bytes are left, and so many words then.
    Word(usize, usize),
    /// In what is no protocol: the engine ends it.
    Lost,
}

/// What the beginning of the held bytes is.
enum Begins {
    /// It is to be seen more of it.
    Unclear,
    /// So many bytes pass, and the stream stands there then.
    Passes(usize, At),
    /// A command of these words, so many bytes long.
    Told(Vec<Vec<u8>>, usize),
}

impl Commands {
    /// Takes what came, and appends to `out` what goes on; `sign_in` is asked for each user and secret.
    pub(super) fn pass(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        mut sign_in: impl FnMut(&str, &str) -> SignIn,
    ) {
        self.held.extend_from_slice(input);
        let mut done = 0;
        while done < self.held.len() {
            let left = &self.held[done..];
            let (length, then) = match begins(self.at, left) {
                Begins::Unclear => break,
                Begins::Passes(length, then) => {
                    out.extend_from_slice(&left[..length]);
                    (length, then)
                }
                Begins::Told(words, length) => {
                    match changed(&mut self.session, words, &mut sign_in) {
                        Some(words) => encode(&words, out),
                        None => out.extend_from_slice(&left[..length]),
                    }
                    (length, At::Command)
                }
            };
            done += length;
            self.at = then;
        }
        self.held.drain(..done);
        if self.held.is_empty() {
            self.held.shrink_to(LONGEST);
        }
    }
}

/// The command as it goes on, where that is otherwise than it came.
fn changed(
    session: &mut Session,
    mut words: Vec<Vec<u8>>,
    sign_in: &mut impl FnMut(&str, &str) -> SignIn,
) -> Option<Vec<Vec<u8>>> {
    let name = words.first()?.to_ascii_lowercase();
    let at = match name.as_slice() {
        // One that the engine refuses begins nothing.
        b"multi" => {
            session.in_transaction |= words.len() == 1 && session.has_shown;
            return None;
        }
        b"exec" | b"discard" | b"reset" => {
            session.in_transaction = false;
            session.has_shown &= name != b"reset";
            return None;
        }
        b"auth" => {
            session.has_shown = true;
            (words.len() == 3).then_some(1)?
        }
        b"hello" => {
            let at = user_of_hello(&words)?;
            session.has_shown = true;
            at
        }
        _ => return None,
    };
    let text = |at: usize| words.get(at).and_then(|word| std::str::from_utf8(word).ok());
    match sign_in(text(at)?, text(at + 1)?) {
        SignIn::Untouched => None,
        // AWS takes no token in a transaction. Without its words the engine refuses the command, and the transaction.
        SignIn::Refused | SignIn::As(_) if session.in_transaction => Some(vec![b"AUTH".to_vec()]),
        SignIn::Refused => None,
        SignIn::As(password) => {
            words[at + 1] = password.into_bytes();
            Some(words)
        }
    }
}

/// Where the user stands in `HELLO version AUTH user secret SETNAME name`, whose options come in any order. Of several
/// the last counts; what is no option the engine refuses.
fn user_of_hello(words: &[Vec<u8>]) -> Option<usize> {
    let (mut at, mut user) = (2, None);
    while let Some(option) = words.get(at) {
        if option.eq_ignore_ascii_case(b"auth") {
            user = Some(at + 1);
            at += 3;
        } else if option.eq_ignore_ascii_case(b"setname") {
            at += 2;
        } else {
            return None;
        }
    }
    user
}

fn begins(at: At, bytes: &[u8]) -> Begins {
    match at {
        At::Lost => Begins::Passes(bytes.len(), At::Lost),
        At::Word(left, words) if left > bytes.len() => {
            Begins::Passes(bytes.len(), At::Word(left - bytes.len(), words))
        }
        At::Word(left, words) => Begins::Passes(left, At::Words(words)),
        At::Words(0) => Begins::Passes(0, At::Command),
        At::Words(words) => match length(bytes, b'$') {
            Length::Unclear => Begins::Unclear,
            Length::None => Begins::Passes(bytes.len(), At::Lost),
            Length::Is(length, line) => Begins::Passes(line, At::Word(length + 2, words - 1)),
        },
        At::Command if bytes.first() == Some(&b'*') => array(bytes),
        At::Command => inline(bytes),
    }
}

/// A command as clients send it: a number of words, each with its length.
fn array(bytes: &[u8]) -> Begins {
    let (count, mut used) = match length(bytes, b'*') {
        Length::Unclear => return Begins::Unclear,
        Length::None => return Begins::Passes(bytes.len(), At::Lost),
        Length::Is(0, line) => return Begins::Passes(line, At::Command),
        Length::Is(count, line) => (count, line),
    };
    let passes = Begins::Passes(used, At::Words(count));
    if count > MOST_WORDS {
        return passes;
    }
    let mut words = Vec::new();
    for _ in 0..count {
        let (length, line) = match length(&bytes[used..], b'$') {
            Length::Unclear => return Begins::Unclear,
            Length::None => return passes,
            Length::Is(length, line) => (length, line),
        };
        let longest = if words.is_empty() { LONGEST_NAME } else { LONGEST };
        if length > longest || used > LONGEST {
            return passes;
        }
        let begin = used + line;
        let Some(word) = bytes.get(begin..begin + length + 2) else { return Begins::Unclear };
        let word = word[..length].to_vec();
        if words.is_empty() && !is_told(&word) {
            return passes;
        }
        words.push(word);
        used = begin + length + 2;
    }
    Begins::Told(words, used)
}

/// A command as people type it. One with quotes is the engine's to read.
fn inline(bytes: &[u8]) -> Begins {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return if bytes.len() > LONGEST { Begins::Passes(bytes.len(), At::Lost) } else { Begins::Unclear };
    };
    let line = &bytes[..end];
    let words: Vec<_> =
        line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect();
    let quoted = line.iter().any(|byte| matches!(byte, b'"' | b'\''));
    match words.first() {
        Some(name) if is_told(name) && !quoted => Begins::Told(words, end + 1),
        _ => Begins::Passes(end + 1, At::Command),
    }
}

fn is_told(name: &[u8]) -> bool {
    let told: [&[u8]; 6] = [b"auth", b"hello", b"multi", b"exec", b"discard", b"reset"];
    told.iter().any(|told| told.eq_ignore_ascii_case(name))
}

enum Length {
    Unclear,
    None,
    /// So many, told by a line of so many bytes.
    Is(usize, usize),
}

/// A line of `sign` and a number. A command of less than no words is one of none.
fn length(bytes: &[u8], sign: u8) -> Length {
    let Some(end) = bytes.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') else {
        return if bytes.len() < LONGEST_LINE { Length::Unclear } else { Length::None };
    };
    let number = bytes[..end].strip_prefix(&[sign]).and_then(|line| line.strip_suffix(b"\r"));
    let number = number.and_then(|text| std::str::from_utf8(text).ok()?.parse::<i64>().ok());
    match number {
        Some(number) if number < 0 && sign == b'$' => Length::None,
        Some(number) => Length::Is(usize::try_from(number.max(0)).unwrap_or(usize::MAX - 2), end + 1),
        None => Length::None,
    }
}

fn encode(words: &[Vec<u8>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests;
