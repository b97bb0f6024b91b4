//! The planner: scripted situations, and convergence from any situation.

mod cluster;
mod convergence;
mod script;
