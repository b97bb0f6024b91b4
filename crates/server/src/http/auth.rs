//! Who sent a request, and for which account and region: `SIMFRA_AUTH` in its three modes.

use bytes::Bytes;
use domain::ids::{AccountId, Region, Scope};
use http::header::AUTHORIZATION;
use http::request;
use jiff::Timestamp;
use wire::{Fault, codes};

use super::Caller;
use crate::config::{Auth, AuthMode};

/// Checks signatures.
#[derive(Debug)]
pub(super) struct Authenticator {
    auth: Auth,
    default: Scope,
}

/// What a request says of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    access_key: String,
    region: String,
    service: String,
}

impl Claim {
    /// The service that the request is signed for.
    pub(super) fn service(&self) -> &str {
        &self.service
    }
}

impl Authenticator {
    pub(super) fn new(auth: Auth, default: Scope) -> Self {
        Self { auth, default }
    }

    /// What the request says of its sender, unchecked.
    pub(super) fn read(&self, head: &request::Parts) -> Result<Option<Claim>, Fault> {
        let header = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let credential = header.and_then(|header| header.split("Credential=").nth(1));
        let parts: Vec<_> =
            credential.unwrap_or_default().split([',', ' ']).next().unwrap_or_default().split('/').collect();
        match parts[..] {
            [access_key, _date, region, service, "aws4_request"] => Ok(Some(Claim {
                access_key: access_key.to_owned(),
                region: region.to_owned(),
                service: service.to_owned(),
            })),
            _ => Ok(None),
        }
    }

    /// For whom the request is and who sent it, once the mode is content with its signature.
    pub(super) fn check(
        &self,
        claim: Option<Claim>,
        _service: &str,
        _head: &request::Parts,
        _body: &Bytes,
        _now: Timestamp,
    ) -> Result<(Scope, Caller), Fault> {
        match (self.auth.mode, claim) {
            (AuthMode::Strict, None) => Err(Fault::new(
                codes::MISSING_AUTHENTICATION_TOKEN,
                "Request is missing Authentication Token",
            )),
            (AuthMode::Off | AuthMode::Lenient, None) => Ok((self.default.clone(), Caller::Anonymous)),
            (AuthMode::Strict, Some(_)) => Err(Fault::new(
                codes::INVALID_CLIENT_TOKEN_ID,
                "The security token included in the request is invalid.",
            )),
            (AuthMode::Off | AuthMode::Lenient, Some(claim)) => Ok((self.scope(&claim)?, Caller::Unverified)),
        }
    }

    fn scope(&self, claim: &Claim) -> Result<Scope, Fault> {
        let region: Region = claim.region.parse().map_err(|_| {
            Fault::new(codes::SIGNATURE_DOES_NOT_MATCH, "Credential should be scoped to a valid region.")
        })?;
        let account = claim.access_key.parse::<AccountId>().unwrap_or_else(|_| self.default.account.clone());
        Ok(Scope { account, region })
    }
}
