//! Who may come to a cluster's nodes: AUTH tokens and users, told to engines that run.

use std::time::Duration;

use dataplane::engine::{Clients, Session};
use dataplane::fault_point;
use dataplane::runtime::{RuntimeError, RuntimeKind};
use domain::cluster::{Admission, Auth, CacheCluster};
use domain::engine::Engine;
use domain::ids::CacheNodeId;
use domain::replication_group::ReplicationGroup;

use super::Reconciler;
use super::steps::StepError;
use crate::store::{ClusterKey, GroupKey, World};

/// What an engine may take to be told whom to let in.
const ADMITS_WITHIN: Duration = Duration::from_secs(5);
/// How often an engine that loads its data is asked whether it has.
const LOADS_ON: Duration = Duration::from_millis(50);

impl Reconciler {
    /// Has a node that answers let in whom the rows say, as they are now; one that loads its data is waited for, as it
    /// hides that from who is not signed in. A node is told by one task at a time, so that the last word is the newest.
    pub(super) async fn admit(&self, cluster: &CacheCluster, id: CacheNodeId) -> Result<(), StepError> {
        let (Some(target), Some(node)) = (self.target(cluster, id), cluster.node(id)) else { return Ok(()) };
        if self.runtime.kind() == RuntimeKind::None || cluster.spec.engine == Engine::Memcached {
            return Ok(());
        }
        let _taken = self.admissions.take(&target.id).await;
        let secrets = self.key.node(&target.id, node.generation);
        let Some(clients) = self.clients_now(cluster) else { return Ok(()) };
        fault_point::pass("before admit");
        loop {
            let admitted = async {
                let stream = target.connect(&*self.runtime).await?;
                let mut session = Session::open(stream, &secrets).await?;
                session.admit(&clients).await?;
                Ok::<_, StepError>(session.is_loading().await?)
            };
            let loading = tokio::time::timeout(ADMITS_WITHIN, admitted).await.unwrap_or_else(|_| {
                Err(StepError::Runtime(RuntimeError::Backend {
                    verb: "tell the clients of",
                    subject: target.id.to_string(),
                    reason: "it does not answer".to_owned(),
                }))
            });
            if !loading? {
                break;
            }
            tokio::time::sleep(LOADS_ON).await;
        }
        self.observations.told_to_admit(&target.id, node.generation, clients.fingerprint());
        fault_point::pass("after admit");
        Ok(())
    }

    /// Whom the cluster's nodes let in as its row is now; none: it is gone.
    fn clients_now(&self, cluster: &CacheCluster) -> Option<Clients> {
        let world = self.store.read();
        Some(clients(&world, world.cluster(&ClusterKey::of(cluster))?))
    }
}

/// Whom the cluster's nodes let in.
pub(super) fn clients(world: &World, cluster: &CacheCluster) -> Clients {
    match group_of(world, cluster).and_then(|group| world.engine_users(group)) {
        Some(users) => Clients::Users(users),
        None => by_token(cluster),
    }
}

/// The same as a node starts with it, which is told of users when it answers.
pub(super) fn clients_at_start(world: &World, cluster: &CacheCluster) -> Clients {
    match group_of(world, cluster) {
        Some(group) if !group.spec.user_group_ids.is_empty() => Clients::Users(Vec::new()),
        _ => by_token(cluster),
    }
}

fn group_of<'w>(world: &'w World, cluster: &CacheCluster) -> Option<&'w ReplicationGroup> {
    world.replication_group(&GroupKey::of_member(cluster)?).map(|group| &**group)
}

/// While a first token is added clients need none: the engine then takes the token from those that name the `default` user
/// with it.
fn by_token(cluster: &CacheCluster) -> Clients {
    match cluster.spec.auth.as_deref() {
        Some(Auth { tokens, admission: Admission::TokenOnly, .. }) => {
            Clients::Tokens(tokens.iter().map(|token| token.as_str().to_owned()).collect())
        }
        None | Some(_) => Clients::Open,
    }
}
