//! Who may do what in a Redis or Valkey node: Simfra's own user, and what is left to everybody else.
//!
//! AWS keeps some commands from clients. Whole commands are renamed to names that only Simfra knows, so that a client
//! gets the engine's own "unknown command"; single subcommands, and SYNC and PSYNC, which replicas use under their own
//! names, are taken from the clients' users by ACL, whatever their own rules say.

use std::collections::BTreeSet;

use domain::command::ForbiddenCommand;
use domain::engine_version::VersionNumber;
use domain::user::{DEFAULT, EngineUser};
use sha2::{Digest, Sha256};

use super::arguments::{Directive, directives};
use super::secrets::{NodeSecrets, OWN_USER, hex};

/// The first version with users. Before it there are only renamed commands.
pub(super) const USERS_SINCE: VersionNumber = VersionNumber::new(6, 0, 0);
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

/// Whom a node lets in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clients {
    /// Everybody, as the `default` user.
    #[default]
    Open,
    /// Who shows one of these tokens, by their SHA-256 in hex, as the `default` user.
    Tokens(Vec<String>),
    /// These users. An engine starts with nobody let in and is told of them when it answers: a rule that its version does
    /// not know must not keep it from starting.
    Users(Vec<EngineUser>),
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
        let own = [OWN_USER.to_owned(), "on".to_owned(), format!("#{}", self.secrets.password_hash())];
        told.push(directives("user", own.into_iter().chain(everything(version))));
        let default = match &self.clients {
            Clients::Users(_) => nobody(),
            clients => clients.default_user(version),
        };
        told.push(directives("user", [default.name].into_iter().chain(default.rules)));
        told
    }
}

impl Clients {
    /// The users of an engine of `version` that are not Simfra's own: these and no others.
    pub(super) fn users(&self, version: VersionNumber) -> Vec<EngineUser> {
        let Self::Users(users) = self else { return vec![self.default_user(version)] };
        let limited = |user: &EngineUser| limited(user, version);
        let default = users.iter().all(|user| user.name != DEFAULT).then(nobody);
        users.iter().map(limited).chain(default).collect()
    }

    /// The `default` user where that is every client.
    fn default_user(&self, version: VersionNumber) -> EngineUser {
        let shows = match self {
            Self::Tokens(hashes) => hashes.iter().map(|hash| format!("#{hash}")).collect(),
            Self::Open | Self::Users(_) => vec!["nopass".to_owned()],
        };
        let rules = ["on".to_owned()].into_iter().chain(shows).chain(everything(version));
        limited(&EngineUser { name: DEFAULT.to_owned(), rules: rules.collect(), by_iam: false }, version)
    }

    /// What tells one start from another, and nothing else of the tokens.
    pub(crate) fn digest(&self) -> Option<String> {
        match self {
            Self::Open => None,
            Self::Tokens(hashes) => Some(hex(&Sha256::digest(hashes.join(" ")))),
            Self::Users(_) => Some("users".to_owned()),
        }
    }

    /// What tells one set of tokens or users with their rules from another.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(format!("{self:?}")))
    }
}

fn everything(version: VersionNumber) -> impl Iterator<Item = String> {
    let channels = (version >= CHANNELS_SINCE).then_some("&*");
    ["~*"].into_iter().chain(channels).chain(["+@all"]).map(str::to_owned)
}

/// The `default` user where it is nobody.
fn nobody() -> EngineUser {
    EngineUser { name: DEFAULT.to_owned(), rules: vec!["off".to_owned()], by_iam: false }
}

