//! What a companion is told over its standard input: something whole when it is attached to, and from then on, where that
//! is enough, what changed.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::dns::resolver::{change_line, zone_line};
use crate::dns::{Zone, ZoneChange};

/// How many changes are kept for a companion that is behind; one that is further behind is told all.
const KEPT: usize = 256;

/// What there is to tell, each thing with its number, counted from 1.
#[derive(Debug, Default)]
pub(super) struct Told {
    number: u64,
    whole: Whole,
    /// The last changes to it, with the numbers that they lead to.
    changes: VecDeque<(u64, Arc<Vec<u8>>)>,
}

#[derive(Debug, Default)]
enum Whole {
    /// Nothing yet.
    #[default]
    Nothing,
    /// A line that nothing changes.
    Line(Arc<Vec<u8>>),
    /// A zone with all changes in it; written when somebody needs it whole.
    Zone(Zone),
}

impl Told {
    /// One line, for good.
    pub(super) fn line(line: Vec<u8>) -> Self {
        Self { number: 1, whole: Whole::Line(Arc::new(line)), changes: VecDeque::new() }
    }

    /// The number of the last thing.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// From now on it is this zone.
    pub(super) fn publish(&mut self, zone: Zone) {
        self.number += 1;
        self.whole = Whole::Zone(zone);
        self.changes.clear();
    }

    /// Changes the zone; false when there is none.
    pub(super) fn change(&mut self, change: ZoneChange) -> bool {
        let Whole::Zone(zone) = &mut self.whole else { return false };
        self.number += 1;
        self.changes.push_back((self.number, Arc::new(change_line(&change))));
        zone.change(change);
        if self.changes.len() > KEPT {
            self.changes.pop_front();
        }
        true
    }

    /// There is nothing to tell any more.
    pub(super) fn forget(&mut self) {
        self.number += 1;
        self.whole = Whole::Nothing;
        self.changes.clear();
    }

    /// What one is to read who read everything up to `had` since it was attached to, and what that leads to.
    pub(super) fn after(&self, had: Option<u64>) -> (u64, Vec<Arc<Vec<u8>>>) {
        let lines = match (had, self.changes.front()) {
            (Some(had), _) if had >= self.number => Vec::new(),
            (Some(had), Some((first, _))) if had + 1 >= *first => {
                let missed = self.changes.iter().filter(|(number, _)| *number > had);
                missed.map(|(_, line)| Arc::clone(line)).collect()
            }
            _ => match &self.whole {
                Whole::Nothing => Vec::new(),
                Whole::Line(line) => vec![Arc::clone(line)],
                Whole::Zone(zone) => vec![Arc::new(zone_line(zone))],
            },
        };
        (self.number, lines)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    use super::*;

    fn names(names: impl IntoIterator<Item = String>) -> BTreeMap<String, Vec<Ipv4Addr>> {
        names.into_iter().map(|name| (name, vec![Ipv4Addr::LOCALHOST])).collect()
    }

    fn many() -> Zone {
        Zone { suffix: "simfra.dev".to_owned(), names: names((0..5000).map(|n| format!("n{n}.simfra.dev"))) }
    }

    fn adding(name: &str) -> ZoneChange {
        ZoneChange { gone: Vec::new(), names: names([name.to_owned()]) }
    }

    /// How many bytes one is told who had `had`.
    fn bytes(told: &Told, had: Option<u64>) -> usize {
        told.after(had).1.iter().map(|line| line.len()).sum()
    }

    #[test]
    fn who_has_the_zone_is_told_what_changed_and_who_is_new_all() {
        let mut told = Told::default();
        assert!(!told.change(adding("early")), "there is no zone yet");
        assert_eq!(told.after(None), (0, Vec::new()));
        told.publish(many());
        let (had, lines) = told.after(None);
        let whole = lines[0].len();
        assert!(told.change(adding("new.simfra.dev")) && told.change(adding("newer.simfra.dev")));
        assert!(bytes(&told, Some(had)) < 200, "it does not grow with the zone");
        assert_eq!(told.after(Some(had)).1.len(), 2);
        assert_eq!(told.after(Some(had + 1)).1.len(), 1);
        assert_eq!(told.after(Some(told.number())).1.len(), 0);
        let anew = told.after(None).1;
        assert!(anew.len() == 1 && anew[0].len() > whole, "with the changes in it");
        told.publish(Zone::default());
        assert_eq!(told.after(Some(had)).1.len(), 1, "another zone is told whole");
        told.forget();
        assert_eq!(told.after(None).1, Vec::<Arc<Vec<u8>>>::new());
    }

    #[test]
    fn who_is_far_behind_is_told_all() {
        let mut told = Told::default();
        told.publish(many());
        let had = told.number();
        for n in 0..KEPT {
            told.change(adding(&format!("new{n}.simfra.dev")));
        }
        assert_eq!(told.after(Some(had)).1.len(), KEPT);
        told.change(adding("last.simfra.dev"));
        assert_eq!(told.after(Some(had)).1, told.after(None).1);
        assert_eq!(told.after(Some(had + 1)).1.len(), KEPT);
    }
}
