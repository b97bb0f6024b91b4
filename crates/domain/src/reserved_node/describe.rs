//! Which offerings and which reservations a request asks for.

use super::{DescribeOfferings, DescribeReservedNodes, Offering, OfferingType, ReservedCacheNode, Terms};
use crate::node_type::CacheNodeType;
use crate::rejection::Rejection;

/// Seconds of a year, as offerings count it.
const YEAR: u32 = 31_536_000;

/// A checked [`DescribeOfferings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferingQuery {
    /// The one offering that is asked for.
    pub offering_id: Option<String>,
    cache_node_type: Option<CacheNodeType>,
    duration: Option<u32>,
    product_description: Option<String>,
    offering_type: Option<OfferingType>,
}

impl OfferingQuery {
    /// The request, checked.
    ///
    /// # Errors
    /// For a node type, a duration or an offering type that there is not.
    pub fn parse(request: DescribeOfferings) -> Result<Self, Rejection> {
        Ok(Self {
            offering_id: request.reserved_cache_nodes_offering_id,
            cache_node_type: request.cache_node_type.as_deref().map(str::parse).transpose()?,
            duration: request.duration.as_deref().map(duration).transpose()?,
            product_description: request.product_description,
            offering_type: request.offering_type.as_deref().map(str::parse).transpose()?,
        })
    }

    /// Whether it asks for the offering.
    pub fn matches(&self, offering: &Offering) -> bool {
        self.fits(&offering.id, &offering.terms)
    }

    fn fits(&self, offering_id: &str, terms: &Terms) -> bool {
        let product = self.product_description.as_deref();
        self.offering_id.as_deref().is_none_or(|id| id == offering_id)
            && self.cache_node_type.as_ref().is_none_or(|asked| asked.as_str() == terms.cache_node_type)
            && self.duration.is_none_or(|asked| asked == terms.duration)
            && product.is_none_or(|asked| asked.eq_ignore_ascii_case(terms.product_description.as_str()))
            && self.offering_type.is_none_or(|asked| asked == terms.offering_type)
    }
}

/// In years or seconds.
fn duration(asked: &str) -> Result<u32, Rejection> {
    match asked {
        "1" | "31536000" => Ok(YEAR),
        "3" | "94608000" => Ok(3 * YEAR),
        _ => Err(Rejection::NotListed {
            parameter: "Duration",
            value: asked.to_owned(),
            allowed: "1, 3, 31536000, 94608000".to_owned(),
        }),
    }
}

/// A checked [`DescribeReservedNodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedNodeQuery {
    /// The one reservation that is asked for.
    pub id: Option<String>,
    offering: OfferingQuery,
}

impl ReservedNodeQuery {
    /// The request, checked.
    ///
    /// # Errors
    /// As for [`OfferingQuery::parse`].
    pub fn parse(request: DescribeReservedNodes) -> Result<Self, Rejection> {
        Ok(Self { id: request.reserved_cache_node_id, offering: OfferingQuery::parse(request.offering)? })
    }

    /// Whether it asks for the reservation.
    pub fn matches(&self, node: &ReservedCacheNode) -> bool {
        self.id.as_ref().is_none_or(|id| id.eq_ignore_ascii_case(node.id.as_str()))
            && self.offering.fits(&node.offering_id, &node.terms)
    }
}
