//! DescribeCacheSubnetGroups: the default group, over the default VPC.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::NetworkType;

use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

#[tokio::test]
async fn the_default_group_has_a_subnet_in_every_zone() {
    let emu = TestEmu::start().await;
    let answer = emu.client().describe_cache_subnet_groups().send().await.unwrap();
    let [group] = answer.cache_subnet_groups() else { panic!("{answer:?}") };
    assert_eq!(group.cache_subnet_group_name(), Some("default"));
    assert!(group.vpc_id().unwrap().starts_with("vpc-"));
    assert_eq!(group.arn(), Some("arn:aws:elasticache:us-east-1:000000000000:subnetgroup:default"));
    assert_eq!(group.supported_network_types(), [NetworkType::Ipv4]);
    let mut zones = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for subnet in group.subnets() {
        ids.insert(subnet.subnet_identifier().unwrap());
        zones.insert(subnet.subnet_availability_zone().unwrap().name().unwrap());
        assert_eq!(subnet.supported_network_types(), [NetworkType::Ipv4]);
    }
    let expected = ["a", "b", "c", "d", "e", "f"].map(|letter| format!("us-east-1{letter}"));
    assert_eq!(zones.into_iter().collect::<Vec<_>>(), expected);
    assert!(ids.len() == 6 && ids.iter().all(|id| id.starts_with("subnet-")), "{ids:?}");
}

#[tokio::test]
async fn each_account_and_region_has_its_own() {
    let emu = TestEmu::start().await;
    let mut vpcs = BTreeSet::new();
    for (account, region) in
        [("000000000000", "us-east-1"), ("000000000000", "eu-west-1"), ("111122223333", "us-east-1")]
    {
        let describe = emu.client_of(account, region).describe_cache_subnet_groups();
        let answer = describe.cache_subnet_group_name("DEFAULT").send().await.unwrap();
        vpcs.insert(answer.cache_subnet_groups()[0].vpc_id().unwrap().to_owned());
    }
    assert_eq!(vpcs.len(), 3, "{vpcs:?}");
    let missing = emu.client().describe_cache_subnet_groups().cache_subnet_group_name("mine").send().await;
    assert_eq!(refusal(missing), "400 CacheSubnetGroupNotFoundFault: Cache subnet group mine not found.");
}