/// The user without what AWS keeps from clients. A selector's rules are its own: what the user lacks it may still give.
fn limited(user: &EngineUser, version: VersionNumber) -> EngineUser {
    let forbidden = forbidden(version, &user.rules);
    let rules =
        user.rules.iter().map(|rule| match rule.strip_suffix(')').filter(|_| rule.starts_with('(')) {
            Some(selector) => format!("{selector} {})", forbidden.join(" ")),
            None => rule.clone(),
        });
    let rules = rules.chain(forbidden.iter().cloned()).collect();
    EngineUser { rules, ..user.clone() }
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

/// What is taken from a user with these rules: whole commands too, for who learns their names.
fn forbidden(version: VersionNumber, rules: &[String]) -> Vec<String> {
    let mut taken: Vec<_> = whole().map(|command| format!("-{command}")).collect();
    let subcommands = ForbiddenCommand::all().iter().filter_map(|row| Some((row.command, row.subcommand?)));
    if version >= SUBCOMMANDS_SINCE {
        taken.extend(subcommands.map(|(command, subcommand)| format!("-{command}|{subcommand}")));
        return taken;
    }
    // Redis 6 can only give subcommands of a command that was taken whole.
    for command in subcommands.map(|(command, _)| command).collect::<BTreeSet<_>>() {
        taken.push(format!("-{command}"));
        let left = left_in_redis_6(command, rules);
        taken.extend(left.iter().map(|subcommand| format!("+{command}|{subcommand}")));
    }
    taken
}

/// The categories of ACL and CLUSTER, the commands of which single subcommands are forbidden.
const CATEGORIES_IN_REDIS_6: [&str; 4] = ["all", "admin", "slow", "dangerous"];

/// The subcommands of Redis 6 that a user with these rules has of the command and that are not forbidden.
fn left_in_redis_6<'r>(command: &str, rules: &'r [String]) -> Vec<&'r str> {
    let mut left = Vec::new();
    for rule in rules {
        let (sign, of) = rule.split_at(rule.len().min(1));
        let whole = match of.strip_prefix('@') {
            Some(category) => CATEGORIES_IN_REDIS_6.iter().any(|known| category.eq_ignore_ascii_case(known)),
            None => of.eq_ignore_ascii_case(command),
        };
        if sign == "+" && whole || rule.eq_ignore_ascii_case("allcommands") {
            left = allowed_in_redis_6(command).to_vec();
        } else if sign == "-" && whole || rule.eq_ignore_ascii_case("nocommands") {
            left.clear();
        } else if let Some((_, subcommand)) =
            of.split_once('|').filter(|(of, _)| of.eq_ignore_ascii_case(command))
        {
            left.push(subcommand);
        }
    }
    left
}

/// The subcommands of Redis 6 that are not forbidden.
fn allowed_in_redis_6(command: &str) -> &'static [&'static str] {
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
        let limited = |rules: &[&str]| {
            let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
            let user = EngineUser { name: "app".into(), rules, by_iam: false };
            limited(&user, VersionNumber::new(6, 2, 0)).rules.join(" ")
        };
        let reads = limited(&["on", "+@all", "-@admin", "+get", "+acl|whoami"]);
        assert!(reads.ends_with("-acl +acl|whoami -cluster"), "no more than it had: {reads}");
        let five = told(VersionNumber::new(5, 0, 6), Clients::Open);
        assert!(five.contains("--rename-command CONFIG") && !five.contains("--user"), "{five}");
    }

    #[test]
    fn users_are_told_later_and_what_is_forbidden_stays_so_in_selectors_too() {
        let app = EngineUser {
            name: "app".into(),
            rules: ["nopass", "on", "~a*", "+@all", "(+acl ~b*)"].map(str::to_owned).to_vec(),
            by_iam: false,
        };
        let clients = Clients::Users(vec![app]);
        let start = told(VersionNumber::new(7, 0, 0), clients.clone());
        assert!(start.ends_with("--user default off") && !start.contains("app"), "{start}");
        let users = clients.users(VersionNumber::new(7, 0, 0));
        let [app, default] = &users[..] else { panic!("{users:?}") };
        assert_eq!((default.name.as_str(), &default.rules[..]), ("default", &["off".to_owned()][..]));
        let (own, taken) = app.rules.split_at(5);
        assert_eq!(&own[..4], ["nopass", "on", "~a*", "+@all"]);
        assert_eq!(own[4], format!("(+acl ~b* {})", taken.join(" ")));
        assert!(
            taken.contains(&"-acl|setuser".to_owned()) && taken.contains(&"-psync".to_owned()),
            "{taken:?}"
        );
    }
}
