//! Reserved nodes: what is offered, and what was bought. A purchase changes no cache.

use domain::ids::{ReservedCacheNodeId, Scope};
use domain::paging::PageRequest;
use domain::rejection::Rejection;
use domain::reserved_node::validate::{self, Reserved};
use domain::reserved_node::{
    Offering, OfferingQuery, ReservedCacheNode, ReservedNodeQuery, ReservedNodeRejection,
};
use jiff::Timestamp;
use models::elasticache::{ops, shapes};
use wire::{Fault, Handle};

use super::{ElastiCache, requests, view};
use crate::aws::fault::Refusal;
use crate::http::Cx;
use crate::store::{Key, World};

/// What the answer to a purchase says; it is paid when the answer is there.
const PAYMENT_PENDING: &str = "payment-pending";

impl Handle<ops::DescribeReservedCacheNodesOfferings, Cx> for ElastiCache {
    async fn handle(
        &self,
        _: &Cx,
        input: shapes::DescribeReservedCacheNodesOfferingsMessage,
    ) -> Result<shapes::ReservedCacheNodesOfferingMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let query = OfferingQuery::parse(requests::reserved_node::offerings(input)).map_err(Refusal::from)?;
        if let Some(id) = query.offering_id.as_ref().filter(|id| Offering::find(id).is_none()) {
            let refused = Rejection::from(ReservedNodeRejection::OfferingNotFound(id.clone()));
            return Err(Refusal::from(refused).into());
        }
        let offerings = Offering::all().iter().filter(|offering| query.matches(offering));
        let page = page.page(offerings, |offering| offering.id.clone());
        Ok(shapes::ReservedCacheNodesOfferingMessage {
            marker: page.marker,
            reserved_cache_nodes_offerings: Some(page.items.into_iter().map(view::offering).collect()),
        })
    }
}

impl Handle<ops::PurchaseReservedCacheNodesOffering, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::PurchaseReservedCacheNodesOfferingMessage,
    ) -> Result<shapes::PurchaseReservedCacheNodesOfferingResult, Fault> {
        let request = requests::reserved_node::purchase(input);
        let (scope, quotas, now) = (cx.scope.clone(), self.quotas, cx.now);
        let bought = self.store.transact(move |tx| {
            let reserved = Reservations { world: tx, scope: &scope, now };
            let node = validate::purchase(&request, scope.clone(), &reserved, quotas, now)?;
            tx.set(node.clone());
            Ok::<_, Refusal>(node)
        });
        let node = view::reserved_node(&bought.await?, PAYMENT_PENDING);
        Ok(shapes::PurchaseReservedCacheNodesOfferingResult { reserved_cache_node: Some(node) })
    }
}

impl Handle<ops::DescribeReservedCacheNodes, Cx> for ElastiCache {
    async fn handle(
        &self,
        cx: &Cx,
        input: shapes::DescribeReservedCacheNodesMessage,
    ) -> Result<shapes::ReservedCacheNodeMessage, Fault> {
        let page = PageRequest::parse(input.max_records, input.marker.as_deref()).map_err(Refusal::from)?;
        let query =
            ReservedNodeQuery::parse(requests::reserved_node::reserved(input)).map_err(Refusal::from)?;
        let world = self.store.read();
        let page = match &query.id {
            Some(asked) => {
                let key = asked.parse().ok().map(|id| Key::new(cx.scope.clone(), id));
                let node = key.and_then(|key| world.get::<ReservedCacheNode>(&key));
                let absent = || Rejection::from(ReservedNodeRejection::NotFound(asked.clone()));
                let node = node.ok_or_else(|| Refusal::from(absent()))?;
                page.page(Some(node).filter(|node| query.matches(node)), |node| node.id.to_string())
            }
            None => {
                let nodes = world.after::<ReservedCacheNode>(&cx.scope, page.after());
                page.page(nodes.filter(|node| query.matches(node)), |node| node.id.to_string())
            }
        };
        let nodes = page.items.into_iter().map(|node| view::reserved_node(node, node.state(cx.now)));
        Ok(shapes::ReservedCacheNodeMessage {
            marker: page.marker,
            reserved_cache_nodes: Some(nodes.collect()),
        })
    }
}

/// What an account has reserved in a region.
struct Reservations<'w> {
    world: &'w World,
    scope: &'w Scope,
    now: Timestamp,
}

impl Reserved for Reservations<'_> {
    fn has(&self, id: &ReservedCacheNodeId) -> bool {
        self.world.get::<ReservedCacheNode>(&Key::new(self.scope.clone(), id.clone())).is_some()
    }

    fn nodes(&self) -> u64 {
        let nodes = self.world.of::<ReservedCacheNode>(self.scope);
        nodes.filter(|node| !node.is_over(self.now)).map(|node| u64::from(node.count)).sum()
    }
}
