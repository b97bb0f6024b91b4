//! How a Redis or Valkey server finds the RDB file that it is to start from, by where and under which name that lies.

use crate::runtime::Storage;

/// As what a seed lies in the engine's working folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// As the RDB file that a server without an append-only file reads when it starts.
    Rdb,
    /// As an append-only file, which may begin with an RDB file since Redis 4.0. From 7.0 on the server takes it for
    /// one of an older version and makes it the base of its new ones: in its own time, safe against crashes. An RDB
    /// file beside it would be ignored, and an append-only file switched on later would be lost in a crash before.
    AppendOnlyFile,
}

impl Planted {
    /// What a node with such storage reads.
    pub(crate) const fn of(storage: Storage) -> Self {
        match storage {
            Storage::Ephemeral => Self::Rdb,
            Storage::Durable => Self::AppendOnlyFile,
        }
    }

    /// Its name there.
    pub(crate) const fn file_name(self) -> &'static str {
        match self {
            Self::Rdb => "dump.rdb",
            Self::AppendOnlyFile => "appendonly.aof",
        }
    }
}
