//! The outbox: alerts that no notification server has acknowledged yet, and what became of them.

use std::collections::VecDeque;

use hark_engine::{
    alerts::{Part, Showing, Why},
    message::Priority,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, params};

use crate::{
    MessageRow, Store, StoreError,
    messages::{COLUMNS, read},
    to_ms,
};

/// Ids of messages that a write has changed; of more than [`CHANGED_MAX`], the latest.
pub type Changed = VecDeque<i64>;

/// Changed messages of which that is told: more than a window holds.
pub const CHANGED_MAX: usize = 1000;

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// None was to be shown.
    No,
    /// In the outbox.
    Pending,
    /// In the outbox, until a silence is over.
    Held,
    /// Acknowledged by the notification server.
    Shown,
    /// Told together with others that came while the person was away.
    Digest,
    /// Counted, since too many were on the screen.
    Folded,
    /// Kept quiet for good.
    Quiet,
    /// The notification server would not show it.
    Refused,
    /// Taken back, since the message was read elsewhere.
    Withdrawn,
    /// There was nobody to show it to.
    Nobody,
    /// It was no news any more, or of no interest.
    Old,
}

impl Shown {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Shown => "shown",
            Self::Digest => "digest",
            Self::Folded => "folded",
            Self::Quiet => "quiet",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Nobody => "nobody",
            Self::Old => "old",
        }
    }

    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "pending" => Self::Pending,
            "held" => Self::Held,
            "shown" => Self::Shown,
            "digest" => Self::Digest,
            "folded" => Self::Folded,
            "quiet" => Self::Quiet,
            "refused" => Self::Refused,
            "withdrawn" => Self::Withdrawn,
            "nobody" => Self::Nobody,
            "old" => Self::Old,
            _ => Self::No,
        }
    }
}

