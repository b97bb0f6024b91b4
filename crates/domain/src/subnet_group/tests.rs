use super::validate::{Present, SubnetGroupRequest, create, delete, modify};
use super::*;
use crate::ec2;
use crate::quota::Quotas;
use crate::rejection::RejectionKind as K;

const PRESENT: Present = Present { groups: 0, name_is_taken: false, quotas: Quotas::Aws };

/// The default VPC's subnets, and one of another VPC.
fn world() -> Vec<ec2::Subnet> {
    let mut subnets = ec2::Subnet::defaults_of(&Scope::for_tests());
    let foreign =
        ec2::Subnet { id: "subnet-f".parse().unwrap(), vpc: "vpc-f".parse().unwrap(), ..subnets[0].clone() };
    subnets.push(foreign);
    subnets
}

fn asking(ids: &[&str]) -> SubnetGroupRequest {
    SubnetGroupRequest {
        name: Some("Mine".into()),
        description: Some("for tests".into()),
        subnet_ids: Some(ids.iter().map(ToString::to_string).collect()),
        tags: Vec::new(),
    }
}

fn made(request: &SubnetGroupRequest, present: Present) -> Result<OwnSubnetGroup, (K, String)> {
    let world = world();
    let find = |id: &str| world.iter().find(|subnet| subnet.id.as_str() == id);
    create(request, Scope::for_tests(), present, find).map_err(|e| (e.kind(), e.to_string()))
}

#[test]
fn a_group_lies_in_one_vpc() {
    let ids: Vec<_> = world().iter().map(|subnet| subnet.id.to_string()).collect();
    let group = made(&asking(&[&ids[1], &ids[0], &ids[1]]), PRESENT).unwrap().group;
    assert_eq!((group.name.as_str(), group.subnets.len()), ("mine", 2));
    let blank = SubnetGroupRequest { description: Some(String::new()), ..asking(&[&ids[0]]) };
    assert_eq!(made(&blank, PRESENT).unwrap().group.description, " ");
    let refused = |request: &SubnetGroupRequest, present| made(request, present).unwrap_err();
    assert_eq!(
        refused(&asking(&[&ids[0], "subnet-0"]), PRESENT),
        (K::InvalidParameterValue, format!("Some input subnets in :[{}, subnet-0] are invalid.", ids[0]))
    );
    assert_eq!(
        refused(&asking(&[&ids[0], "subnet-f"]), PRESENT),
        (K::InvalidSubnet, format!("Subnets {} and subnet-f are not in the same VPC.", ids[0]))
    );
    assert_eq!(
        refused(&asking(&[&ids[0]]), Present { name_is_taken: true, ..PRESENT }),
        (K::CacheSubnetGroupAlreadyExists, "Cache subnet group mine already exists.".to_owned())
    );
    let full = Present { groups: 300, ..PRESENT };
    assert_eq!(refused(&asking(&[&ids[0]]), full).0, K::CacheSubnetGroupQuotaExceeded);
    assert!(made(&asking(&[&ids[0]]), Present { quotas: Quotas::Off, ..full }).is_ok());
    assert_eq!(refused(&asking(&[]), PRESENT).1, "The parameter SubnetIds must be provided.");
    let bad = SubnetGroupRequest { name: Some("a.b".into()), ..asking(&[&ids[0]]) };
    assert!(
        refused(&bad, PRESENT).1.starts_with("The parameter CacheSubnetGroupName is not a valid identifier.")
    );
}

#[test]
fn a_group_has_at_most_twenty_subnets() {
    let template = world().remove(0);
    let many: Vec<_> = (0..21)
        .map(|n| ec2::Subnet { id: format!("subnet-{n:x}").parse().unwrap(), ..template.clone() })
        .collect();
    let ids: Vec<_> = many.iter().map(|subnet| subnet.id.as_str()).collect();
    let find = |id: &str| many.iter().find(|subnet| subnet.id.as_str() == id);
    let refusal = create(&asking(&ids), Scope::for_tests(), PRESENT, find).unwrap_err();
    assert_eq!(refusal.kind(), K::CacheSubnetQuotaExceeded);
    assert!(create(&asking(&ids[1..]), Scope::for_tests(), PRESENT, find).is_ok());
}

#[test]
fn what_is_used_stays() {
    let world = world();
    let ids: Vec<_> = world.iter().map(|subnet| subnet.id.to_string()).collect();
    let group = made(&asking(&[&ids[0], &ids[1]]), PRESENT).unwrap().group;
    let find = |id: &str| world.iter().find(|subnet| subnet.id.as_str() == id);
    let used = |subnet: &Subnet| (subnet.id.as_str() == ids[0]).then(|| "my-cache".to_owned());
    let change = |wanted: &[&str]| modify(&asking(wanted), &group, Quotas::Aws, find, used);
    assert_eq!(change(&[&ids[0], &ids[2]]).unwrap().subnets.len(), 2);
    assert_eq!(change(&[&ids[1]]).unwrap_err().kind(), K::SubnetInUse);
    assert_eq!(change(&["subnet-f"]).unwrap_err().kind(), K::InvalidSubnet);
    let words = SubnetGroupRequest { subnet_ids: None, description: Some("new".into()), ..asking(&[]) };
    let described = modify(&words, &group, Quotas::Aws, find, used).unwrap();
    assert_eq!((described.description.as_str(), &described.subnets), ("new", &group.subnets));
    assert_eq!(delete(&group, true).unwrap_err().kind(), K::CacheSubnetGroupInUse);
    assert!(delete(&group, false).is_ok());
    let default = CacheSubnetGroup::default_of(&Vpc::default_of(&Scope::for_tests()));
    assert!(
        delete(&default, false).unwrap_err().to_string().starts_with("The parameter CacheSubnetGroupName")
    );
}
