//! Global datastores, in the control plane alone: runtime `none`.

mod changes;
mod life;
mod refusals;
mod secondaries;
