//! The gateway, seen from its clients.

mod admin;
mod auth;
mod bodies;
mod connections;
mod fuzz;
mod query;
mod sdk;
mod trust;
