//! Watches that a node goes on answering: finds the hung, the paused and the cut off, which no exit tells of.

use std::sync::Arc;
use std::time::Duration;

use domain::node::{Generation, NodeId};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Target, ping};
use crate::Tasks;
use crate::runtime::{BoxStream, Runtime};

/// From an answer to the next ping.
const PERIOD: Duration = Duration::from_millis(250);
/// What an answer may take. A node that hangs right after an answer is told of after `PERIOD + MISSES * DEADLINE` at
/// the latest: 910 ms, within the second that is promised.
const DEADLINE: Duration = Duration::from_millis(220);
/// Pings in a row without an answer that make a node missed: one stall of the machine is not a death.
const MISSES: u8 = 3;

/// A node stopped answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Which.
    pub id: NodeId,
    /// Of which generation.
    pub generation: Generation,
}

/// Counts misses: the third in a row tells, once, until the node answers again.
#[derive(Debug, Default)]
pub struct Liveness {
    misses: u8,
}

impl Liveness {
    /// The node answered.
    pub const fn answered(&mut self) {
        self.misses = 0;
    }

    /// The node did not answer; true when that is to be told now.
    pub const fn missed(&mut self) -> bool {
        self.misses = self.misses.saturating_add(1);
        self.misses == MISSES
    }
}

/// Pings one node over one connection until it is dropped or Simfra stops.
#[derive(Debug)]
pub struct Heartbeat {
    _stop: DropGuard,
}

impl Heartbeat {
    /// Starts to watch a node that is ready; reports go to `missed`, once for each time that it falls silent.
    pub fn start(
        runtime: Arc<dyn Runtime>,
        target: Target,
        missed: mpsc::UnboundedSender<Missed>,
        tasks: &Tasks,
    ) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = watch(runtime, target, missed) => {}
            }
        });
        Self { _stop: stop.drop_guard() }
    }
}

/// Ends when nobody listens to reports any more.
async fn watch(runtime: Arc<dyn Runtime>, target: Target, missed: mpsc::UnboundedSender<Missed>) {
    let mut liveness = Liveness::default();
    let mut connection = None;
    loop {
        let deadline = Instant::now() + DEADLINE;
        if let Ok(true) = timeout_at(deadline, beat(&*runtime, &target, &mut connection)).await {
            liveness.answered();
            sleep(PERIOD).await;
            continue;
        }
        // The answer may still come: a ping over the same connection would take it for its own.
        connection = None;
        let report = Missed { id: target.id.clone(), generation: target.generation };
        if liveness.missed() && missed.send(report).is_err() {
            return;
        }
        sleep_until(deadline).await;
    }
}

async fn beat(runtime: &dyn Runtime, target: &Target, connection: &mut Option<BoxStream>) -> bool {
    let stream = match connection {
        Some(stream) => stream,
        None => match target.connect(runtime).await {
            Ok(stream) => connection.insert(stream),
            Err(_) => return false,
        },
    };
    ping(stream, target.engine).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_miss_in_a_row_tells_once() {
        let mut liveness = Liveness::default();
        assert_eq!([(); 6].map(|()| liveness.missed()), [false, false, true, false, false, false]);
        liveness.answered();
        assert_eq!([(); 3].map(|()| liveness.missed()), [false, false, true]);
    }

    #[test]
    fn an_answer_in_between_starts_the_count_anew() {
        let mut liveness = Liveness::default();
        for _ in 0..5 {
            assert!(!liveness.missed());
            assert!(!liveness.missed());
            liveness.answered();
        }
    }
}
