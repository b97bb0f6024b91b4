//! Listeners on the host that lead to nodes.
