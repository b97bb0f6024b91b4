use domain::event::DescribeEvents;
use proptest::prelude::*;

use super::*;

fn event(second: i64, source: &str, source_type: SourceType, message: &str) -> Event {
    Event {
        source_identifier: source.to_owned(),
        source_type,
        message: message.to_owned(),
        date: Timestamp::from_second(second).unwrap(),
    }
}

fn query(request: &DescribeEvents) -> EventQuery {
    let now = Timestamp::from_second(1_000).unwrap();
    EventQuery::parse(request, now).unwrap()
}

#[test]
fn what_is_said_again_is_kept_once() {
    let mut events = Events::default();
    for n in 0..100 {
        let source = format!("c{}", n / 10);
        let created = event(n, &source, SourceType::CacheCluster, "Cache cluster created");
        let place = EventPlace::new(created.date, n.cast_unsigned());
        events.replace(place, Some(&created));
    }
    let kind = &events.kinds[&SourceType::CacheCluster];
    let said = kind.by_time.values().next().unwrap();
    assert_eq!(
        ArcStr::strong_count(&said.message),
        Some(101),
        "every event's, and the one that is compared with"
    );
    assert_eq!(ArcStr::strong_count(&said.source), Some(20), "at both places of its ten events");
}

#[test]
fn messages_without_number_are_not_all_compared_with() {
    let mut recent = Recent::default();
    for n in 0..10 * RECENT {
        recent.share(&n.to_string());
    }
    assert_eq!(recent.messages.len(), RECENT);
}

#[test]
fn a_marker_leads_back_to_its_place() {
    let places = [(-1, 1), (0, 1), (0, 2), (5, 1)];
    let places = places.map(|(micros, sequence)| EventPlace { micros, sequence });
    let markers = places.map(EventPlace::newest_first);
    assert_eq!(markers.each_ref().map(|text| EventPlace::parse_newest_first(text).unwrap()), places);
    assert!(markers.is_sorted_by(|older, newer| older > newer), "{markers:?}");
    for foreign in ["", "00000000000000000001", "my-cache", "ä0000000000000000000000000000000000000000"] {
        assert_eq!(EventPlace::parse_newest_first(foreign), None, "{foreign}");
    }
}

const KINDS: [SourceType; 3] = [SourceType::CacheCluster, SourceType::ReplicationGroup, SourceType::User];
const SOURCES: [&str; 3] = ["a", "B", "bc"];

proptest! {
    #[test]
    fn what_is_found_is_what_a_look_at_each_finds(
        told in proptest::collection::vec((900i64..1_000, 0usize..3, 0usize..3, any::<bool>()), 0..60),
        source in proptest::option::of(0usize..3),
        kind in proptest::option::of(0usize..3),
        start in proptest::option::of(890i64..950),
        after in proptest::option::of(0usize..60),
    ) {
        let mut events = Events::default();
        let mut model = BTreeMap::new();
        for (sequence, (second, source, kind, goes)) in (1..).zip(told) {
            let event = event(second, SOURCES[source], KINDS[kind], "told");
            let place = EventPlace::new(event.date, sequence);
            prop_assert_eq!(events.replace(place, Some(&event)), None);
            if goes {
                let gone = events.replace(place, None);
                prop_assert_eq!(gone.as_deref(), Some(&event));
            } else {
                model.insert(place, event);
            }
        }
        let query = query(&DescribeEvents {
            source_identifier: source.map(|n| SOURCES[n].to_ascii_uppercase()),
            source_type: kind.map(|n| KINDS[n].as_str().to_owned()),
            start_time: start.map(|second| Timestamp::from_second(second).unwrap()),
            ..DescribeEvents::default()
        });
        let after = after.and_then(|n| model.keys().nth(n).copied());
        let expected: Vec<_> = model
            .iter()
            .rev()
            .filter(|(place, event)| query.matches(event) && after.is_none_or(|after| **place < after))
            .map(|(place, event)| (*place, event.clone()))
            .collect();
        prop_assert_eq!(events.find(&query, after).collect::<Vec<_>>(), expected);
        prop_assert_eq!(events.all().count(), model.len());
        let middle = Timestamp::from_second(950).unwrap();
        let old = model.keys().filter(|place| place.date() < middle).count();
        prop_assert_eq!(events.before(middle).count(), old);
    }
}
