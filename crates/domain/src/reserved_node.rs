//! Reserved nodes: what is paid ahead. A reservation changes bills alone, and there are none here.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::arn::{Arn, ResourceType};
use crate::ids::{ReservedCacheNodeId, Scope};
use crate::tag::Tags;

mod describe;
mod offering;
mod rejection;
mod request;
pub mod validate;

pub use describe::{OfferingQuery, ReservedNodeQuery};
pub use offering::{Offering, OfferingType, Terms};
pub use rejection::ReservedNodeRejection;
pub use request::{DescribeOfferings, DescribeReservedNodes, PurchaseOffering};

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedCacheNode {
    /// Account and region.
    pub scope: Scope,
    /// Its id.
    pub id: ReservedCacheNodeId,
    /// The offering that was bought.
    pub offering_id: String,
    /// What it said then.
    pub terms: Terms,
    /// How many nodes.
    pub count: u32,
    /// When it began.
    pub start: Timestamp,
    /// Its tags.
    pub tags: Tags,
}

impl ReservedCacheNode {
    /// `State`; while it is being paid it says `payment-pending`, which here is in the answer to its purchase alone.
    pub fn state(&self, now: Timestamp) -> &'static str {
        if self.is_over(now) { "retired" } else { "active" }
    }

    /// Whether its term has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let end = self.start.saturating_add(SignedDuration::from_secs(i64::from(self.terms.duration)));
        end.is_ok_and(|end| end <= now)
    }

    /// Its ARN.
    pub fn arn(&self) -> Arn {
        Arn::new(&self.scope, ResourceType::ReservedNode, self.id.as_str())
    }
}

#[cfg(test)]
mod tests;
