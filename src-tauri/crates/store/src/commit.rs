//! The one transaction in which a message, its decision and the cursor are written.

use hark_engine::{
    link::{Delivery, Outcome},
    message::{Change, Extras, Message, RawEvent, Sequence},
    policy::{Decision, Origin, Verdict},
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::{Shown, Store, StoreError, to_ms};

/// How much of an event that is set aside is kept.
const HEAD_BYTES_MAX: usize = 4096;

/// What became of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A new message with this id.
    New(i64),
    /// A new message in the place of an earlier one of its sequence, which is gone.
    Replaced {
        /// The new one.
        id: i64,
        /// The one that is gone.
        earlier: i64,
    },
    /// It was there already, or a later one of its sequence is.
    Duplicate,
    /// The person's own rule dropped it.
    Dropped,
    /// These earlier messages were changed, or are gone.
    Changed(Vec<i64>),
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
        decide: impl Fn(&Message, &RawEvent, Origin) -> Verdict,
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
                    let verdict = decide(message, event, *origin);
                    keep(&transaction, subscription, event, message, received, verdict)?
                }
                Outcome::Changed(change) => {
                    let ids = apply(&transaction, subscription, change)?;
                    if ids.is_empty() {
                        // It may have come before what it changes, and comes again behind it.
                        forget_print(&transaction, subscription, &source, event)?;
                    }
                    Stored::Changed(ids)
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
    let Some(print) = print(source, event) else { return Ok(true) };
    transaction
        .prepare_cached("INSERT OR IGNORE INTO fingerprint (subscription, print) VALUES (?1, ?2)")?
        .execute(params![subscription, print])
        .map(|rows| rows == 1)
}

fn forget_print(
    transaction: &Transaction<'_>,
    subscription: &str,
    source: &[u8],
    event: &RawEvent,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM fingerprint WHERE subscription = ?1 AND print = ?2")?
        .execute(params![subscription, print(source, event)])
        .map(|_| ())
}

/// What an event is known by when it comes again, where it has an id of its own.
fn print(source: &[u8], event: &RawEvent) -> Option<Vec<u8>> {
    let id = event.own_id.as_deref().filter(|id| !id.is_empty())?;
    let mut hash = Sha256::new();
    hash.update(source);
    for part in [id, &event.kind, &event.data] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Some(hash.finalize()[..16].to_vec())
}

fn keep(
    transaction: &Transaction<'_>,
    subscription: &str,
    event: &RawEvent,
    message: &Message,
    received: Timestamp,
    verdict: Verdict,
) -> rusqlite::Result<Stored> {
    let earlier = match &message.sequence {
        Some(sequence) => latest_of(transaction, subscription, sequence)?,
        None => None,
    };
    if let (Some(sequence), Some(earlier)) = (&message.sequence, &earlier)
        && is_late(message, sequence, earlier)
    {
        return Ok(Stored::Duplicate);
    }
    if verdict.decision == Decision::Drop {
        transaction
            .prepare_cached("UPDATE cursor SET dropped = dropped + 1 WHERE subscription = ?1")?
            .execute([subscription])?;
        return Ok(Stored::Dropped);
    }
    let id = insert(transaction, subscription, event, message, received, &verdict)?;
    let replaces = message.sequence.as_ref().is_some_and(|sequence| sequence.replaces);
    Ok(match earlier.filter(|_| replaces) {
        Some(Earlier { id: earlier, .. }) => {
            transaction.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([earlier])?;
            Stored::Replaced { id, earlier }
        }
        None => Stored::New(id),
    })
}

/// The latest message of a sequence.
struct Earlier {
    id: i64,
    time: Option<i64>,
}

fn latest_of(
    transaction: &Transaction<'_>,
    subscription: &str,
    sequence: &Sequence,
) -> rusqlite::Result<Option<Earlier>> {
    transaction
        .prepare_cached(
            "SELECT id, time FROM message WHERE subscription = ?1 AND sequence = ?2
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![subscription, sequence.id], |row| {
            Ok(Earlier { id: row.get(0)?, time: row.get(1)? })
        })
        .optional()
}

/// Whether the message has been replaced before it came: a replay brings the old after the new.
fn is_late(message: &Message, sequence: &Sequence, earlier: &Earlier) -> bool {
    let older = message.time.map(to_ms).zip(earlier.time).is_some_and(|(own, there)| own < there);
    (sequence.replaces || sequence.begins) && older
}

fn apply(
    transaction: &Transaction<'_>,
    subscription: &str,
    change: &Change,
) -> rusqlite::Result<Vec<i64>> {
    let (sql, sequence) = match change {
        Change::Read(sequence) => (
            "UPDATE message SET shown = 'withdrawn'
             WHERE subscription = ?1 AND sequence = ?2 AND shown IN ('pending', 'shown')
             RETURNING id",
            sequence,
        ),
        Change::Deleted(sequence) => {
            ("DELETE FROM message WHERE subscription = ?1 AND sequence = ?2 RETURNING id", sequence)
        }
    };
    let mut statement = transaction.prepare_cached(sql)?;
    let ids = statement.query_map(params![subscription, sequence], |row| row.get(0))?;
    ids.collect()
}

fn insert(
    transaction: &Transaction<'_>,
    subscription: &str,
    event: &RawEvent,
    message: &Message,
    received: Timestamp,
    verdict: &Verdict,
) -> rusqlite::Result<i64> {
    let (decision, shown) = match verdict.decision {
        Decision::Alert => ("alert", Shown::Pending),
        Decision::Backlog => ("backlog", Shown::No),
        Decision::Quiet | Decision::Drop => ("quiet", Shown::No),
    };
    let extras = (message.extras != Extras::default())
        .then(|| serde_json::to_string(&message.extras).unwrap_or_default());
    transaction
        .prepare_cached(
            "INSERT INTO message (subscription, server_id, title, body, priority, time, received,
                                  url, tags, raw_kind, raw_data, decision, shown, topic, sequence,
                                  extras, rule, sound)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                     ?18)",
        )?
        .insert(params![
            subscription,
            event.own_id,
            message.title,
            message.body,
            verdict.priority.level(),
            message.time.map(to_ms),
            to_ms(received),
            message.url,
            serde_json::Value::from(message.tags.clone()).to_string(),
            event.kind,
            event.data,
            decision,
            shown.name(),
            message.topic,
            message.sequence.as_ref().map(|sequence| &sequence.id),
            extras,
            verdict.rule,
            verdict.sound,
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
