//! `AuthToken` and `AuthTokenUpdateStrategy`.

use crate::cluster::ModifyCacheCluster;
use crate::cluster::validate::secrets;
use crate::rejection::Rejection;

/// AUTH can only be changed where traffic is encrypted, which no cluster's is yet: AWS's own refusal holds.
pub(super) fn asked(request: &ModifyCacheCluster) -> Result<(), Rejection> {
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
        (None, None) => Ok(()),
        (None, Some("DELETE")) => Err(Rejection::AuthTokenNeedsTransitEncryption),
        (None, Some(_)) => Err(Rejection::Needs("AuthTokenUpdateStrategy", "AuthToken")),
        (Some(token), _) => {
            secrets::token(token)?;
            Err(Rejection::AuthTokenNeedsTransitEncryption)
        }
    }
}
