//! An HTTP client that sends the very bytes it is given, and reads answers strictly.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::gateway::DEADLINE;

/// A connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// A connection, or none where nobody listens any more.
    pub(crate) fn try_connect(address: SocketAddr) -> Option<Self> {
        TcpStream::connect_timeout(&address, DEADLINE).is_ok().then(|| Self::connect(address))
    }

    /// The sending side, for another thread.
    pub(crate) fn sender(&self) -> TcpStream {
        self.stream.get_ref().try_clone().unwrap()
    }

    /// Goes away without a farewell.
    pub(crate) fn abort(self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
    }

    /// Sends `bytes`. A server that closes early is no mistake here: the answer tells.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        match self.stream.get_mut().write_all(bytes.as_ref()) {
            Err(error) if !is_closed(error.kind()) => panic!("sending: {error}"),
            _ => {}
        }
    }

    /// Closes the sending side.
    pub(crate) fn finish(&mut self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> Reply {
        let is_head = request.as_ref().starts_with(b"HEAD ");
        self.send(request);
        self.reply_to(is_head).expect("an answer instead of a closed connection")
    }

    /// The next answer; none when the connection was closed before its first byte.
    pub(crate) fn reply(&mut self) -> Option<Reply> {
        self.reply_to(false)
    }

    fn reply_to(&mut self, is_head: bool) -> Option<Reply> {
        let status_line = self.line()?;
        let status =
            status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line().expect("a whole head");
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').expect("a header");
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply { status, headers, body: String::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if is_head || status == 100 { 0 } else { length }];
        self.stream.read_exact(&mut body).expect("a whole body");
        reply.body = String::from_utf8(body).unwrap();
        Some(reply)
    }

    /// Whether the server closes the connection, without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0; 1]) {
            Ok(read) => read == 0,
            Err(error) if is_closed(error.kind()) => true,
            Err(error) => panic!("neither closed nor answered: {error}"),
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.strip_suffix("\r\n").expect("a whole line").to_owned()),
            Err(error) if is_closed(error.kind()) => None,
            Err(error) => panic!("reading: {error}"),
        }
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The text of an XML answer's element.
    pub(crate) fn element(&self, name: &str) -> &str {
        let open = format!("<{name}>");
        let start = self.body.find(&open).unwrap_or_else(|| panic!("no {name} in {self:?}")) + open.len();
        let end = start + self.body[start..].find('<').unwrap();
        &self.body[start..end]
    }

    /// Status, code and message of an error in AWS's shape, whose form is checked on the way.
    pub(crate) fn error(&self) -> String {
        assert_eq!(self.header("content-type"), Some("text/xml"), "{self:?}");
        assert_eq!(self.header("x-amzn-requestid"), Some(self.element("RequestId")), "{self:?}");
        let kind = if self.status < 500 { "Sender" } else { "Receiver" };
        assert_eq!(self.element("Type"), kind, "{self:?}");
        format!("{} {}: {}", self.status, self.element("Code"), self.element("Message"))
    }
}

/// A POST of a form to the API.
pub(crate) fn post(body: &str) -> String {
    post_with("", body)
}

/// A POST with further header lines, each ended by CR LF.
pub(crate) fn post_with(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// A request without a body.
pub(crate) fn bare(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// A body for the probe.
pub(crate) fn probe(body: &str) -> String {
    post_with("X-Amz-Target: Probe.Ask\r\n", body)
}
