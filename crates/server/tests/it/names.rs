//! What a VPC's resolver is told: what changed, and all of it only when it has nothing yet.

use dataplane::runtime::fake::Call;

use crate::support::emu::TestEmu;
use crate::support::until;

/// How many names each change tells of, and how often all of them were told.
fn told(emu: &TestEmu) -> (Vec<usize>, usize) {
    let calls = emu.fake().calls();
    let whole = calls.iter().filter(|call| matches!(call, Call::PublishZone(_))).count();
    let changes = calls.into_iter().filter_map(|call| match call {
        Call::ChangeZone(_, change) => Some(change.gone.len() + change.names.len()),
        _ => None,
    });
    (changes.collect(), whole)
}

#[tokio::test]
async fn a_vpcs_resolver_is_told_what_changed_alone() {
    let emu = TestEmu::start().await;
    emu.available("first", "redis").await;
    let (before, whole) = told(&emu);
    for n in 0..20 {
        emu.cluster(&format!("c{n}"), "redis").send().await.unwrap();
    }
    for n in 0..20 {
        emu.until_status(&format!("c{n}"), "available").await;
    }
    emu.available("last", "redis").await;
    let (changes, whole_after) = told(&emu);
    assert_eq!(whole_after, whole, "nothing was told whole again");
    let changes = &changes[before.len()..];
    assert!(changes.len() >= 21, "{changes:?}");
    assert!(changes.iter().all(|names| *names <= 4), "a change grows with others there: {changes:?}");

    emu.client().delete_cache_cluster().cache_cluster_id("c7").send().await.unwrap();
    emu.until_gone("c7").await;
    assert_eq!(told(&emu).1, whole);
    let vpc = emu.fake().networks().pop_first().expect("there is one VPC");
    let without = async || {
        let zone = emu.fake().zone(&vpc).expect("it was told");
        zone.names.keys().all(|name| !name.starts_with("c7.")).then_some(zone)
    };
    let zone = until("the zone is without its name", without).await;
    // Told anew, whole, it is the same.
    emu.fake().tell_returned();
    until("all of it is told again", || async { (told(&emu).1 > whole).then_some(()) }).await;
    assert_eq!(emu.fake().zone(&vpc), Some(zone));
}
