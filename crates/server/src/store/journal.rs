//! The world on disk: one redb table per kind of row, JSON values, so that a later Simfra can still read them.

use std::path::Path;
use std::sync::Arc;

use domain::ids::Scope;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Change, EventKey, EventPlace, StoreError, World, resource};

/// A table of the file, by name. Those of resources stand in `resource.rs`.
type Table = &'static str;

const EVENTS: Table = "events";
const FORWARDS: Table = "port_forwards";

const fn definition(table: Table) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(table)
}

/// The file that commits go into: durable when [`Journal::commit`] answers.
pub(super) struct Journal(Database);

/// A change as the file has it.
pub(super) struct Row {
    table: Table,
    key: String,
    value: Option<Vec<u8>>,
}

impl Row {
    /// The row `key` of `table`, or its absence.
    pub(super) fn encode<V: Serialize>(
        table: Table,
        key: String,
        value: Option<&Arc<V>>,
    ) -> Result<Self, StoreError> {
        let value = value.map(|v| serde_json::to_vec(&**v)).transpose();
        value.map(|value| Self { table, key, value }).map_err(|e| StoreError::Commit(e.to_string()))
    }
}

impl Journal {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |reason: String| StoreError::Open { path: path.display().to_string(), reason };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| open(e.to_string()))?;
        }
        Database::create(path).map(Self).map_err(|e| open(e.to_string()))
    }

    /// Fills `world` with what was committed.
    pub(super) fn load(&self, world: &mut World) -> Result<(), StoreError> {
        let Self(database) = self;
        resource::load(database, world)?;
        each(database, EVENTS, |event, key| {
            let key = parse_event_key(key)?;
            world.apply(Change::Event(key, Some(event)));
            Ok(())
        })?;
        each(database, FORWARDS, |forward, id| {
            world.apply(Change::Forward(id.to_owned(), Some(forward)));
            Ok(())
        })
    }

    /// Makes `changes` durable, all or none.
    pub(super) fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let Self(database) = self;
        if changes.is_empty() {
            return Ok(());
        }
        let failed = |e: &dyn std::fmt::Display| StoreError::Commit(e.to_string());
        let transaction = database.begin_write().map_err(|e| failed(&e))?;
        let mut rows = changes.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        // A table is opened once, not once a row. Of one key the last change counts: the order within a table stays.
        rows.sort_by_key(|row| row.table);
        for rows in rows.chunk_by(|one, other| one.table == other.table) {
            let mut table = transaction.open_table(definition(rows[0].table)).map_err(|e| failed(&e))?;
            for Row { key, value, .. } in rows {
                match value {
                    Some(value) => table.insert(key.as_str(), value.as_slice()).map_err(|e| failed(&e))?,
                    None => table.remove(key.as_str()).map_err(|e| failed(&e))?,
                };
            }
        }
        transaction.commit().map_err(|e| failed(&e))
    }
}

fn row(change: &Change) -> Result<Row, StoreError> {
    match change {
        Change::Resource(change) => change.row(),
        Change::Event(key, value) => Row::encode(EVENTS, event_key(key), value.as_ref()),
        Change::Forward(id, value) => Row::encode(FORWARDS, id.clone(), value.as_ref()),
    }
}

/// `account|region|microseconds|sequence`: parsed back at the start, never ordered by.
fn event_key(key: &EventKey) -> String {
    let Scope { account, region } = &key.scope;
    let EventPlace { micros, sequence } = key.place;
    format!("{account}|{region}|{micros}|{sequence}")
}

fn parse_event_key(text: &str) -> Result<EventKey, String> {
    let parts: Vec<&str> = text.split('|').collect();
    let [account, region, micros, sequence] = parts[..] else { return Err("not four parts".to_owned()) };
    Ok(EventKey {
        scope: Scope {
            account: account.parse().map_err(|e| format!("{e}"))?,
            region: region.parse().map_err(|e| format!("{e}"))?,
        },
        place: EventPlace::new(
            jiff::Timestamp::from_microsecond(micros.parse().map_err(|e| format!("{e}"))?)
                .map_err(|e| e.to_string())?,
            sequence.parse().map_err(|e| format!("{e}"))?,
        ),
    })
}

/// Hands every row of `table` to `take`, with its key.
pub(super) fn each<V: DeserializeOwned>(
    database: &Database,
    table: Table,
    mut take: impl FnMut(Arc<V>, &str) -> Result<(), String>,
) -> Result<(), StoreError> {
    let bad = |key: &str, reason: String| StoreError::Row { table, key: key.to_owned(), reason };
    let transaction = database.begin_read().map_err(|e| bad("*", e.to_string()))?;
    let rows = match transaction.open_table(definition(table)) {
        Ok(rows) => rows,
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(e) => return Err(bad("*", e.to_string())),
    };
    for row in rows.iter().map_err(|e| bad("*", e.to_string()))? {
        let (key, value) = row.map_err(|e| bad("*", e.to_string()))?;
        let parsed = serde_json::from_slice(value.value()).map_err(|e| bad(key.value(), e.to_string()))?;
        take(Arc::new(parsed), key.value()).map_err(|reason| bad(key.value(), reason))?;
    }
    Ok(())
}
