//! Passwords of users: AWS's rule for them, and all that is kept of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::UserRejection;
use crate::cluster::Secret;

/// The most passwords of a user: an old one and its successor.
const MOST: usize = 2;

/// A password's SHA-256, in hex, as engines take it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A password's.
    pub fn of(password: &Secret) -> Self {
        Self(Sha256::digest(&password.0).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As engines take it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of one or two passwords.
    ///
    /// # Errors
    /// When there is none, there are more, one comes twice, or breaks the rule: 16 to 128 printable characters without
    /// `,`, `"`, `/` and `@`.
    pub fn of_all(passwords: &[Secret]) -> Result<Vec<Self>, UserRejection> {
        if passwords.is_empty() {
            return Err(UserRejection::NoPassword);
        }
        if passwords.len() > MOST {
            return Err(UserRejection::TooManyPasswords);
        }
        for password in passwords {
            if !(16..=128).contains(&password.0.chars().count()) {
                return Err(UserRejection::PasswordLength);
            }
            if !password.0.chars().all(|c| c.is_ascii_graphic() && !",\"/@".contains(c)) {
                return Err(UserRejection::PasswordCharacters);
            }
        }
        let hashes: Vec<_> = passwords.iter().map(Self::of).collect();
        if hashes.iter().collect::<BTreeSet<_>>().len() < hashes.len() {
            return Err(UserRejection::PasswordTwice);
        }
        Ok(hashes)
    }
}
