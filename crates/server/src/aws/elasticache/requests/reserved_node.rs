//! Requests on reserved nodes.

use domain::reserved_node as request;
use models::elasticache::shapes;

use super::tags;

pub(in crate::aws::elasticache) fn purchase(
    sent: shapes::PurchaseReservedCacheNodesOfferingMessage,
) -> request::PurchaseOffering {
    request::PurchaseOffering {
        reserved_cache_nodes_offering_id: sent.reserved_cache_nodes_offering_id,
        reserved_cache_node_id: sent.reserved_cache_node_id,
        cache_node_count: sent.cache_node_count,
        tags: tags(sent.tags),
    }
}

pub(in crate::aws::elasticache) fn offerings(
    sent: shapes::DescribeReservedCacheNodesOfferingsMessage,
) -> request::DescribeOfferings {
    request::DescribeOfferings {
        reserved_cache_nodes_offering_id: sent.reserved_cache_nodes_offering_id,
        cache_node_type: sent.cache_node_type,
        duration: sent.duration,
        product_description: sent.product_description,
        offering_type: sent.offering_type,
    }
}

pub(in crate::aws::elasticache) fn reserved(
    sent: shapes::DescribeReservedCacheNodesMessage,
) -> request::DescribeReservedNodes {
    request::DescribeReservedNodes {
        reserved_cache_node_id: sent.reserved_cache_node_id,
        offering: request::DescribeOfferings {
            reserved_cache_nodes_offering_id: sent.reserved_cache_nodes_offering_id,
            cache_node_type: sent.cache_node_type,
            duration: sent.duration,
            product_description: sent.product_description,
            offering_type: sent.offering_type,
        },
    }
}
