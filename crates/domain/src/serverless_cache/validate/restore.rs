//! `SnapshotArnsToRestore`: a snapshot of one's own whose data a new cache begins with.

use super::{Surroundings, values};
use crate::arn::{Arn, ResourceType};
use crate::engine::Engine;
use crate::ids::ServerlessCacheSnapshotName;
use crate::rejection::{Rejection, Unbuilt};
use crate::serverless_cache::ServerlessCacheRejection as Refused;
use crate::serverless_cache_snapshot::{Phase, ServerlessCacheSnapshot};

/// The snapshot that the ARNs name, if they name any.
pub(super) fn snapshot(
    arns: &[String],
    engine: Engine,
    major: &str,
    world: &Surroundings<'_>,
) -> Result<Option<ServerlessCacheSnapshotName>, Rejection> {
    let found: Vec<_> = arns.iter().map(|arn| named(arn, world)).collect::<Result<_, _>>()?;
    match found[..] {
        [] => Ok(None),
        [snapshot] if reads(engine, major, snapshot) => Ok(Some(snapshot.name.clone())),
        [snapshot] => Err(Refused::SnapshotNotForEngine {
            from: snapshot.engine,
            from_version: snapshot.major_engine_version.clone(),
            to: engine,
            to_version: major.to_owned(),
        }
        .into()),
        _ => Err(Refused::SeveralSnapshots.into()),
    }
}

fn named<'w>(text: &str, world: &Surroundings<'w>) -> Result<&'w ServerlessCacheSnapshot, Rejection> {
    let bad = || Rejection::from(Refused::BadSnapshotArn(text.to_owned()));
    if text.split(':').nth(2) == Some("s3") {
        return Err(Rejection::NotYet(Unbuilt::SnapshotArnsToRestore));
    }
    let arn = Arn::parse(text, world.scope).map_err(|_| bad())?;
    match arn.resource {
        ResourceType::Snapshot => Err(Rejection::NotYet(Unbuilt::SnapshotArnsToRestore)),
        ResourceType::ServerlessCacheSnapshot => {
            let found = arn.id.parse().ok().and_then(|name| world.neighbours.snapshot(&name));
            found.filter(|snapshot| snapshot.phase == Phase::Available).ok_or_else(bad)
        }
        _ => Err(bad()),
    }
}

/// Whether the engine reads the snapshot's data: its own of the same or an earlier major version, Valkey also Redis's.
fn reads(engine: Engine, major: &str, snapshot: &ServerlessCacheSnapshot) -> bool {
    let own = snapshot.engine == engine || (snapshot.engine, engine) == (Engine::Redis, Engine::Valkey);
    own && values::major(major) >= values::major(&snapshot.major_engine_version)
}
