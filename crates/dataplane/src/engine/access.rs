//! Who may do what in a Redis or Valkey node: Simfra's own user, and what is left to everybody else.
//!
//! AWS keeps some commands from clients. Whole commands are renamed to names that only Simfra knows, so that a client
//! gets the engine's own "unknown command"; single subcommands, and SYNC and PSYNC, which replicas use under their own
//! names, are taken from the `default` user by ACL.

use std::collections::BTreeSet;

use domain::command::ForbiddenCommand;
use domain::engine_version::VersionNumber;
use sha2::{Digest, Sha256};

use super::arguments::{Directive, directives};
use super::secrets::{NodeSecrets, OWN_USER, hex};

/// The first version with users. Before it there are only renamed commands.
const USERS_SINCE: VersionNumber = VersionNumber::new(6, 0, 0);
/// The first version whose users are limited to channels.
const CHANNELS_SINCE: VersionNumber = VersionNumber::new(6, 2, 0);
/// The first version that can take a single subcommand from a user.
const SUBCOMMANDS_SINCE: VersionNumber = VersionNumber::new(7, 0, 0);

/// What replicas send: a rename would cut them off.
const OF_REPLICAS: [&str; 2] = ["psync", "sync"];

/// Who may use a node, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What Simfra's own user and the renamed commands follow from.
    pub secrets: NodeSecrets,
    /// What clients must show.
    pub clients: Clients,
}

/// What the `default` user, which is every client, must show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clients {
    /// Nothing.
    #[default]
    Open,
    /// One of these tokens, by their SHA-256 in hex.
    Tokens(Vec<String>),
}

impl Access {
    /// What an engine of `version` starts with.
    pub(crate) fn directives(&self, version: VersionNumber) -> Vec<Directive> {
        let mut told: Vec<_> = renamed()
            .map(|command| {
                let names = [command.to_ascii_uppercase(), self.secrets.name_of(command)];
                directives("rename-command", names)
            })
            .collect();
        if version < USERS_SINCE {
            return told;
        }
        let channels = (version >= CHANNELS_SINCE).then(|| "&*".to_owned());
        let own = [OWN_USER.to_owned(), "on".to_owned(), format!("#{}", self.secrets.password_hash())];
        let own = own.into_iter().chain(everything(channels.clone()));
        told.push(directives("user", own));
        let default = ["default".to_owned(), "on".to_owned()].into_iter().chain(self.clients.rules());
        let default = default.chain(everything(channels)).chain(forbidden(version));
        told.push(directives("user", default));
        told
    }
}

impl Clients {
    /// The rules of a user's passwords: these and no others.
    pub(crate) fn rules(&self) -> Vec<String> {
        match self {
            Self::Open => vec!["nopass".to_owned()],
            Self::Tokens(hashes) => hashes.iter().map(|hash| format!("#{hash}")).collect(),
        }
    }

    /// What tells one set of tokens from another, and nothing else of them.
    pub(crate) fn digest(&self) -> Option<String> {
        match self {
            Self::Open => None,
            Self::Tokens(hashes) => Some(hex(&Sha256::digest(hashes.join(" ")))),
        }
    }
}

fn everything(channels: Option<String>) -> impl Iterator<Item = String> {
    ["~*".to_owned()].into_iter().chain(channels).chain(["+@all".to_owned()])
}

fn whole() -> impl Iterator<Item = &'static str> {
    ForbiddenCommand::all().iter().filter(|row| row.subcommand.is_none()).map(|row| row.command)
}

fn renamed() -> impl Iterator<Item = &'static str> {
    whole().filter(|command| !OF_REPLICAS.contains(command))
}

/// What a command is called on the node with these secrets; none: what it is called everywhere.
pub(super) fn name_on(secrets: &NodeSecrets, command: &[u8]) -> Option<String> {
    let command = renamed().find(|renamed| renamed.as_bytes().eq_ignore_ascii_case(command))?;
    Some(secrets.name_of(command))
}