impl Store {
    /// The alert of one subscription that has waited longest, of those from an id on.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn next_pending(
        &self,
        subscription: &str,
        from: i64,
    ) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message
             WHERE subscription = ?1 AND shown = 'pending' AND id >= ?2 ORDER BY id LIMIT 1",
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![subscription, from], read).optional()?)
    }

    /// Of the alerts of the highest priority, 5, the oldest of the latest few.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn next_urgent(
        &self,
        subscription: &str,
        few: u32,
    ) -> Result<Option<MessageRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message WHERE id = (
                 SELECT min(id) FROM (
                     SELECT id FROM message
                     WHERE subscription = ?1 AND shown = 'pending' AND priority = 5
                     ORDER BY id DESC LIMIT ?2))",
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![subscription, few], read).optional()?)
    }

    /// How many alerts of the highest priority of one subscription wait.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn urgent_count(&self, subscription: &str) -> Result<u32, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM message
                 WHERE subscription = ?1 AND shown = 'pending' AND priority = 5",
            )?
            .query_row([subscription], |row| row.get(0))?)
    }

    /// Whether an alert of this sequence waits.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn waits(&self, subscription: &str, sequence: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT 1 FROM message
                 WHERE subscription = ?1 AND sequence = ?2 AND shown = 'pending'",
            )?
            .exists(params![subscription, sequence])?)
    }

    /// How many alerts of one subscription wait.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn pending_count(&self, subscription: &str) -> Result<u32, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM message WHERE subscription = ?1 AND shown = 'pending'",
            )?
            .query_row([subscription], |row| row.get(0))?)
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
        let count = self.pending_count(subscription)?;
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

    /// The subscriptions of whose alerts some wait, or, where it is asked for `held` ones, are held back.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn subscriptions_waiting(&self, held: bool) -> Result<Vec<String>, StoreError> {
        let sql = match held {
            true => "SELECT DISTINCT subscription FROM message WHERE shown = 'held'",
            false => "SELECT DISTINCT subscription FROM message WHERE shown = 'pending'",
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes alerts out of the outbox, and notes the notification that shows them, in one transaction.
    ///
    /// # Errors
    /// Where the database cannot be used; then nothing of it was written.
    pub fn mark(
        &mut self,
        parts: &[Part],
        shown: Shown,
        why: Option<&Why>,
        showing: Option<&Showing>,
    ) -> Result<Changed, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut changed = Changed::new();
        for part in parts {
            changed.extend(mark(&transaction, part, shown, why)?);
        }
        if let Some(showing) = showing {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO notification VALUES (?1, ?2, ?3)")?
                .execute(params![
                    showing.number,
                    showing.server,
                    serde_json::to_string(showing).unwrap_or_default(),
                ])?;
        }
        transaction.commit()?;
        Ok(changed)
    }

    /// Takes all alerts of a subscription out of the outbox.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn drop_all(&mut self, subscription: &str, why: &Why) -> Result<Changed, StoreError> {
        self.end_all(subscription, Shown::Old, why)
    }

    /// Takes alerts out of the outbox that have waited since before this: they are no news any more.
    /// Those that are held back have their time.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn expire(&mut self, before: Timestamp) -> Result<Changed, StoreError> {
        changed(
            &self.connection,
            "UPDATE message SET shown = 'old', why = ?2
             WHERE shown = 'pending' AND coalesce(queued, received) < ?1 RETURNING id",
            params![to_ms(before), json(&Why::Age)],
        )
    }

    /// Holds back the alerts of a subscription that wait and are of a lower priority than passes, until
    /// [`Store::release`].
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn hold(
        &mut self,
        subscription: &str,
        passes: Option<Priority>,
        why: &Why,
    ) -> Result<Changed, StoreError> {
        let below = passes.map_or(i64::MAX, |passes| passes.level().into());
        changed(
            &self.connection,
            "UPDATE message SET shown = 'held', why = ?2
             WHERE subscription = ?1 AND shown = 'pending' AND priority < ?3 RETURNING id",
            params![subscription, json(why), below],
        )
    }

    /// Keeps quiet for good what waits of a subscription and what was held back.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn keep_quiet(&mut self, subscription: &str, why: &Why) -> Result<Changed, StoreError> {
        self.end_all(subscription, Shown::Quiet, why)
    }

    /// What waits of a subscription and what was held back becomes this. Each has an index of its own.
    fn end_all(&self, subscription: &str, shown: Shown, why: &Why) -> Result<Changed, StoreError> {
        let mut all = Changed::new();
        for waiting in [Shown::Pending, Shown::Held] {
            let sql = format!(
                "UPDATE message SET shown = ?2, why = ?3
                 WHERE subscription = ?1 AND shown = '{}' RETURNING id",
                waiting.name()
            );
            all.extend(changed(
                &self.connection,
                &sql,
                params![subscription, shown.name(), json(why)],
            )?);
        }
        Ok(all)
    }

    /// Alerts of a subscription that were held back wait again, since `now`: those of this priority or a
    /// higher one, or all.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn release(
        &mut self,
        subscription: &str,
        from: Option<Priority>,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        changed(
            &self.connection,
            "UPDATE message SET shown = 'pending', queued = ?2
             WHERE subscription = ?1 AND shown = 'held' AND priority >= ?3 RETURNING id",
            params![subscription, to_ms(now), from.map_or(0, Priority::level)],
        )
    }

    /// The notifications that this server still shows, as far as is known. Those of another server are
    /// forgotten: by their numbers it may know those of other programs.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn showing(&mut self, server: &str) -> Result<Vec<Showing>, StoreError> {
        self.connection.execute("DELETE FROM notification WHERE server <> ?1", [server])?;
        let mut statement =
            self.connection.prepare_cached("SELECT shows FROM notification ORDER BY rowid")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let rows: Vec<String> = rows.collect::<Result<_, _>>()?;
        Ok(rows.iter().filter_map(|json| serde_json::from_str(json).ok()).collect())
    }

    /// The notification of this number is no longer there.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn no_longer_shows(&mut self, number: u32) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM notification WHERE number = ?1")?
            .execute([number])?;
        Ok(())
    }
}

fn mark(
    connection: &Connection,
    part: &Part,
    shown: Shown,
    why: Option<&Why>,
) -> Result<Changed, StoreError> {
    let Part { subscription, first, last } = part;
    // Why it was held back stays with it: its digest says so.
    changed(
        connection,
        "UPDATE message SET shown = ?4, why = coalesce(?5, why)
         WHERE subscription = ?1 AND shown = 'pending' AND id BETWEEN ?2 AND ?3 RETURNING id",
        params![subscription, first, last, shown.name(), why.map(json)],
    )
}

/// Carries out a statement that returns ids.
pub(crate) fn changed(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Changed, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut ids = Changed::new();
    for id in statement.query_map(params, |row| row.get(0))? {
        if ids.len() == CHANGED_MAX {
            ids.pop_front();
        }
        ids.push_back(id?);
    }
    Ok(ids)
}

fn json(why: &Why) -> String {
    serde_json::to_string(why).unwrap_or_default()
}
