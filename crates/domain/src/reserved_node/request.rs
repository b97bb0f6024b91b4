//! Requests on reserved nodes, as they came.

use crate::tag::RequestedTag;

/// `PurchaseReservedCacheNodesOfferingMessage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct PurchaseOffering {
    pub reserved_cache_nodes_offering_id: Option<String>,
    pub reserved_cache_node_id: Option<String>,
    pub cache_node_count: Option<i32>,
    pub tags: Vec<RequestedTag>,
}

/// `DescribeReservedCacheNodesOfferingsMessage`, paging apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the model's, in snake case")]
pub struct DescribeOfferings {
    pub reserved_cache_nodes_offering_id: Option<String>,
    pub cache_node_type: Option<String>,
    pub duration: Option<String>,
    pub product_description: Option<String>,
    pub offering_type: Option<String>,
}

/// `DescribeReservedCacheNodesMessage`, paging apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeReservedNodes {
    /// `ReservedCacheNodeId`.
    pub reserved_cache_node_id: Option<String>,
    /// What it has in common with the other.
    pub offering: DescribeOfferings,
}
