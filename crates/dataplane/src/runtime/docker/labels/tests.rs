use super::*;
use crate::runtime::{NetworkSpec, Storage};

fn owner(instance: &str) -> Owner {
    Owner { instance: instance.to_owned(), lock: "/run/lock".to_owned(), durable: false }
}

fn spec() -> NodeSpec {
    let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    NodeSpec {
        id: NodeId { scope: scope.clone(), cluster: "my-cache".parse().unwrap(), node: CacheNodeId::new(1) },
        generation: Generation(3),
        arn: "arn:aws:elasticache:us-east-1:000000000000:cluster:my-cache".to_owned(),
        engine: domain::engine::Engine::Redis,
        version: None,
        port: 6379,
        network: NetworkSpec {
            vpc: VpcKey { scope, vpc: "vpc-0a".parse().unwrap() },
            cidr: "172.31.0.0/16".parse().unwrap(),
        },
        address: Ipv4Addr::new(172, 31, 0, 9),
        storage: Storage::Ephemeral,
        memory: None,
        seed: None,
        tls: None,
        replication: crate::runtime::Replication::Alone,
        is_proxied: false,
        configuration: crate::runtime::Configuration::default(),
    }
}

#[test]
fn a_node_is_read_back_from_its_labels() {
    let address = Ipv4Addr::new(10, 200, 0, 9);
    let labels = owner("default").node_labels(&spec(), Role::Node, address);
    let read = NodeLabels::read(&labels).unwrap();
    assert_eq!(
        read,
        NodeLabels {
            role: Role::Node,
            is_pair: false,
            id: spec().id,
            generation: Generation(3),
            address,
            port: 6379,
            authority: None
        }
    );
    assert_eq!(vpc(&labels), Some(spec().network.vpc));
}

#[test]
fn names_carry_every_instance_but_the_default() {
    let id = spec().id;
    assert_eq!(owner("default").container(&id), "simfra-elasticache-000000000000-us-east-1-my-cache-0001");
    assert_eq!(
        owner("p4600").container(&id),
        "simfra-elasticache-000000000000-us-east-1-my-cache-0001-p4600"
    );
    assert_eq!(owner("default").network(&spec().network.vpc), "simfra-vpc-000000000000-us-east-1-vpc-0a");
}

#[test]
fn another_lock_is_another_owner() {
    let labels = owner("default").node_labels(&spec(), Role::Node, Ipv4Addr::LOCALHOST);
    assert!(owner("default").owns(&labels));
    assert!(!owner("other").owns(&labels));
    let elsewhere = Owner { lock: "/elsewhere".to_owned(), ..owner("default") };
    assert!(!elsewhere.owns(&labels));
}

#[test]
fn only_what_is_not_durable_is_disposable() {
    let labels = owner("default").node_labels(&spec(), Role::Node, Ipv4Addr::LOCALHOST);
    assert_eq!(disposable_lock(&labels), Some(Lock::File("/run/lock".into())));
    let durable = Owner { durable: true, ..owner("default") };
    assert_eq!(disposable_lock(&durable.node_labels(&spec(), Role::Node, Ipv4Addr::LOCALHOST)), None);
    assert_eq!(disposable_lock(&Labels::new()), None);
}

#[test]
fn a_lock_is_read_back_from_its_label() {
    for lock in
        [Lock::File("/run/lock".into()), Lock::Container("0a1b".to_owned()), Lock::Data("0a1b".to_owned())]
    {
        assert_eq!(Lock::read(&lock.to_string()), lock);
    }
}
