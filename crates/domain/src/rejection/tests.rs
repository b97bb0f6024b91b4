use super::*;
use crate::arn::ResourceType;

#[track_caller]
fn says(rejection: Rejection, kind: RejectionKind, message: &str) {
    assert_eq!((rejection.kind(), rejection.to_string().as_str()), (kind, message));
}

#[test]
fn a_describe_of_a_group_that_is_not_there_is_refused() {
    says(
        Rejection::ParameterGroupNotFound("nobodys".into()),
        RejectionKind::CacheParameterGroupNotFound,
        "CacheParameterGroup nobodys not found.",
    );
    says(
        Rejection::SubnetGroupNotFound("nobodys".into()),
        RejectionKind::CacheSubnetGroupNotFound,
        "Cache subnet group nobodys not found.",
    );
}

#[test]
fn an_arn_of_nothing_has_its_resources_code() {
    use RejectionKind as K;
    let kinds = ResourceType::ALL.map(|resource| {
        let rejection = Rejection::TaggedNotFound { resource, id: "nothing".to_owned() };
        assert_eq!(rejection.to_string(), "nothing is not present");
        (resource.as_str(), rejection.kind())
    });
    assert_eq!(
        kinds,
        [
            ("cluster", K::CacheClusterNotFound),
            ("replicationgroup", K::ReplicationGroupNotFound),
            ("globalreplicationgroup", K::GlobalReplicationGroupNotFound),
            ("snapshot", K::SnapshotNotFound),
            ("serverlesscache", K::ServerlessCacheNotFound),
            ("serverlesscachesnapshot", K::ServerlessCacheSnapshotNotFound),
            ("user", K::UserNotFound),
            ("usergroup", K::UserGroupNotFound),
            ("parametergroup", K::CacheParameterGroupNotFound),
            ("subnetgroup", K::CacheSubnetGroupNotFound),
            ("securitygroup", K::CacheSecurityGroupNotFound),
            ("reserved-instance", K::ReservedCacheNodeNotFound),
        ]
    );
}

#[test]
fn tag_refusals_have_their_codes() {
    says(Rejection::TagNotFound("team".into()), RejectionKind::TagNotFound, "Tag team not found.");
    says(
        Rejection::TagOnDefault("default.redis7".into()),
        RejectionKind::InvalidParameterValue,
        "Tagging is not supported for the default resource default.redis7.",
    );
}

#[test]
fn each_kind_of_arn_trouble_is_an_invalid_arn_or_a_bad_value() {
    for rejection in [
        Rejection::ArnComponents,
        Rejection::ArnPartition("aws"),
        Rejection::ArnService,
        Rejection::ArnResourceType,
    ] {
        assert_eq!(rejection.kind(), RejectionKind::InvalidArn, "{rejection}");
    }
    for rejection in [Rejection::ArnRegion, Rejection::ArnAccount] {
        assert_eq!(rejection.kind(), RejectionKind::InvalidParameterValue, "{rejection}");
    }
}
