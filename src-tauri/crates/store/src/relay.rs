//! What the relay reads: messages in the order of their ids from any id on, with the events as they came; which
//! of them are gone, and from which id on nothing is missing.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{
    MessageRow, Store, StoreError,
    messages::{COLUMNS, read},
};

/// How many removed messages are remembered.
const REMOVED_MAX: i64 = 10_000;
/// How many rows one page looks at.
const LOOKED_AT_MAX: usize = 512;
/// How much one page answers, but for its first message, which may be larger. Bytes, about.
const PAGE_BYTES_MAX: usize = 64 << 10;

/// Which messages somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these subscriptions alone; of all where it is empty.
    pub subscriptions: Vec<String>,
    /// Of these topics alone; of all where it is empty.
    pub topics: Vec<String>,
    /// None of this subscription, where it is not named.
    pub without: Option<&'static str>,
}

impl Filter {
    /// Whether it leaves nothing out.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.subscriptions.is_empty() && self.topics.is_empty() && self.without.is_none()
    }

    /// Whether something about this subscription is wanted.
    #[must_use]
    pub fn takes_subscription(&self, key: &str) -> bool {
        match &self.subscriptions[..] {
            [] => self.without != Some(key),
            some => some.iter().any(|one| one == key),
        }
    }

    /// Whether a message of this subscription and topic is wanted.
    #[must_use]
    pub fn takes(&self, key: &str, topic: Option<&str>) -> bool {
        let of_topic =
            || self.topics.is_empty() || self.topics.iter().any(|one| Some(&**one) == topic);
        self.takes_subscription(key) && of_topic()
    }
}

/// A message, and the event that it came as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// As it is stored.
    pub row: MessageRow,
    /// The event's type.
    pub kind: String,
    /// The event's data.
    pub data: String,
}

/// Some messages, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Those that are wanted.
    pub messages: Vec<Relayed>,
    /// How far was looked: what is wanted up to this id is in the page.
    pub reached: i64,
    /// Whether there may be more behind that.
    pub is_full: bool,
}

/// A message that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// An increasing number.
    pub id: i64,
    /// The message's id.
    pub message: i64,
    /// Its subscription's key.
    pub subscription: String,
    /// The greatest id that a message had had by then.
    pub newest: i64,
}

impl Store {
    /// The greatest id that a message has ever had; 0 where there was none.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn newest_ever(&self) -> Result<i64, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'message'")?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or_default())
    }

    /// The messages behind this id that are wanted, in one go, whose work is bounded.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn relayed(&self, after: i64, filter: &Filter) -> Result<Page, StoreError> {
        let mut looking = self.connection.prepare_cached(
            "SELECT id, subscription, topic FROM message WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let sql = format!("SELECT {COLUMNS}, raw_kind, raw_data FROM message WHERE id = ?1");
        let mut reading = self.connection.prepare_cached(&sql)?;
        let mut page = Page { reached: after, ..Page::default() };
        let (mut looked_at, mut bytes) = (0, 0);
        let mut rows = looking.query(params![after, LOOKED_AT_MAX as i64])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            looked_at += 1;
            let topic = row.get_ref(2)?.as_str_or_null().unwrap_or_default();
            if filter.takes(row.get_ref(1)?.as_str().unwrap_or_default(), topic)
                && let Some(message) = reading.query_row([id], relayed).optional()?
            {
                bytes += message.data.len() + message.row.message.body.len();
                page.messages.push(message);
            }
            page.reached = id;
            if bytes >= PAGE_BYTES_MAX {
                page.is_full = true;
                return Ok(page);
            }
        }
        page.is_full = looked_at == LOOKED_AT_MAX;
        Ok(page)
    }

    /// Which messages went for their age or to make room: of each subscription the greatest id, where that is
    /// greater than this one.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn pruned_behind(&self, id: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT subscription, message FROM pruned WHERE message > ?1 ORDER BY subscription",
        )?;
        let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The latest removal's number; 0 where there is none.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn newest_removal(&self) -> Result<i64, StoreError> {
        let newest = "SELECT coalesce(max(id), 0) FROM removed";
        Ok(self.connection.prepare_cached(newest)?.query_row([], |row| row.get(0))?)
    }

    /// The number of the latest removal before any message with a greater id than this one was there: whoever
    /// has seen that one may not know of the removals behind.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn removals_known_at(&self, message: i64) -> Result<i64, StoreError> {
        let known = "SELECT coalesce(max(id), 0) FROM removed WHERE newest < ?1";
        Ok(self.connection.prepare_cached(known)?.query_row([message], |row| row.get(0))?)
    }

    /// Removals behind this number, in their order, at most so many.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn removals(&self, after: i64, limit: u32) -> Result<Vec<Removal>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, message, subscription, newest FROM removed WHERE id > ?1
             ORDER BY id LIMIT ?2",
        )?;
        let rows = statement.query_map(params![after, limit], |row| {
            Ok(Removal {
                id: row.get(0)?,
                message: row.get(1)?,
                subscription: row.get(2)?,
                newest: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The subscription of a message, and whether nobody was there to show its alert to.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn whose(&self, message: i64) -> Result<Option<(String, bool)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT subscription, shown = 'nobody' FROM message WHERE id = ?1")?;
        Ok(statement.query_row([message], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

fn relayed(row: &Row<'_>) -> rusqlite::Result<Relayed> {
    let of_columns = COLUMNS.split(',').count();
    Ok(Relayed { row: read(row)?, kind: row.get(of_columns)?, data: row.get(of_columns + 1)? })
}

/// Notes that messages of a subscription went for their age or to make room.
pub(crate) fn note_pruned(
    transaction: &Transaction<'_>,
    subscription: &str,
    gone: &[i64],
) -> rusqlite::Result<()> {
    let Some(greatest) = gone.iter().max() else { return Ok(()) };
    transaction
        .prepare_cached(
            "INSERT INTO pruned VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET message = max(message, excluded.message)",
        )?
        .execute(params![subscription, greatest])?;
    Ok(())
}

/// Notes that a message is gone for another reason.
pub(crate) fn note_removed(
    transaction: &Transaction<'_>,
    subscription: &str,
    message: i64,
) -> rusqlite::Result<()> {
    let id = transaction
        .prepare_cached(
            "INSERT INTO removed (message, subscription, newest)
             SELECT ?1, ?2, seq FROM sqlite_sequence WHERE name = 'message'",
        )?
        .insert(params![message, subscription])?;
    transaction
        .prepare_cached("DELETE FROM removed WHERE id <= ?1")?
        .execute([id - REMOVED_MAX])?;
    Ok(())
}
