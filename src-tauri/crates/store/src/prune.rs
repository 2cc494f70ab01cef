//! Keeps the database within bounds, for each subscription by itself: one that is chatty never
//! takes another's room.

use hark_engine::keep::Keep;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{Store, StoreError, relay::note_pruned, to_ms, uptime::bound_days};

/// What grows with each event and outlives the messages.
struct Trail {
    table: &'static str,
    /// How many rows are kept of each subscription.
    rows_max: u32,
    /// They are counted once in so many new ones, and twice as many are deleted at a time: more would hold up all else.
    every: u32,
}

/// The events that were set aside, and the fingerprints.
const TRAILS: [Trail; 2] = [
    Trail { table: "set_aside", rows_max: 200, every: 64 },
    Trail { table: "fingerprint", rows_max: 500_000, every: 50_000 },
];

/// How many rows of each trail a subscription has gained since they were last counted.
pub(crate) type Grown = [u32; TRAILS.len()];
/// A subscription over a bound is brought below it by one part in so many, so that not each new
/// message costs a deletion.
const GIVEN_BACK: i64 = 20;
/// The journal of a subscription is counted once in so many new rows.
const JOURNAL_EVERY: u32 = 64;

impl Store {
    /// Sets how much is kept of a subscription. Answers whether that is another bound than before.
    pub fn keep(&mut self, subscription: &str, keep: Keep) -> bool {
        self.keeps.insert(subscription.to_owned(), keep).unwrap_or_default() != keep
    }

    pub(crate) fn keep_of(&self, subscription: &str) -> Keep {
        self.keeps.get(subscription).copied().unwrap_or_default()
    }

    /// Deletes what is too old, and what is over the limits. Answers which messages are gone.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn prune(&mut self, now: Timestamp) -> Result<Vec<i64>, StoreError> {
        let mut gone = Vec::new();
        for key in self.keys()? {
            let keep = self.keep_of(&key);
            let oldest = now.checked_sub(keep.age_max).unwrap_or(Timestamp::MIN);
            let transaction = self.connection.transaction()?;
            let mut pruned = too_old(&transaction, &key, oldest)?;
            pruned.extend(bound_messages(&transaction, &key, keep)?);
            bound_journal(&transaction, Some(&key), keep)?;
            for trail in &TRAILS {
                bound_trail(&transaction, trail, &key)?;
            }
            transaction.commit()?;
            gone.extend(pruned);
        }
        bound_journal(&self.connection, None, Keep::DEFAULT)?;
        bound_days(&self.connection, &self.zone, now)?;
        Ok(gone)
    }

    /// The journal has a new row: once in a while the oldest of its subscription go. Each counts by
    /// itself: the numbers of the rows are shared, and may pass one over for good.
    pub(crate) fn journal_grew(&mut self, subscription: Option<&str>) -> rusqlite::Result<()> {
        let grown = match subscription {
            None => &mut self.journal_grown,
            Some(key) => self.journals_grown.entry(key.to_owned()).or_default(),
        };
        *grown += 1;
        if *grown < JOURNAL_EVERY {
            return Ok(());
        }
        *grown = 0;
        let keep = subscription.map_or(Keep::DEFAULT, |key| self.keep_of(key));
        bound_journal(&self.connection, subscription, keep)
    }

    /// The subscriptions of which anything is stored.
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

/// Each trail may have gained so many rows by a commit: once in a while the oldest go.
pub(crate) fn bound_trails(
    transaction: &Transaction<'_>,
    subscription: &str,
    grown: &mut Grown,
    by: Grown,
) -> rusqlite::Result<()> {
    for ((trail, grown), by) in TRAILS.iter().zip(grown).zip(by) {
        *grown = grown.saturating_add(by);
        if *grown >= trail.every {
            *grown = 0;
            bound_trail(transaction, trail, subscription)?;
        }
    }
    Ok(())
}

fn bound_trail(
    transaction: &Transaction<'_>,
    trail: &Trail,
    subscription: &str,
) -> rusqlite::Result<()> {
    let Trail { table, rows_max, every } = trail;
    transaction
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE id IN (
                 SELECT id FROM {table} WHERE subscription = ?1 AND id <= (
                     SELECT id FROM {table} WHERE subscription = ?1
                     ORDER BY id DESC LIMIT 1 OFFSET ?2)
                 ORDER BY id LIMIT ?3)"
        ))?
        .execute(params![subscription, rows_max, every * 2])
        .map(|_| ())
}

