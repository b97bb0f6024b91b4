//! What happened, and whether there is an order in which it can have: each call took effect at once, somewhere between
//! its beginning and its end (Herlihy and Wing's linearizability, by Wing and Gong's search).

use std::collections::BTreeSet;

use super::caller::Answer;
use super::calls::Call;
use super::model::World;

/// A call that was made, and when: beginnings and ends of all clients have one count.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) call: Call,
    pub(crate) answer: Answer,
    pub(crate) began: u64,
    pub(crate) ended: u64,
}

/// What clients did beside one another: each one's events in its order.
pub(crate) type Section = Vec<Vec<Event>>;

/// How far a search came, for the report of one that fails.
#[derive(Debug, Default)]
pub(crate) struct Furthest {
    calls: usize,
    next: Vec<(Event, Answer)>,
}

/// The worlds that can be there after the section, from those that can be there before it. None: no order of its calls
/// explains their answers.
pub(crate) fn after(
    worlds: &BTreeSet<World>,
    section: &Section,
    held: bool,
) -> Result<BTreeSet<World>, Furthest> {
    let mut ends = BTreeSet::new();
    let mut furthest = Furthest::default();
    let start = vec![0_usize; section.len()];
    let mut waiting: Vec<(Vec<usize>, World)> =
        worlds.iter().map(|world| (start.clone(), world.clone())).collect();
    let mut seen: BTreeSet<(Vec<usize>, World)> = waiting.iter().cloned().collect();
    while let Some((made, world)) = waiting.pop() {
        let mut reach = |made: Vec<usize>, world: World| {
            if seen.insert((made.clone(), world.clone())) {
                waiting.push((made, world));
            }
        };
        for world in world.ends(held) {
            reach(made.clone(), world);
        }
        let next =
            || made.iter().zip(section).enumerate().filter_map(|(n, (at, own))| Some((n, own.get(*at)?)));
        // What ended before another began came before it.
        let Some(first_end) = next().map(|(_, event)| event.ended).min() else {
            ends.insert(world);
            continue;
        };
        let mut wanted = Vec::new();
        for (client, event) in next().filter(|(_, event)| event.began <= first_end) {
            let mut world = world.clone();
            let answer = world.answer(&event.call);
            if answer == event.answer {
                let mut made = made.clone();
                made[client] += 1;
                reach(made, world);
            } else {
                wanted.push((event.clone(), answer));
            }
        }
        let calls = made.iter().sum();
        if furthest.next.is_empty() || calls > furthest.calls {
            furthest = Furthest { calls, next: wanted };
        }
    }
    if ends.is_empty() { Err(furthest) } else { Ok(ends) }
}
