//! The role `simfra resolver`: names inside a VPC, from a container of their own.
//!
//! A zone arrives on standard input, a JSON line ([`zone_line`]), from whoever is attached at the moment, and what changes
//! about it in lines of their own ([`change_line`]). The resolver outlives them: at the end of input it goes on serving what
//! it has, and waits for more.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::signal::unix::{SignalKind, signal};

use super::live::LiveZone;
use super::serve::{Handler, Sockets};
use super::{Upstream, Zone, ZoneChange};

/// A longer line is not a zone: some 200,000 names.
const MAX_LINE: u64 = 16 << 20;
/// How often the input is looked at again after its end.
const REOPEN: Duration = Duration::from_millis(500);

/// Why the resolver cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ResolverError {
    /// Its address cannot be had.
    #[error("the resolver cannot listen on {address}")]
    Listen {
        /// UDP and TCP.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It cannot be told to stop.
    #[error("the resolver cannot wait for signals")]
    Signals(#[source] io::Error),
    /// A socket closed under it.
    #[error("the resolver's sockets failed: {0}")]
    Stopped(String),
}

/// Serves on `listen` the zones that come from `input`, until SIGTERM or SIGINT (which as process 1 of a container it
/// would not even notice without a handler). Before the first zone every answer is SERVFAIL; other names go to the
/// resolvers of the container's resolv.conf.
///
/// A caller that passes standard input must end by `std::process::exit`: a read of it cannot be called off.
///
/// # Errors
/// When it cannot listen, or its sockets fail.
pub async fn run(input: impl AsyncRead + Unpin, listen: SocketAddr) -> Result<(), ResolverError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ResolverError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ResolverError::Signals)?;
    let resolver = Resolver::bind(listen, Upstream::system()).await?;
    tracing::info!(%listen, "the resolver answers");
    tokio::select! {
        served = resolver.serve(input) => served,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

/// What a resolver reads for `zone`. It begins with a line end too: what a publisher before this one left
/// unfinished then spoils only itself.
#[must_use]
pub fn zone_line(zone: &Zone) -> Vec<u8> {
    line_of(zone)
}

/// The same for what changes about the zone that it has.
#[must_use]
pub fn change_line(change: &ZoneChange) -> Vec<u8> {
    line_of(change)
}

fn line_of(told: &impl Serialize) -> Vec<u8> {
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, told)
        .expect("strings and addresses are JSON, and a Vec takes every byte");
    line.push(b'\n');
    line
}

/// A resolver that has its sockets.
pub(super) struct Resolver {
    sockets: Sockets,
    upstream: Upstream,
}

impl Resolver {
    pub(super) async fn bind(address: SocketAddr, upstream: Upstream) -> Result<Self, ResolverError> {
        let sockets = Sockets::bind(&[address.ip()], address.port())
            .await
            .map_err(|source| ResolverError::Listen { address, source })?;
        Ok(Resolver { sockets, upstream })
    }

    #[cfg(test)]
    pub(super) fn address(&self) -> SocketAddr {
        self.sockets.addresses()[0]
    }

    /// Ends only when the sockets fail.
    pub(super) async fn serve(self, input: impl AsyncRead + Unpin) -> Result<(), ResolverError> {
        let zone = Arc::new(LiveZone::default());
        let mut server: hickory_server::Server<Handler> =
            self.sockets.serve(Arc::clone(&zone), self.upstream);
        let feed = feed(BufReader::new(input), &zone);
        tokio::select! {
            ended = server.block_until_done() => {
                Err(ResolverError::Stopped(ended.err().map_or_else(String::new, |error| error.to_string())))
            }
            never = feed => match never {},
        }
    }
}

/// Publishes every zone and every change that `input` brings.
async fn feed(mut input: impl AsyncBufRead + Unpin, zone: &LiveZone) -> std::convert::Infallible {
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut input).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(0) => tokio::time::sleep(REOPEN).await,
            Ok(_) if line.ends_with(b"\n") => publish(&line, zone),
            Ok(_) => {
                tracing::warn!(bytes = line.len(), "a zone was cut off or is too long: ignored");
                skip_line(&mut input).await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot read zones; the last one stays");
                tokio::time::sleep(REOPEN).await;
            }
        }
    }
}

/// A zone has a suffix, a change has none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Zone(Zone),
    Change(ZoneChange),
}

fn publish(line: &[u8], zone: &LiveZone) {
    if line.trim_ascii().is_empty() {
        return;
    }
    match serde_json::from_slice::<Line>(line) {
        Ok(Line::Zone(new)) => {
            tracing::info!(suffix = new.suffix, names = new.names.len(), "new zone");
            zone.publish(Arc::new(new));
        }
        Ok(Line::Change(ZoneChange { gone, names })) => {
            tracing::debug!(gone = gone.len(), names = names.len(), "the zone changes");
            if !zone.change(&gone, names) {
                tracing::warn!("a change came before the zone: ignored");
            }
        }
        Err(error) => tracing::warn!(%error, "a line is not a zone: ignored"),
    }
}

/// Drops the rest of a line, without keeping it.
async fn skip_line(input: &mut (impl AsyncBufRead + Unpin)) {
    loop {
        let Ok(buffered) = input.fill_buf().await else { return };
        if buffered.is_empty() {
            return;
        }
        let end = buffered.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffered.len(), |end| end + 1);
        input.consume(length);
        if end.is_some() {
            return;
        }
    }
}
