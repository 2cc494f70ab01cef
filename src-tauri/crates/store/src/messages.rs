//! Reading messages.

use hark_engine::{
    alerts::Why,
    message::{Message, Priority, RawEvent, Sequence},
    policy::Decision,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::{Shown, Store, StoreError, Words, from_ms, relay::note_removed};

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Our own increasing number.
    pub id: i64,
    /// The id that the wire gave, where it gave one.
    pub server_id: Option<String>,
    /// The subscription's key.
    pub subscription: String,
    /// The message itself, with the priority that a rule gave it. Its sequence does not say any
    /// more whether it replaced another.
    pub message: Message,
    /// When it was received, by this machine's clock.
    pub received: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// The rule that decided, where one did.
    pub rule: Option<String>,
    /// The sound of its notification, where a rule named one.
    pub sound: Option<String>,
    /// What became of its alert.
    pub shown: Shown,
    /// Why, where that needs a reason.
    pub why: Option<Why>,
    /// When the person read it.
    pub read: Option<Timestamp>,
    /// When the person closed its notification.
    pub dismissed: Option<Timestamp>,
}

impl MessageRow {
    /// When it was sent, by its server, but never after it was received.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.message.time.unwrap_or(self.received).min(self.received)
    }
}

/// Where a message stands among all: by when it was sent, and of those of the same millisecond by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it was sent, but never after it was received.
    pub at: Timestamp,
    /// Its id.
    pub id: i64,
}

/// Which messages to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The most messages to answer.
    pub limit: u32,
    /// Only greater ids, in the order of ids; else the latest sent first.
    pub after: Option<i64>,
    /// Only what stands before this place.
    pub before: Option<Place>,
    /// Only what stands after this place, the nearest first.
    pub above: Option<Place>,
    /// Only this subscription's.
    pub subscription: Option<String>,
    /// Only what was sent since then.
    pub since: Option<Timestamp>,
    /// Only what was sent before then.
    pub until: Option<Timestamp>,
    /// Only of this priority or a higher one.
    pub priority: Option<Priority>,
    /// Only what the person has not read.
    pub unread: bool,
    /// Only what has this tag.
    pub tag: Option<String>,
    /// Only what holds these words.
    pub words: Option<Words>,
}

/// What was found in one go, whose work is bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The ids, in the order that was asked for.
    pub ids: Vec<i64>,
    /// How far was looked, where there may be more.
    pub reached: Option<Place>,
}

pub(crate) const COLUMNS: &str = "id, server_id, subscription, title, body, priority, time, received, url, tags, decision, shown, topic, sequence, extras, rule, sound, why, read, dismissed";

impl Store {
    /// The messages that a query asks for, in one go.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn messages(&self, query: &Query) -> Result<Vec<MessageRow>, StoreError> {
        let ids = self.find(query)?.ids;
        ids.into_iter().filter_map(|id| self.message(id).transpose()).collect()
    }

    /// The greatest id; 0 where there is no message.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn newest(&self) -> Result<i64, StoreError> {
        let newest = "SELECT coalesce(max(id), 0) FROM message";
        Ok(self.connection.prepare_cached(newest)?.query_row([], |row| row.get(0))?)
    }

    /// The message with this id, where there is one.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn message(&self, id: i64) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    /// Deletes messages, as the person wants it. Answers which were there. What came with them is still known
    /// to have come, so that no replay brings it back.
    ///
    /// # Errors
    /// Where the database cannot be used; then none is gone.
    pub fn delete(&mut self, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut gone = Vec::new();
        for id in ids {
            let subscription: Option<String> = transaction
                .prepare_cached("DELETE FROM message WHERE id = ? RETURNING subscription")?
                .query_row([id], |row| row.get(0))
                .optional()?;
            if let Some(subscription) = subscription {
                note_removed(&transaction, &subscription, *id)?;
                gone.push(*id);
            }
        }
        transaction.commit()?;
        Ok(gone)
    }

    /// The latest event of a subscription that became a message, as it came, behind `skipped` newer
    /// ones: one at a time, as one may hold 4 MiB.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn latest_event(
        &self,
        subscription: &str,
        skipped: u32,
    ) -> Result<Option<RawEvent>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT raw_kind, raw_data, server_id FROM message WHERE subscription = ?1
             ORDER BY id DESC LIMIT 1 OFFSET ?2",
        )?;
        Ok(statement.query_row(params![subscription, skipped], raw).optional()?)
    }

    /// The event of the message with this id, as it came.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn event(&self, id: i64) -> Result<Option<RawEvent>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT raw_kind, raw_data, server_id FROM message WHERE id = ?1")?;
        Ok(statement.query_row([id], raw).optional()?)
    }

    /// How many messages of a subscription its rules have dropped.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn dropped(&self, subscription: &str) -> Result<u32, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT dropped FROM cursor WHERE subscription = ?1")?;
        let dropped = statement.query_row([subscription], |row| row.get(0)).optional()?;
        Ok(dropped.unwrap_or_default())
    }

    /// How many messages of a subscription are stored.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn count(&self, subscription: &str) -> Result<u32, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT count(*) FROM message WHERE subscription = ?1")?
            .query_row([subscription], |row| row.get(0))?)
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawEvent> {
    Ok(RawEvent { kind: row.get(0)?, data: row.get(1)?, own_id: row.get(2)? })
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let tags: String = row.get(9)?;
    let decision: String = row.get(10)?;
    let shown: String = row.get(11)?;
    let extras: Option<String> = row.get(14)?;
    let why: Option<String> = row.get(17)?;
    Ok(MessageRow {
        id: row.get(0)?,
        server_id: row.get(1)?,
        subscription: row.get(2)?,
        message: Message {
            title: row.get::<_, String>(3)?.into(),
            body: row.get::<_, String>(4)?.into(),
            priority: Priority::clamped(row.get(5)?),
            time: row.get::<_, Option<i64>>(6)?.map(from_ms),
            url: row.get(8)?,
            tags: serde_json::from_str(&tags).unwrap_or_default(),
            topic: row.get::<_, Option<String>>(12)?.map(Into::into),
            sequence: row.get::<_, Option<String>>(13)?.map(|id| Sequence {
                id: id.into(),
                replaces: false,
                begins: false,
            }),
            extras: extras.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        },
        received: from_ms(row.get(7)?),
        decision: match decision.as_str() {
            "alert" => Decision::Alert,
            "quiet" => Decision::Quiet,
            _ => Decision::Backlog,
        },
        rule: row.get(15)?,
        sound: row.get(16)?,
        shown: Shown::of_name(&shown),
        why: why.and_then(|json| serde_json::from_str(&json).ok()),
        read: row.get::<_, Option<i64>>(18)?.map(from_ms),
        dismissed: row.get::<_, Option<i64>>(19)?.map(from_ms),
    })
}
