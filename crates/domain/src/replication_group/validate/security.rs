//! Encryption, user groups and data tiering of a new group.

use crate::cluster::ClusterSpec;
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};
use crate::network::{AtRestEncryption, TransitEncryption};
use crate::node_type::{CacheNodeType, DataTiering};
use crate::rejection::Rejection;
use crate::replication_group::GroupRejection;
use crate::replication_group::{CreateReplicationGroup, Surroundings};
use crate::user::UserEngine;
use crate::user_group::UserGroupPhase;

/// `DataTieringEnabled`: needed by R6gd nodes, and for them alone; from Redis 6.2, every Valkey.
pub(super) fn data_tiering(request: &CreateReplicationGroup) -> Result<DataTiering, Rejection> {
    let asked = request.data_tiering_enabled == Some(true);
    let Some(name) = request.cache_node_type.as_deref().filter(|name| !name.is_empty()) else {
        // Its absence is complained of as a cluster's.
        return Ok(DataTiering::Off);
    };
    let node_type: CacheNodeType = name.parse()?;
    let needed = node_type.facts().is_some_and(|facts| facts.needs_data_tiering);
    match (asked, needed) {
        (true, true) => {}
        (false, false) => return Ok(DataTiering::Off),
        (false, true) => return Err(GroupRejection::DataTieringNeeded(name.to_owned()).into()),
        (true, false) => return Err(GroupRejection::NoDataTiering(name.to_owned()).into()),
    }
    let engine = request.engine.as_deref().unwrap_or(Engine::Redis.as_str());
    if let Ok(engine) = engine.parse::<Engine>() {
        let asked = request.engine_version.as_deref().filter(|version| !version.is_empty());
        let version = EngineVersion::resolve(engine, asked)?;
        if engine == Engine::Redis && version.number() < VersionNumber::new(6, 2, 0) {
            return Err(GroupRejection::NoDataTieringOnVersion(version.to_string()).into());
        }
    }
    Ok(DataTiering::On)
}

/// `TransitEncryptionMode`, `AtRestEncryptionEnabled` and `KmsKeyId`. Valkey's data is encrypted at rest where nothing
/// is said, Redis's is not.
pub(super) fn put_into(member: &mut ClusterSpec, request: &CreateReplicationGroup) -> Result<(), Rejection> {
    if let Some(mode) = request.transit_encryption_mode.as_deref() {
        let mode = transit_mode(mode)?;
        if !member.transit_encryption.is_on() {
            return Err(GroupRejection::TransitModeNeedsEncryption.into());
        }
        if mode == TransitEncryption::Preferred {
            changes_transit_encryption(member)?;
        }
        member.transit_encryption = mode;
    }
    let on = request.at_rest_encryption_enabled.unwrap_or(member.engine == Engine::Valkey);
    let key = request.kms_key_id.as_deref().filter(|key| !key.is_empty());
    member.at_rest_encryption = match (on, key) {
        (true, Some(key)) => AtRestEncryption::Key(key.to_owned()),
        (true, None) => AtRestEncryption::Service,
        (false, None) => AtRestEncryption::Off,
        (false, Some(_)) => return Err(Rejection::Needs("KmsKeyId", "AtRestEncryptionEnabled")),
    };
    Ok(())
}

/// `TransitEncryptionMode`.
pub(super) fn transit_mode(text: &str) -> Result<TransitEncryption, Rejection> {
    match text {
        "preferred" => Ok(TransitEncryption::Preferred),
        "required" => Ok(TransitEncryption::Required),
        _ => Err(Rejection::NotListed {
            parameter: "TransitEncryptionMode",
            value: text.to_owned(),
            allowed: "preferred, required".to_owned(),
        }),
    }
}

/// Both TLS and plain text, and changes of either, came with Redis 7.0; every Valkey has them.
pub(super) fn changes_transit_encryption(member: &ClusterSpec) -> Result<(), Rejection> {
    if has_changes_in_place(member) {
        return Ok(());
    }
    Err(GroupRejection::TransitNotForVersion(member.engine_version.clone()).into())
}

/// Whether the engine is one of those whose encryption and cluster mode change in place: Redis from 7.0, Valkey.
pub(crate) fn has_changes_in_place(member: &ClusterSpec) -> bool {
    let number = member.engine_version.parse::<VersionNumber>();
    member.engine == Engine::Valkey || number.is_ok_and(|number| number >= VersionNumber::new(7, 0, 0))
}

/// `UserGroupIds`: at most one, on a group with TLS and without a token.
pub(super) fn user_groups(
    request: &CreateReplicationGroup,
    member: &ClusterSpec,
    world: &Surroundings<'_>,
) -> Result<Vec<String>, Rejection> {
    if request.user_group_ids.is_empty() {
        return Ok(Vec::new());
    }
    if member.auth.is_some() {
        return Err(Rejection::Exclusive("AuthToken", "UserGroupIds"));
    }
    known_user_groups(&request.user_group_ids, member, world)
}

/// User groups that are there, on a group that can have them.
pub(super) fn known_user_groups(
    asked: &[String],
    member: &ClusterSpec,
    world: &Surroundings<'_>,
) -> Result<Vec<String>, Rejection> {
    if asked.len() > 1 {
        return Err(GroupRejection::OneUserGroup.into());
    }
    if !member.transit_encryption.is_on() {
        return Err(GroupRejection::UserGroupsNeedTransitEncryption.into());
    }
    asked.iter().map(|id| known_user_group(id, member, world)).collect()
}

/// A user group that is active and whose users the engine has.
fn known_user_group(
    asked: &str,
    member: &ClusterSpec,
    world: &Surroundings<'_>,
) -> Result<String, Rejection> {
    let group = asked.parse().ok().and_then(|id| world.neighbours.user_group(&id));
    let group = group.ok_or_else(|| GroupRejection::UserGroupNotFound(asked.to_owned()))?;
    if group.phase != UserGroupPhase::Active {
        return Err(GroupRejection::UserGroupState(asked.to_owned()).into());
    }
    if group.engine == UserEngine::Valkey && member.engine != Engine::Valkey {
        return Err(GroupRejection::UserGroupEngine(asked.to_owned()).into());
    }
    Ok(group.id.to_string())
}
