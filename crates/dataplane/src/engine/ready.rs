//! Waits until a node that was just started answers.

use std::time::Duration;

use domain::node::NodeId;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{Answer, Target, ping};
use crate::runtime::{Runtime, RuntimeError};

/// An engine is up some 5-40 ms after its start: the first tries are close together, later ones leave it in peace.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const CLOSE_TOGETHER: Duration = Duration::from_millis(60);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// One try's share of the deadline: a connection that hangs must not use it up.
const ONE_TRY: Duration = Duration::from_secs(1);
/// Who looks at a deadline so long after it had no processor itself, and may have left an answer lying.
const OVERDUE: Duration = Duration::from_millis(30);
/// How often that is forgiven.
const FORGIVEN: u8 = 20;

/// Why a node is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// Its process is gone: waiting longer is of no use.
    #[error("node {0} ended before it answered")]
    Gone(NodeId),
    /// It did not answer in time.
    #[error("node {id} did not answer within {waited:?}: {last}")]
    Late {
        /// Which.
        id: NodeId,
        /// How long it had.
        waited: Duration,
        /// What the last try met.
        last: String,
    },
}

/// Dials and pings until the engine serves, for at most `deadline` of silence: an engine that says that it loads its
/// data is waited for as long as it says so.
pub async fn wait_ready(runtime: &dyn Runtime, target: &Target, deadline: Duration) -> Result<(), NotReady> {
    let begun = Instant::now();
    let mut end = Deadline::after(deadline);
    let mut pause = FIRST_PAUSE;
    let mut last = "it was not tried".to_owned();
    loop {
        let attempt = timeout(ONE_TRY, attempt(runtime, target));
        last = match timeout_at(end.at, attempt).await {
            Ok(Ok(Attempt::Ready)) => return Ok(()),
            Ok(Ok(Attempt::Gone)) => return Err(NotReady::Gone(target.id.clone())),
            Ok(Ok(Attempt::Loading)) => {
                end = Deadline::after(deadline);
                "it is loading its data".to_owned()
            }
            Ok(Ok(Attempt::NotYet(reason))) => reason,
            Ok(Err(_)) => "it accepts connections and does not answer".to_owned(),
            Err(_) if end.is_forgiven(Instant::now()) => "Simfra had no time to listen to it".to_owned(),
            Err(_) => return Err(NotReady::Late { id: target.id.clone(), waited: deadline, last }),
        };
        if Instant::now() + pause >= end.at && !end.is_forgiven(Instant::now()) {
            return Err(NotReady::Late { id: target.id.clone(), waited: deadline, last });
        }
        sleep(pause).await;
        if begun.elapsed() > CLOSE_TOGETHER {
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// The end of a node's silence, which is not counted while Simfra itself does not run.
struct Deadline {
    at: Instant,
    forgiven: u8,
}

impl Deadline {
    fn after(time: Duration) -> Self {
        Self { at: Instant::now() + time, forgiven: 0 }
    }

    /// Whether it was looked at too late, and is put off by a try.
    fn is_forgiven(&mut self, now: Instant) -> bool {
        let forgives = now.saturating_duration_since(self.at) > OVERDUE && self.forgiven < FORGIVEN;
        if forgives {
            self.forgiven += 1;
            self.at = now + ONE_TRY;
        }
        forgives
    }
}

enum Attempt {
    Ready,
    Loading,
    Gone,
    NotYet(String),
}

async fn attempt(runtime: &dyn Runtime, target: &Target) -> Attempt {
    let mut stream = match target.connect(runtime).await {
        Ok(stream) => stream,
        Err(RuntimeError::Absent(_)) => return Attempt::Gone,
        Err(error) => return Attempt::NotYet(error.to_string()),
    };
    match ping(&mut stream, target.engine).await {
        Ok(Answer::Ready | Answer::Refused(_)) => Attempt::Ready,
        Ok(Answer::Loading) => Attempt::Loading,
        Err(error) => Attempt::NotYet(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_nobody_could_look_at_in_time_is_put_off() {
        let mut deadline = Deadline::after(Duration::from_secs(5));
        let on_time = deadline.at + OVERDUE;
        assert!(!deadline.is_forgiven(on_time), "who looks in time has waited");
        let mut late = deadline.at + Duration::from_secs(3);
        for _ in 0..FORGIVEN {
            assert!(deadline.is_forgiven(late));
            assert_eq!(deadline.at, late + ONE_TRY);
            assert!(!deadline.is_forgiven(late + ONE_TRY));
            late = deadline.at + 2 * OVERDUE;
        }
        assert!(!deadline.is_forgiven(late), "not for ever");
    }
}
