//! Tokens of IAM's with which users sign in to engines: presigned requests that are never sent.
//!
//! The proxy before an engine checks them by what its policy has: keys that make signatures of one day, one region and
//! ElastiCache alone. Without Simfra it goes on doing so for the days that it has keys of.

use dataplane::proxy::engine::{Iam, IamKey, Verify};
use domain::ids::{AccountId, Scope};
use http::header::HOST;
use http::{Method, Request, Uri};
use jiff::{SignedDuration, Timestamp};
use wire::sigv4::{self, Authorization, Carrier, PayloadHash, SigningKey};

use crate::clock::Clock;
use crate::config::{Auth, AuthMode};

/// The service that tokens are signed for.
const SERVICE: &str = "elasticache";
/// The longest time for which a token is good, in seconds (user guide, "Authenticating with IAM").
const LONGEST: u32 = 900;

/// Checks tokens.
#[derive(Debug)]
pub struct Tokens {
    clock: Clock,
}

impl Tokens {
    /// By the time of `clock`.
    pub const fn new(clock: Clock) -> Self {
        Self { clock }
    }
}

impl Verify for Tokens {
    fn admits(&self, iam: &Iam, user: &str, token: &str) -> bool {
        is_good(iam, user, token, self.clock.now()).is_some()
    }
}

/// What a proxy of a cache in `scope` checks tokens by on the day of `now`, the one before and the one after: the known keys
/// of the account, and whether others are good.
pub fn keys(auth: &Auth, default_account: &AccountId, scope: &Scope, now: Timestamp) -> (Vec<IamKey>, bool) {
    let known = auth.mode != AuthMode::Off && scope.account == *default_account;
    let day = |days: i64| {
        let at = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
        let day = at.strftime("%Y%m%d").to_string();
        let (region, service) = (scope.region.to_string(), SERVICE.to_owned());
        let of = sigv4::Scope { date: day.clone(), region, service };
        let signing_key = *SigningKey::derive(auth.root.secret.reveal(), &of).expose();
        IamKey { access_key: auth.root.id.clone(), day, signing_key }
    };
    let keys = if known { [-1, 0, 1].map(day).to_vec() } else { Vec::new() };
    (keys, auth.mode != AuthMode::Strict)
}

/// None when the token does not let `user` in.
fn is_good(iam: &Iam, user: &str, token: &str, now: Timestamp) -> Option<()> {
    let uri: Uri = format!("http://{token}").parse().ok()?;
    let host = uri.authority()?.as_str().to_owned();
    let query = uri.query()?.to_owned();
    let head =
        Request::builder().method(Method::GET).uri(uri).header(HOST, &host).body(()).ok()?.into_parts().0;
    let authorization = Authorization::parse(&head).ok()??;
    let one = |name: &str| {
        let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
        values.next().map(|(_, value)| value.into_owned()).filter(|_| values.next().is_none())
    };
    let names_it = host == iam.cache
        && head.uri.path() == "/"
        && one("Action")? == "connect"
        && one("User")? == user
        && !query.contains("ResourceType=");
    let lasts = one("X-Amz-Expires")?.parse::<u32>().ok()? <= LONGEST;
    let scope = &authorization.credential.scope;
    let for_it = scope.service == SERVICE && scope.region == iam.region;
    if !(names_it && lasts && for_it && authorization.carrier == Carrier::Query) {
        return None;
    }
    let key_id = &authorization.credential.access_key;
    let account = key_id.parse::<AccountId>().ok();
    if account.as_ref().map_or(iam.default_account.as_str(), AccountId::as_str) != iam.account {
        return None;
    }
    if !iam.keys.iter().any(|key| key.access_key == *key_id) {
        return authorization.check_time(now).ok().filter(|()| iam.unknown_keys);
    }
    // Temporary credentials are another kind of key than the account's own.
    if authorization.security_token.is_some() && !iam.unknown_keys {
        return None;
    }
    let key = iam.keys.iter().find(|key| key.access_key == *key_id && key.day == scope.date)?;
    let key = SigningKey::of_bytes(key.signing_key);
    authorization.verify(&key, &head, &PayloadHash::of(b""), now).ok()
}

#[cfg(test)]
mod tests;
