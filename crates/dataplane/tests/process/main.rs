//! The process runtime with real engines: redis-server, valkey-server and memcached must be there
//! (`cargo xtask engines`).

#[cfg(test)]
#[path = "../contract/access.rs"]
mod access;
#[cfg(test)]
mod adoption;
#[cfg(test)]
mod configuration;
#[cfg(test)]
#[path = "../contract/mod.rs"]
mod contract;
#[cfg(test)]
mod instance;
#[cfg(test)]
mod life;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod parent_death;
