//! Parameters of a group that changed, told to engines that run.

use std::time::Duration;

use dataplane::engine::{Session, SessionError};
use dataplane::fault_point;
use dataplane::runtime::{RuntimeError, RuntimeKind};
use domain::cluster::CacheCluster;
use domain::engine::Engine;
use domain::engine_version::EngineVersion;
use domain::ids::CacheNodeId;
use domain::parameter::{Changed, changed};

use super::Reconciler;
use super::steps::{StepError, memory};

/// What an engine may take to be told its parameters.
const WITHIN: Duration = Duration::from_secs(5);

impl Reconciler {
    /// Tells a node that answers the parameters that are being applied. Memcached reads its own at its start alone.
    pub(super) async fn configure(&self, cluster: &CacheCluster, id: CacheNodeId) -> Result<(), StepError> {
        let (Some(target), Some(node)) = (self.target(cluster, id), cluster.node(id)) else { return Ok(()) };
        let served = cluster.served();
        let version = EngineVersion::reported(cluster.engine_of(&served), &served.engine_version);
        let names = cluster.parameter_apply.applying.iter().map(String::as_str);
        let told = version.map_or_else(Vec::new, |version| changed(version, names, &served.parameters));
        if self.runtime.kind() == RuntimeKind::None
            || cluster.spec.engine == Engine::Memcached
            || told.is_empty()
        {
            return Ok(());
        }
        let secrets = self.key.node(&target.id, node.generation);
        fault_point::pass("before configure");
        let configured = async {
            let mut session = Session::open(target.connect(&*self.runtime).await?, &secrets).await?;
            for changed in told {
                let (directive, value) = match changed {
                    Changed::Directive(directive, value) => (directive, value),
                    Changed::Memory => {
                        let Some(limit) = memory(cluster.engine_of(&served), &served) else { continue };
                        ("maxmemory", limit.to_string())
                    }
                };
                match session.call(&["CONFIG", "SET", directive, &value]).await {
                    // An older engine serves in the place of the version that knows it.
                    Err(SessionError::Refused { reason, .. }) if is_unknown(&reason) => {
                        tracing::warn!(cluster = %cluster.id, directive, reason, "the engine does not know a parameter of its group");
                    }
                    answered => drop(answered?),
                }
            }
            Ok::<_, StepError>(())
        };
        tokio::time::timeout(WITHIN, configured).await.unwrap_or_else(|_| {
            Err(StepError::Runtime(RuntimeError::Backend {
                verb: "set the parameters of",
                subject: target.id.to_string(),
                reason: "it does not answer".to_owned(),
            }))
        })?;
        fault_point::pass("after configure");
        Ok(())
    }
}

/// Whether an engine says that it has no such directive, or none that can be set while it runs.
fn is_unknown(reason: &str) -> bool {
    ["Unknown option", "Unsupported CONFIG parameter"].iter().any(|said| reason.contains(said))
}
