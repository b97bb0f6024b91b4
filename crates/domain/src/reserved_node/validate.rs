//! What a purchase asks of its request: pure, all before any effect.

use jiff::Timestamp;

use super::{Offering, PurchaseOffering, ReservedCacheNode, ReservedNodeRejection as Refused};
use crate::ids::{ReservedCacheNodeId, Scope};
use crate::quota::{Quota, Quotas};
use crate::rejection::Rejection;
use crate::tag::Tags;

/// What an account has reserved in a region already.
pub trait Reserved {
    /// Whether a reservation has the id.
    fn has(&self, id: &ReservedCacheNodeId) -> bool;
    /// How many nodes there are whose term has not ended.
    fn nodes(&self) -> u64;
}

/// Checks PurchaseReservedCacheNodesOffering.
///
/// # Errors
/// The first rule that it breaks.
pub fn purchase(
    request: &PurchaseOffering,
    scope: Scope,
    reserved: &dyn Reserved,
    quotas: Quotas,
    now: Timestamp,
) -> Result<ReservedCacheNode, Rejection> {
    let asked = request.reserved_cache_nodes_offering_id.as_deref();
    let asked = asked.ok_or(Rejection::Missing("ReservedCacheNodesOfferingId"))?;
    let id = request.reserved_cache_node_id.as_deref().map(str::parse).transpose();
    let id = id.map_err(|_| Rejection::BadIdentifier("ReservedCacheNodeId"))?;
    let count = request.cache_node_count.unwrap_or(1);
    let count = u32::try_from(count).ok().filter(|count| *count > 0).ok_or(Refused::Count(count))?;
    let tags = Tags::default().with(&request.tags)?;
    let offering = Offering::find(asked).ok_or_else(|| Refused::OfferingNotFound(asked.to_owned()))?;
    if let Some(taken) = id.as_ref().filter(|id| reserved.has(id)) {
        return Err(Refused::Exists(taken.to_string()).into());
    }
    match quotas.limit(Quota::ReservedNodesPerRegion) {
        Some(limit) if reserved.nodes() + u64::from(count) > u64::from(limit) => {
            return Err(Refused::Quota(limit).into());
        }
        _ => {}
    }
    let id = id.unwrap_or_else(|| free_id(reserved, now));
    let (offering_id, terms) = (offering.id.clone(), offering.terms.clone());
    Ok(ReservedCacheNode { scope, id, offering_id, terms, count, start: now, tags })
}

/// `ri-2026-03-01-12-00-00-000`, by the moment of the purchase, or the next millisecond that is free.
fn free_id(reserved: &dyn Reserved, now: Timestamp) -> ReservedCacheNodeId {
    let mut moment = now;
    loop {
        let id = moment.strftime("ri-%Y-%m-%d-%H-%M-%S-").to_string();
        let id = format!("{id}{:03}", moment.subsec_millisecond());
        let id = id.parse().expect("it is an identifier");
        if !reserved.has(&id) {
            return id;
        }
        moment = moment.saturating_add(jiff::SignedDuration::from_millis(1)).unwrap_or(now);
    }
}
