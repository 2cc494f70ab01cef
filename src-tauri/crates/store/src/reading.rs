//! What the person has read, and which notifications the person has closed.

use hark_engine::alerts::Part;
use jiff::Timestamp;
use rusqlite::params;

use crate::{
    Store, StoreError,
    outbox::{Changed, changed},
    to_ms,
};

/// The beginning of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The message's id.
    pub id: i64,
    /// Its subscription's key.
    pub subscription: String,
    /// Up to 100 characters of its title, else of its text.
    pub text: String,
}

impl Store {
    /// Marks messages as read. Answers those that were not, and of these those that were still to be shown,
    /// which is not done any more.
    ///
    /// # Errors
    /// Where the database cannot be used; then none is.
    pub fn mark_read(
        &mut self,
        ids: &[i64],
        now: Timestamp,
    ) -> Result<(Changed, Changed), StoreError> {
        let transaction = self.connection.transaction()?;
        let (mut newly, mut withdrawn) = (Changed::new(), Changed::new());
        for id in ids {
            withdrawn.extend(changed(
                &transaction,
                "UPDATE message SET shown = 'withdrawn'
                 WHERE id = ?1 AND shown IN ('pending', 'held') RETURNING id",
                [id],
            )?);
            newly.extend(changed(
                &transaction,
                "UPDATE message SET read = ?2 WHERE id = ?1 AND read IS NULL RETURNING id",
                params![id, to_ms(now)],
            )?);
        }
        transaction.commit()?;
        Ok((newly, withdrawn))
    }

    /// Marks all messages as read up to an id, of one subscription or of all. Answers as
    /// [`Store::mark_read`].
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn mark_all_read(
        &mut self,
        subscription: Option<&str>,
        up_to: i64,
        now: Timestamp,
    ) -> Result<(Changed, Changed), StoreError> {
        let transaction = self.connection.transaction()?;
        let withdrawn = changed(
            &transaction,
            "UPDATE message SET shown = 'withdrawn'
             WHERE shown IN ('pending', 'held') AND id <= ?2 AND (?1 IS NULL OR subscription = ?1)
             RETURNING id",
            params![subscription, up_to],
        )?;
        let newly = changed(
            &transaction,
            "UPDATE message SET read = ?3
             WHERE read IS NULL AND id <= ?2 AND (?1 IS NULL OR subscription = ?1) RETURNING id",
            params![subscription, up_to, to_ms(now)],
        )?;
        transaction.commit()?;
        Ok((newly, withdrawn))
    }

    /// How many messages of a subscription the person has not read, counted up to `most`.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn unread(&self, subscription: &str, most: u32) -> Result<u32, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM
               (SELECT 1 FROM message INDEXED BY message_unread WHERE subscription = ?1 AND read IS NULL LIMIT ?2)",
        )?;
        Ok(statement.query_row(params![subscription, most], |row| row.get(0))?)
    }

    /// Whether the person has anything left to read of these subscriptions.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn has_unread(&self, subscriptions: &[String]) -> Result<bool, StoreError> {
        for subscription in subscriptions {
            if self.unread(subscription, 1)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The latest messages sent, each with its beginning alone.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn latest(&self, most: u32) -> Result<Vec<Beginning>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, subscription, substr(iif(title = '', body, title), 1, 100)
             FROM message ORDER BY at DESC, id DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([most], |row| {
            Ok(Beginning { id: row.get(0)?, subscription: row.get(1)?, text: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The person has closed the notification of these messages; `counted` says that it only counted
    /// them. Answers their ids.
    ///
    /// # Errors
    /// Where the database cannot be used; then nothing was written.
    pub fn dismiss(
        &mut self,
        parts: &[Part],
        counted: bool,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut dismissed = Changed::new();
        for Part { subscription, first, last } in parts {
            dismissed.extend(changed(
                &transaction,
                "UPDATE message SET dismissed = ?4
                 WHERE subscription = ?1 AND id BETWEEN ?2 AND ?3 AND dismissed IS NULL
                   AND shown IN (iif(?5, 'digest', 'shown'), 'folded') RETURNING id",
                params![subscription, first, last, to_ms(now), counted],
            )?);
        }
        transaction.commit()?;
        Ok(dismissed)
    }
}
