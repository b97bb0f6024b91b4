//! When a request was signed, and whether that is now.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::sigv4::SignatureError;

/// How far a request's time may be from the verifier's, either way, in seconds: AWS's quarter of an hour.
pub const SKEW_SECONDS: i64 = 15 * 60;

/// The form that signatures use: `20150830T123600Z`.
const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// Writes a time as signatures do.
pub(super) fn basic(at: Timestamp) -> String {
    at.strftime(BASIC).to_string()
}

/// Reads a time as `X-Amz-Date` or, where that is missing, `Date` writes it.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(BASIC, text).ok();
    let basic = civil.and_then(|civil| Offset::UTC.to_timestamp(civil).ok());
    basic.or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
}

/// How long a signature is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// As long as clocks may differ.
    Skew,
    /// As long as the presigned request says.
    Expires(SignedDuration),
}

/// Checks that a request signed at `signed` is neither over nor ahead of its time.
pub(super) fn check(signed: Timestamp, lifetime: Lifetime, now: Timestamp) -> Result<(), SignatureError> {
    let age = now.duration_since(signed);
    let skew = SignedDuration::from_secs(SKEW_SECONDS);
    if age < -skew {
        return Err(SignatureError::TooNew { signed, now });
    }
    match lifetime {
        Lifetime::Skew if age > skew => Err(SignatureError::TooOld { signed, now }),
        Lifetime::Expires(expires) if age > expires => Err(SignatureError::Expired),
        _ => Ok(()),
    }
}
