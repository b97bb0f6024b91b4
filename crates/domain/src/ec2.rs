//! EC2's rules, as far as caches need networks: VPCs, their subnets and security groups, and what hangs on them.
//!
//! Its refusals are its own: nothing of ElastiCache's is known here.

mod draw;
mod filter;
mod network_acl;
mod network_interface;
mod paging;
mod permission;
mod rejection;
mod route_table;
mod rule;
mod security_group;
mod subnet;
mod tags;
mod vpc;
mod zone;

pub use draw::Draw;
pub use filter::{Described, Filters, RequestedFilter};
pub use network_acl::NetworkAcl;
pub use network_interface::NetworkInterface;
pub use paging::{Page, PageRequest};
pub use permission::{Permission, RequestedPeer, RequestedPermission};
pub use rejection::{Ec2Rejection, Kind, Limit};
pub use route_table::RouteTable;
pub use rule::{Direction, Peer, Protocol, RuleSpec, SecurityGroupRule};
pub use security_group::{CreateSecurityGroup, DEFAULT as DEFAULT_SECURITY_GROUP, SecurityGroup};
pub use subnet::{CreateSubnet, Subnet};
pub use tags::{RemovedTag, RequestedTag, TagDescription, Tags};
pub use vpc::{CreateVpc, Tenancy, Vpc};
pub use zone::{RegionOffer, Zone};

use crate::ids::Scope;

/// The ARN of an EC2 resource.
pub(crate) fn arn(scope: &Scope, kind: &str, id: &str) -> String {
    let (partition, Scope { account, region }) = (scope.region.partition().as_str(), scope);
    format!("arn:{partition}:ec2:{region}:{account}:{kind}/{id}")
}
