//! AUTH tokens and encryption in transit: AWS's rules on them, ahead of serving them.

use crate::cluster::Secret;
use crate::engine::Engine;
use crate::engine_version::{EngineVersion, VersionNumber};
use crate::rejection::{Rejection, Unbuilt};

/// An AUTH token's form: 8 to 128 letters, digits and `!&#$^<>-`.
///
/// AWS asks for 16; shorter ones from 8 on are taken because the user guide's example has 15. Of the specials that
/// the pages on create and on modify allow, these are the ones allowed by both.
pub(crate) fn token(token: &Secret) -> Result<(), Rejection> {
    let form = (8..=128).contains(&token.0.len())
        && token.0.bytes().all(|b| b.is_ascii_alphanumeric() || b"!&#$^<>-".contains(&b));
    if form { Ok(()) } else { Err(Rejection::BadAuthToken) }
}

/// TLS: every Valkey, Redis 3.2.6 and from 4.0.10 (3.2.10 is without), Memcached from 1.6.12.
pub(crate) fn transit_encryption(version: &EngineVersion) -> Result<(), Rejection> {
    let least = |text: &str| version.number() >= text.parse::<VersionNumber>().expect("a version");
    let has = match version.engine {
        Engine::Valkey => true,
        Engine::Redis => version.version == "3.2.6" || least("4.0.10"),
        Engine::Memcached => least("1.6.12"),
    };
    let (engine, full) = (version.engine, version.full_version.to_owned());
    if has { Ok(()) } else { Err(Rejection::NoTransitEncryption { engine, version: full }) }
}

/// TLS that AWS has and the engine has not: Redis has it since 6.0. Before Memcached stands a proxy that speaks it.
pub(crate) fn unbuilt_transit_encryption(version: &EngineVersion) -> Result<(), Rejection> {
    let six = "6.0".parse::<VersionNumber>().expect("a version");
    match version.engine {
        Engine::Redis if version.number() < six => Err(Rejection::NotYet(Unbuilt::TransitEncryptionBefore6)),
        Engine::Redis | Engine::Valkey | Engine::Memcached => Ok(()),
    }
}
