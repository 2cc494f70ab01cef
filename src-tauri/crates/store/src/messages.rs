//! Reading messages, and the outbox of their alerts.

use hark_engine::{
    message::{Message, Priority},
    policy::Decision,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::{Store, StoreError, from_ms};

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Our own increasing number.
    pub id: i64,
    /// The id of the wire.
    pub server_id: Option<String>,
    /// The subscription's key.
    pub subscription: String,
    /// The message itself.
    pub message: Message,
    /// When it was received.
    pub received: Timestamp,
    /// What was decided.
    pub decision: Decision,
    /// What became of its alert.
    pub shown: Shown,
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// None was to be shown.
    No,
    /// In the outbox.
    Pending,
    /// Acknowledged by the notification server.
    Shown,
    /// Counted in one notification with others.
    Digest,
    /// The notification server would not show it.
    Refused,
}

impl Shown {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Pending => "pending",
            Self::Shown => "shown",
            Self::Digest => "digest",
            Self::Refused => "refused",
        }
    }

    fn of_name(name: &str) -> Self {
        match name {
            "pending" => Self::Pending,
            "shown" => Self::Shown,
            "digest" => Self::Digest,
            "refused" => Self::Refused,
            _ => Self::No,
        }
    }
}

/// Which messages to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// At most so many.
    pub limit: u32,
    /// Only greater ids, and the oldest first; else the newest first.
    pub after: Option<i64>,
    /// Only smaller ids.
    pub before: Option<i64>,
    /// Only this subscription's.
    pub subscription: Option<String>,
}

const COLUMNS: &str = "id, server_id, subscription, title, body, priority, time, received, url, tags, decision, shown";

impl Store {
    /// Reads messages.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn messages(&self, query: &Query) -> Result<Vec<MessageRow>, StoreError> {
        let order = if query.after.is_some() { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM message
             WHERE id > ?1 AND id < ?2 AND (?3 IS NULL OR subscription = ?3)
             ORDER BY id {order} LIMIT ?4",
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(
            params![
                query.after.unwrap_or(i64::MIN),
                query.before.unwrap_or(i64::MAX),
                query.subscription,
                query.limit
            ],
            read,
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One message.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn message(&self, id: i64) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
    }

    /// The outbox of one subscription: how many alerts wait, and the first `limit` of them.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn pending(
        &self,
        subscription: &str,
        limit: u32,
    ) -> Result<(u32, Vec<MessageRow>), StoreError> {
        let count = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM message WHERE subscription = ?1 AND shown = 'pending'",
            )?
            .query_row([subscription], |row| row.get(0))?;
        let sql = format!(
            "SELECT {COLUMNS} FROM message WHERE subscription = ?1 AND shown = 'pending'
             ORDER BY id LIMIT ?2",
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![subscription, limit], read)?;
        Ok((count, rows.collect::<Result<_, _>>()?))
    }

    /// The outbox of one subscription: how many alerts wait, and the latest few, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn latest_pending(
        &self,
        subscription: &str,
        few: u32,
    ) -> Result<(u32, Vec<MessageRow>), StoreError> {
        let (count, _) = self.pending(subscription, 0)?;
        let sql = format!(
            "SELECT {COLUMNS} FROM message WHERE subscription = ?1 AND shown = 'pending'
             ORDER BY id DESC LIMIT ?2",
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![subscription, few], read)?;
        let mut rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        rows.reverse();
        Ok((count, rows))
    }

    /// The subscriptions in whose outbox something waits.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn pending_subscriptions(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT subscription FROM message WHERE shown = 'pending'")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes alerts out of the outbox: those of `subscription` with ids in `first..=last`.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn mark(
        &mut self,
        subscription: &str,
        first: i64,
        last: i64,
        shown: Shown,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE message SET shown = ?4
                 WHERE subscription = ?1 AND shown = 'pending' AND id BETWEEN ?2 AND ?3",
            )?
            .execute(params![subscription, first, last, shown.name()])?;
        Ok(())
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

fn read(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let tags: String = row.get(9)?;
    let decision: String = row.get(10)?;
    let shown: String = row.get(11)?;
    Ok(MessageRow {
        id: row.get(0)?,
        server_id: row.get(1)?,
        subscription: row.get(2)?,
        message: Message {
            title: row.get(3)?,
            body: row.get(4)?,
            priority: Priority::clamped(row.get(5)?),
            time: row.get::<_, Option<i64>>(6)?.map(from_ms),
            url: row.get(8)?,
            tags: serde_json::from_str(&tags).unwrap_or_default(),
        },
        received: from_ms(row.get(7)?),
        decision: if decision == "alert" { Decision::Alert } else { Decision::Backlog },
        shown: Shown::of_name(&shown),
    })
}
