//! What the API promises of these calls, one after the other: a second, small Simfra, written from AWS's rules and not
//! from the handlers. It has no time: what is under way ends by [`World::ends`], whenever that may be.

use std::collections::{BTreeMap, BTreeSet};

use super::caller::Answer;
use super::calls::{Call, ClusterChange, GroupChange, Parameter, Which};

/// All that one account has.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct World {
    clusters: BTreeMap<Which, Cluster>,
    parameter_groups: BTreeMap<Which, BTreeMap<Parameter, u16>>,
    subnet_groups: BTreeMap<Which, String>,
    users: BTreeMap<Which, String>,
    user_groups: BTreeMap<Which, BTreeSet<Which>>,
    groups: BTreeMap<Which, Group>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cluster {
    status: Status,
    topic: Option<u8>,
    upgrades: bool,
    parameter_group: Option<Which>,
    subnet_group: Option<Which>,
    tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    status: Status,
    description: String,
    topic: Option<u8>,
    /// Numbers of the clusters that are its members.
    members: BTreeSet<u8>,
    tags: Tags,
}

type Tags = BTreeMap<String, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Creating,
    Available,
    Modifying,
    Rebooting,
    Deleting,
}

impl Status {
    const fn text(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Available => "available",
            Self::Modifying => "modifying",
            Self::Rebooting => "rebooting cluster nodes",
            Self::Deleting => "deleting",
        }
    }

    /// Whether it ends by a node that starts, which a test can hold up.
    const fn needs_a_start(self) -> bool {
        matches!(self, Self::Creating | Self::Rebooting)
    }
}

impl Cluster {
    fn shown(&self, status: &str) -> Answer {
        let group = |group: Option<Which>, letter, default: &str| {
            group.map_or(default.to_owned(), |group| format!("{letter}{group}"))
        };
        Ok(format!(
            "{status} topic={} upgrades={} parameters={} subnets={}",
            topic(self.topic),
            self.upgrades,
            group(self.parameter_group, 'p', "default.redis7"),
            group(self.subnet_group, 's', "default"),
        ))
    }

    /// Whether tags can be read and written.
    fn takes_tags(status: Status) -> Result<(), String> {
        match status {
            Status::Creating | Status::Deleting => Err("InvalidReplicationGroupState".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Group {
    fn shown(&self) -> Answer {
        Ok(format!("{} {}", self.status.text(), self.description))
    }
}

fn topic(topic: Option<u8>) -> String {
    topic.map_or(String::new(), |topic| format!("t{topic}"))
}

fn done() -> Answer {
    Ok("done".to_owned())
}

fn refused(code: &str) -> Answer {
    Err(code.to_owned())
}

/// What is there, or the code for that it is not.
fn found<'m, T>(there: &'m mut BTreeMap<Which, T>, id: Which, code: &str) -> Result<&'m mut T, String> {
    there.get_mut(&id).ok_or(code.to_owned())
}

fn create<T>(there: &mut BTreeMap<Which, T>, id: Which, new: T, code: &str) -> Answer {
    if there.contains_key(&id) {
        return refused(code);
    }
    there.insert(id, new);
    done()
}

fn require(holds: bool, code: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(code.to_owned()) }
}

impl World {
    /// What the call is answered, and what it makes of the world.
    pub(crate) fn answer(&mut self, call: &Call) -> Answer {
        self.of_clusters(call)
            .or_else(|| self.of_what_clusters_need(call))
            .or_else(|| self.of_users(call))
            .or_else(|| self.of_groups(call))
            .expect("one of them knows the call")
    }

    /// The worlds that this one may become by itself: one thing that is under way has ended. While starts are `held`,
    /// what needs one goes on.
    pub(crate) fn ends(&self, held: bool) -> Vec<Self> {
        let goes_on = |status: Status| status == Status::Available || (held && status.needs_a_start());
        let mut ends = Vec::new();
        for (id, cluster) in self.clusters.iter().filter(|(_, cluster)| !goes_on(cluster.status)) {
            let mut world = self.clone();
            match cluster.status {
                Status::Deleting => drop(world.clusters.remove(id)),
                _ => world.clusters.get_mut(id).expect("it is there").status = Status::Available,
            }
            ends.push(world);
        }
        for (id, group) in self.groups.iter().filter(|(_, group)| !goes_on(group.status)) {
            let mut world = self.clone();
            if group.status != Status::Deleting {
                world.groups.get_mut(id).expect("it is there").status = Status::Available;
                ends.push(world);
            } else if group.members.is_empty() {
                world.groups.remove(id);
                ends.push(world);
            } else {
                // One member after the other, in any order.
                ends.extend(group.members.iter().map(|member| {
                    let mut world = self.clone();
                    world.groups.get_mut(id).expect("it is there").members.remove(member);
                    world
                }));
            }
        }
        ends
    }

    /// The world after all that is under way.
    pub(crate) fn settled(mut self) -> Self {
        while let Some(next) = self.ends(false).pop() {
            self = next;
        }
        self
    }

