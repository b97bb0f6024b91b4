//! Snapshots of clusters and replication groups, without engines.

mod copy;
mod daily;
mod last;
mod lists;
mod make;
mod refused;
mod restore;
