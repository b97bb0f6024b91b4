//! The proxy before a real Memcached server, which must be there: what clients see of it.

#[cfg(test)]
mod held;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod streams;