/// Deletes the messages of a subscription that came before `oldest`. Answers their ids.
fn too_old(
    transaction: &Transaction<'_>,
    subscription: &str,
    oldest: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement = transaction.prepare_cached(
        "DELETE FROM message WHERE subscription = ?1 AND received < ?2 RETURNING id",
    )?;
    let ids = statement.query_map(params![subscription, to_ms(oldest)], |row| row.get(0))?;
    let gone = ids.collect::<rusqlite::Result<Vec<i64>>>()?;
    note_pruned(transaction, subscription, &gone)?;
    Ok(gone)
}

/// Deletes the oldest messages of a subscription that is over a bound. Answers their ids.
///
/// The newest always stays: a bound is no reason to lose what has just come. Alerts that wait to be
/// shown go after all others.
pub(crate) fn bound_messages(
    transaction: &Transaction<'_>,
    subscription: &str,
    keep: Keep,
) -> rusqlite::Result<Vec<i64>> {
    let mut gone = Vec::new();
    let most = i64::from(keep.messages_max);
    let (messages, bytes) = held(transaction, subscription)?;
    if messages > most {
        let mut statement = transaction.prepare_cached(
            "DELETE FROM message WHERE id IN (
                 SELECT id FROM message
                 WHERE subscription = ?1
                     AND id < (SELECT max(id) FROM message WHERE subscription = ?1)
                 ORDER BY id IN (SELECT id FROM message
                                 WHERE subscription = ?1 AND shown = 'pending'
                                 UNION ALL
                                 SELECT id FROM message
                                 WHERE subscription = ?1 AND shown = 'held'), id
                 LIMIT ?2)
             RETURNING id",
        )?;
        let ids =
            statement.query_map(params![subscription, messages - less(most)], |row| row.get(0))?;
        gone = ids.collect::<Result<_, _>>()?;
    }
    let most = keep.bytes_max;
    if bytes > most {
        bound_bytes(transaction, subscription, most, &mut gone)?;
    }
    gone.sort_unstable();
    note_pruned(transaction, subscription, &gone)?;
    Ok(gone)
}

/// How much is kept once a bound was exceeded.
fn less(most: i64) -> i64 {
    most - most / GIVEN_BACK
}

/// The messages that a commit brings, and their bytes, until they are counted among those that are held.
#[derive(Default)]
pub(crate) struct Came {
    messages: i64,
    bytes: i64,
}

impl Came {
    pub(crate) fn add(&mut self, bytes: i64) {
        self.messages += 1;
        self.bytes += bytes;
    }

    pub(crate) fn write(
        self,
        transaction: &Transaction<'_>,
        subscription: &str,
    ) -> rusqlite::Result<()> {
        if self.messages == 0 {
            return Ok(());
        }
        transaction
            .prepare_cached(
                "INSERT INTO held VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET messages = messages + ?2, bytes = bytes + ?3",
            )?
            .execute(params![subscription, self.messages, self.bytes])
            .map(|_| ())
    }
}

/// The messages that are held of a subscription, and their bytes.
fn held(transaction: &Transaction<'_>, subscription: &str) -> rusqlite::Result<(i64, i64)> {
    let held = transaction
        .prepare_cached("SELECT messages, bytes FROM held WHERE subscription = ?1")?
        .query_row([subscription], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(held.unwrap_or_default())
}

/// Deletes the oldest messages until the rest takes no more than `most`. Adds their ids to `gone`.
///
/// Beside a large newest one, the others keep half the bound. A message that is over it alone goes
/// first once it is not the newest any more, so that it takes no other with it.
fn bound_bytes(
    transaction: &Transaction<'_>,
    subscription: &str,
    most: i64,
    gone: &mut Vec<i64>,
) -> rusqlite::Result<()> {
    let (_, bytes) = held(transaction, subscription)?;
    let newest: Option<(i64, i64)> = transaction
        .prepare_cached(
            "SELECT id, bytes FROM message WHERE subscription = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([subscription], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((newest, its_bytes)) = newest else { return Ok(()) };
    let left = less(most).max(its_bytes.saturating_add(most / 2));
    if bytes <= left {
        return Ok(());
    }
    let mut statement = transaction.prepare_cached(
        "DELETE FROM message WHERE id IN (
             SELECT id FROM (
                 SELECT id, bytes, sum(bytes) OVER (
                     ORDER BY bytes > ?3 DESC, shown IN ('pending', 'held'), id
                     ROWS UNBOUNDED PRECEDING) AS freed
                 FROM message WHERE subscription = ?1 AND id < ?2)
             WHERE freed - bytes < ?4)
         RETURNING id",
    )?;
    let ids =
        statement.query_map(params![subscription, newest, most, bytes - left], |row| row.get(0))?;
    for id in ids {
        gone.push(id?);
    }
    Ok(())
}

/// Deletes the oldest rows of the journal that are over the bound: of one subscription, or of the
/// agent.
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
