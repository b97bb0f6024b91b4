//! The calls on the wire: how each is sent, and what is read of its answer.

use std::collections::BTreeMap;

use super::calls::{Call, ClusterChange, GroupChange, Parameter};
use crate::support::raw::{Client, Reply, post_with};

/// What came of a call: what it shows, or the code of its refusal.
pub(crate) type Answer = Result<String, String>;

/// A client of one account, on a connection of its own.
pub(crate) struct Caller {
    pub(crate) connection: Client,
    /// Twelve digits: each history has an account to itself.
    pub(crate) account: String,
}

impl Caller {
    /// Makes a call and reads what came of it.
    pub(crate) fn call(&mut self, call: &Call, subnet: &str) -> Answer {
        let reply = self.send("elasticache", &format!("Version=2015-02-02&{}", self.form(call, subnet)));
        if reply.status == 200 {
            return Ok(shown(call, &reply));
        }
        assert!((400..500).contains(&reply.status), "{call:?}: {reply:?}");
        Err(reply.element("Code").to_owned())
    }

    /// One of the account's subnets.
    pub(crate) fn a_subnet(&mut self) -> String {
        self.send("ec2", "Version=2016-11-15&Action=DescribeSubnets").element("subnetId").to_owned()
    }

    /// Whether something is under way.
    pub(crate) fn is_busy(&mut self) -> bool {
        ["DescribeCacheClusters", "DescribeReplicationGroups"].into_iter().any(|list| {
            let body = self.send("elasticache", &format!("Version=2015-02-02&Action={list}")).body;
            let statuses = ["creating", "modifying", "deleting", "rebooting cluster nodes"];
            statuses.iter().any(|status| body.contains(&format!("Status>{status}<")))
        })
    }

    fn send(&mut self, service: &str, form: &str) -> Reply {
        let credential = format!("{}/20261123/us-east-1/{service}/aws4_request", self.account);
        let signature = "0".repeat(64);
        let signed = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={signature}\r\n\
             X-Amz-Date: 20261123T000000Z\r\n"
        );
        self.connection.ask(post_with(&signed, form))
    }

    fn arn(&self, resource: &str) -> String {
        format!("arn:aws:elasticache:us-east-1:{}:{resource}", self.account)
    }

    fn topic(&self, topic: u8) -> String {
        format!("NotificationTopicArn=arn:aws:sns:us-east-1:{}:t{topic}", self.account)
    }

    fn form(&self, call: &Call, subnet: &str) -> String {
        self.of_clusters(call)
            .or_else(|| of_what_clusters_need(call, subnet))
            .or_else(|| of_users(call))
            .or_else(|| self.of_groups(call))
            .expect("one of them knows the call")
    }

    fn of_clusters(&self, call: &Call) -> Option<String> {
        Some(match call {
            Call::CreateCluster { id, parameter_group, subnet_group } => {
                let parameters = parameter_group.map(|group| format!("&CacheParameterGroupName=p{group}"));
                let subnets = subnet_group.map(|group| format!("&CacheSubnetGroupName=s{group}"));
                format!(
                    "Action=CreateCacheCluster&CacheClusterId=c{id}&Engine=redis&CacheNodeType=cache.t3.micro\
                     &NumCacheNodes=1{}{}",
                    parameters.unwrap_or_default(),
                    subnets.unwrap_or_default()
                )
            }
            Call::ModifyCluster { id, change } => {
                let change = match change {
                    ClusterChange::Topic(topic) => self.topic(*topic),
                    ClusterChange::Upgrades(upgrades) => format!("AutoMinorVersionUpgrade={upgrades}"),
                    ClusterChange::ParameterGroup(group) => format!("CacheParameterGroupName=p{group}"),
                };
                format!("Action=ModifyCacheCluster&CacheClusterId=c{id}&{change}")
            }
            Call::RebootCluster(id) => {
                format!(
                    "Action=RebootCacheCluster&CacheClusterId=c{id}&CacheNodeIdsToReboot.CacheNodeId.1=0001"
                )
            }
            Call::DeleteCluster(id) => format!("Action=DeleteCacheCluster&CacheClusterId=c{id}"),
            Call::TagCluster { id, key, value } => {
                tagging(&self.arn(&format!("cluster:c{id}")), *key, *value)
            }
            Call::UntagCluster { id, key } => format!(
                "Action=RemoveTagsFromResource&ResourceName={}&TagKeys.member.1=k{key}",
                self.arn(&format!("cluster:c{id}"))
            ),
            Call::ShowCluster(id) => format!("Action=DescribeCacheClusters&CacheClusterId=c{id}"),
            _ => return None,
        })
    }

    fn of_groups(&self, call: &Call) -> Option<String> {
        Some(match call {
            Call::CreateGroup(id) => format!(
                "Action=CreateReplicationGroup&ReplicationGroupId=r{id}&ReplicationGroupDescription=d\
                 &Engine=redis&CacheNodeType=cache.t3.micro&NumCacheClusters=2"
            ),
            Call::ModifyGroup { id, change } => {
                let change = match change {
                    GroupChange::Description(text) => format!("ReplicationGroupDescription=d{text}"),
                    GroupChange::Topic(topic) => self.topic(*topic),
                };
                format!("Action=ModifyReplicationGroup&ReplicationGroupId=r{id}&{change}")
            }
            Call::DeleteGroup(id) => format!("Action=DeleteReplicationGroup&ReplicationGroupId=r{id}"),
            Call::TagGroup { id, key, value } => {
                tagging(&self.arn(&format!("replicationgroup:r{id}")), *key, *value)
            }
            Call::ShowGroup(id) => format!("Action=DescribeReplicationGroups&ReplicationGroupId=r{id}"),
            Call::ShowMembers(_) => "Action=DescribeCacheClusters".to_owned(),
            _ => return None,
        })
    }
}

