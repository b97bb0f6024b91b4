//! `AuthToken` and `AuthTokenUpdateStrategy`.

use jiff::Timestamp;

use crate::cluster::validate::secrets;
use crate::cluster::{Auth, CacheCluster, ModifyCacheCluster, Secret};
use crate::network::TransitEncryption;
use crate::rejection::Rejection;

/// What the cluster's tokens shall be. Without a strategy ROTATE is meant (API reference).
pub(crate) fn asked(
    request: &ModifyCacheCluster,
    cluster: &CacheCluster,
    now: Timestamp,
) -> Result<Option<Box<Auth>>, Rejection> {
    let strategy = request.auth_token_update_strategy.as_deref();
    if let Some(strategy) = strategy
        && !["SET", "ROTATE", "DELETE"].contains(&strategy)
    {
        return Err(Rejection::NotListed {
            parameter: "AuthTokenUpdateStrategy",
            value: strategy.to_owned(),
            allowed: "SET, ROTATE, DELETE".to_owned(),
        });
    }
    match (&request.auth_token, strategy) {
        (None, None) => Ok(cluster.spec.auth.clone()),
        (None, Some("DELETE")) => {
            encrypted(cluster)?;
            // It goes with a user group, which only a replication group can have.
            Err(Rejection::AuthTokenDelete)
        }
        (None, Some(_)) => Err(Rejection::Needs("AuthTokenUpdateStrategy", "AuthToken")),
        (Some(token), strategy) => {
            secrets::token(token)?;
            encrypted(cluster)?;
            let auth = changed(cluster.spec.auth.as_deref(), token, strategy.unwrap_or("ROTATE"), now)?;
            Ok(Some(Box::new(auth)))
        }
    }
}

fn changed(before: Option<&Auth>, token: &Secret, strategy: &str, now: Timestamp) -> Result<Auth, Rejection> {
    match strategy {
        "DELETE" => Err(Rejection::AuthTokenDelete),
        "SET" => before.and_then(|before| before.set(token, now)).ok_or(Rejection::AuthTokenSetBeforeRotate),
        _ => Ok(Auth::rotated(before, token, now)),
    }
}

/// AUTH can only be changed where traffic is encrypted.
fn encrypted(cluster: &CacheCluster) -> Result<(), Rejection> {
    match cluster.spec.transit_encryption {
        TransitEncryption::Preferred | TransitEncryption::Required => Ok(()),
        TransitEncryption::Off => Err(Rejection::AuthTokenNeedsTransitEncryption),
    }
}
