//! Cache subnet groups: the default one, over the default VPC, and one's own over networks of one's own.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{NetworkType, Tag};

use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::post;
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

/// A VPC of its own with a subnet in each of two zones: the VPC's id and theirs.
fn network(emu: &TestEmu, block: &str) -> (String, [String; 2]) {
    let vpc = ec2(emu, &format!("Action=CreateVpc&CidrBlock={block}.0.0/16"), "vpcId");
    let subnet = |n: u8, zone: &str| {
        let place = format!("VpcId={vpc}&CidrBlock={block}.{n}.0/24&AvailabilityZone={zone}");
        ec2(emu, &format!("Action=CreateSubnet&{place}"), "subnetId")
    };
    let subnets = [subnet(1, "us-east-1b"), subnet(2, "us-east-1c")];
    (vpc, subnets)
}

fn ec2(emu: &TestEmu, request: &str, element: &str) -> String {
    let reply = emu.ask(&post(&format!("{request}&Version=2016-11-15")));
    assert_eq!(reply.status, 200, "{request}: {reply:?}");
    reply.element(element).to_owned()
}

fn ec2_refusal(emu: &TestEmu, request: &str) -> String {
    let reply = emu.ask(&post(&format!("{request}&Version=2016-11-15")));
    format!("{} {}", reply.status, reply.element("Code"))
}

#[tokio::test]
async fn a_cluster_lies_in_its_group() {
    let emu = TestEmu::on(Stage::durable()).await;
    let (vpc, [one, other]) = network(&emu, "10.7");
    let tag = Tag::builder().key("team").value("caches").build();
    let create = emu.client().create_cache_subnet_group().cache_subnet_group_name("Mine");
    let create = create.cache_subnet_group_description("").subnet_ids(&one).subnet_ids(&other).tags(tag);
    let made = create.send().await.unwrap();
    let group = made.cache_subnet_group().unwrap();
    assert_eq!((group.cache_subnet_group_name(), group.vpc_id()), (Some("mine"), Some(vpc.as_str())));
    assert_eq!(group.cache_subnet_group_description(), Some(" "), "as AWS writes none");
    let arn = group.arn().unwrap();
    let tags = emu.client().list_tags_for_resource().resource_name(arn).send().await.unwrap();
    assert_eq!(tags.tag_list()[0].key(), Some("team"));

    let bad = emu.cluster("my-cache", "redis").cache_subnet_group_name("mine");
    let bad = bad.preferred_availability_zone("us-east-1a").send().await;
    assert_eq!(
        refusal(bad),
        "400 InvalidVPCNetworkStateFault: No subnet is present in the cache subnet group for availability zone us-east-1a"
    );
    let security = ec2(
        &emu,
        &format!("Action=DescribeSecurityGroups&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}"),
        "groupId",
    );
    not_the_default_vpcs_security_group(&emu).await;

    let create = emu.cluster("my-cache", "redis").cache_subnet_group_name("MINE");
    create.preferred_availability_zone("us-east-1c").send().await.unwrap();
    emu.until_status("my-cache", "available").await;
    let answer = emu.client().describe_cache_clusters().show_cache_node_info(true).send().await.unwrap();
    let cluster = &answer.cache_clusters()[0];
    assert_eq!(cluster.cache_subnet_group_name(), Some("mine"));
    assert_eq!(cluster.preferred_availability_zone(), Some("us-east-1c"));
    assert_eq!(
        cluster.security_groups()[0].security_group_id(),
        Some(security.as_str()),
        "the VPC's default"
    );
    let nodes = emu.stage().nodes().await;
    assert_eq!(nodes.len(), 1);
    let resolved = emu.resolve("my-cache.abcdef.0001.use1.cache.simfra.dev");
    assert!(resolved.is_ok(), "{resolved:?}");
    let interface = ec2(&emu, "Action=DescribeNetworkInterfaces", "privateIpAddress");
    assert_eq!(interface, "10.7.2.4", "the first address of the subnet that is not AWS's own");

    // What it is in stays, in whichever order somebody tries.
    for request in [format!("Action=DeleteVpc&VpcId={vpc}"), format!("Action=DeleteSubnet&SubnetId={other}")]
    {
        assert_eq!(ec2_refusal(&emu, &request), "400 DependencyViolation", "{request}");
    }
    let delete = || emu.client().delete_cache_subnet_group().cache_subnet_group_name("mine").send();
    assert_eq!(
        refusal(delete().await),
        "400 CacheSubnetGroupInUse: Cache subnet group mine is currently in use by a cache cluster."
    );
    let modify = || emu.client().modify_cache_subnet_group().cache_subnet_group_name("mine");
    assert_eq!(
        refusal(modify().subnet_ids(&one).send().await),
        format!("400 SubnetInUse: The subnet {other} is in use by cache cluster my-cache.")
    );
    let modified =
        modify().subnet_ids(&other).cache_subnet_group_description("smaller").send().await.unwrap();
    let group = modified.cache_subnet_group().unwrap();
    assert_eq!((group.subnets().len(), group.cache_subnet_group_description()), (1, Some("smaller")));

    // All of it survives, and goes in order.
    let emu = TestEmu::on(emu.crash()).await;
    let groups = emu.client().describe_cache_subnet_groups().send().await.unwrap();
    let names: Vec<_> =
        groups.cache_subnet_groups().iter().filter_map(|g| g.cache_subnet_group_name()).collect();
    assert_eq!(names, ["default", "mine"]);
    emu.client().delete_cache_cluster().cache_cluster_id("my-cache").send().await.unwrap();
    emu.until_gone("my-cache").await;
    emu.client().delete_cache_subnet_group().cache_subnet_group_name("mine").send().await.unwrap();
    for request in [
        format!("Action=DeleteSubnet&SubnetId={one}"),
        format!("Action=DeleteSubnet&SubnetId={other}"),
        format!("Action=DeleteVpc&VpcId={vpc}"),
    ] {
        assert_eq!(ec2(&emu, &request, "return"), "true");
    }
}

