//! AUTH tokens of a cluster, by their SHA-256 alone: what clients must show, and how a change of it goes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Secret;
use crate::event::ClusterEvent;

/// The length that AWS asks for; shorter ones are taken because the user guide's example is.
const AWS_LENGTH: usize = 16;

/// A token's SHA-256, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

/// Whether clients may also come without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// They may not.
    TokenOnly,
    /// They may: the first token was added by ROTATE, and SET is to come.
    Anybody,
}

/// The tokens of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// One, or two after a ROTATE; the newest last.
    pub tokens: Vec<TokenHash>,
    /// Whether one is needed.
    pub admission: Admission,
    /// `AuthTokenLastModifiedDate`; none where the token is the cluster's first (uncertain).
    pub modified_at: Option<Timestamp>,
}

/// `AuthTokenStatus` of what is being put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthTokenStatus {
    /// A token is added.
    Rotating,
    /// One token is left.
    Setting,
}

impl AuthTokenStatus {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rotating => "ROTATING",
            Self::Setting => "SETTING",
        }
    }
}

impl TokenHash {
    /// A token's.
    pub fn of(token: &Secret) -> Self {
        Self(Sha256::digest(&token.0).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As engines take it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Auth {
    /// A new cluster's token.
    pub fn new(token: &Secret) -> Self {
        Self { tokens: vec![TokenHash::of(token)], admission: Admission::TokenOnly, modified_at: None }
    }

    /// After ROTATE: the newest of those before is valid beside the new one. Where there was none, clients may go on
    /// without.
    #[must_use]
    pub fn rotated(before: Option<&Self>, token: &Secret, now: Timestamp) -> Self {
        let token = TokenHash::of(token);
        let admission = before.map_or(Admission::Anybody, |before| before.admission);
        let newest = before.and_then(|before| before.tokens.last()).filter(|newest| **newest != token);
        Self {
            tokens: newest.cloned().into_iter().chain([token]).collect(),
            admission,
            modified_at: Some(now),
        }
    }

    /// After SET: this token and no other. None where no ROTATE came before.
    pub fn set(&self, token: &Secret, now: Timestamp) -> Option<Self> {
        let set = Self { modified_at: Some(now), ..Self::new(token) };
        self.is_rotated().then_some(set)
    }

    /// Whether a SET can follow.
    pub fn is_rotated(&self) -> bool {
        self.tokens.len() > 1 || self.admission == Admission::Anybody
    }

    /// What becomes of the cluster's tokens with this as the new state.
    pub(super) fn status(&self) -> AuthTokenStatus {
        if self.is_rotated() { AuthTokenStatus::Rotating } else { AuthTokenStatus::Setting }
    }
}

impl Secret {
    /// What the user should know of a token that AWS would not take.
    pub fn notice(&self) -> Option<ClusterEvent> {
        (self.0.len() < AWS_LENGTH).then(|| {
            ClusterEvent::Notice(format!(
                "The AUTH token has {} characters. Simfra takes it; AWS asks for {AWS_LENGTH} to 128",
                self.0.len()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    #[test]
    fn rotate_keeps_two_and_set_leaves_one() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let (one, two, three) = (secret("first"), secret("second"), secret("third"));
        let hash = TokenHash::of;
        let auth = Auth::new(&one);
        assert_eq!(auth.set(&two, now), None, "no ROTATE came before");
        let rotated = Auth::rotated(Some(&auth), &two, now);
        assert_eq!(
            (&rotated.tokens[..], rotated.status()),
            (&[hash(&one), hash(&two)][..], AuthTokenStatus::Rotating)
        );
        let again = Auth::rotated(Some(&rotated), &three, now);
        assert_eq!(again.tokens, [hash(&two), hash(&three)], "two at the most, the newest");
        let set = again.set(&three, now).unwrap();
        assert_eq!((&set.tokens[..], set.status()), (&[hash(&three)][..], AuthTokenStatus::Setting));
        assert_eq!(set.set(&three, now), None);
    }

    #[test]
    fn from_none_clients_go_on_without_until_set() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let token = secret("first");
        let rotated = Auth::rotated(None, &token, now);
        assert_eq!((rotated.admission, rotated.is_rotated()), (Admission::Anybody, true));
        assert_eq!(rotated.set(&token, now).unwrap().admission, Admission::TokenOnly);
    }

    #[test]
    fn the_guides_token_is_taken_and_told_of_and_none_is_kept() {
        assert!(secret("my-secret-token").notice().unwrap().to_string().contains("15 characters"));
        assert_eq!(secret("0123456789abcdef").notice(), None);
        let kept = serde_json::to_string(&Auth::new(&secret("my-secret-token"))).unwrap();
        assert!(!kept.contains("my-secret-token"), "{kept}");
    }
}
