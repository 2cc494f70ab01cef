//! The one transaction in which a message, its decision and the cursor are written.

use hark_engine::{
    link::{Delivery, Outcome},
    message::{Message, RawEvent},
    policy::{Decision, Origin},
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::{Shown, Store, StoreError, to_ms};

/// How much of an event that is set aside is kept.
const HEAD_BYTES_MAX: usize = 4096;

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A new message with this id.
    New(i64),
    /// It was there already.
    Duplicate,
    /// It is kept aside.
    SetAside,
    /// Only the cursor moved.
    Nothing,
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// One for each delivery, in order.
    pub stored: Vec<Stored>,
    /// The cursor after it.
    pub cursor: Option<String>,
}

impl Store {
    /// Begins a subscription: answers its cursor, and whether it has streamed before. Where its
    /// source (its URL) is another than it was, both start anew.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn begin(
        &mut self,
        subscription: &str,
        source: &str,
    ) -> Result<(Option<String>, bool), StoreError> {
        let source = &Sha256::digest(source)[..16];
        let transaction = self.connection.transaction()?;
        let found = transaction
            .query_row(
                "SELECT source, id, streamed FROM cursor WHERE subscription = ?1",
                [subscription],
                |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        if let Some((known, id, streamed)) = found
            && known == source
        {
            return Ok((id, streamed));
        }
        transaction.execute(
            "INSERT OR REPLACE INTO cursor (subscription, source, id, streamed) VALUES (?1, ?2, NULL, 0)",
            params![subscription, source],
        )?;
        transaction.commit()?;
        Ok((None, false))
    }

    /// Notes that a subscription has streamed: from now on what it brings is not backlog.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn has_streamed(&mut self, subscription: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE cursor SET streamed = 1 WHERE subscription = ?1 AND streamed = 0",
            )?
            .execute([subscription])?;
        Ok(())
    }

    /// Forgets where a removed subscription was. Its messages stay, and what is known to have come
    /// too: followed again, it brings nothing twice.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn forget(&mut self, subscription: &str) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM cursor WHERE subscription = ?1", [subscription])?;
        Ok(())
    }

    /// Commits deliveries of one subscription, in order, in one transaction: all or none.
    ///
    /// # Errors
    /// Where the database cannot be used; then nothing was written and the cursor is where it was.
    pub fn commit<'a>(
        &mut self,
        subscription: &str,
        deliveries: impl IntoIterator<Item = &'a Delivery>,
        received: Timestamp,
        decide: impl Fn(Origin) -> Decision,
    ) -> Result<Committed, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut stored = Vec::new();
        let source: Vec<u8> = transaction
            .prepare_cached("SELECT source FROM cursor WHERE subscription = ?1")?
            .query_row([subscription], |row| row.get(0))
            .optional()?
            .unwrap_or_default();
        for Delivery { event, outcome, cursor } in deliveries {
            stored.push(match outcome {
                Outcome::Nothing => Stored::Nothing,
                _ if !is_new(&transaction, subscription, &source, event)? => Stored::Duplicate,
                Outcome::Message(message, origin) => {
                    let decision = decide(*origin);
                    Stored::New(insert(
                        &transaction,
                        subscription,
                        event,
                        message,
                        received,
                        decision,
                    )?)
                }
                Outcome::SetAside { reason, bytes } => {
                    set_aside(&transaction, subscription, event, reason, *bytes, received)?;
                    Stored::SetAside
                }
            });
            if let Some(id) = cursor {
                transaction
                    .prepare_cached("UPDATE cursor SET id = ?2 WHERE subscription = ?1")?
                    .execute(params![subscription, id])?;
            }
        }
        let cursor = transaction
            .prepare_cached("SELECT id FROM cursor WHERE subscription = ?1")?
            .query_row([subscription], |row| row.get(0))
            .optional()?
            .flatten();
        transaction.commit()?;
        Ok(Committed { stored, cursor })
    }
}

/// Whether this event has not come before from this source. The same own id with the same type and data is the same
/// event; without an own id nothing is.
fn is_new(
    transaction: &Transaction<'_>,
    subscription: &str,
    source: &[u8],
    event: &RawEvent,
) -> rusqlite::Result<bool> {
    let Some(id) = event.own_id.as_deref().filter(|id| !id.is_empty()) else { return Ok(true) };
    let mut hash = Sha256::new();
    hash.update(source);
    for part in [id, &event.kind, &event.data] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let print = &hash.finalize()[..16];
    transaction
        .prepare_cached("INSERT OR IGNORE INTO fingerprint (subscription, print) VALUES (?1, ?2)")?
        .execute(params![subscription, print])
        .map(|rows| rows == 1)
}

fn insert(
    transaction: &Transaction<'_>,
    subscription: &str,
    event: &RawEvent,
    message: &Message,
    received: Timestamp,
    decision: Decision,
) -> rusqlite::Result<i64> {
    let (decision, shown) = match decision {
        Decision::Alert => ("alert", Shown::Pending),
        Decision::Backlog => ("backlog", Shown::No),
    };
    transaction
        .prepare_cached(
            "INSERT INTO message (subscription, server_id, title, body, priority, time, received,
                                  url, tags, raw_kind, raw_data, decision, shown)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .insert(params![
            subscription,
            event.own_id,
            message.title,
            message.body,
            message.priority.level(),
            message.time.map(to_ms),
            to_ms(received),
            message.url,
            serde_json::Value::from(message.tags.clone()).to_string(),
            event.kind,
            event.data,
            decision,
            shown.name(),
        ])
}

fn set_aside(
    transaction: &Transaction<'_>,
    subscription: &str,
    event: &RawEvent,
    reason: &str,
    bytes: u64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let head = &event.data[..event.data.floor_char_boundary(HEAD_BYTES_MAX)];
    transaction
        .prepare_cached(
            "INSERT INTO set_aside (subscription, at, own_id, reason, bytes, head)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            subscription,
            to_ms(at),
            event.own_id,
            reason,
            i64::try_from(bytes).unwrap_or(i64::MAX),
            head,
        ])
        .map(|_| ())
}
