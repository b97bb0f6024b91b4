//! Request bodies: read whole within a limit, and inflated within the same limit.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, EXPECT};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;
use wire::{Code, Fault, codes};

use super::{Limits, Refusal};

const TOO_LARGE: Code = Code::sender("RequestEntityTooLarge", 413);
const TOO_SLOW: Code = Code::sender("RequestTimeout", 408);
const UNSUPPORTED_ENCODING: Code = Code::sender("UnsupportedMediaType", 415);

/// How much of a body that is too large is still taken off the wire, and thrown away, so that a client that writes
/// before it reads gets to see the refusal. A client that goes on beyond that sees its connection closed.
const DISCARD_BYTES: u64 = 256 << 20;

/// Reads a body whole.
pub(super) async fn read(body: Incoming, headers: &HeaderMap, limits: &Limits) -> Result<Bytes, Refusal> {
    let too_slow = || Refusal::closing(Fault::new(TOO_SLOW, "The request's body did not arrive in time"));
    timeout(limits.body_time, collect(body, headers, limits.body_bytes)).await.map_err(|_| too_slow())?
}

async fn collect(mut body: Incoming, headers: &HeaderMap, most: usize) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    if announced > most as u64 {
        // Who waits for leave to send has sent nothing yet, and gets none.
        if !headers.contains_key(EXPECT) {
            discard(&mut body, 0).await;
        }
        return Err(Refusal::closing(too_large(most)));
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let broken_off =
            |_| Refusal::closing(Fault::new(codes::MALFORMED_INPUT, "The request's body broke off"));
        let Ok(bytes) = frame.map_err(broken_off)?.into_data() else { continue };
        if read.len() + bytes.len() > most {
            drop(bytes);
            discard(&mut body, read.len() as u64).await;
            return Err(Refusal::closing(too_large(most)));
        }
        if read.is_empty() && body.is_end_stream() {
            return Ok(bytes);
        }
        read.extend_from_slice(&bytes);
    }
    Ok(read.freeze())
}

/// Takes the rest of `body` off the wire, frame by frame, keeping nothing.
async fn discard(body: &mut Incoming, mut taken: u64) {
    while taken < DISCARD_BYTES {
        match body.frame().await {
            Some(Ok(frame)) => taken += frame.data_ref().map_or(0, |bytes| bytes.len() as u64),
            Some(Err(_)) | None => break,
        }
    }
}

/// The body as its sender meant it, at most `most` bytes.
pub(super) fn inflate(body: &Bytes, headers: &HeaderMap, most: usize) -> Result<Bytes, Refusal> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let encoding = match (encodings.next(), encodings.next()) {
        (None, _) => return Ok(body.clone()),
        (Some(one), None) => one.as_bytes().trim_ascii(),
        (Some(_), Some(_)) => b"several",
    };
    if encoding.eq_ignore_ascii_case(b"identity") {
        return Ok(body.clone());
    }
    if !encoding.eq_ignore_ascii_case(b"gzip") {
        return Err(
            Fault::new(UNSUPPORTED_ENCODING, "The only Content-Encoding that is supported is gzip").into()
        );
    }
    let mut plain = Vec::new();
    // One byte more than allowed tells a body that is too large from one that just fits.
    let read = MultiGzDecoder::new(&body[..]).take(most as u64 + 1).read_to_end(&mut plain);
    match read {
        Err(_) => Err(Fault::new(codes::MALFORMED_INPUT, "The request's body is not valid gzip").into()),
        Ok(length) if length > most => Err(too_large(most).into()),
        Ok(_) => Ok(plain.into()),
    }
}

fn too_large(most: usize) -> Fault {
    Fault::new(TOO_LARGE, format!("The request's body is larger than {most} bytes"))
}
