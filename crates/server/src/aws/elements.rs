//! The elements of lists, as they were written once: a row that has not changed since is not made into text again.
//!
//! A row never changes in place, so its address tells whether it is the one that was written, as long as it is held.
//! What a view shows must follow from the row and from what never changes while Simfra runs, such as its names.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wire::{Encode, List, Written};

/// The most elements in each half: twenty pages of both together, a few megabytes at the very most.
const HALF: usize = 1024;

/// Elements that were written, bounded: the ones that were asked for last.
#[derive(Default)]
pub(crate) struct Elements(Mutex<Halves>);

/// Which row, and which view of it.
type Place = (usize, u8);

/// A full half becomes the old one, whose elements come back when they are asked for and else go with the next turn.
#[derive(Default)]
struct Halves {
    young: HashMap<Place, Kept>,
    old: HashMap<Place, Kept>,
}

struct Kept {
    /// Nothing else has the row's address while it is held.
    _row: Arc<dyn Any + Send + Sync>,
    element: Written,
}

impl Elements {
    /// The list of `rows`, each shown by `shape`; `view` tells apart what `shape` depends on beside the row.
    pub(crate) fn list<'r, R, T>(
        &self,
        rows: &[&'r Arc<R>],
        view: impl Into<u8>,
        shape: impl Fn(&'r R) -> T,
    ) -> List<T>
    where
        R: Send + Sync + 'static,
        T: Encode,
    {
        if let [one] = rows {
            // Many that are asked for one by one would take the place of whole pages, and megabytes.
            return List::from(vec![shape(one)]);
        }
        let view = view.into();
        let place = |row: &Arc<R>| (Arc::as_ptr(row).addr(), view);
        let mut list: Vec<Option<Written>> = {
            let mut halves = self.halves();
            rows.iter().map(|row| halves.get(place(row))).collect()
        };
        let mut new = Vec::new();
        for (row, element) in rows.iter().zip(&mut list).filter(|(_, element)| element.is_none()) {
            let written = Written::of(&shape(row));
            new.push((place(row), Kept { _row: Arc::clone(*row) as _, element: written.clone() }));
            *element = Some(written);
        }
        if !new.is_empty() {
            let mut halves = self.halves();
            for (place, kept) in new {
                halves.put(place, kept);
            }
        }
        List::Written(list.into_iter().flatten().collect())
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Halves {
    fn get(&mut self, place: Place) -> Option<Written> {
        if let Some(kept) = self.young.get(&place) {
            return Some(kept.element.clone());
        }
        let kept = self.old.remove(&place)?;
        let element = kept.element.clone();
        self.put(place, kept);
        Some(element)
    }

    fn put(&mut self, place: Place, kept: Kept) {
        if self.young.len() == HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(place, kept);
    }
}

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elements(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn texts(list: &List<String>) -> Vec<String> {
        let List::Written(written) = list else { panic!("the elements were written") };
        written.iter().map(|element| wire::xml::document("e", element)).collect()
    }

    #[test]
    fn a_row_is_written_once_a_view_and_again_when_it_is_another() {
        let elements = Elements::default();
        let count = Cell::new(0);
        let write = |row: &String| {
            count.set(count.get() + 1);
            row.clone()
        };
        let rows = [Arc::new("one".to_owned()), Arc::new("<two>".to_owned())];
        for _ in 0..3 {
            let list = elements.list(&[&rows[0], &rows[1]], 0, write);
            assert_eq!(texts(&list), ["<e>one</e>", "<e>&lt;two&gt;</e>"]);
        }
        assert_eq!(count.get(), 2);
        elements.list(&[&rows[0], &rows[1]], 1, write);
        assert_eq!(count.get(), 4, "another view");
        let changed = Arc::new("three".to_owned());
        assert_eq!(
            texts(&elements.list(&[&changed, &rows[1]], 0, write)),
            ["<e>three</e>", "<e>&lt;two&gt;</e>"]
        );
        assert_eq!(count.get(), 5);
        elements.list(&[&Arc::new("alone".to_owned())], 0, String::clone);
        assert_eq!(elements.halves().young.len(), 5, "one alone is not kept");
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_stays() {
        let elements = Elements::default();
        let often = Arc::new("often".to_owned());
        let count = Cell::new(0);
        for number in 0..5 * HALF {
            elements.list(&[&Arc::new(number.to_string()), &often], 0, |row| {
                count.set(count.get() + usize::from(*row == *often));
                row.clone()
            });
        }
        assert_eq!(count.get(), 1);
        let halves = elements.halves();
        assert!(halves.young.len() <= HALF && halves.old.len() <= HALF);
    }
}
