//! The events of an account and region: kept small, and found by time, kind and source without a look at the others.
//!
//! Most events say what another said before, of a source that has said something before: both texts are shared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use arcstr::ArcStr;
use domain::event::{Event, EventQuery, SourceType};
use domain::ids::Scope;
use jiff::Timestamp;

/// How many messages are looked through for one that says the same.
const RECENT: usize = 32;

/// An event's place: when, and which of that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventPlace {
    /// Microseconds since 1970: what the journal keeps of a moment.
    pub(super) micros: i64,
    /// Counts the store's events from 1.
    pub(super) sequence: u64,
}

/// An event's identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    /// Account and region.
    pub scope: Scope,
    /// When, and which of that moment.
    pub place: EventPlace,
}

impl EventPlace {
    /// The place of the `sequence`th event.
    pub(super) fn new(date: Timestamp, sequence: u64) -> Self {
        Self { micros: date.as_microsecond(), sequence }
    }

    pub(super) fn date(self) -> Timestamp {
        Timestamp::from_microsecond(self.micros).expect("it was made of a timestamp")
    }

    /// A text that ascends as events get older: what a page's marker holds.
    pub fn newest_first(self) -> String {
        let since_ever = self.micros.cast_unsigned() ^ (1 << 63);
        format!("{:020}{:020}", u64::MAX - since_ever, u64::MAX - self.sequence)
    }

    /// Reads [`EventPlace::newest_first`]; none for another text.
    pub fn parse_newest_first(text: &str) -> Option<Self> {
        let (time, sequence) = text.split_at_checked(20)?;
        let number = |text: &str| Some(u64::MAX - text.parse::<u64>().ok()?);
        Some(Self { micros: (number(time)? ^ (1 << 63)).cast_signed(), sequence: number(sequence)? })
    }
}

/// The events of one account and region.
#[derive(Debug, Clone, Default)]
pub(super) struct Events {
    kinds: HashMap<SourceType, OfKind>,
    recent: Recent,
}

/// Those of one kind of sources.
#[derive(Debug, Clone, Default)]
struct OfKind {
    by_time: BTreeMap<EventPlace, Said>,
    /// The sources in lower case: requests name them in any.
    by_source: BTreeSet<(ArcStr, EventPlace)>,
}

/// What was said, and of whom.
#[derive(Debug, Clone)]
struct Said {
    source: ArcStr,
    message: ArcStr,
}

/// The messages that were told last.
#[derive(Debug, Clone, Default)]
struct Recent {
    messages: Vec<ArcStr>,
    next: usize,
}

impl Recent {
    fn share(&mut self, text: &str) -> ArcStr {
        if let Some(same) = self.messages.iter().find(|message| *message == text) {
            return same.clone();
        }
        let message = ArcStr::from(text);
        match self.messages.get_mut(self.next) {
            Some(oldest) => oldest.clone_from(&message),
            None => self.messages.push(message.clone()),
        }
        self.next = (self.next + 1) % RECENT;
        message
    }
}

impl Events {
    /// Puts an event, or takes it away; answers the one that was there.
    pub(super) fn replace(&mut self, place: EventPlace, new: Option<&Event>) -> Option<Arc<Event>> {
        let old = self.remove(place);
        if let Some(event) = new {
            let message = self.recent.share(&event.message);
            self.kinds.entry(event.source_type).or_default().insert(place, &event.source_identifier, message);
        }
        old.map(Arc::new)
    }

    fn remove(&mut self, place: EventPlace) -> Option<Event> {
        self.kinds.iter_mut().find_map(|(kind, events)| {
            let said = events.remove(place)?;
            Some(said.event(*kind, place))
        })
    }

