//! Offerings of reserved nodes and reservations as AWS shows them.

use domain::reserved_node::{Offering, ReservedCacheNode, Terms};
use models::elasticache::shapes;

/// `UsagePrice` of everything that is sold today: use costs nothing beyond the recurring charge.
const USAGE_PRICE: f64 = 0.0;

pub(in crate::aws::elasticache) fn offering(offering: &Offering) -> shapes::ReservedCacheNodesOffering {
    let terms = &offering.terms;
    shapes::ReservedCacheNodesOffering {
        reserved_cache_nodes_offering_id: Some(offering.id.clone()),
        cache_node_type: Some(terms.cache_node_type.clone()),
        duration: i32::try_from(terms.duration).ok(),
        fixed_price: Some(dollars(terms.fixed_price)),
        usage_price: Some(USAGE_PRICE),
        product_description: Some(terms.product_description.to_string()),
        offering_type: Some(terms.offering_type.as_str().to_owned()),
        recurring_charges: Some(recurring_charges(terms)),
    }
}

/// `state`: as of now.
pub(in crate::aws::elasticache) fn reserved_node(
    node: &ReservedCacheNode,
    state: &str,
) -> shapes::ReservedCacheNode {
    let terms = &node.terms;
    shapes::ReservedCacheNode {
        reserved_cache_node_id: Some(node.id.to_string()),
        reserved_cache_nodes_offering_id: Some(node.offering_id.clone()),
        cache_node_type: Some(terms.cache_node_type.clone()),
        start_time: Some(node.start),
        duration: i32::try_from(terms.duration).ok(),
        fixed_price: Some(dollars(terms.fixed_price)),
        usage_price: Some(USAGE_PRICE),
        cache_node_count: i32::try_from(node.count).ok(),
        product_description: Some(terms.product_description.to_string()),
        offering_type: Some(terms.offering_type.as_str().to_owned()),
        state: Some(state.to_owned()),
        recurring_charges: Some(recurring_charges(terms)),
        reservation_arn: Some(node.arn().to_string()),
    }
}

fn recurring_charges(terms: &Terms) -> Vec<shapes::RecurringCharge> {
    vec![shapes::RecurringCharge {
        recurring_charge_amount: Some(dollars(terms.recurring_charge)),
        recurring_charge_frequency: Some("Hourly".to_owned()),
    }]
}

fn dollars(thousandths: u32) -> f64 {
    f64::from(thousandths) / 1000.0
}