    fn of_clusters(&mut self, call: &Call) -> Option<Answer> {
        const ABSENT: &str = "CacheClusterNotFound";
        const STATE: &str = "InvalidCacheClusterState";
        let clusters = &mut self.clusters;
        Some(match call {
            Call::CreateCluster { id, parameter_group, subnet_group } => (|| {
                require(!clusters.contains_key(id), "CacheClusterAlreadyExists")?;
                let subnets = subnet_group.is_none_or(|group| self.subnet_groups.contains_key(&group));
                require(subnets, "CacheSubnetGroupNotFoundFault")?;
                let parameters =
                    parameter_group.is_none_or(|group| self.parameter_groups.contains_key(&group));
                require(parameters, "CacheParameterGroupNotFound")?;
                let cluster = Cluster {
                    status: Status::Creating,
                    topic: None,
                    upgrades: true,
                    parameter_group: *parameter_group,
                    subnet_group: *subnet_group,
                    tags: Tags::new(),
                };
                clusters.entry(*id).or_insert(cluster).shown("creating")
            })(),
            Call::ModifyCluster { id, change } => found(clusters, *id, ABSENT).and_then(|cluster| {
                if let ClusterChange::ParameterGroup(group) = change {
                    require(self.parameter_groups.contains_key(group), "CacheParameterGroupNotFound")?;
                }
                require(cluster.status == Status::Available, STATE)?;
                let before = cluster.clone();
                match change {
                    ClusterChange::Topic(topic) => cluster.topic = Some(*topic),
                    ClusterChange::Upgrades(upgrades) => cluster.upgrades = *upgrades,
                    ClusterChange::ParameterGroup(group) => cluster.parameter_group = Some(*group),
                }
                if *cluster != before {
                    cluster.status = Status::Modifying;
                }
                cluster.shown(cluster.status.text())
            }),
            Call::RebootCluster(id) => found(clusters, *id, ABSENT).and_then(|cluster| {
                require(cluster.status == Status::Available, STATE)?;
                cluster.status = Status::Rebooting;
                cluster.shown("rebooting cache cluster nodes")
            }),
            Call::DeleteCluster(id) => found(clusters, *id, ABSENT).and_then(|cluster| {
                require(cluster.status == Status::Available, STATE)?;
                cluster.status = Status::Deleting;
                cluster.shown("deleting")
            }),
            Call::TagCluster { id, key, value } => found(clusters, *id, ABSENT).and_then(|cluster| {
                Cluster::takes_tags(cluster.status)?;
                cluster.tags.insert(format!("k{key}"), format!("v{value}"));
                Ok(format!("{:?}", cluster.tags))
            }),
            Call::UntagCluster { id, key } => found(clusters, *id, ABSENT).and_then(|cluster| {
                Cluster::takes_tags(cluster.status)?;
                require(cluster.tags.remove(&format!("k{key}")).is_some(), "TagNotFound")?;
                Ok(format!("{:?}", cluster.tags))
            }),
            Call::ShowCluster(id) => {
                found(clusters, *id, ABSENT).and_then(|cluster| cluster.shown(cluster.status.text()))
            }
            _ => return None,
        })
    }

    /// Parameter groups and subnet groups: they cannot go before the clusters that are in them.
    fn of_what_clusters_need(&mut self, call: &Call) -> Option<Answer> {
        const NO_PARAMETERS: &str = "CacheParameterGroupNotFound";
        const NO_SUBNETS: &str = "CacheSubnetGroupNotFoundFault";
        let uses = |of: fn(&Cluster) -> Option<Which>, id: Which| {
            self.clusters.values().any(|cluster| of(cluster) == Some(id))
        };
        let (parameters, subnets) = (&mut self.parameter_groups, &mut self.subnet_groups);
        Some(match call {
            Call::CreateParameterGroup(id) => {
                let defaults = Parameter::ALL.into_iter().map(|parameter| (parameter, parameter.default()));
                create(parameters, *id, defaults.collect(), "CacheParameterGroupAlreadyExists")
            }
            Call::SetParameter { id, parameter, value } => {
                found(parameters, *id, NO_PARAMETERS).and_then(|group| {
                    group.insert(*parameter, 60 + u16::from(*value));
                    done()
                })
            }
            Call::DeleteParameterGroup(id) => {
                found(parameters, *id, NO_PARAMETERS).map(drop).and_then(|()| {
                    require(
                        !uses(|cluster| cluster.parameter_group, *id),
                        "InvalidCacheParameterGroupState",
                    )?;
                    parameters.remove(id);
                    done()
                })
            }
            Call::ShowParameterGroup(id) => found(parameters, *id, NO_PARAMETERS).map(|group| {
                let each = group.iter().map(|(parameter, value)| (parameter.name(), value.to_string()));
                format!("{:?}", each.collect::<BTreeMap<_, _>>())
            }),
            Call::CreateSubnetGroup(id) => {
                create(subnets, *id, "d".to_owned(), "CacheSubnetGroupAlreadyExists")
            }
            Call::DescribeSubnetGroupAs { id, description } => found(subnets, *id, NO_SUBNETS).map(|group| {
                *group = format!("d{description}");
                group.clone()
            }),
            Call::DeleteSubnetGroup(id) => found(subnets, *id, NO_SUBNETS).map(drop).and_then(|()| {
                require(!uses(|cluster| cluster.subnet_group, *id), "CacheSubnetGroupInUse")?;
                subnets.remove(id);
                done()
            }),
            Call::ShowSubnetGroup(id) => found(subnets, *id, NO_SUBNETS).cloned(),
            _ => return None,
        })
    }

