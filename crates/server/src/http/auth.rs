//! Who sent a request, and for which account and region: `SIMFRA_AUTH` in its three modes.
//!
//! Knows one key, the default account's root. Credentials that it does not know may be somebody's real ones, sent here
//! by mistake: they are neither kept nor logged.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use domain::ids::{Region, Scope};
use http::request;
use jiff::Timestamp;
use wire::sigv4::{self, Authorization, PayloadHash, SignatureError, SigningKey};

use super::Caller;
use crate::config::{Auth, AuthMode};

/// Checks signatures.
#[derive(Debug)]
pub(super) struct Authenticator {
    auth: Auth,
    default: Scope,
    /// Keys derived from the root key's secret, by what they are good for.
    derived: Mutex<HashMap<sigv4::Scope, SigningKey>>,
}

/// The most derived keys that are kept: far more than a day's regions and services, and a bound for nonsense.
const MOST_DERIVED: usize = 256;

impl Authenticator {
    pub(super) fn new(auth: Auth, default: Scope) -> Self {
        Self { auth, default, derived: Mutex::default() }
    }

    /// What the request says about its signature, unchecked; none when it is not signed, or when nobody asks.
    pub(super) fn read(&self, head: &request::Parts) -> Result<Option<Authorization>, SignatureError> {
        match self.auth.mode {
            AuthMode::Off => Ok(Authorization::parse(head).unwrap_or_default()),
            AuthMode::Lenient | AuthMode::Strict => Authorization::parse(head),
        }
    }

    /// For whom the request is and who sent it, once the mode is content with its signature.
    pub(super) fn check(
        &self,
        authorization: Option<Authorization>,
        head: &request::Parts,
        body: &Bytes,
        now: Timestamp,
    ) -> Result<(Scope, Caller), SignatureError> {
        let Some(authorization) = authorization else {
            return match self.auth.mode {
                AuthMode::Strict => Err(SignatureError::Unsigned),
                AuthMode::Off | AuthMode::Lenient => Ok((self.default.clone(), Caller::Anonymous)),
            };
        };
        let caller = match (self.auth.mode, self.is_root(&authorization)) {
            (AuthMode::Off, _) | (AuthMode::Lenient, false) => Caller::Unverified,
            (AuthMode::Strict, false) => return Err(SignatureError::UnknownKey),
            // Temporary credentials are another kind of key than root's.
            (AuthMode::Strict, true) if authorization.security_token.is_some() => {
                return Err(SignatureError::UnknownKey);
            }
            (AuthMode::Lenient | AuthMode::Strict, true) => {
                let key = self.signing_key(&authorization.credential.scope);
                authorization.verify(&key, head, &PayloadHash::of(body), now)?;
                Caller::Root
            }
        };
        Ok((self.scope(&authorization)?, caller))
    }

    fn is_root(&self, authorization: &Authorization) -> bool {
        authorization.credential.access_key == self.auth.root.id
    }

    /// The account that a 12-digit access key id names, else the default one; the region of the signature.
    fn scope(&self, authorization: &Authorization) -> Result<Scope, SignatureError> {
        let credential = &authorization.credential;
        let account = credential.access_key.parse().unwrap_or_else(|_| self.default.account.clone());
        if account == self.default.account && credential.scope.region == self.default.region.as_str() {
            return Ok(self.default.clone());
        }
        let region = match (credential.scope.region.parse::<Region>(), self.auth.mode) {
            (Ok(region), _) => region,
            (Err(_), AuthMode::Off) => self.default.region.clone(),
            (Err(_), AuthMode::Lenient | AuthMode::Strict) => {
                let message = "Credential should be scoped to a valid region.";
                return Err(SignatureError::WrongScope(message.to_owned()));
            }
        };
        Ok(Scope { account, region })
    }

    fn signing_key(&self, scope: &sigv4::Scope) -> SigningKey {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = derived.get(scope) {
            return key.clone();
        }
        let key = SigningKey::derive(self.auth.root.secret.reveal(), scope);
        if derived.len() == MOST_DERIVED {
            derived.clear();
        }
        derived.insert(scope.clone(), key.clone());
        key
    }
}