/// What is taken from the `default` user: whole commands too, for who learns their names.
fn forbidden(version: VersionNumber) -> Vec<String> {
    let mut rules: Vec<_> = whole().map(|command| format!("-{command}")).collect();
    let subcommands = ForbiddenCommand::all().iter().filter_map(|row| Some((row.command, row.subcommand?)));
    if version >= SUBCOMMANDS_SINCE {
        rules.extend(subcommands.map(|(command, subcommand)| format!("-{command}|{subcommand}")));
        return rules;
    }
    // Redis 6 can only give subcommands of a command that was taken whole.
    for command in subcommands.map(|(command, _)| command).collect::<BTreeSet<_>>() {
        rules.push(format!("-{command}"));
        rules.extend(left_in_redis_6(command).iter().map(|subcommand| format!("+{command}|{subcommand}")));
    }
    rules
}

/// The subcommands of Redis 6 that are not forbidden.
fn left_in_redis_6(command: &str) -> &'static [&'static str] {
    match command {
        "acl" => &["cat", "genpass", "getuser", "help", "list", "log", "users", "whoami"],
        "cluster" => &[
            "count-failure-reports",
            "countkeysinslot",
            "getkeysinslot",
            "help",
            "info",
            "keyslot",
            "myid",
            "nodes",
            "replicas",
            "replicate",
            "reset",
            "saveconfig",
            "set-config-epoch",
            "slaves",
            "slots",
        ],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::arguments::command_line;
    use crate::engine::secrets::InstanceKey;
    use expect_test::expect;

    fn told(version: VersionNumber, clients: Clients) -> String {
        let node = domain::node::NodeId {
            scope: domain::ids::Scope {
                account: "000000000000".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
            },
            cluster: "my-cache".parse().unwrap(),
            node: domain::ids::CacheNodeId::new(1),
        };
        let secrets = InstanceKey::new([7; 32]).node(&node, domain::node::Generation::FIRST);
        let (password, config) = (secrets.password_hash(), secrets.name_of("config"));
        let line = command_line(&Access { secrets: secrets.clone(), clients }.directives(version)).join(" ");
        assert!(!line.contains(&secrets.password()), "{line}");
        let line = line.replace(&password, "<own>").replace(&config, "<config>");
        let hidden = whole().fold(line, |line, command| line.replace(&secrets.name_of(command), "<…>"));
        hidden.replace(" --", "\n--")
    }

    #[test]
    fn whole_commands_are_renamed_and_the_rest_is_taken_by_acl() {
        expect![[r#"
            --rename-command BGREWRITEAOF <…>
            --rename-command BGSAVE <…>
            --rename-command CONFIG <config>
            --rename-command DEBUG <…>
            --rename-command MIGRATE <…>
            --rename-command REPLICAOF <…>
            --rename-command SAVE <…>
            --rename-command SLAVEOF <…>
            --rename-command SHUTDOWN <…>
            --user simfra on #<own> ~* &* +@all
            --user default on nopass ~* &* +@all -bgrewriteaof -bgsave -config -debug -migrate -psync -replicaof -save -slaveof -shutdown -sync -acl|setuser -acl|load -acl|save -acl|deluser -cluster|addslots -cluster|addslotsrange -cluster|bumpepoch -cluster|delslots -cluster|delslotsrange -cluster|failover -cluster|flushslots -cluster|forget -cluster|links -cluster|meet -cluster|setslot"#]]
        .assert_eq(&told(VersionNumber::new(7, 0, 0), Clients::Open));
    }

    #[test]
    fn older_engines_get_what_they_understand() {
        let six = told(VersionNumber::new(6, 0, 0), Clients::Tokens(vec!["ab".into(), "cd".into()]));
        let users = six.split("--user ").skip(1).collect::<Vec<_>>().concat();
        expect![[r#"
            simfra on #<own> ~* +@all
            default on #ab #cd ~* +@all -bgrewriteaof -bgsave -config -debug -migrate -psync -replicaof -save -slaveof -shutdown -sync -acl +acl|cat +acl|genpass +acl|getuser +acl|help +acl|list +acl|log +acl|users +acl|whoami -cluster +cluster|count-failure-reports +cluster|countkeysinslot +cluster|getkeysinslot +cluster|help +cluster|info +cluster|keyslot +cluster|myid +cluster|nodes +cluster|replicas +cluster|replicate +cluster|reset +cluster|saveconfig +cluster|set-config-epoch +cluster|slaves +cluster|slots"#]]
        .assert_eq(&users);
        let five = told(VersionNumber::new(5, 0, 6), Clients::Open);
        assert!(five.contains("--rename-command CONFIG") && !five.contains("--user"), "{five}");
    }
}