fn of_what_clusters_need(call: &Call, subnet: &str) -> Option<String> {
    Some(match call {
        Call::CreateParameterGroup(id) => format!(
            "Action=CreateCacheParameterGroup&CacheParameterGroupName=p{id}&CacheParameterGroupFamily=redis7\
                 &Description=d"
        ),
        Call::SetParameter { id, parameter, value } => format!(
            "Action=ModifyCacheParameterGroup&CacheParameterGroupName=p{id}\
                 &ParameterNameValues.ParameterNameValue.1.ParameterName={}\
                 &ParameterNameValues.ParameterNameValue.1.ParameterValue={}",
            parameter.name(),
            60 + value
        ),
        Call::DeleteParameterGroup(id) => {
            format!("Action=DeleteCacheParameterGroup&CacheParameterGroupName=p{id}")
        }
        Call::ShowParameterGroup(id) => {
            format!("Action=DescribeCacheParameters&CacheParameterGroupName=p{id}")
        }
        Call::CreateSubnetGroup(id) => format!(
            "Action=CreateCacheSubnetGroup&CacheSubnetGroupName=s{id}&CacheSubnetGroupDescription=d\
                 &SubnetIds.SubnetIdentifier.1={subnet}"
        ),
        Call::DescribeSubnetGroupAs { id, description } => format!(
            "Action=ModifyCacheSubnetGroup&CacheSubnetGroupName=s{id}&CacheSubnetGroupDescription=d{description}"
        ),
        Call::DeleteSubnetGroup(id) => {
            format!("Action=DeleteCacheSubnetGroup&CacheSubnetGroupName=s{id}")
        }
        Call::ShowSubnetGroup(id) => {
            format!("Action=DescribeCacheSubnetGroups&CacheSubnetGroupName=s{id}")
        }
        _ => return None,
    })
}

fn of_users(call: &Call) -> Option<String> {
    Some(match call {
        Call::CreateUser(id) => format!(
            "Action=CreateUser&UserId=u{id}&UserName=u{id}&Engine=redis&NoPasswordRequired=true\
                 &AccessString=on%20~d*%20%2B@all"
        ),
        Call::ModifyUser { id, access } => {
            format!("Action=ModifyUser&UserId=u{id}&AccessString=on%20~a{access}%20%2B@all")
        }
        Call::DeleteUser(id) => format!("Action=DeleteUser&UserId=u{id}"),
        Call::ShowUser(id) => format!("Action=DescribeUsers&UserId=u{id}"),
        Call::CreateUserGroup { id, users } => {
            let each = users.iter().enumerate();
            let users: String = each.map(|(n, user)| format!("&UserIds.member.{}=u{user}", n + 2)).collect();
            format!("Action=CreateUserGroup&UserGroupId=g{id}&Engine=redis&UserIds.member.1=default{users}")
        }
        Call::AddToUserGroup { id, user } => {
            format!("Action=ModifyUserGroup&UserGroupId=g{id}&UserIdsToAdd.member.1=u{user}")
        }
        Call::RemoveFromUserGroup { id, user } => {
            format!("Action=ModifyUserGroup&UserGroupId=g{id}&UserIdsToRemove.member.1=u{user}")
        }
        Call::DeleteUserGroup(id) => format!("Action=DeleteUserGroup&UserGroupId=g{id}"),
        Call::ShowUserGroup(id) => format!("Action=DescribeUserGroups&UserGroupId=g{id}"),
        _ => return None,
    })
}

