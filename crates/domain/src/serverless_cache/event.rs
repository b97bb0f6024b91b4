//! What is told of serverless caches and their snapshots, in AWS's words.

use std::fmt;

use jiff::Timestamp;

use crate::event::{Event, SourceType};
use crate::ids::{ServerlessCacheName, ServerlessCacheSnapshotName};

/// What happens to a serverless cache (`data/events.tsv`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerlessCacheEvent {
    /// It became available.
    Created,
    /// It became available with a snapshot's data.
    Restored,
    /// It has other security groups.
    SecurityGroupsUpdated,
    /// It has other tags.
    TagsUpdated,
    /// It has other limits.
    LimitsUpdated,
    /// It is gone.
    Deleted,
    /// A migration into it is completed (AWS's words of replication groups; uncertain).
    MigrationCompleted,
    /// What Simfra itself has to say.
    Notice(String),
    /// A snapshot of it was made; told of the snapshot.
    SnapshotCreated(ServerlessCacheSnapshotName),
}

impl ServerlessCacheEvent {
    /// What the event says of `cache`.
    pub fn message<'e>(&'e self, cache: &'e ServerlessCacheName) -> impl fmt::Display + 'e {
        fmt::from_fn(move |f| match self {
            Self::Created => write!(f, "Cache {cache} is created and ready to use."),
            Self::Restored => {
                write!(
                    f,
                    "Cache {cache} is created and data was restored from snapshot. Your cache is ready to use."
                )
            }
            Self::SecurityGroupsUpdated => write!(f, "SecurityGroups updated for the cache {cache}."),
            Self::TagsUpdated => write!(f, "Tags updated for the cache {cache}."),
            Self::LimitsUpdated => write!(f, "Limits updated for the cache {cache}."),
            Self::Deleted => write!(f, "Cache {cache} was deleted."),
            Self::MigrationCompleted => write!(f, "Complete Migration successful for {cache}"),
            Self::Notice(text) => f.write_str(text),
            Self::SnapshotCreated(snapshot) => write!(f, "Snapshot {snapshot} created for cache {cache}."),
        })
    }

    /// The event as it is kept.
    pub fn of(&self, cache: &ServerlessCacheName, date: Timestamp) -> Event {
        let (source_identifier, source_type) = match self {
            Self::SnapshotCreated(snapshot) => (snapshot.to_string(), SourceType::ServerlessCacheSnapshot),
            _ => (cache.to_string(), SourceType::ServerlessCache),
        };
        Event { source_identifier, source_type, message: self.message(cache).to_string(), date }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Table;

    #[test]
    fn messages_are_the_tables() {
        let cache = "c".parse().unwrap();
        let said = [
            ("serverless created", ServerlessCacheEvent::Created),
            ("serverless restored", ServerlessCacheEvent::Restored),
            ("serverless security groups updated", ServerlessCacheEvent::SecurityGroupsUpdated),
            ("serverless tags updated", ServerlessCacheEvent::TagsUpdated),
            ("serverless limits updated", ServerlessCacheEvent::LimitsUpdated),
            ("serverless deleted", ServerlessCacheEvent::Deleted),
            ("serverless snapshot created", ServerlessCacheEvent::SnapshotCreated("s".parse().unwrap())),
        ];
        let rows = Table::parse(include_str!("../../data/events.tsv"))
            .rows(|row| (row.text("event"), row.text("source_type"), row.text("message")));
        let rows: Vec<_> = rows.into_iter().filter(|row| row.1.starts_with("serverless-cache")).collect();
        assert_eq!(rows.len(), said.len());
        for ((name, source_type, template), (expected, event)) in rows.into_iter().zip(said) {
            let event = event.of(&cache, Timestamp::UNIX_EPOCH);
            assert_eq!((name, source_type), (expected, event.source_type.as_str()));
            assert_eq!(event.message, template.replace("{n}", "c").replace("{s}", "s"));
        }
    }
}
