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
    let mut end = begun + deadline;
    let mut pause = FIRST_PAUSE;
    let mut last = "it was not tried".to_owned();
    loop {
        let attempt = timeout(ONE_TRY, attempt(runtime, target));
        last = match timeout_at(end, attempt).await {
            Ok(Ok(Attempt::Ready)) => return Ok(()),
            Ok(Ok(Attempt::Gone)) => return Err(NotReady::Gone(target.id.clone())),
            Ok(Ok(Attempt::Loading)) => {
                end = Instant::now() + deadline;
                "it is loading its data".to_owned()
            }
            Ok(Ok(Attempt::NotYet(reason))) => reason,
            Ok(Err(_)) => "it accepts connections and does not answer".to_owned(),
            Err(_) => return Err(NotReady::Late { id: target.id.clone(), waited: deadline, last }),
        };
        if Instant::now() + pause >= end {
            return Err(NotReady::Late { id: target.id.clone(), waited: deadline, last });
        }
        sleep(pause).await;
        if begun.elapsed() > CLOSE_TOGETHER {
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
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
