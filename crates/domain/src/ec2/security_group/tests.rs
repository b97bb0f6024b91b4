use super::*;
use crate::ec2::RequestedPeer;

fn group() -> SecurityGroup {
    let scope = Scope::for_tests();
    let request =
        CreateSecurityGroup { name: "web".into(), description: "for tests".into(), tags: Vec::new() };
    let vpc = SecurityGroup::default_of(&scope).vpc;
    SecurityGroup::create(&scope, &vpc, [].into_iter(), &request, Draw(7)).unwrap()
}

fn tcp(port: i32, cidr: &str) -> RequestedPermission {
    RequestedPermission {
        protocol: Some("6".into()),
        from_port: Some(port),
        to_port: Some(port),
        peers: vec![(RequestedPeer::Ipv4(cidr.into()), None)],
    }
}

fn authorize(group: &mut SecurityGroup, permissions: &[RequestedPermission]) -> Result<usize, String> {
    let added = group.authorize(Direction::Ingress, permissions, &[], Draw(9), Quotas::Aws);
    added.map(|added| added.len()).map_err(|e| format!("{}: {e}", e.code().0))
}

#[test]
fn a_rule_is_there_once() {
    let mut group = group();
    assert_eq!(authorize(&mut group, &[tcp(6379, "10.0.0.9/8"), tcp(22, "0.0.0.0/0")]), Ok(2));
    assert_eq!(
        authorize(&mut group, &[tcp(1, "0.0.0.0/0"), tcp(6379, "10.0.0.0/8")]),
        Err("InvalidPermission.Duplicate: the specified rule \"peer: 10.0.0.0/8, TCP, from port: 6379, to port: 6379, \
             ALLOW\" already exists"
            .to_owned())
    );
    assert_eq!(group.rules_of(Direction::Ingress).count(), 2, "all or none");
    assert_eq!(
        authorize(&mut group, &[tcp(1, "0.0.0.0/0"), tcp(1, "0.0.0.0/0")]),
        Err("InvalidParameterValue: The same permission must not appear multiple times".to_owned())
    );
    let gone = group.revoke(Direction::Ingress, &[tcp(22, "0.0.0.0/0")]).unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(group.revoke(Direction::Egress, &[tcp(6379, "10.0.0.0/8")]), Err(Ec2Rejection::NoSuchRule));
    let id = group.rules_of(Direction::Ingress).next().unwrap().id.clone();
    group.replace_rule(&id, &tcp(11211, "10.0.0.0/8")).unwrap();
    assert_eq!(group.revoke_by_id(Direction::Ingress, &[id]).unwrap()[0].spec.ports, Some((11211, 11211)));
}

#[test]
fn permissions_are_checked() {
    let refused = |permission: RequestedPermission| authorize(&mut group(), &[permission]).unwrap_err();
    assert_eq!(
        refused(tcp(70_000, "0.0.0.0/0")),
        "InvalidParameterValue: Invalid value '70000' for portRange. Must be between 0 and 65535."
    );
    assert_eq!(refused(tcp(22, "10.0.0")), "InvalidParameterValue: CIDR block 10.0.0 is malformed");
    assert_eq!(
        refused(RequestedPermission { to_port: Some(1), ..tcp(22, "0.0.0.0/0") }),
        "InvalidParameterValue: Invalid TCP/UDP port range (22:1)"
    );
    assert!(
        refused(RequestedPermission { protocol: None, ..tcp(22, "0.0.0.0/0") })
            .starts_with("MissingParameter")
    );
    let all = RequestedPermission { protocol: Some("-1".into()), ..tcp(22, "0.0.0.0/0") };
    let mut open = group();
    authorize(&mut open, &[all]).unwrap();
    assert_eq!(open.rules_of(Direction::Ingress).next().unwrap().spec.ports, None, "all ports");
    let many: Vec<_> = (1..=61).map(|port| tcp(port, "0.0.0.0/0")).collect();
    assert!(authorize(&mut group(), &many).unwrap_err().starts_with("RulesPerSecurityGroupLimitExceeded"));
}

#[test]
fn names_are_checked() {
    let refused = |name: &str, description: &str| {
        let (scope, vpc) = (Scope::for_tests(), group().vpc);
        let request =
            CreateSecurityGroup { name: name.into(), description: description.into(), tags: Vec::new() };
        let error = SecurityGroup::create(&scope, &vpc, ["web"].into_iter(), &request, Draw(7)).unwrap_err();
        (error.code().0, error.to_string())
    };
    assert_eq!(refused("default", "d").1, "Cannot use reserved security group name: default");
    assert_eq!(refused("web", "d").0, "InvalidGroup.Duplicate");
    assert_eq!(
        refused("sg-1", "d").1,
        "Value (sg-1) for parameter GroupName is invalid. Group names may not be in the format sg-*."
    );
    assert_eq!(refused("", "d").0, "InvalidParameterValue");
    assert_eq!(refused("x", "ü").0, "InvalidParameterValue");
}