fn tagging(arn: &str, key: u8, value: u8) -> String {
    format!("Action=AddTagsToResource&ResourceName={arn}&Tags.Tag.1.Key=k{key}&Tags.Tag.1.Value=v{value}")
}

/// What of an answer the model tells too.
fn shown(call: &Call, reply: &Reply) -> String {
    let text = |name: &str| text_of(&reply.body, name).to_owned();
    let topic = |body: &str| {
        let arn = text_of(body, "TopicArn");
        arn.rsplit(':').next().unwrap_or_default().to_owned()
    };
    match call {
        Call::CreateCluster { .. }
        | Call::ModifyCluster { .. }
        | Call::RebootCluster(_)
        | Call::DeleteCluster(_)
        | Call::ShowCluster(_) => format!(
            "{} topic={} upgrades={} parameters={} subnets={}",
            text("CacheClusterStatus"),
            topic(&reply.body),
            text("AutoMinorVersionUpgrade"),
            text("CacheParameterGroupName"),
            text("CacheSubnetGroupName"),
        ),
        Call::TagCluster { .. } | Call::UntagCluster { .. } | Call::TagGroup { .. } => {
            let tags: BTreeMap<_, _> = texts(&reply.body, "Key").zip(texts(&reply.body, "Value")).collect();
            format!("{tags:?}")
        }
        Call::ShowParameterGroup(_) => {
            let each = reply.body.split("<Parameter>").skip(1);
            let each = each.map(|each| [text_of(each, "ParameterName"), text_of(each, "ParameterValue")]);
            let known = |name: &str| Parameter::ALL.iter().any(|parameter| parameter.name() == name);
            let values: BTreeMap<_, _> =
                each.filter(|[name, _]| known(name)).map(|[name, value]| (name, value)).collect();
            format!("{values:?}")
        }
        Call::ShowSubnetGroup(_) | Call::DescribeSubnetGroupAs { .. } => text("CacheSubnetGroupDescription"),
        Call::ShowUser(_) => {
            let access = text("AccessString");
            let groups: Vec<_> = listed(&reply.body, "UserGroupIds").collect();
            format!("{} {groups:?}", access.split(' ').nth(1).unwrap_or_default())
        }
        Call::ShowUserGroup(_) => {
            let mut users: Vec<_> = listed(&reply.body, "UserIds").collect();
            users.sort_unstable();
            format!("{users:?}")
        }
        Call::CreateGroup(_) | Call::ModifyGroup { .. } | Call::DeleteGroup(_) | Call::ShowGroup(_) => {
            format!("{} {}", text("Status"), text("Description"))
        }
        Call::ShowMembers(id) => {
            let clusters = reply.body.split("<CacheCluster>").skip(1);
            let own = format!("<ReplicationGroupId>r{id}<");
            let each = clusters
                .filter(|cluster| cluster.contains(&own))
                .map(|cluster| format!("{} topic={}", text_of(cluster, "CacheClusterId"), topic(cluster)));
            each.collect::<Vec<_>>().join(", ")
        }
        _ => "done".to_owned(),
    }
}

/// The text of the first element of this name.
fn text_of<'b>(body: &'b str, name: &str) -> &'b str {
    texts(body, name).next().unwrap_or_default()
}

/// The texts of every element of this name.
fn texts<'b>(body: &'b str, name: &str) -> impl Iterator<Item = &'b str> {
    let open = format!("<{name}>");
    let starts: Vec<_> = body.match_indices(&open).map(|(at, _)| at + open.len()).collect();
    starts.into_iter().map(|start| body[start..].split('<').next().unwrap_or_default())
}

/// The `member`s of the first list of this name.
fn listed<'b>(body: &'b str, name: &str) -> impl Iterator<Item = &'b str> {
    let list = body.split(&format!("<{name}>")).nth(1).unwrap_or_default();
    let list = list.split(&format!("</{name}>")).next().unwrap_or_default();
    texts(list, "member")
}
