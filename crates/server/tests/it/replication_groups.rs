//! Replication groups: in the control plane alone, on runtime `none`, but for members that leave clients behind.

mod changes;
mod create;
mod leaving;
mod life;
mod refusals;
