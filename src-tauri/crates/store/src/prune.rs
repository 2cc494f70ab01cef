//! Keeps the database within bounds, for each subscription by itself: one that is chatty never takes
//! another's room.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{Store, StoreError, to_ms};

/// How much is kept of one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Messages.
    pub messages_max: u32,
    /// What they take together, with the events that they came as. Bytes.
    pub bytes_max: i64,
    /// Their age.
    pub age_max: Duration,
    /// Rows of the journal.
    pub journal_rows_max: u32,
}

impl Keep {
    /// Where the person has not set another.
    pub const DEFAULT: Self = Self {
        messages_max: 20_000,
        bytes_max: 64 << 20,
        age_max: Duration::from_secs(365 * 86_400),
        journal_rows_max: 5_000,
    };
}

impl Default for Keep {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Events that were set aside, of each subscription.
const SET_ASIDE_MAX: u32 = 200;
/// Of each subscription; they outlive the messages.
const FINGERPRINTS_MAX: u32 = 500_000;
/// Where messages are over a bound, this share of it is given back at once, so that not every one
/// that comes costs one that goes.
const GIVEN_BACK: i64 = 20;
/// Rows of the journal are counted once in so many.
const JOURNAL_EVERY: i64 = 64;

impl Store {
    /// Sets how much is kept of a subscription. Answers whether that is another bound than before.
    pub fn keep(&mut self, subscription: &str, keep: Keep) -> bool {
        self.keeps.insert(subscription.to_owned(), keep).unwrap_or_default() != keep
    }

    pub(crate) fn keep_of(&self, subscription: &str) -> Keep {
        self.keeps.get(subscription).copied().unwrap_or_default()
    }

    /// Deletes what is too old, and what is over the limits.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn prune(&mut self, now: Timestamp) -> Result<(), StoreError> {
        for key in self.keys()? {
            let keep = self.keep_of(&key);
            let oldest = now.checked_sub(keep.age_max).unwrap_or(Timestamp::MIN);
            let transaction = self.connection.transaction()?;
            transaction.execute(
                "DELETE FROM message WHERE subscription = ?1 AND received < ?2",
                params![key, to_ms(oldest)],
            )?;
            bound_messages(&transaction, &key, keep)?;
            bound_journal(&transaction, Some(&key), keep)?;
            for (table, rows_max) in
                [("set_aside", SET_ASIDE_MAX), ("fingerprint", FINGERPRINTS_MAX)]
            {
                transaction.execute(
                    &format!(
                        "DELETE FROM {table} WHERE subscription = ?1 AND id <= (
                             SELECT id FROM {table} WHERE subscription = ?1
                             ORDER BY id DESC LIMIT 1 OFFSET ?2)"
                    ),
                    params![key, rows_max],
                )?;
            }
            transaction.commit()?;
        }
        bound_journal(&self.connection, None, Keep::DEFAULT)?;
        Ok(())
    }

    /// The journal has a new row: once in a while the oldest of its subscription go.
    pub(crate) fn journal_grew(&self, id: i64, subscription: Option<&str>) -> rusqlite::Result<()> {
        if id % JOURNAL_EVERY != 0 {
            return Ok(());
        }
        let keep = subscription.map_or(Keep::DEFAULT, |key| self.keep_of(key));
        bound_journal(&self.connection, subscription, keep)
    }

    /// The subscriptions of which there is anything.
    fn keys(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT subscription FROM held UNION SELECT subscription FROM cursor
             UNION SELECT DISTINCT subscription FROM fingerprint
             UNION SELECT DISTINCT subscription FROM set_aside
             UNION SELECT DISTINCT subscription FROM journal WHERE subscription IS NOT NULL",
        )?;
        let keys = statement.query_map([], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }
}

/// Deletes the oldest messages of a subscription that is over a bound. Answers their ids.
pub(crate) fn bound_messages(
    transaction: &Transaction<'_>,
    subscription: &str,
    keep: Keep,
) -> rusqlite::Result<Vec<i64>> {
    let held: Option<(i64, i64)> = transaction
        .prepare_cached("SELECT messages, bytes FROM held WHERE subscription = ?1")?
        .query_row([subscription], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((messages, bytes)) = held else { return Ok(Vec::new()) };
    let less = |most: i64| most - most / GIVEN_BACK;
    let mut last: Option<i64> = None;
    if messages > i64::from(keep.messages_max) {
        last = transaction
            .prepare_cached(
                "SELECT id FROM message WHERE subscription = ?1
                 ORDER BY id DESC LIMIT 1 OFFSET ?2",
            )?
            .query_row(params![subscription, less(keep.messages_max.into())], |row| row.get(0))
            .optional()?;
    }
    if bytes > keep.bytes_max {
        let over = transaction
            .prepare_cached(
                "SELECT id FROM (
                     SELECT id, sum(bytes) OVER (ORDER BY id DESC) AS newer FROM message
                     WHERE subscription = ?1)
                 WHERE newer > ?2 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![subscription, less(keep.bytes_max)], |row| row.get(0))
            .optional()?;
        last = last.max(over);
    }
    let Some(last) = last else { return Ok(Vec::new()) };
    let mut statement = transaction
        .prepare_cached("DELETE FROM message WHERE subscription = ?1 AND id <= ?2 RETURNING id")?;
    let ids = statement.query_map(params![subscription, last], |row| row.get(0))?;
    ids.collect()
}

/// Deletes the oldest rows of the journal that are over the bound: of one subscription, or of the agent.
fn bound_journal(
    connection: &Connection,
    subscription: Option<&str>,
    keep: Keep,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM journal WHERE subscription IS ?1 AND id <= (
                 SELECT id FROM journal WHERE subscription IS ?1
                 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![subscription, keep.journal_rows_max])?;
    Ok(())
}
