use super::*;
use proptest::prelude::*;

fn maintenance(text: &str) -> String {
    text.parse::<MaintenanceWindow>().map_or_else(|refusal| refusal.to_string(), |window| window.to_string())
}

fn snapshot(text: &str) -> String {
    DailyWindow::parse_snapshot_window(text).map_or_else(|refusal| refusal.to_string(), |w| w.to_string())
}

#[test]
fn windows_are_read_and_refused() {
    assert_eq!(maintenance("Sun:23:00-Mon:01:30"), "sun:23:00-mon:01:30");
    assert_eq!(maintenance("mon:00:00-tue:00:00"), "mon:00:00-tue:00:00");
    assert_eq!(maintenance("mon:00:00-tue:00:01"), "Maintenance window must be at most 24 hours.");
    assert_eq!(maintenance("mon:05:00-mon:05:59"), "Maintenance window must be at least 60 minutes.");
    assert_eq!(maintenance("mon:05:00-mon:05:00"), "Maintenance window must be at least 60 minutes.");
    for bad in ["", "mon:05:00", "mon:5:00-mon:07:00", "day:05:00-mon:07:00", "mon:24:00-tue:05:00"] {
        assert_eq!(
            maintenance(bad),
            format!(
                "Invalid maintenance window: {bad}. Must be in the format ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC)."
            )
        );
    }
    assert_eq!(snapshot("23:30-00:30"), "23:30-00:30");
    assert_eq!(snapshot("05:00-05:59"), "Snapshot window must be at least 60 minutes.");
    assert_eq!(
        snapshot("05:00-5:59"),
        "Invalid snapshot window: 05:00-5:59. Must be in the format hh24:mi-hh24:mi (24H Clock UTC)."
    );
}

#[test]
fn overlap_is_seen_across_midnight_and_the_weeks_end() {
    let overlap = |weekly: &str, daily: &str| {
        weekly.parse::<MaintenanceWindow>().unwrap().overlaps(&daily.parse().unwrap())
    };
    assert!(overlap("sun:23:30-mon:00:30", "00:00-01:00"));
    assert!(overlap("wed:05:00-wed:06:00", "04:30-05:30"));
    assert!(overlap("wed:05:00-wed:06:00", "05:10-06:10"));
    assert!(!overlap("wed:05:00-wed:06:00", "06:00-07:00"));
    assert!(!overlap("wed:05:00-wed:06:00", "04:00-05:00"));
}

#[test]
fn defaults_lie_in_the_regions_block() {
    let paris: Region = "eu-west-3".parse().unwrap();
    let starts: std::collections::BTreeSet<_> = (0..700)
        .map(|draw| MaintenanceWindow::default_for(&paris, draw, None).to_string()[4..9].to_owned())
        .collect();
    assert_eq!(starts.first().map(String::as_str), Some("00:00"));
    assert_eq!(starts.last().map(String::as_str), Some("06:00"), "the block ends at 07:29");
}

proptest! {
    #[test]
    fn default_windows_never_overlap(draw: u64, other: u64) {
        for region in &crate::catalogue::Catalogue::get().regions {
            let region: Region = region.region.parse().unwrap();
            let weekly = MaintenanceWindow::default_for(&region, draw, None);
            let daily = DailyWindow::default_snapshot_window(other, &weekly);
            prop_assert!(!weekly.overlaps(&daily), "{region}: {weekly} and {daily}");
            prop_assert_eq!(weekly.to_string().parse::<MaintenanceWindow>(), Ok(weekly));
            prop_assert_eq!(daily.to_string().parse::<DailyWindow>(), Ok(daily));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,30}") {
        let read = text.parse::<MaintenanceWindow>();
        prop_assert!(read.is_err() || read.unwrap().to_string() == text.to_ascii_lowercase());
    }
}

#[test]
fn an_opening_is_after_the_moment() {
    let window: MaintenanceWindow = "sun:23:30-mon:00:30".parse().unwrap();
    let opens_after = |moment: &str| window.opens_after(moment.parse().unwrap()).to_string();
    // A Sunday.
    assert_eq!(opens_after("2026-03-01T12:00:00.250Z"), "2026-03-01T23:30:00Z");
    assert_eq!(opens_after("2026-03-01T23:29:59.999Z"), "2026-03-01T23:30:00Z");
    assert_eq!(opens_after("2026-03-01T23:30:00Z"), "2026-03-08T23:30:00Z", "this one is no later moment");
    assert_eq!(opens_after("2026-03-02T00:00:00Z"), "2026-03-08T23:30:00Z");
}

#[test]
fn an_overlap_is_one_on_any_day() {
    for start in (0..WEEK).step_by(45) {
        for length in [60, 90, 23 * 60, 25 * 60] {
            let maintenance = MaintenanceWindow { start, length };
            for daily in (0..DAY).step_by(30).map(|start| DailyWindow { start, length: HOUR }) {
                let on = |day: u16| {
                    let start = day * DAY + daily.start;
                    (start + WEEK - maintenance.start) % WEEK < maintenance.length
                        || (maintenance.start + WEEK - start) % WEEK < daily.length
                };
                assert_eq!(maintenance.overlaps(&daily), (0..7).any(on), "{maintenance} {daily}");
            }
        }
    }
}

#[test]
fn a_time_of_day_comes_once_a_day() {
    let time: DailyTime = "04:30".parse().unwrap();
    let after = |moment: &str| time.comes_after(moment.parse().unwrap()).to_string();
    assert_eq!(after("2026-03-01T12:00:00Z"), "2026-03-02T04:30:00Z");
    assert_eq!(after("2026-03-01T04:29:59Z"), "2026-03-01T04:30:00Z");
    assert_eq!(after("2026-03-01T04:30:00Z"), "2026-03-02T04:30:00Z");
    assert_eq!(time.to_string(), "04:30");
    for bad in ["4:30", "24:00", "04:60", "04:30-05:30", ""] {
        bad.parse::<DailyTime>().expect_err(bad);
    }
    assert_eq!(DailyTime::drawn(49).to_string(), "00:30");
}
