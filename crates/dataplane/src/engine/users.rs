//! The clients' users of an engine that runs.

use std::collections::BTreeMap;

use domain::engine_version::VersionNumber;
use domain::user::EngineUser;

use super::access::{Clients, USERS_SINCE};
use super::resp::Reply;
use super::secrets::{NodeSecrets, OWN_USER, REPLICA_USER};
use super::session::{Session, SessionError};
use crate::runtime::Stream;

/// As whom rules are tried that an engine did not take together. It is there for that time only, and off.
const TRIAL_USER: &str = "simfra-trial";

impl<S: Stream> Session<S> {
    /// Lets these clients in and no others from now on. Who is in stays, with what it may now; a user that is gone or was
    /// switched off is cut. Doing it again changes nothing.
    ///
    /// A rule that the engine does not know is left out: AWS's engines have commands that these have not.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn admit(&mut self, clients: &Clients) -> Result<(), SessionError> {
        let version = self.version().await?;
        if version < USERS_SINCE {
            return Ok(());
        }
        let before = self.users().await?;
        let users = clients.users(version).into_iter();
        let users: Vec<_> = users.map(|user| known_by(user, self.secrets())).collect();
        for user in &users {
            self.have_user(user).await?;
            if before.get(&user.name) == Some(&true) && !user.is_on() {
                self.call(&["CLIENT", "KILL", "USER", &user.name]).await?;
            }
        }
        let own = [OWN_USER, REPLICA_USER];
        let stays = |name: &str| own.contains(&name) || users.iter().any(|user| user.name == name);
        for gone in before.keys().filter(|name| !stays(name)) {
            self.call(&["ACL", "DELUSER", gone]).await?;
        }
        Ok(())
    }

    /// Which of Redis's versions it is, or behaves as.
    async fn version(&mut self) -> Result<VersionNumber, SessionError> {
        let told = match self.call(&["INFO", "server"]).await? {
            Reply::Bulk(Some(told)) => String::from_utf8_lossy(&told).into_owned(),
            other => format!("{other:?}"),
        };
        let version = told.lines().find_map(|line| line.strip_prefix("redis_version:"));
        version.and_then(|version| version.trim().parse().ok()).ok_or_else(|| unclear("INFO server", &told))
    }

    /// The users that it has, and whether each is on.
    async fn users(&mut self) -> Result<BTreeMap<String, bool>, SessionError> {
        let Reply::Array(Some(lines)) = self.call(&["ACL", "LIST"]).await? else {
            return Err(unclear("ACL LIST", "no list"));
        };
        let user = |line: Reply| {
            let Reply::Bulk(Some(line)) = line else { return None };
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut words = line.split(' ').skip(1);
            Some((words.next()?.to_owned(), words.next()? == "on"))
        };
        Ok(lines.into_iter().filter_map(user).collect())
    }

    async fn have_user(&mut self, user: &EngineUser) -> Result<(), SessionError> {
        if self.takes(&user.name, &user.rules).await? {
            return Ok(());
        }
        let known = self.known_rules(&user.rules).await;
        self.call(&["ACL", "DELUSER", TRIAL_USER]).await?;
        let known = known?;
        tracing::warn!(
            user = user.name,
            left_out = user.rules.len() - known.len(),
            "the engine does not know all the rules of a user"
        );
        self.set_user(&user.name, &known).await
    }

    /// The rules that the engine takes, each after those before it.
    async fn known_rules(&mut self, rules: &[String]) -> Result<Vec<String>, SessionError> {
        let mut known: Vec<String> = Vec::new();
        for rule in rules {
            let rule = match rule.strip_prefix('(').and_then(|rule| rule.strip_suffix(')')) {
                Some(selector) => self.known_selector(selector).await?,
                None => rule.clone(),
            };
            known.push(rule);
            if !self.knows(&known).await? {
                known.pop();
            }
        }
        Ok(known)
    }

    async fn known_selector(&mut self, rules: &str) -> Result<String, SessionError> {
        let selector = |rules: &[&str]| format!("({})", rules.join(" "));
        let mut known = Vec::new();
        for rule in rules.split_whitespace() {
            known.push(rule);
            if !self.knows(&[selector(&known)]).await? {
                known.pop();
            }
        }
        Ok(selector(&known))
    }

    async fn knows(&mut self, rules: &[String]) -> Result<bool, SessionError> {
        let switched_off: Vec<_> = rules.iter().cloned().chain(["off".to_owned()]).collect();
        self.takes(TRIAL_USER, &switched_off).await
    }

    /// Sets the user; false when the engine does not know one of the rules.
    async fn takes(&mut self, name: &str, rules: &[String]) -> Result<bool, SessionError> {
        match self.set_user(name, rules).await {
            Ok(()) => Ok(true),
            Err(SessionError::Refused { reason, .. }) if reason.contains("ACL SETUSER modifier") => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn set_user(&mut self, name: &str, rules: &[String]) -> Result<(), SessionError> {
        let words = ["ACL", "SETUSER", name, "reset"].into_iter().chain(rules.iter().map(String::as_str));
        self.call(&words.collect::<Vec<_>>()).await.map(drop)
    }
}

/// The user, with what its proxy shows in place of its tokens.
fn known_by(mut user: EngineUser, secrets: &NodeSecrets) -> EngineUser {
    if user.by_iam {
        user.rules.insert(0, format!("#{}", secrets.password_hash_of(&user.name)));
    }
    user
}

fn unclear(command: &str, said: &str) -> SessionError {
    SessionError::Refused { command: command.to_owned(), reason: said.to_owned() }
}