/// A cluster cannot have the security group of another VPC.
async fn not_the_default_vpcs_security_group(emu: &TestEmu) {
    let foreign = ec2(emu, "Action=DescribeSecurityGroups&GroupName.1=default", "groupId");
    let create = emu.cluster("my-cache", "redis").cache_subnet_group_name("mine");
    let refused = create.security_group_ids(&foreign).send().await;
    let expected = format!("400 InvalidParameterValue: Some security groups are invalid: [{foreign}]");
    assert_eq!(refusal(refused), expected);
}

#[tokio::test]
async fn refusals_of_groups() {
    let emu = TestEmu::start().await;
    let (_, [one, _]) = network(&emu, "10.7");
    let (_, [foreign, _]) = network(&emu, "10.8");
    let client = emu.client();
    let create = |name: &str, subnets: &[&str]| {
        let create = client.create_cache_subnet_group().cache_subnet_group_name(name);
        let subnets = subnets.iter().map(ToString::to_string).collect();
        create.cache_subnet_group_description("d").set_subnet_ids(Some(subnets)).send()
    };
    let identifier = "is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, \
         digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.";
    for (refused, expected) in [
        (
            create("mine", &[]).await,
            "400 InvalidParameterValue: The parameter SubnetIds must be provided.".to_owned(),
        ),
        (
            create("mine", &[&one, "subnet-0"]).await,
            format!("400 InvalidParameterValue: Some input subnets in :[{one}, subnet-0] are invalid."),
        ),
        (
            create("mine", &[&one, &foreign]).await,
            format!("400 InvalidSubnet: Subnets {one} and {foreign} are not in the same VPC."),
        ),
        (
            create("Default", &[&one]).await,
            "400 CacheSubnetGroupAlreadyExists: Cache subnet group default already exists.".to_owned(),
        ),
        (
            create("a.b", &[&one]).await,
            format!("400 InvalidParameterValue: The parameter CacheSubnetGroupName {identifier}"),
        ),
    ] {
        assert_eq!(refusal(refused), expected);
    }
    create("mine", &[&one]).await.unwrap();
    let modify = |name: &str| client.modify_cache_subnet_group().cache_subnet_group_name(name);
    assert_eq!(
        refusal(modify("mine").subnet_ids(&foreign).send().await),
        format!("400 InvalidSubnet: Subnets {one} and {foreign} are not in the same VPC.")
    );
    assert_eq!(
        refusal(modify("nobodys").send().await),
        "400 CacheSubnetGroupNotFoundFault: Cache subnet group nobodys not found."
    );
    let delete = |name: &str| client.delete_cache_subnet_group().cache_subnet_group_name(name).send();
    assert_eq!(
        refusal(delete("nobodys").await),
        "400 CacheSubnetGroupNotFoundFault: Cache Subnet Group nobodys does not exist."
    );
    assert_eq!(
        refusal(delete("default").await),
        format!("400 InvalidParameterValue: The parameter CacheSubnetGroupName {identifier}")
    );
    let groups = client.describe_cache_subnet_groups().send().await.unwrap();
    assert_eq!(groups.cache_subnet_groups().len(), 2);
    assert_eq!(emu.admin("POST", "/reset", "").0, 204);
    let groups = client.describe_cache_subnet_groups().send().await.unwrap();
    assert_eq!(groups.cache_subnet_groups().len(), 1, "a reset takes them along");
    assert!(ec2_refusal(&emu, &format!("Action=DescribeSubnets&SubnetId.1={one}")).contains("NotFound"));
}

