//! The log: to standard error, for people or for machines.

use std::io::{self, IsTerminal};
use std::panic;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// What comes before the user's own filter, which overrides it: the DNS library reports every single question.
const QUIET: &str = "hickory_server=warn";

/// Starts logging for the whole process, panics included.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.filter))
        .unwrap_or_else(|_| EnvFilter::new(format!("{QUIET},info")));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().init(),
    }
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked: {}", panic.payload_as_str().unwrap_or("no message"));
    }));
}
