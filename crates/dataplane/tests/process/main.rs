//! The process runtime with real engines: redis-server and memcached must be installed.

#[cfg(test)]
mod adoption;
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
