//! Users as engines are told of them.

use super::{Authentication, User};

/// A user of an engine's ACL. What it was before is forgotten when these rules are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineUser {
    /// Its name there.
    pub name: String,
    /// Its rules in their order, a selector as one: `(+get ~a)`.
    pub rules: Vec<String>,
    /// Whether it shows a token of IAM's, which the engine itself cannot check.
    pub by_iam: bool,
}

impl EngineUser {
    /// Whether it can come in at all: the last word on it counts, and without one it cannot.
    pub fn is_on(&self) -> bool {
        let switch =
            self.rules.iter().rev().find(|rule| ["on", "off"].iter().any(|s| rule.eq_ignore_ascii_case(s)));
        switch.is_some_and(|switch| switch.eq_ignore_ascii_case("on"))
    }
}

impl User {
    /// The user as engines are told of it. One of IAM has no password here: only Simfra knows what the engine knows it by.
    pub fn in_engine(&self) -> EngineUser {
        let shows = match &self.authentication {
            Authentication::Password(hashes) => {
                hashes.iter().map(|hash| format!("#{}", hash.as_str())).collect()
            }
            Authentication::NoPassword => vec!["nopass".to_owned()],
            Authentication::Iam => Vec::new(),
        };
        let rules = shows.into_iter().chain(self.access_string.engine_rules()).collect();
        EngineUser { name: self.name.clone(), rules, by_iam: self.authentication == Authentication::Iam }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Scope;
    use crate::user::AccessString;

    fn user(access: &str, authentication: Authentication) -> User {
        let access_string = AccessString::parse(access).unwrap();
        User { access_string, authentication, name: "app".into(), ..User::default_of(&Scope::for_tests()) }
    }

    #[test]
    fn rules_are_told_in_their_order_and_a_selector_is_one() {
        let told =
            user("on ~app:* (%R~a* +@read) -@all +get (+ping)", Authentication::NoPassword).in_engine();
        assert_eq!(told.name, "app");
        assert_eq!(told.rules, ["nopass", "on", "~app:*", "(%R~a* +@read)", "-@all", "+get", "(+ping)"]);
    }

    #[test]
    fn the_last_switch_counts_and_without_one_a_user_is_off() {
        let is_on = |access: &str| user(access, Authentication::Iam).in_engine().is_on();
        assert!(is_on("on ~*") && is_on("off ON +@all"));
        assert!(!is_on("~* +@all") && !is_on("on off"));
    }
}