#[tokio::test]
async fn two_vpcs_of_one_range_share_no_address() {
    let emu = TestEmu::start().await;
    for (group, block) in [("one", "10.7"), ("two", "10.7")] {
        let (_, [subnet, _]) = network(&emu, block);
        let create = emu.client().create_cache_subnet_group().cache_subnet_group_name(group);
        create.cache_subnet_group_description("d").subnet_ids(subnet).send().await.unwrap();
        emu.cluster(group, "redis").cache_subnet_group_name(group).send().await.unwrap();
        emu.until_status(group, "available").await;
    }
    let reply = emu.ask(&post("Action=DescribeNetworkInterfaces&Version=2016-11-15"));
    assert_eq!(reply.body.matches("<privateIpAddress>10.7.1.4</privateIpAddress>").count(), 4, "{reply:?}");
}

#[tokio::test]
async fn an_account_has_no_cache_security_groups() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    let all = client.describe_cache_security_groups().send().await.unwrap();
    assert!(all.cache_security_groups().is_empty());
    let one = client.describe_cache_security_groups().cache_security_group_name("mine").send().await;
    assert_eq!(refusal(one), "404 CacheSecurityGroupNotFound: CacheSecurityGroup not found: mine");
    let page = client.describe_cache_security_groups().max_records(1).send().await;
    assert_eq!(
        refusal(page),
        "400 InvalidParameterValue: Invalid value 1 for MaxRecords. Must be between 20 and 100"
    );
    let classic = "400 InvalidParameterValue: Use of cache security groups is not permitted in this API version for your \
         account.";
    let create = client.create_cache_security_group().cache_security_group_name("mine").description("d");
    assert_eq!(refusal(create.send().await), classic);
    let delete = client.delete_cache_security_group().cache_security_group_name("mine");
    assert_eq!(refusal(delete.send().await), classic);
    let authorize = client.authorize_cache_security_group_ingress().cache_security_group_name("mine");
    let authorize = authorize.ec2_security_group_name("x").ec2_security_group_owner_id("000000000000");
    assert_eq!(refusal(authorize.send().await), classic);
    let revoke = client.revoke_cache_security_group_ingress().cache_security_group_name("mine");
    let revoke = revoke.ec2_security_group_name("x").ec2_security_group_owner_id("000000000000");
    assert_eq!(refusal(revoke.send().await), classic);
}
