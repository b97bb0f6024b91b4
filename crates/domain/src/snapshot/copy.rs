//! CopySnapshot.

use jiff::Timestamp;

use super::validate::{Surroundings, own_name, state};
use super::{CopySnapshot, Phase, Snapshot, SnapshotRejection as Refused, SnapshotType};
use crate::ids::SnapshotName;
use crate::node_type::DataTiering;
use crate::rejection::{Rejection, Unbuilt};
use crate::serverless_cache_snapshot::validate::is_bucket;
use crate::tag::Tags;

/// A copy that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCopy {
    /// Its name.
    pub name: SnapshotName,
    /// Another key of the customer's than the source's.
    pub kms_key_id: Option<String>,
    /// The bucket that it is to lie in; none: it is a snapshot.
    pub bucket: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// When it is asked for.
    pub now: Timestamp,
}

impl NewCopy {
    /// What CopySnapshot says, whatever there is.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(request: CopySnapshot, now: Timestamp) -> Result<Self, Rejection> {
        let name = own_name(request.target_snapshot_name.as_deref(), "TargetSnapshotName")?;
        let tags = Tags::default().with(&request.tags)?;
        let named = |asked: Option<String>| asked.filter(|text| !text.is_empty());
        let (kms_key_id, bucket) = (named(request.kms_key_id), named(request.target_bucket));
        if let Some(bucket) = bucket.as_deref().filter(|bucket| !is_bucket(bucket)) {
            return Err(Refused::BadBucket(bucket.to_owned()).into());
        }
        if bucket.is_some() && kms_key_id.is_some() {
            return Err(Rejection::Exclusive("TargetBucket", "KmsKeyId"));
        }
        Ok(Self { name, kms_key_id, bucket, tags, now })
    }

    /// The copy of `source`: nobody but a request deletes it.
    pub fn of(self, source: &Snapshot) -> Snapshot {
        Snapshot {
            name: self.name,
            copy_of: Some(source.name.clone()),
            snapshot_type: SnapshotType::Manual,
            kms_key_id: self.kms_key_id.or_else(|| source.kms_key_id.clone()),
            created_at: self.now,
            expires_at: None,
            phase: Phase::Creating,
            uses: Vec::new(),
            tags: self.tags,
            ..source.clone()
        }
    }

    /// Checks an export of `source`, where a bucket is named. There is no S3 yet: what breaks no rule is refused by name.
    ///
    /// # Errors
    /// Always, where a bucket is named.
    pub fn export(&self, source: &Snapshot) -> Result<(), Rejection> {
        if self.bucket.is_none() {
            return Ok(());
        }
        if source.configuration.data_tiering == DataTiering::On {
            return Err(Refused::DataTieringOnExport.into());
        }
        if source.kms_key_id.is_some() {
            return Err(Refused::KeyOnExport.into());
        }
        is_there(source)?;
        Err(Rejection::NotYet(Unbuilt::SnapshotExport))
    }
}

/// Checks that `copy` can be made of `source` now.
///
/// # Errors
/// The first rule that is broken.
pub fn copy(copy: &Snapshot, source: &Snapshot, world: &Surroundings) -> Result<(), Rejection> {
    world.is_free(&copy.name)?;
    is_there(source)?;
    world.has_room_for(copy)
}

fn is_there(source: &Snapshot) -> Result<(), Rejection> {
    if source.phase == Phase::Available { Ok(()) } else { Err(state(source, "copying")) }
}
