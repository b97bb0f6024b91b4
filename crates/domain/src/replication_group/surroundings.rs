//! What validation needs to know of the world around a request on a group.

use std::fmt;

use crate::addresses::Addresses;
use crate::cluster::{self, CacheCluster, ClusterSpec, Ground};
use crate::ids::{CacheClusterId, UserGroupId};
use crate::node::VpcKey;
use crate::user_group::UserGroup;

/// The resources that a request on a group may name, of one account and region, at one moment.
pub trait Neighbours: fmt::Debug {
    /// The cluster of an id, if it is there.
    fn cluster(&self, id: &CacheClusterId) -> Option<&CacheCluster>;

    /// The addresses of a VPC that are in use.
    fn addresses(&self, vpc: &VpcKey) -> &Addresses;

    /// The user group of an id, if it is there.
    fn user_group(&self, id: &UserGroupId) -> Option<&UserGroup>;
}

/// The world around a request, of one account and region, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'w> {
    /// Groups, quotas and defaults, as clusters see them.
    pub of_clusters: cluster::Surroundings<'w>,
    /// What else is there.
    pub neighbours: &'w dyn Neighbours,
    /// Whether a replication group of the id asked for is there; one that is being deleted is.
    pub id_is_taken: bool,
    /// How often TestFailover was called in the last day, in all groups together.
    pub test_failovers: u32,
}

impl<'w> Surroundings<'w> {
    /// Where members of `spec` can go.
    pub fn ground(&self, spec: &ClusterSpec) -> Ground<'w> {
        self.of_clusters.ground(spec, self.neighbours.addresses(&spec.vpc))
    }

    /// Whether a cluster of the id is there.
    pub fn is_cluster(&self, id: &CacheClusterId) -> bool {
        self.neighbours.cluster(id).is_some()
    }
}
