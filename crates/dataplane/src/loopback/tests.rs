use domain::ids::{CacheNodeId, Scope};

use super::*;

fn id(number: u16) -> NodeId {
    let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    NodeId { scope, cluster: "c".parse().unwrap(), node: CacheNodeId::new(number) }
}

/// A port that nothing else on this machine listens on, on any address.
fn quiet_port() -> u16 {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn each_node_has_its_own_address_and_keeps_it() {
    let locks = tempfile::tempdir().unwrap();
    let port = quiet_port();
    let mut loopback = Loopback::new(locks.path(), None);
    let first = loopback.lease(&id(1), port).unwrap();
    let second = loopback.lease(&id(2), port).unwrap();
    assert_ne!(first.ip(), second.ip());
    assert_eq!((first.port(), second.port()), (port, port));
    assert_eq!(loopback.lease(&id(1), port).unwrap(), first);
    loopback.release(&id(1));
    assert_eq!(loopback.lease(&id(3), port).unwrap(), first);
}

#[test]
fn instances_have_slices_of_their_own() {
    let locks = tempfile::tempdir().unwrap();
    let port = quiet_port();
    let mut one = Loopback::new(locks.path(), None);
    let mut other = Loopback::new(locks.path(), None);
    let slice = |socket: SocketAddrV4| socket.ip().octets()[2];
    assert_eq!(slice(one.lease(&id(1), port).unwrap()), 0);
    assert_eq!(slice(other.lease(&id(1), port).unwrap()), 1);
    drop(one);
    let mut third = Loopback::new(locks.path(), None);
    assert_eq!(slice(third.lease(&id(1), port).unwrap()), 0);
}

#[test]
fn an_instance_finds_the_slice_again_that_its_processes_are_in() {
    let locks = tempfile::tempdir().unwrap();
    let port = quiet_port();
    let slice = |name: &str| {
        let mut loopback = Loopback::new(locks.path(), None).of_instance(name);
        loopback.lease(&id(1), port).unwrap().ip().octets()[2]
    };
    assert_eq!(slice("default"), 0);
    assert_eq!(slice("p4600"), slice("p4600"), "whoever was there meanwhile");
    assert_ne!(slice("p4600"), slice("p4601"));
}

#[test]
fn a_full_slice_is_followed_by_another() {
    let locks = tempfile::tempdir().unwrap();
    let port = quiet_port();
    let mut loopback = Loopback::new(locks.path(), None);
    let sockets: Vec<_> = (1..=260).map(|number| loopback.lease(&id(number), port).unwrap()).collect();
    assert_eq!(sockets[253].ip().octets()[2], 0);
    assert_eq!(sockets[254].ip().octets()[2], 1);
}

#[test]
fn one_foreign_listener_costs_an_address_and_one_on_all_costs_the_port() {
    let locks = tempfile::tempdir().unwrap();
    let port = quiet_port();
    let mut loopback = Loopback::new(locks.path(), None);
    let foreign = TcpListener::bind((Ipv4Addr::new(127, 83, 0, 1), port)).unwrap();
    let beside = loopback.lease(&id(1), port).unwrap();
    assert_eq!((*beside.ip(), beside.port()), (Ipv4Addr::new(127, 83, 0, 2), port));
    drop(foreign);

    let _everywhere = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
    let elsewhere = loopback.lease(&id(2), port).unwrap();
    assert_eq!(elsewhere.ip().octets()[..2], [127, 83]);
    assert_ne!(elsewhere.port(), port);
}

#[test]
fn where_the_engines_port_is_taken_everywhere_a_free_one_of_the_range_serves() {
    let locks = tempfile::tempdir().unwrap();
    let everywhere = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let taken = everywhere.local_addr().unwrap().port();
    let first = quiet_port();
    let mut loopback = Loopback::new(locks.path(), Some(first..=first));
    let socket = loopback.lease(&id(1), taken).unwrap();
    assert_eq!(socket.port(), first);
    let _held = TcpListener::bind(socket).unwrap();
    let mut of_none = Loopback::new(locks.path(), Some(taken..=taken));
    let Err(RuntimeError::Exhausted(said)) = of_none.lease(&id(2), taken) else { panic!("a port was found") };
    assert!(said.contains("SIMFRA_ELASTICACHE_PORT_RANGE"), "{said}");
}
