//! Keeps the database within bounds.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::params;

use crate::{Store, StoreError, to_ms};

/// How much is kept. Alerts that still wait are never pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Messages over all subscriptions.
    pub messages_max: u32,
    /// Age of messages.
    pub age_max: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { messages_max: 100_000, age_max: Duration::from_secs(365 * 86_400) }
    }
}

const JOURNAL_ROWS_MAX: u32 = 10_000;
const SET_ASIDE_MAX: u32 = 1_000;
/// Of each subscription; they outlive the messages.
const FINGERPRINTS_MAX: u32 = 500_000;

impl Store {
    /// Deletes what is over the limits.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn prune(&mut self, retention: Retention, now: Timestamp) -> Result<(), StoreError> {
        let oldest = now.checked_sub(retention.age_max).unwrap_or(Timestamp::MIN);
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "DELETE FROM message WHERE shown <> 'pending' AND (received < ?1 OR id <= (
                 SELECT id FROM message ORDER BY id DESC LIMIT 1 OFFSET ?2))",
            params![to_ms(oldest), retention.messages_max],
        )?;
        for (table, rows_max) in [("journal", JOURNAL_ROWS_MAX), ("set_aside", SET_ASIDE_MAX)] {
            transaction.execute(
                &format!(
                    "DELETE FROM {table} WHERE id <= (
                         SELECT id FROM {table} ORDER BY id DESC LIMIT 1 OFFSET ?1)"
                ),
                [rows_max],
            )?;
        }
        let keys: Vec<String> = transaction
            .prepare("SELECT DISTINCT subscription FROM fingerprint")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for key in keys {
            transaction.execute(
                "DELETE FROM fingerprint WHERE subscription = ?1 AND id <= (
                     SELECT id FROM fingerprint WHERE subscription = ?1
                     ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                params![key, FINGERPRINTS_MAX],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }
}
