//! Clients beside one another, in random interleavings: whatever they ask for, there is an order of their calls in which
//! a small model of the API gives each the answer that it got, and what is there in the end is what the model has.
//!
//! So one of two creates wins, a change during a transition is refused for the state, nothing that was acknowledged is
//! lost, and nobody sees half of a change. `SIMFRA_TEST_INTERLEAVINGS=5000` asks for more histories than a run of all
//! tests has time for, `SIMFRA_TEST_SEED` for those of another seed; a failure names its own.

mod caller;
mod calls;
mod history;
mod model;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Barrier, Mutex};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::caller::Caller;
use self::calls::{Call, survey, theme};
use self::history::{Event, Section, after};
use self::model::World;
use crate::support::emu::{Stage, TestEmu};
use crate::support::raw::Client;
use crate::support::until;

/// How many call at once.
const CLIENTS: usize = 3;

/// What happens in one history: calls of one client, then those of several at once, while nodes do not start if that is
/// held up.
#[derive(Debug)]
struct Script {
    before: Vec<Call>,
    at_once: Vec<Vec<Call>>,
    held: bool,
}

impl Script {
    fn draw(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let calls = theme().prop_flat_map(|call| {
            let list = |most| proptest::collection::vec(call.clone(), 0..=most);
            (list(8), proptest::collection::vec(list(6), CLIENTS), proptest::bool::weighted(0.3))
        });
        let (before, at_once, held) = calls.new_tree(&mut runner).expect("nothing is filtered").current();
        Self { before, at_once, held }
    }
}

/// A history as it was played: its account, and the worlds that can be there now.
struct Played {
    seed: u64,
    account: String,
    worlds: BTreeSet<World>,
}

/// Plays histories on one Simfra, each in an account of its own.
struct Player<'e> {
    emu: &'e TestEmu,
    /// Beginnings and ends of calls so far.
    moments: AtomicU64,
}

impl Player<'_> {
    async fn play(&self, seed: u64) -> Played {
        let script = Script::draw(seed);
        let account = format!("{:012}", 100_000_000_000 + seed);
        let subnet = self.caller(&account).a_subnet();
        let mut worlds = BTreeSet::from([World::default()]);
        let before = self.section(&account, &subnet, &[script.before]);
        worlds = Self::explained(seed, worlds, &before, false);
        self.settle(&account).await;
        worlds = worlds.into_iter().map(World::settled).collect();
        if script.held {
            self.emu.fake().hold_ensure();
        }
        let at_once = self.section(&account, &subnet, &script.at_once);
        self.emu.fake().release_ensure();
        worlds = Self::explained(seed, worlds, &at_once, script.held);
        let played = Played { seed, account, worlds };
        self.survey(played).await
    }

    /// Looks at all that is there, when nothing is under way any more.
    async fn survey(&self, played: Played) -> Played {
        self.settle(&played.account).await;
        let worlds = played.worlds.into_iter().map(World::settled).collect();
        let section = self.section(&played.account, "", &[survey()]);
        Played { worlds: Self::explained(played.seed, worlds, &section, false), ..played }
    }

    fn caller(&self, account: &str) -> Caller {
        Caller { connection: Client::connect(self.emu.address()), account: account.to_owned() }
    }

    /// Has clients make their calls, all from one moment on.
    fn section(&self, account: &str, subnet: &str, scripts: &[Vec<Call>]) -> Section {
        let start = Barrier::new(scripts.len());
        let made = Mutex::new(vec![Vec::new(); scripts.len()]);
        std::thread::scope(|threads| {
            for (client, calls) in scripts.iter().enumerate() {
                let (start, made) = (&start, &made);
                threads.spawn(move || {
                    let mut caller = self.caller(account);
                    start.wait();
                    let now = || self.moments.fetch_add(1, SeqCst);
                    let events = calls.iter().map(|call| {
                        let began = now();
                        let answer = caller.call(call, subnet);
                        Event { call: call.clone(), answer, began, ended: now() }
                    });
                    let events = events.collect();
                    made.lock().unwrap()[client] = events;
                });
            }
        });
        made.into_inner().unwrap()
    }

    fn explained(seed: u64, worlds: BTreeSet<World>, section: &Section, held: bool) -> BTreeSet<World> {
        after(&worlds, section, held).unwrap_or_else(|furthest| {
            panic!(
                "SIMFRA_TEST_SEED={seed}: no order of these calls explains their answers (starts held: {held})\n{}\
                 before them there can have been {worlds:#?}\nthe furthest order came to {furthest:#?}",
                told(section)
            )
        })
    }

    async fn settle(&self, account: &str) {
        let caller = Mutex::new(self.caller(account));
        until("nothing is under way", async || (!caller.lock().unwrap().is_busy()).then_some(())).await;
    }
}

/// A section for people, a line a call.
fn told(section: &Section) -> String {
    let own = |(client, own): (usize, &Vec<Event>)| {
        own.iter().map(|event| (client, event.clone())).collect::<Vec<_>>()
    };
    let mut events: Vec<_> = section.iter().enumerate().flat_map(own).collect();
    events.sort_by_key(|(_, event)| event.began);
    let lines = events.into_iter().map(|(client, Event { call, answer, began, ended })| {
        format!("client {client}, {began}-{ended}: {call:?} -> {answer:?}\n")
    });
    lines.collect()
}

/// The histories that are asked for: their seeds.
#[expect(clippy::disallowed_methods, reason = "what a person asks of a test, and nothing of Simfra's")]
fn seeds(usual: u64) -> Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let first = number("SIMFRA_TEST_SEED").unwrap_or(0);
    first..first + number("SIMFRA_TEST_INTERLEAVINGS").unwrap_or(usual)
}

#[tokio::test]
async fn every_history_has_an_order_in_memory() {
    let emu = TestEmu::on(Stage::without_engines()).await;
    let player = Player { emu: &emu, moments: AtomicU64::new(0) };
    for seed in seeds(600) {
        player.play(seed).await;
    }
}

#[tokio::test]
async fn every_history_has_an_order_on_disk_and_survives_a_crash() {
    let emu = TestEmu::on(Stage::without_engines().kept()).await;
    let player = Player { emu: &emu, moments: AtomicU64::new(0) };
    let mut played = Vec::new();
    for seed in seeds(200) {
        played.push(player.play(seed).await);
    }
    let emu = TestEmu::on(emu.crash()).await;
    let player = Player { emu: &emu, moments: AtomicU64::new(0) };
    for history in played {
        player.survey(history).await;
    }
}