    /// Users, and the groups that they are in: a user that goes leaves its groups.
    fn of_users(&mut self, call: &Call) -> Option<Answer> {
        const NO_USER: &str = "UserNotFound";
        const NO_GROUP: &str = "UserGroupNotFound";
        let (users, groups) = (&mut self.users, &mut self.user_groups);
        Some(match call {
            Call::CreateUser(id) => create(users, *id, "~d*".to_owned(), "UserAlreadyExists"),
            Call::ModifyUser { id, access } => found(users, *id, NO_USER).and_then(|user| {
                *user = format!("~a{access}");
                done()
            }),
            Call::DeleteUser(id) => found(users, *id, NO_USER).map(drop).and_then(|()| {
                users.remove(id);
                groups.values_mut().for_each(|group| group.retain(|user| user != id));
                done()
            }),
            Call::ShowUser(id) => found(users, *id, NO_USER).map(|access| {
                let own = groups.iter().filter(|(_, group)| group.contains(id));
                let own: Vec<_> = own.map(|(group, _)| format!("g{group}")).collect();
                format!("{access} {own:?}")
            }),
            Call::CreateUserGroup { id, users: asked } => {
                match require(asked.iter().all(|user| users.contains_key(user)), NO_USER) {
                    Ok(()) => create(groups, *id, asked.iter().copied().collect(), "UserGroupAlreadyExists"),
                    Err(code) => Err(code),
                }
            }
            Call::AddToUserGroup { id, user } => found(groups, *id, NO_GROUP).and_then(|group| {
                require(!group.contains(user), "InvalidParameterValue")?;
                require(users.contains_key(user), NO_USER)?;
                group.insert(*user);
                done()
            }),
            Call::RemoveFromUserGroup { id, user } => found(groups, *id, NO_GROUP).and_then(|group| {
                require(group.remove(user), "InvalidParameterValue")?;
                done()
            }),
            Call::DeleteUserGroup(id) => found(groups, *id, NO_GROUP).map(drop).and_then(|()| {
                groups.remove(id);
                done()
            }),
            Call::ShowUserGroup(id) => found(groups, *id, NO_GROUP).map(|group| {
                let own = group.iter().map(|user| format!("u{user}"));
                format!("{:?}", ["default".to_owned()].into_iter().chain(own).collect::<Vec<_>>())
            }),
            _ => return None,
        })
    }

    /// Replication groups: what changes of one changes of its members with it.
    fn of_groups(&mut self, call: &Call) -> Option<Answer> {
        const ABSENT: &str = "ReplicationGroupNotFoundFault";
        const STATE: &str = "InvalidReplicationGroupState";
        let groups = &mut self.groups;
        Some(match call {
            Call::CreateGroup(id) => {
                let group = Group {
                    status: Status::Creating,
                    description: "d".to_owned(),
                    topic: None,
                    members: BTreeSet::from([1, 2]),
                    tags: Tags::new(),
                };
                create(groups, *id, group, "ReplicationGroupAlreadyExists").and_then(|_| groups[id].shown())
            }
            Call::ModifyGroup { id, change } => found(groups, *id, ABSENT).and_then(|group| {
                require(group.status == Status::Available, STATE)?;
                match change {
                    GroupChange::Description(text) => group.description = format!("d{text}"),
                    GroupChange::Topic(topic) if group.topic != Some(*topic) => {
                        group.topic = Some(*topic);
                        group.status = Status::Modifying;
                    }
                    GroupChange::Topic(_) => {}
                }
                group.shown()
            }),
            Call::DeleteGroup(id) => found(groups, *id, ABSENT).and_then(|group| {
                require(group.status == Status::Available, STATE)?;
                group.status = Status::Deleting;
                group.shown()
            }),
            Call::TagGroup { id, key, value } => found(groups, *id, ABSENT).and_then(|group| {
                Cluster::takes_tags(group.status)?;
                group.tags.insert(format!("k{key}"), format!("v{value}"));
                Ok(format!("{:?}", group.tags))
            }),
            Call::ShowGroup(id) => found(groups, *id, ABSENT).and_then(|group| group.shown()),
            Call::ShowMembers(id) => Ok(groups.get(id).map_or(String::new(), |group| {
                let each = group.members.iter();
                let each = each.map(|member| format!("r{id}-00{member} topic={}", topic(group.topic)));
                each.collect::<Vec<_>>().join(", ")
            })),
            _ => return None,
        })
    }
}
