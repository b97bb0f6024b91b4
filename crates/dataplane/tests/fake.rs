//! The fake keeps the seam's contract, and does what a script asks of it.

#[cfg(test)]
mod contract;

use std::sync::Arc;
use std::time::Duration;

use contract::{call, node, up};
use dataplane::Tasks;
use dataplane::engine::{Heartbeat, Missed, NotReady, Target, resp, wait_ready};
use dataplane::runtime::fake::{Call, Failure, FakeRuntime};
use dataplane::runtime::{Runtime, RuntimeError, RuntimeEvent, Storage};
use tokio::sync::mpsc;

#[tokio::test]
async fn keeps_the_contract() {
    contract::holds(&FakeRuntime::default()).await;
}

#[tokio::test]
async fn a_kill_is_told_and_leaves_the_node_exited() {
    let runtime = FakeRuntime::default();
    let mut events = runtime.events();
    let spec = node("killed", Storage::Ephemeral);
    up(&runtime, &spec).await;
    assert!(runtime.kill(&spec.id, "out of memory"));
    assert!(!runtime.kill(&spec.id, "again"));
    let told = RuntimeEvent::Exited { id: spec.id.clone(), detail: "out of memory".to_owned() };
    assert_eq!(events.recv().await, Some(told));
    let late = wait_ready(&runtime, &Target::of(&spec), Duration::from_secs(1)).await;
    assert!(matches!(late, Err(NotReady::Gone(_))));
}

#[tokio::test(start_paused = true)]
async fn a_hang_is_found_by_the_heartbeat_once() {
    let runtime = FakeRuntime::default();
    let spec = node("hung", Storage::Ephemeral);
    up(&runtime, &spec).await;
    let (sender, mut missed) = mpsc::unbounded_channel();
    let target = Target::of(&spec);
    let tasks = Tasks::default();
    let heartbeat = Heartbeat::start(Arc::new(runtime.clone()), target, sender, &tasks);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(missed.try_recv().is_err(), "a node that answers is not missed");

    let hung = tokio::time::Instant::now();
    assert!(runtime.hang(&spec.id));
    let report = missed.recv().await;
    assert_eq!(report, Some(Missed { id: spec.id.clone(), generation: spec.generation }));
    assert!(hung.elapsed() < Duration::from_secs(1), "told after {:?}", hung.elapsed());
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(missed.try_recv().is_err(), "told once");

    drop(heartbeat);
    assert_eq!(missed.recv().await, None, "it ends when it is dropped");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_hangs_from_the_start_is_late() {
    let runtime = FakeRuntime::default();
    let spec = node("late", Storage::Ephemeral);
    runtime.ensure(&spec).await.unwrap();
    runtime.hang(&spec.id);
    let late = wait_ready(&runtime, &Target::of(&spec), Duration::from_secs(3)).await;
    let Err(NotReady::Late { last, .. }) = late else { panic!("{late:?}") };
    assert_eq!(last, "it accepts connections and does not answer");
}

#[tokio::test]
async fn ensure_fails_and_waits_as_scripted() {
    let runtime = FakeRuntime::default();
    let spec = node("scripted", Storage::Ephemeral);
    runtime.fail_ensure(&spec.id, Failure::EngineUnavailable("no image redis:9".to_owned()));
    let failed = runtime.ensure(&spec).await;
    assert!(matches!(failed, Err(RuntimeError::EngineUnavailable(message)) if message == "no image redis:9"));
    runtime.heal(&spec.id);

    runtime.hold_ensure();
    let waiting = runtime.clone();
    let asked = spec.clone();
    let mut started = Box::pin(async move { waiting.ensure(&asked).await });
    assert!(futures_util::poll!(&mut started).is_pending());
    runtime.release_ensure();
    started.await.unwrap();
    assert_eq!(runtime.ensured(&spec.id), 2);
    assert_eq!(runtime.calls().last(), Some(&Call::Ensure(spec.id.clone(), spec.generation)));
    assert_eq!(call(&runtime, &spec, &["GET", "k"]).await, resp::Reply::Bulk(None));
}
