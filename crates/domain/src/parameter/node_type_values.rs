//! Parameters whose value the node type decides: `CacheNodeTypeSpecificParameters`.

use crate::node_type::NodeTypeFacts;

/// Such a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeTypeParameter {
    /// Redis' and Valkey's `maxmemory`, before `reserved-memory-percent` is taken off.
    MaxMemory,
    /// The hard and the soft limit of a replica's output buffer.
    ReplicaOutputBuffer,
    /// Memcached's memory, in mebibytes, before `memcached_connections_overhead` is taken off.
    MaxCacheMemory,
    /// Memcached's threads.
    NumThreads,
}

impl NodeTypeParameter {
    /// The one of this name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "maxmemory" => Self::MaxMemory,
            "client-output-buffer-limit-replica-hard-limit"
            | "client-output-buffer-limit-replica-soft-limit"
            | "client-output-buffer-limit-slave-hard-limit"
            | "client-output-buffer-limit-slave-soft-limit" => Self::ReplicaOutputBuffer,
            "max_cache_memory" => Self::MaxCacheMemory,
            "num_threads" => Self::NumThreads,
            _ => return None,
        })
    }

    /// Its value on a node type; none where the engine does not run, or the table does not say.
    pub fn value(self, node_type: &NodeTypeFacts) -> Option<u64> {
        match self {
            Self::MaxMemory => Some(node_type.maxmemory_bytes),
            Self::ReplicaOutputBuffer => node_type.replica_output_buffer_bytes,
            Self::MaxCacheMemory => node_type.memcached_memory_mb.map(u64::from),
            Self::NumThreads => node_type.memcached_threads.map(u64::from),
        }
    }
}