    /// What `query` asks for, newest first, from the one that comes next after `after`.
    pub(super) fn find<'e>(
        &'e self,
        query: &'e EventQuery,
        after: Option<EventPlace>,
    ) -> impl Iterator<Item = (EventPlace, Event)> + use<'e> {
        let asked = self.kinds.iter().filter(|(kind, _)| query.source_type().is_none_or(|of| of == **kind));
        // Of each kind its newest, and those before it.
        let mut kinds: Vec<_> = asked
            .map(|(kind, events)| {
                let mut found = events.find(query, after);
                (found.next(), found, *kind)
            })
            .collect();
        std::iter::from_fn(move || {
            let newest = kinds.iter_mut().max_by_key(|(newest, ..)| newest.map(|(place, _)| place));
            let (newest, before, kind) = newest?;
            let (place, said) = std::mem::replace(newest, before.next())?;
            Some((place, said.event(*kind, place)))
        })
    }

    /// The places of those before `date`.
    pub(super) fn before(&self, date: Timestamp) -> impl Iterator<Item = EventPlace> {
        let end = EventPlace::new(date, 0);
        self.kinds.values().flat_map(move |kind| kind.by_time.range(..end).map(|(place, _)| *place))
    }

    /// All of them, with their sources.
    pub(super) fn all(&self) -> impl Iterator<Item = (EventPlace, &str)> {
        self.kinds
            .values()
            .flat_map(|kind| kind.by_time.iter().map(|(place, said)| (*place, said.source.as_str())))
    }
}

impl OfKind {
    fn insert(&mut self, place: EventPlace, source: &str, message: ArcStr) {
        let mut source = self.shared(source);
        self.by_time.insert(place, Said { source: source.clone(), message });
        if source.bytes().any(|byte| byte.is_ascii_uppercase()) {
            source = self.shared(&source.to_ascii_lowercase());
        }
        self.by_source.insert((source, place));
    }

    /// The source's text, as it is there already if something was told of it.
    fn shared(&self, source: &str) -> ArcStr {
        let text = ArcStr::from(source);
        let of_it = (text.clone(), FIRST);
        let first = self.by_source.range(of_it..).next().filter(|(first, _)| *first == text);
        first.map_or(text, |(first, _)| first.clone())
    }

    fn remove(&mut self, place: EventPlace) -> Option<Said> {
        let said = self.by_time.remove(&place)?;
        self.by_source.remove(&(said.source.to_ascii_lowercase().into(), place));
        Some(said)
    }

    fn find<'e>(
        &'e self,
        query: &EventQuery,
        after: Option<EventPlace>,
    ) -> Box<dyn Iterator<Item = (EventPlace, &'e Said)> + 'e> {
        let Some(window) = window(query, after) else { return Box::new(std::iter::empty()) };
        let Some(source) = query.source_identifier() else {
            return Box::new(self.by_time.range(window).rev().map(|(place, said)| (*place, said)));
        };
        let source = ArcStr::from(source.to_ascii_lowercase());
        let of_it = (source.clone(), *window.start())..=(source, *window.end());
        Box::new(self.by_source.range(of_it).rev().map(|(_, place)| (*place, &self.by_time[place])))
    }
}

/// The place before all others.
const FIRST: EventPlace = EventPlace { micros: i64::MIN, sequence: 0 };

/// The places that are asked for; none where `after` leaves nothing.
fn window(query: &EventQuery, after: Option<EventPlace>) -> Option<RangeInclusive<EventPlace>> {
    let since = EventPlace::new(query.start(), 0);
    let until = EventPlace::new(query.end(), u64::MAX);
    // There is no event 0: its place is before the first of its moment.
    let until = after
        .map_or(until, |after| until.min(EventPlace { sequence: after.sequence.saturating_sub(1), ..after }));
    (since <= until).then_some(since..=until)
}

impl Said {
    fn event(&self, source_type: SourceType, place: EventPlace) -> Event {
        Event {
            source_identifier: self.source.to_string(),
            source_type,
            message: self.message.to_string(),
            date: place.date(),
        }
    }
}

#[cfg(test)]
mod tests;
