//! Where a request carries its signature, and what it says about it.

use http::header::{AUTHORIZATION, DATE};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};

use crate::Secret;
use crate::sigv4::moment::{self, Lifetime};
use crate::sigv4::{ALGORITHM, Credential, SignatureError};

/// The longest time for which a request can be presigned, in seconds: a week.
const LONGEST_EXPIRES: i64 = 7 * 24 * 60 * 60;

/// How long a presigned request is good that does not say it, in seconds.
const DEFAULT_EXPIRES: i64 = moment::SKEW_SECONDS;

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// What a request says about its signature; nothing of it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Whose key signed, and for what.
    pub credential: Credential,
    /// The names of the headers that are signed, as the client lists them.
    pub signed_headers: Vec<String>,
    /// When the request was signed.
    pub signed: Timestamp,
    /// Where the signature was.
    pub carrier: Carrier,
    /// The session token of temporary credentials.
    pub security_token: Option<Secret>,
    pub(super) signature: String,
    pub(super) lifetime: Lifetime,
}

/// Where a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// In the `Authorization` header.
    Header,
    /// In the query string: a presigned request.
    Query,
}

impl Authorization {
    /// What `head` says about its signature, none when it carries none.
    ///
    /// # Errors
    /// When a part of the signature is missing, given twice, or cannot be read.
    pub fn parse(head: &Parts) -> Result<Option<Self>, SignatureError> {
        let query = Parameters::of(head.uri.query().unwrap_or_default());
        let presigned = query.any();
        match one(&head.headers, &AUTHORIZATION)? {
            Some(_) if presigned => Err(SignatureError::Unreadable(
                "The request is signed both in a header and in the query string",
            )),
            Some(header) => from_header(header, &head.headers).map(Some),
            None if presigned => from_query(&query).map(Some),
            None => Ok(None),
        }
    }
}

/// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; the spaces are optional in practice.
fn from_header(header: &str, headers: &HeaderMap) -> Result<Authorization, SignatureError> {
    let rest = header.strip_prefix(ALGORITHM).filter(|rest| rest.starts_with([' ', '\t']));
    let Some(rest) = rest else {
        return Err(SignatureError::Unreadable(
            "Unsupported AWS 'algorithm': only 'AWS4-HMAC-SHA256' is supported",
        ));
    };
    let mut found: [(&'static str, Option<&str>); 3] =
        [("Credential", None), ("Signature", None), ("SignedHeaders", None)];
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(SignatureError::Unreadable(
            "Authorization header holds a part that is not a key=value pair (missing equal-sign)",
        ))?;
        if let Some((_, slot)) = found.iter_mut().find(|(known, _)| *known == name) {
            let twice = slot.replace(value.trim()).is_some();
            if twice {
                return Err(SignatureError::Unreadable("A part of the Authorization header is given twice"));
            }
        }
    }
    let date = match one(headers, &X_AMZ_DATE)? {
        Some(date) => Some(date),
        None => one(headers, &DATE)?,
    };
    let [(_, credential), (_, signature), (_, signed_headers)] = found;
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        return Err(SignatureError::MissingParts(missing(&found, date)));
    };
    Ok(Authorization {
        credential: credential.parse()?,
        signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
        signed: moment::parse(date).ok_or(BAD_DATE)?,
        carrier: Carrier::Header,
        security_token: one(headers, &X_AMZ_SECURITY_TOKEN)?.map(Secret::new),
        signature: signature.to_owned(),
        lifetime: Lifetime::Skew,
    })
}

const BAD_DATE: SignatureError =
    SignatureError::Unreadable("Date must be in ISO-8601 'basic format', e.g. 20150830T123600Z");

fn missing(parts: &[(&'static str, Option<&str>)], date: Option<&str>) -> Vec<&'static str> {
    let sentence = |name: &&'static str| match *name {
        "Credential" => "'Credential' parameter",
        "Signature" => "'Signature' parameter",
        _ => "'SignedHeaders' parameter",
    };
    let mut missing: Vec<&'static str> =
        parts.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| sentence(name)).collect();
    if date.is_none() {
        missing.push("existence of either a 'X-Amz-Date' or a 'Date' header");
    }
    missing
}

fn from_query(query: &Parameters) -> Result<Authorization, SignatureError> {
    if query.require("X-Amz-Algorithm")? != ALGORITHM {
        return Err(SignatureError::Unreadable("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let expires = match query.one("X-Amz-Expires")? {
        None => DEFAULT_EXPIRES,
        Some(text) => text
            .parse()
            .ok()
            .filter(|seconds| (1..=LONGEST_EXPIRES).contains(seconds))
            .ok_or(SignatureError::Unreadable("X-Amz-Expires must be between 1 and 604800 seconds"))?,
    };
    Ok(Authorization {
        credential: query.require("X-Amz-Credential")?.parse()?,
        signed_headers: query.require("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signed: moment::parse(query.require("X-Amz-Date")?).ok_or(BAD_DATE)?,
        carrier: Carrier::Query,
        security_token: query.one("X-Amz-Security-Token")?.map(Secret::new),
        signature: query.require("X-Amz-Signature")?.to_owned(),
        lifetime: Lifetime::Expires(SignedDuration::from_secs(expires)),
    })
}

/// The one value of a header that must not be given twice: two would let two readers see two requests.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(SignatureError::Unreadable("A header of the signature is given twice"));
    }
    let text =
        value.to_str().map_err(|_| SignatureError::Unreadable("A header of the signature is not ASCII"))?;
    Ok(Some(text))
}

/// The `X-Amz-` parameters of a query string, decoded.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn of(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name.starts_with("X-Amz-"));
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// Whether the query string means to be a presigned one.
    fn any(&self) -> bool {
        self.0.iter().any(|(name, _)| {
            matches!(name.as_str(), "X-Amz-Algorithm" | "X-Amz-Credential" | "X-Amz-Signature")
        })
    }

    fn one(&self, name: &'static str) -> Result<Option<&str>, SignatureError> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(SignatureError::Unreadable(
                "A query-string parameter of the signature is given twice",
            ));
        }
        Ok(value)
    }

    fn require(&self, name: &'static str) -> Result<&str, SignatureError> {
        self.one(name)?.filter(|value| !value.is_empty()).ok_or(SignatureError::MissingParameter(name))
    }
}
