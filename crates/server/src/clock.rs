//! Time, as everything in the server sees it.
//!
//! The one place that reads the system's clock: whatever depends on time takes a [`Clock`], so that tests decide what
//! time it is.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// The time, and a way to wait for a later one.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(watch::Receiver<Timestamp>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until its [`ClockHand`] moves it.
    pub fn manual(start: Timestamp) -> (Self, ClockHand) {
        let (hand, time) = watch::channel(start);
        (Self(Source::Manual(time)), ClockHand(hand))
    }

    /// What time it is.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Manual(time) => *time.borrow(),
        }
    }

    /// Waits for `duration`. On a manual clock: until the hand was moved that far; for ever once the hand is gone.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(duration).await,
            Source::Manual(time) => {
                let mut time = time.clone();
                let until = later(*time.borrow(), duration);
                if time.wait_for(|now| *now >= until).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

/// Moves a manual [`Clock`].
#[derive(Debug)]
pub struct ClockHand(watch::Sender<Timestamp>);

impl ClockHand {
    /// Lets `duration` pass; who slept until then wakes.
    pub fn advance(&self, duration: Duration) {
        self.0.send_modify(|now| *now = later(*now, duration));
    }
}

/// `duration` after `at`, or the end of time.
fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_hand_reaches_its_time() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let sleep = clock.sleep(Duration::from_secs(10));
        tokio::pin!(sleep);
        assert!(futures_util::poll!(&mut sleep).is_pending());
        hand.advance(Duration::from_secs(9));
        assert!(futures_util::poll!(&mut sleep).is_pending());
        hand.advance(Duration::from_secs(1));
        sleep.await;
        assert_eq!(clock.now(), Timestamp::from_second(10).unwrap());
    }
}
