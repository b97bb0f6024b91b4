//! Cache clusters, from their creation to their end.

mod change;
mod create;
mod describe;
mod fleet;
mod repair;
