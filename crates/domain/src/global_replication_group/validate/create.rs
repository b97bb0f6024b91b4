//! CreateGlobalReplicationGroup.

use crate::engine::Engine;
use crate::engine_version::VersionNumber;
use crate::global_replication_group::{
    Association, CreateGlobalReplicationGroup, GlobalMember, GlobalRejection, GlobalReplicationGroup,
    GlobalRole, Phase,
};
use crate::ids::{GlobalReplicationGroupId, ReplicationGroupId, Scope};
use crate::network::NetworkType;
use crate::rejection::Rejection;
use crate::replication_group::{Durability, GroupRejection, ReplicationGroup, validate as of_groups};
use crate::tag::Tags;

/// A CreateGlobalReplicationGroup whose values are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGlobal {
    /// Its id.
    pub id: GlobalReplicationGroupId,
    /// The replication group that takes writes, of the caller's region.
    pub primary: ReplicationGroupId,
    description: String,
    tags: Tags,
}

impl NewGlobal {
    /// Checks the request's values.
    ///
    /// # Errors
    /// The first that is wrong; an id that no group has is not found.
    pub fn parse(request: &CreateGlobalReplicationGroup, scope: &Scope) -> Result<Self, Rejection> {
        let suffix = request.global_replication_group_id_suffix.as_deref().unwrap_or_default();
        let prefix = scope.region.facts().and_then(|facts| facts.global_datastore_prefix);
        let prefix = prefix.ok_or_else(|| GlobalRejection::Region(scope.region.clone()))?;
        let id = GlobalReplicationGroupId::of(prefix, suffix)
            .map_err(|_| Rejection::BadIdentifier("GlobalReplicationGroupIdSuffix"))?;
        Ok(Self {
            id,
            description: description(request.global_replication_group_description.as_deref())?,
            tags: Tags::default().with(&request.tags)?,
            primary: of_groups::id_to_find(request.primary_replication_group_id.as_deref())?,
        })
    }

    /// The global datastore of `primary`, the group that the request names; `id_is_taken`: one of its id is there.
    ///
    /// # Errors
    /// The first rule that the request breaks.
    pub fn of(
        self,
        primary: Option<&ReplicationGroup>,
        id_is_taken: bool,
    ) -> Result<GlobalReplicationGroup, Rejection> {
        let primary = primary.ok_or_else(|| Rejection::ReplicationGroupNotFound(self.primary.to_string()))?;
        if id_is_taken {
            return Err(GlobalRejection::Exists(self.id).into());
        }
        super::stands_alone(primary)?;
        supported(primary)?;
        if !primary.is_available() {
            let (group, status) = (primary.id.clone(), primary.status());
            let purpose = "a global replication group's primary";
            return Err(GroupRejection::State { group, status, purpose }.into());
        }
        Ok(GlobalReplicationGroup {
            scope: primary.scope.clone(),
            id: self.id,
            description: self.description,
            phase: Phase::Creating,
            members: vec![GlobalMember {
                group: primary.id.clone(),
                region: primary.scope.region.clone(),
                role: GlobalRole::Primary,
                state: Association::Associating,
            }],
            tags: self.tags,
        })
    }
}

/// A description: at most 255 characters, as a replication group's (uncertain); a blank one is kept as one space.
pub(super) fn description(text: Option<&str>) -> Result<String, Rejection> {
    let text = text.unwrap_or_default();
    let length = text.chars().count();
    if length > 255 {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        return Err(Rejection::out_of_range("GlobalReplicationGroupDescription", length, 0, 255));
    }
    Ok(if text.trim().is_empty() { " ".to_owned() } else { text.to_owned() })
}

/// What can be in a global datastore: some node types, Valkey and Redis from 5.0.6, no IPv6, no durability (user guide).
pub(super) fn supported(primary: &ReplicationGroup) -> Result<(), Rejection> {
    let member = &primary.spec.member;
    if !member.cache_node_type.facts().is_some_and(|facts| facts.in_global_datastores) {
        return Err(GlobalRejection::NodeType(member.cache_node_type.to_string()).into());
    }
    let number = member.engine_version.parse::<VersionNumber>();
    let old = number.is_ok_and(|number| number < VersionNumber::new(5, 0, 6));
    if member.engine == Engine::Redis && old {
        return Err(GlobalRejection::Version(member.engine_version.clone()).into());
    }
    if member.network_type != NetworkType::Ipv4 {
        return Err(GlobalRejection::With("IPv6").into());
    }
    if matches!(primary.spec.durability, Durability::Async | Durability::Sync) {
        return Err(GlobalRejection::With("durability").into());
    }
    Ok(())
}
