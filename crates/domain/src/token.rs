//! The six characters that stand for an account and region in endpoint names.

use std::fmt;

use crate::ids::Scope;
use crate::stable_hash::StableHash;

/// The token of one account and region; the same for all its caches, and for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointToken(Box<str>);

impl EndpointToken {
    /// The token of the configured default account in its default region: the one that the user guide prints.
    pub const HOME: &'static str = "abcdef";

    /// The token of `scope`; `home` is the configured default account and region.
    pub fn of(scope: &Scope, home: &Scope) -> Self {
        if scope == home {
            return Self(Self::HOME.into());
        }
        let base = StableHash::new("endpoint-token").with(scope.account.as_str()).with(scope.region.as_str());
        let token = (0..).map(|salt: u64| Self::spell(base.draw(salt))).find(|token| token != Self::HOME);
        Self(token.expect("an endless sequence of tokens has another than the home one").into())
    }

    /// Six lower-case letters and digits, the first a letter, as the observed ones.
    fn spell(mut hash: u64) -> String {
        const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut token = String::with_capacity(6);
        for letters in [26, 36, 36, 36, 36, 36] {
            token.push(char::from(ALPHABET[usize::try_from(hash % letters).expect("below 36")]));
            hash /= letters;
        }
        token
    }

    /// The six characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_has_one_token_and_the_default_the_guides() {
        let home = Scope::for_tests();
        assert_eq!(EndpointToken::of(&home, &home).as_str(), "abcdef");
        let other = Scope { account: "111122223333".parse().unwrap(), ..home.clone() };
        let token = EndpointToken::of(&other, &home);
        assert_eq!(token, EndpointToken::of(&other, &home));
        assert_eq!(token.as_str(), "o3l2nc");
        assert_ne!(
            EndpointToken::of(&home, &other).as_str(),
            "abcdef",
            "not the configured default any more"
        );
    }
}
