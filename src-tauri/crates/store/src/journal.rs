//! The journal: every change of a link that is worth keeping.

use hark_engine::{
    history::{Entry, Row, last_heard},
    keep::Keep,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Store, StoreError, from_ms, to_ms, uptime::account};

/// How many rows are looked through for the last sign of life.
const HEARD_ROWS_MAX: u32 = 200;
/// An agent notes in shorter intervals that it runs. Milliseconds.
const ALIVE_NOTED_MS: i64 = 10 * 60_000;

impl Store {
    /// Appends an entry, and accounts for it; answers its number. A dial that fails as the one before did only counts
    /// that one up, so that a long outage stays two rows.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn journal(
        &mut self,
        subscription: Option<&str>,
        at: Timestamp,
        entry: &Entry,
    ) -> Result<i64, StoreError> {
        let text = serde_json::to_string(entry).unwrap_or_default();
        let transaction = self.connection.transaction()?;
        account(&transaction, &self.zone, subscription, at, entry)?;
        if let (Entry::DialFailed { failure, .. }, Some(key)) = (entry, subscription)
            && let Some(last) = last_row(&transaction, key)?
            && matches!(&last.entry, Entry::DialFailed { failure: before, .. } if before.is_like(failure))
        {
            transaction
                .prepare_cached("UPDATE journal SET entry = ?2 WHERE id = ?1")?
                .execute(params![last.id, text])?;
            transaction.commit()?;
            return Ok(last.id);
        }
        let id = transaction
            .prepare_cached(
                "INSERT INTO journal (at, subscription, kind, entry) VALUES (?1, ?2, ?3, ?4)",
            )?
            .insert(params![to_ms(at), subscription, entry.kind(), text])?;
        transaction.commit()?;
        self.journal_grew(subscription)?;
        Ok(id)
    }

    /// Notes that the agent runs.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn alive(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO alive (id, at) VALUES (1, ?1)")?
            .execute([to_ms(now)])?;
        Ok(())
    }

    /// The newest `limit` rows, oldest first: all, or those of one subscription together with the
    /// agent's own. A row that cannot be read, since a newer version wrote it, is left out.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn journal_rows(
        &self,
        subscription: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, subscription, entry FROM journal
             WHERE ?1 IS NULL OR subscription = ?1 OR subscription IS NULL
             ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![subscription, limit], read)?;
        let mut rows: Vec<Row> = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        rows.reverse();
        Ok(rows)
    }

    /// How many of a subscription's messages were sent in this time, by their server's clock, and came after it.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn caught_up(
        &self,
        subscription: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<u32, StoreError> {
        let count = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM message
                 WHERE subscription = ?1 AND at >= ?2 AND at < ?3 AND received >= ?3",
            )?
            .query_row(params![subscription, to_ms(from), to_ms(to)], |row| row.get(0))?;
        Ok(count)
    }

    /// The time of a subscription's oldest row.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn known_since(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
        let ms: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(at) FROM journal WHERE subscription = ?1")?
            .query_row([subscription], |row| row.get(0))?;
        Ok(ms.map(from_ms))
    }

    /// Since when the newest `limit` rows of all tell everything of a subscription: what is older may have been dropped,
    /// of itself, of the agent's own or by that limit. None where it has no row. The first of its rows among them says
    /// what it was before that where it tells of a loss, and else not.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn history_since(
        &self,
        subscription: &str,
        limit: u32,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(known) = self.known_since(subscription)? else { return Ok(None) };
        let own: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT at FROM journal WHERE subscription IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?1",
            )?
            .query_row([Keep::DEFAULT.journal_rows_max.saturating_sub(1)], |row| row.get(0))
            .optional()?;
        let cut: Option<(i64, i64)> = self
            .connection
            .prepare_cached("SELECT id, at FROM journal ORDER BY id DESC LIMIT 1 OFFSET ?1")?
            .query_row([limit.saturating_sub(1)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let of_all = match cut {
            Some((id, at)) => {
                let first: Option<(i64, String)> = self
                    .connection
                    .prepare_cached(
                        "SELECT at, kind FROM journal WHERE subscription = ?1 AND id >= ?2
                         ORDER BY id LIMIT 1",
                    )?
                    .query_row(params![subscription, id], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                Some(first.filter(|(_, kind)| kind != "lost").map_or(at, |(first, _)| first))
            }
            None => None,
        };
        Ok([own, of_all].into_iter().flatten().map(from_ms).chain([known]).max())
    }

    /// Whether the journal says that a subscription is paused, as a history reads it.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn is_paused(&self, subscription: &str) -> Result<bool, StoreError> {
        let last: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT kind FROM journal
                 WHERE subscription = ?1 AND kind IN ('paused', 'resumed', 'opened', 'removed')
                 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([subscription], |row| row.get(0))
            .optional()?;
        Ok(last.as_deref() == Some("paused"))
    }

    /// The last time at which an earlier run was surely alive: by its own note, its last row or
    /// message. What was written by a clock that has been set back since does not count.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn last_alive(&self) -> Result<Option<Timestamp>, StoreError> {
        let last = |sql| {
            let at = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).optional();
            at.map_err(StoreError::from)
        };
        let noted = last("SELECT at FROM alive")?;
        let latest = [
            last("SELECT at FROM journal ORDER BY id DESC LIMIT 1")?,
            last("SELECT received FROM message ORDER BY id DESC LIMIT 1")?,
        ];
        let is_by_same_clock = |at: &i64| noted.is_none_or(|noted| *at < noted + ALIVE_NOTED_MS);
        let latest = latest.into_iter().flatten().filter(is_by_same_clock);
        Ok(noted.into_iter().chain(latest).max().map(from_ms))
    }

    /// When a subscription was last surely heard, in this run or an earlier one.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn last_heard(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
        let rows = self.journal_rows(Some(subscription), HEARD_ROWS_MAX)?;
        Ok(last_heard(&rows).max(self.last_received(subscription)?))
    }

    /// When a subscription's last message was received.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn last_received(&self, subscription: &str) -> Result<Option<Timestamp>, StoreError> {
        let ms: Option<i64> = self
            .connection
            .query_row(
                "SELECT received FROM message WHERE subscription = ?1 ORDER BY id DESC LIMIT 1",
                [subscription],
                |row| row.get(0),
            )
            .optional()?;
        Ok(ms.map(from_ms))
    }
}

fn last_row(connection: &Connection, subscription: &str) -> Result<Option<Row>, StoreError> {
    let row = connection
        .prepare_cached(
            "SELECT id, at, subscription, entry FROM journal
             WHERE subscription = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([subscription], read)
        .optional()?;
    Ok(row.flatten())
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Row>> {
    let entry: String = row.get(3)?;
    Ok(match serde_json::from_str(&entry) {
        Ok(entry) => Some(Row {
            id: row.get(0)?,
            at: from_ms(row.get(1)?),
            subscription: row.get(2)?,
            entry,
        }),
        Err(_) => None,
    })
}
