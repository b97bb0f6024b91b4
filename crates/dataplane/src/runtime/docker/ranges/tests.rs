use super::*;

fn net(text: &str) -> Ipv4Net {
    text.parse().unwrap()
}

fn taken(ranges: &[&str]) -> Vec<Taken> {
    ranges.iter().map(|r| Taken { range: net(r), by: "a test".to_owned() }).collect()
}

fn pool() -> RangeInclusive<Ipv4Addr> {
    Ipv4Addr::new(10, 200, 0, 0)..=Ipv4Addr::new(10, 202, 0, 0)
}

#[test]
fn a_free_range_is_kept() {
    let choice = choose(net("172.31.0.0/16"), &pool(), &taken(&["172.17.0.0/16", "10.0.0.0/8"])).unwrap();
    assert_eq!(choice, Choice { pool: net("172.31.0.0/16"), instead_of: None });
}

#[test]
fn overlaps_in_either_direction_lead_to_the_pool() {
    for obstacle in ["172.16.0.0/12", "172.31.9.0/24", "172.31.0.53/32"] {
        let choice = choose(net("172.31.0.0/16"), &pool(), &taken(&[obstacle])).unwrap();
        assert_eq!(choice.pool, net("10.200.0.0/16"));
        assert_eq!(choice.instead_of, Some(format!("{obstacle} is taken by a test")));
    }
}

#[test]
fn the_first_free_sixteen_of_the_pool_is_chosen_and_the_last_one_counts() {
    let own = net("172.31.0.0/16");
    let most = taken(&["172.31.0.0/16", "10.200.7.0/24", "10.201.0.0/16"]);
    assert_eq!(choose(own, &pool(), &most).unwrap().pool, net("10.202.0.0/16"));
    assert_eq!(choose(own, &pool(), &taken(&["172.31.0.0/16", "10.0.0.0/8"])), None);
}

#[test]
fn addresses_keep_their_offset() {
    let (cidr, pool) = (net("172.31.0.0/16"), net("10.200.0.0/16"));
    assert_eq!(translate(Ipv4Addr::new(172, 31, 16, 7), cidr, pool), Some(Ipv4Addr::new(10, 200, 16, 7)));
    assert_eq!(translate(Ipv4Addr::new(172, 30, 16, 7), cidr, pool), None);
    assert_eq!((nth(pool, 1), nth(pool, 2)), (Ipv4Addr::new(10, 200, 0, 1), Ipv4Addr::new(10, 200, 0, 2)));
}

#[test]
fn docker_hands_out_only_the_top_of_the_range() {
    assert_eq!(dynamic_slice(net("172.31.0.0/16")), net("172.31.240.0/20"));
    assert_eq!(dynamic_slice(net("10.0.0.0/24")), net("10.0.0.240/28"));
    assert_eq!(dynamic_slice(net("10.0.0.16/28")), net("10.0.0.28/30"));
}

#[test]
fn routes_are_read_and_default_routes_take_nothing() {
    let line = |destination: [u8; 4], mask: [u8; 4]| {
        let hex = |b| format!("{:08X}", u32::from_ne_bytes(b));
        format!("eth0\t{}\t00000000\t0001\t0\t0\t0\t{}\t0\t0\t0\n", hex(destination), hex(mask))
    };
    let text = [
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n".to_owned(),
        line([0, 0, 0, 0], [0, 0, 0, 0]),
        line([128, 0, 0, 0], [128, 0, 0, 0]),
        line([172, 17, 0, 0], [255, 255, 0, 0]),
        line([10, 8, 0, 1], [255, 255, 255, 255]),
        "nonsense\n".to_owned(),
    ]
    .concat();
    let ranges: Vec<Ipv4Net> = routes(&text).into_iter().map(|t| t.range).collect();
    assert_eq!(ranges, [net("172.17.0.0/16"), net("10.8.0.1/32")]);
}

#[test]
fn name_servers_are_read() {
    let text = "# comment\nsearch lan\nnameserver 127.0.0.53\nnameserver 10.255.255.53\nnameserver fe80::1\n";
    let ranges: Vec<Ipv4Net> = name_servers(text).into_iter().map(|t| t.range).collect();
    assert_eq!(ranges, [net("10.255.255.53/32")]);
}

#[test]
fn only_a_networks_own_route_leads_to_a_node() {
    let node = Ipv4Addr::new(172, 31, 64, 4);
    assert!(leads_to(&taken(&["172.17.0.0/16", "172.31.0.0/16"]), node));
    assert!(!leads_to(&taken(&["172.17.0.0/16"]), node), "the bridge is gone");
    assert!(!leads_to(&taken(&["172.16.0.0/12"]), node), "somebody's way to other networks");
}
