//! Replication groups, in the control plane alone: runtime `none`.

mod changes;
mod create;
mod life;
mod refusals;
