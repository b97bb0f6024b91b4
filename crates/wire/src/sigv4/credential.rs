//! The credential of a signature: whose key, and what the signature is good for.

use std::str::FromStr;

use jiff::Timestamp;

use crate::sigv4::SignatureError;
use crate::sigv4::moment::basic;

/// The last element of every scope.
const TERMINATOR: &str = "aws4_request";

/// `AKIDEXAMPLE/20150830/us-east-1/elasticache/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The access key's id, as the client wrote it.
    pub access_key: String,
    /// What the signature is good for.
    pub scope: Scope,
}

/// A day, a region and a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The day as `20150830`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The service's signing name.
    pub service: String,
}

impl FromStr for Credential {
    type Err = SignatureError;

    /// Splits from the right: an access key's id may itself hold slashes.
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let parts: Vec<&str> = text.rsplitn(5, '/').collect();
        let [terminator, service, region, date, access_key] = parts[..] else {
            return Err(SignatureError::Unreadable(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term",
            ));
        };
        if [access_key, date, region, service].contains(&"") {
            return Err(SignatureError::Unreadable("An element of the Credential is empty"));
        }
        if terminator != TERMINATOR {
            return Err(SignatureError::WrongScope(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}'."
            )));
        }
        let scope = Scope { date: date.to_owned(), region: region.to_owned(), service: service.to_owned() };
        Ok(Self { access_key: access_key.to_owned(), scope })
    }
}

impl Scope {
    /// Checks that the signature is good for `service`.
    ///
    /// # Errors
    /// [`SignatureError::WrongScope`] when it is for another one.
    pub fn require_service(&self, service: &str) -> Result<(), SignatureError> {
        if self.service == service {
            return Ok(());
        }
        Err(SignatureError::WrongScope(format!(
            "Credential should be scoped to correct service: '{service}'."
        )))
    }

    /// Checks that the signature is good for `region`.
    ///
    /// # Errors
    /// [`SignatureError::WrongScope`] when it is for another one.
    pub fn require_region(&self, region: &str) -> Result<(), SignatureError> {
        if self.region == region {
            return Ok(());
        }
        Err(SignatureError::WrongScope(format!(
            "Credential should be scoped to a valid region, not '{}'.",
            self.region
        )))
    }

    /// Checks that the scope's day is the one on which the request was signed.
    pub(super) fn require_day_of(&self, signed: Timestamp) -> Result<(), SignatureError> {
        let signed = basic(signed);
        let day = signed.get(..8).unwrap_or_default();
        if self.date == day {
            return Ok(());
        }
        Err(SignatureError::WrongScope(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', \
             from '{signed}'.",
            self.date
        )))
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}
