//! The calls that clients make in any order, as they are drawn.

use proptest::prelude::*;

/// Which of two resources of a kind: few, so that calls meet.
pub(crate) type Which = u8;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    CreateCluster { id: Which, parameter_group: Option<Which>, subnet_group: Option<Which> },
    ModifyCluster { id: Which, change: ClusterChange },
    RebootCluster(Which),
    DeleteCluster(Which),
    TagCluster { id: Which, key: u8, value: u8 },
    UntagCluster { id: Which, key: u8 },
    ShowCluster(Which),

    CreateParameterGroup(Which),
    SetParameter { id: Which, parameter: Parameter, value: u8 },
    DeleteParameterGroup(Which),
    ShowParameterGroup(Which),

    CreateSubnetGroup(Which),
    DescribeSubnetGroupAs { id: Which, description: u8 },
    DeleteSubnetGroup(Which),
    ShowSubnetGroup(Which),

    CreateUser(Which),
    ModifyUser { id: Which, access: u8 },
    DeleteUser(Which),
    ShowUser(Which),
    CreateUserGroup { id: Which, users: Vec<Which> },
    AddToUserGroup { id: Which, user: Which },
    RemoveFromUserGroup { id: Which, user: Which },
    DeleteUserGroup(Which),
    ShowUserGroup(Which),

    CreateGroup(Which),
    ModifyGroup { id: Which, change: GroupChange },
    DeleteGroup(Which),
    TagGroup { id: Which, key: u8, value: u8 },
    ShowGroup(Which),
    ShowMembers(Which),
}

/// Different members of one row, so that one change must not take back another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClusterChange {
    Topic(u8),
    Upgrades(bool),
    ParameterGroup(Which),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GroupChange {
    Description(u8),
    Topic(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Parameter {
    Timeout,
    HashEntries,
}

impl Parameter {
    pub(crate) const ALL: [Self; 2] = [Self::Timeout, Self::HashEntries];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::HashEntries => "hash-max-listpack-entries",
        }
    }

    /// Its value in a new group of redis7.
    pub(crate) const fn default(self) -> u16 {
        match self {
            Self::Timeout => 0,
            Self::HashEntries => 512,
        }
    }
}

/// Kinds of resources that have to do with each other. Clients meet when they ask for the same ones.
pub(crate) fn theme() -> impl Strategy<Value = BoxedStrategy<Call>> {
    prop_oneof![
        3 => Just(clusters().boxed()),
        2 => Just(groups().boxed()),
        2 => Just(users().boxed()),
        1 => Just(prop_oneof![clusters(), groups(), users()].boxed()),
    ]
}

fn clusters() -> impl Strategy<Value = Call> {
    let id = 0..2_u8;
    let change = prop_oneof![
        (0..4_u8).prop_map(ClusterChange::Topic),
        any::<bool>().prop_map(ClusterChange::Upgrades),
        id.clone().prop_map(ClusterChange::ParameterGroup),
    ];
    let parameter = prop_oneof![Just(Parameter::Timeout), Just(Parameter::HashEntries)];
    let named = || proptest::option::weighted(0.4, 0..2_u8);
    prop_oneof![
        4 => (id.clone(), named(), named()).prop_map(|(id, parameter_group, subnet_group)| {
            Call::CreateCluster { id, parameter_group, subnet_group }
        }),
        5 => (id.clone(), change).prop_map(|(id, change)| Call::ModifyCluster { id, change }),
        2 => id.clone().prop_map(Call::RebootCluster),
        2 => id.clone().prop_map(Call::DeleteCluster),
        3 => (id.clone(), 0..3_u8, 0..3_u8).prop_map(|(id, key, value)| Call::TagCluster { id, key, value }),
        1 => (id.clone(), 0..3_u8).prop_map(|(id, key)| Call::UntagCluster { id, key }),
        2 => id.clone().prop_map(Call::ShowCluster),
        2 => id.clone().prop_map(Call::CreateParameterGroup),
        2 => (id.clone(), parameter, 0..4_u8)
            .prop_map(|(id, parameter, value)| Call::SetParameter { id, parameter, value }),
        1 => id.clone().prop_map(Call::DeleteParameterGroup),
        1 => id.clone().prop_map(Call::ShowParameterGroup),
        2 => id.clone().prop_map(Call::CreateSubnetGroup),
        1 => (id.clone(), 0..4_u8)
            .prop_map(|(id, description)| Call::DescribeSubnetGroupAs { id, description }),
        1 => id.clone().prop_map(Call::DeleteSubnetGroup),
        1 => id.prop_map(Call::ShowSubnetGroup),
    ]
}

fn users() -> impl Strategy<Value = Call> {
    let id = 0..2_u8;
    prop_oneof![
        3 => id.clone().prop_map(Call::CreateUser),
        3 => (id.clone(), 0..4_u8).prop_map(|(id, access)| Call::ModifyUser { id, access }),
        2 => id.clone().prop_map(Call::DeleteUser),
        2 => id.clone().prop_map(Call::ShowUser),
        3 => (id.clone(), proptest::sample::subsequence(vec![0_u8, 1], 0..=2))
            .prop_map(|(id, users)| Call::CreateUserGroup { id, users }),
        3 => (id.clone(), id.clone()).prop_map(|(id, user)| Call::AddToUserGroup { id, user }),
        2 => (id.clone(), id.clone()).prop_map(|(id, user)| Call::RemoveFromUserGroup { id, user }),
        1 => id.clone().prop_map(Call::DeleteUserGroup),
        2 => id.prop_map(Call::ShowUserGroup),
    ]
}

fn groups() -> impl Strategy<Value = Call> {
    let id = 0..2_u8;
    let change =
        prop_oneof![(0..4_u8).prop_map(GroupChange::Description), (0..4_u8).prop_map(GroupChange::Topic),];
    prop_oneof![
        3 => id.clone().prop_map(Call::CreateGroup),
        4 => (id.clone(), change).prop_map(|(id, change)| Call::ModifyGroup { id, change }),
        1 => id.clone().prop_map(Call::DeleteGroup),
        3 => (id.clone(), 0..3_u8, 0..3_u8).prop_map(|(id, key, value)| Call::TagGroup { id, key, value }),
        2 => id.clone().prop_map(Call::ShowGroup),
        2 => id.prop_map(Call::ShowMembers),
    ]
}

/// Calls that show all that there may be.
pub(crate) fn survey() -> Vec<Call> {
    let each = (0..2).flat_map(|id| {
        [
            Call::ShowCluster(id),
            Call::ShowParameterGroup(id),
            Call::ShowSubnetGroup(id),
            Call::ShowUser(id),
            Call::ShowUserGroup(id),
            Call::ShowGroup(id),
            Call::ShowMembers(id),
        ]
    });
    each.collect()
}
