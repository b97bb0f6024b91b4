//! Log delivery: AWS's rules on the request, ahead of serving it.

use crate::cluster::LogDeliveryConfigurationRequest;
use crate::engine::Engine;
use crate::rejection::{Rejection, Unbuilt};

/// Refuses log delivery: with AWS's error where AWS would, else by name.
pub(crate) fn refuse(requests: &[LogDeliveryConfigurationRequest], engine: Engine) -> Result<(), Rejection> {
    for request in requests {
        listed(&request.log_type, "LogType", &["slow-log", "engine-log"])?;
        listed(&request.destination_type, "DestinationType", &["cloudwatch-logs", "kinesis-firehose"])?;
        listed(&request.log_format, "LogFormat", &["text", "json"])?;
    }
    match requests {
        [] => Ok(()),
        _ if engine == Engine::Memcached => Err(Rejection::NotForMemcached("LogDeliveryConfigurations")),
        _ => Err(Rejection::NotYet(Unbuilt::LogDelivery)),
    }
}

fn listed(value: &Option<String>, parameter: &'static str, allowed: &[&str]) -> Result<(), Rejection> {
    match value {
        Some(value) if !allowed.contains(&value.as_str()) => {
            Err(Rejection::NotListed { parameter, value: value.clone(), allowed: allowed.join(", ") })
        }
        _ => Ok(()),
    }
}
