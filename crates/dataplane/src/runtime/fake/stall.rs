//! Holds a fake's verbs at a chosen moment, so that a test can take Simfra away between any two steps.

use tokio::sync::watch;

/// Where the verbs stand. Every verb passes two moments: before its effect and after it.
#[derive(Debug)]
pub(super) struct Stall(watch::Sender<State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Whoever comes passes.
    Open,
    /// So many moments pass yet.
    Closing(usize),
    /// Nobody passes; true once somebody waits.
    Closed { reached: bool },
}

impl Default for Stall {
    fn default() -> Self {
        Self(watch::Sender::new(State::Open))
    }
}

impl Stall {
    /// Lets `moments` more moments pass, and then nobody.
    pub(super) fn close_after(&self, moments: usize) {
        self.0.send_replace(match moments {
            0 => State::Closed { reached: false },
            more => State::Closing(more),
        });
    }

    /// Lets everybody pass.
    pub(super) fn open(&self) {
        self.0.send_replace(State::Open);
    }

    /// True once a verb waits.
    pub(super) fn is_reached(&self) -> bool {
        *self.0.borrow() == State::Closed { reached: true }
    }

    /// Passes a moment, or waits until that is possible.
    pub(super) async fn pass(&self) {
        let mut state = self.0.subscribe();
        let mut waits = false;
        self.0.send_modify(|state| match *state {
            State::Open => {}
            State::Closing(1) => *state = State::Closed { reached: false },
            State::Closing(more) => *state = State::Closing(more - 1),
            State::Closed { .. } => {
                waits = true;
                *state = State::Closed { reached: true };
            }
        });
        if waits {
            state.wait_for(|state| *state == State::Open).await.expect("`self` keeps the sender");
        }
    }
}
