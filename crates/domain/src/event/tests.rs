use super::*;
use crate::catalogue::Table;
use crate::rejection::RejectionKind;
use crate::replication_group::NodeGroupId;
use crate::user::UserEvent;
use crate::user_group::UserGroupEvent;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn messages_are_the_tables() {
    let node = CacheNodeId::new(1);
    let zone = "us-east-1e".parse().unwrap();
    let member = |n: u8| format!("g-00{n}").parse().unwrap();
    let (from, to) = (|| "{from}".to_owned(), || "{to}".to_owned());
    let said = [
        ("created", ClusterEvent::Created),
        ("node added", ClusterEvent::NodeAdded { node, zone }),
        ("create failed", ClusterEvent::CreateFailed("{cause}".into())),
        ("recovering", ClusterEvent::Recovering(vec![node, CacheNodeId::new(2)])),
        ("recovered", ClusterEvent::Recovered(vec![node, CacheNodeId::new(2)])),
        ("failover", ClusterEvent::Failover { from: member(1), to: member(2) }),
        ("node shutdown", ClusterEvent::NodeShutdown(node)),
        ("node restarted", ClusterEvent::NodeRestarted(node)),
        ("security groups modified", ClusterEvent::SecurityGroupsModified),
        ("parameter group modified", ClusterEvent::ParameterGroupModified("{group}".into())),
        ("engine upgraded", ClusterEvent::EngineUpgraded { from: from(), to: to() }),
        ("upgrade failed", ClusterEvent::UpgradeFailed { from: from(), to: to(), cause: "{cause}".into() }),
        ("node type changed", ClusterEvent::NodeTypeChanged { from: from(), to: to() }),
        ("node type failed", ClusterEvent::NodeTypeFailed { to: to(), cause: "{cause}".into() }),
        ("modified", ClusterEvent::Modified),
        (
            "snapshot taken",
            ClusterEvent::SnapshotTaken { snapshot: "s".parse().unwrap(), cluster: member(1) },
        ),
        ("deleted", ClusterEvent::Deleted),
    ];
    let group = || "g".parse().unwrap();
    let of_groups = [
        ("group created", GroupEvent::Created(group())),
        ("group create failed", GroupEvent::CreateFailed("{cause}".into())),
        ("failover on", GroupEvent::FailoverOn(group())),
        ("failover off", GroupEvent::FailoverOff(group())),
        ("test failover", GroupEvent::TestFailover(NodeGroupId::FIRST)),
        ("group failover", GroupEvent::Failover { from: member(1), to: member(2) }),
        ("group modified", GroupEvent::Modified),
        ("member added", GroupEvent::MemberAdded(member(1))),
        ("member removed", GroupEvent::MemberRemoved(member(1))),
        (
            "members not added",
            GroupEvent::MembersNotAdded { members: vec![member(1), member(2)], cause: "{cause}".into() },
        ),
        ("resharded", GroupEvent::Resharded),
        ("not resharded", GroupEvent::NotResharded("{cause}".into())),
        (
            "group snapshot taken",
            GroupEvent::SnapshotTaken { snapshot: "s".parse().unwrap(), group: group() },
        ),
        ("group deleted", GroupEvent::Deleted),
    ];
    let said = said.map(|(name, event)| (name, "cache-cluster", event.to_string())).into_iter().chain([
        ("created", "user", UserEvent::Created.to_string()),
        ("modified", "user", UserEvent::Modified.to_string()),
        ("deleted", "user", UserEvent::Deleted.to_string()),
        ("created", "user-group", UserGroupEvent::Created.to_string()),
        ("modified", "user-group", UserGroupEvent::Modified.to_string()),
        ("deleted", "user-group", UserGroupEvent::Deleted.to_string()),
    ]);
    let of_groups = of_groups.map(|(name, event)| (name, "replication-group", event.to_string()));
    let said = said.chain(of_groups);
    let said: Vec<_> = said.collect();
    let templates = Table::parse(include_str!("../../data/events.tsv"))
        .rows(|row| (row.text("event"), row.text("source_type"), row.text("message")));
    // Serverless caches' are held beside them.
    let of_serverless = |source_type: &str| source_type.starts_with("serverless-cache");
    let templates: Vec<_> = templates.into_iter().filter(|row| !of_serverless(row.1)).collect();
    assert_eq!(templates.len(), said.len());
    for ((name, source_type, template), (expected, source, event)) in templates.into_iter().zip(said) {
        let filled = template
            .replace("{node}", "0001")
            .replace("{nodes}", "0001, 0002")
            .replace("{zone}", "us-east-1e")
            .replace("{primary}", "g-001")
            .replace("{replica}", "g-002")
            .replace("{replication group}", "g")
            .replace("{snapshot}", "s")
            .replace("{members}", "g-001, g-002");
        assert_eq!((name, source_type), (expected, source));
        assert_eq!(event, filled);
    }
}

#[test]
fn a_query_without_a_window_asks_for_the_last_hour() {
    let now = at("2026-03-01T12:00:00Z");
    let query = EventQuery::parse(&DescribeEvents::default(), now).unwrap();
    let event = |date| ClusterEvent::Created.of(&"my-cache".parse().unwrap(), at(date));
    assert!(query.matches(&event("2026-03-01T11:00:00Z")));
    assert!(!query.matches(&event("2026-03-01T10:59:59Z")));
    let named = DescribeEvents {
        source_identifier: Some("My-Cache".into()),
        source_type: Some("cache-cluster".into()),
        duration: Some(120),
        ..Default::default()
    };
    let named = EventQuery::parse(&named, now).unwrap();
    assert!(named.matches(&event("2026-03-01T10:30:00Z")));
    let other = DescribeEvents { source_type: Some("user".into()), ..Default::default() };
    assert!(!EventQuery::parse(&other, now).unwrap().matches(&event("2026-03-01T11:30:00Z")));
}

#[test]
fn windows_are_refused_that_cannot_be() {
    let now = at("2026-03-15T12:00:00Z");
    let refusal = |request: DescribeEvents| {
        let refusal = EventQuery::parse(&request, now).expect_err("a bad window");
        (refusal.kind(), refusal.to_string())
    };
    let start = |text| DescribeEvents { start_time: Some(at(text)), ..Default::default() };
    assert!(EventQuery::parse(&start("2026-03-01T12:00:00Z"), now).is_ok());
    assert_eq!(
        refusal(start("2026-03-01T11:59:59Z")),
        (
            RejectionKind::InvalidParameterValue,
            "Events are kept for 14 days. StartTime 2026-03-01T11:59:59Z is too long ago.".to_owned()
        )
    );
    assert_eq!(
        refusal(start("2026-03-15T12:00:01Z")),
        (RejectionKind::InvalidParameterCombination, "StartTime must be before EndTime.".to_owned())
    );
    for duration in [0, -5, 20161] {
        assert_eq!(
            refusal(DescribeEvents { duration: Some(duration), ..Default::default() }).1,
            format!("Invalid value {duration} for Duration. Must be between 1 and 20160")
        );
    }
    assert_eq!(
        refusal(DescribeEvents { source_type: Some("db".into()), ..Default::default() }).0,
        RejectionKind::InvalidParameterValue
    );
}
