//! Who may come to a cluster's nodes: its AUTH tokens, told to engines that run.

use std::time::Duration;

use dataplane::engine::{Clients, Session};
use dataplane::fault_point;
use dataplane::runtime::{RuntimeError, RuntimeKind};
use domain::cluster::{Admission, Auth, CacheCluster};
use domain::engine::Engine;
use domain::ids::CacheNodeId;

use super::Reconciler;
use super::steps::StepError;

/// What an engine may take to be told its tokens.
const ADMITS_WITHIN: Duration = Duration::from_secs(5);
/// How often an engine that loads its data is asked whether it has.
const LOADS_ON: Duration = Duration::from_millis(50);

impl Reconciler {
    /// Has a node that answers ask clients for the cluster's tokens; one that loads its data is waited for, as it hides
    /// that from who is not signed in.
    pub(super) async fn admit(&self, cluster: &CacheCluster, id: CacheNodeId) -> Result<(), StepError> {
        let (Some(target), Some(node)) = (self.target(cluster, id), cluster.node(id)) else { return Ok(()) };
        if self.runtime.kind() == RuntimeKind::None || cluster.spec.engine == Engine::Memcached {
            return Ok(());
        }
        let secrets = self.key.node(&target.id, node.generation);
        fault_point::pass("before admit");
        loop {
            let admitted = async {
                let stream = target.connect(&*self.runtime).await?;
                let mut session = Session::open(stream, &secrets).await?;
                session.admit(&clients(cluster)).await?;
                Ok::<_, StepError>(session.is_loading().await?)
            };
            let loading = tokio::time::timeout(ADMITS_WITHIN, admitted).await.unwrap_or_else(|_| {
                Err(StepError::Runtime(RuntimeError::Backend {
                    verb: "set the AUTH tokens of",
                    subject: target.id.to_string(),
                    reason: "it does not answer".to_owned(),
                }))
            });
            if !loading? {
                break;
            }
            tokio::time::sleep(LOADS_ON).await;
        }
        fault_point::pass("after admit");
        Ok(())
    }
}

/// What the cluster's clients must show. While a first token is added they need none: the engine then takes the token
/// from those that name the `default` user with it.
pub(super) fn clients(cluster: &CacheCluster) -> Clients {
    match &cluster.spec.auth {
        Some(Auth { tokens, admission: Admission::TokenOnly, .. }) => {
            Clients::Tokens(tokens.iter().map(|token| token.as_str().to_owned()).collect())
        }
        None | Some(_) => Clients::Open,
    }
}
