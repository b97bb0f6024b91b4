//! Docker's event stream: which node ended of itself, and when the daemon came back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::StreamExt;
use tokio::sync::mpsc::UnboundedSender;

use domain::node::NodeId;

use super::daemon::Daemon;
use super::labels::{NodeLabels, Role};
use super::network::Networks;
use crate::runtime::RuntimeEvent;

/// How often a daemon that is away is asked whether it is back.
const POLL: Duration = Duration::from_millis(250);
/// A daemon that takes longer to answer a ping is as good as away.
const PING_TIME: Duration = Duration::from_secs(2);

/// Why a subscription ended.
enum Ended {
    /// Nobody listens any more.
    Unheard,
    /// The daemon went away.
    Broken,
}

/// Tells `events` until nobody listens.
pub(super) async fn watch(daemon: Daemon, networks: Arc<Networks>, events: UnboundedSender<RuntimeEvent>) {
    let mut resumed = false;
    while let Ended::Broken = subscription(&daemon, &networks, &events, resumed).await {
        if !resumed {
            tracing::warn!("Docker's event stream broke; waiting for the daemon");
        }
        resumed = true;
        until_up(&daemon.docker).await;
    }
}

async fn subscription(
    daemon: &Daemon,
    networks: &Networks,
    events: &UnboundedSender<RuntimeEvent>,
    mut resumed: bool,
) -> Ended {
    let mut filters = daemon.owner.filters();
    filters.insert("type".to_owned(), vec!["container".to_owned()]);
    filters.insert("event".to_owned(), ["die", "oom", "destroy"].map(str::to_owned).to_vec());
    let options = EventsOptionsBuilder::new().filters(&filters).build();
    let mut stream = std::pin::pin!(daemon.docker.events(Some(options)));
    let mut out_of_memory = HashSet::new();
    let mut told = HashSet::new();
    loop {
        tokio::select! {
            // The subscription is sent before the ping that confirms the daemon's return: nothing falls between.
            biased;
            message = stream.next() => {
                let Some(Ok(message)) = message else { return Ended::Broken };
                match news(daemon, &mut out_of_memory, &mut told, message).await {
                    Ok(None) => {}
                    Ok(Some(event)) => if events.send(event).is_err() { return Ended::Unheard },
                    Err(Away) => return Ended::Broken,
                }
            }
            () = until_up(&daemon.docker), if resumed => {
                resumed = false;
                tracing::info!("Docker is back");
                networks.look_again().await;
                if events.send(RuntimeEvent::Returned).is_err() {
                    return Ended::Unheard;
                }
            }
            () = events.closed() => return Ended::Unheard,
        }
    }
}

/// The daemon answers no more: what it said last may be its own end.
struct Away;

/// What an event means to others, if anything.
async fn news(
    daemon: &Daemon,
    out_of_memory: &mut HashSet<String>,
    told: &mut HashSet<NodeId>,
    message: EventMessage,
) -> Result<Option<RuntimeEvent>, Away> {
    let Some(actor) = message.actor else { return Ok(None) };
    let (Some(container), Some(attributes)) = (actor.id, actor.attributes) else { return Ok(None) };
    match message.action.as_deref() {
        Some("oom") => {
            out_of_memory.insert(container);
        }
        Some("destroy") => {
            daemon.ended(&container);
            if let Some(read) = NodeLabels::read(&attributes) {
                told.remove(&read.id);
            }
        }
        Some("die") if !daemon.is_ending(&container) => {
            let starved = out_of_memory.remove(&container);
            let Some(read) = NodeLabels::read(&attributes) else { return Ok(None) };
            if read.role == Role::Proxy && !read.is_pair {
                // A daemon that shuts down ends the engine, too.
                let ended = RuntimeEvent::ProxyEnded { id: read.id };
                return if is_up(&daemon.docker).await { Ok(Some(ended)) } else { Err(Away) };
            }
            // Of two containers the other follows; both are removed before they are made anew.
            if read.is_pair && !told.insert(read.id.clone()) {
                return Ok(None);
            }
            let detail = detail(daemon, &container, &attributes, starved).await;
            // A daemon that shuts down ends every container first, and takes no new request by then. Those
            // nodes did not die of themselves: they come back with their data.
            if !is_up(&daemon.docker).await {
                return Err(Away);
            }
            tracing::debug!(node = %read.id, detail, "a container ended");
            return Ok(Some(RuntimeEvent::Exited { id: read.id, detail }));
        }
        _ => {}
    }
    Ok(None)
}

/// Why the process ended, for people.
async fn detail(
    daemon: &Daemon,
    container: &str,
    attributes: &HashMap<String, String>,
    starved: bool,
) -> String {
    let code = attributes.get("exitCode").and_then(|code| code.parse::<i32>().ok());
    match code {
        _ if starved => "killed: out of memory".to_owned(),
        // A shell's and Docker's convention: 128 and the signal's number.
        Some(code) if code > 128 => format!("killed by signal {}", code - 128),
        Some(code) => {
            let lines =
                tokio::time::timeout(PING_TIME, daemon.last_lines(container)).await.unwrap_or_default();
            if lines.is_empty() {
                format!("exited with code {code}")
            } else {
                format!("exited with code {code}: {lines}")
            }
        }
        None => "ended".to_owned(),
    }
}

async fn until_up(docker: &Docker) {
    while !is_up(docker).await {
        tokio::time::sleep(POLL).await;
    }
}

async fn is_up(docker: &Docker) -> bool {
    tokio::time::timeout(PING_TIME, docker.ping()).await.is_ok_and(|answer| answer.is_ok())
}
