//! PEM, written (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest line of a PEM file.
const LINE: usize = 64;

/// `der` as PEM: `label` is `CERTIFICATE` or `PRIVATE KEY`.
pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}
