//! Where each subscription resumes, and which of its events have come: cursors and runs of ids.

use hark_engine::{
    cursor::Cursor,
    link::{Delivery, Outcome, Renumbering},
    message::RawEvent,
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::{Store, StoreError, fingerprint::Fingerprint, from_ms, to_ms};

/// Where a subscription resumes, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResumePoint {
    /// What the next dial resumes from.
    pub cursor: Cursor,
    /// Whether its backlog is over.
    pub streamed: bool,
    /// When it began to be followed, where that is known.
    pub at: Option<Timestamp>,
    /// Whether its messages carry ids; `None` before the first.
    pub has_ids: Option<bool>,
}

impl Store {
    /// Begins a subscription, or goes on with it. Where its source (its URL) is another than it
    /// was, all of this starts anew, and what its messages may do is asked again.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn begin(
        &mut self,
        subscription: &str,
        source: &str,
        now: Timestamp,
    ) -> Result<ResumePoint, StoreError> {
        let source = &Sha256::digest(source)[..16];
        let transaction = self.connection.transaction()?;
        let found = transaction
            .query_row(
                "SELECT source, id, time, streamed, begun, has_ids FROM cursor
                 WHERE subscription = ?1",
                [subscription],
                |row| {
                    let time = |at| row.get::<_, Option<i64>>(at).map(|ms| ms.map(from_ms));
                    let cursor = Cursor { id: row.get(1)?, time: time(2)? };
                    let (streamed, at, has_ids) = (row.get(3)?, time(4)?, row.get(5)?);
                    let begun = ResumePoint { cursor, streamed, at, has_ids };
                    Ok((row.get::<_, Vec<u8>>(0)?, begun))
                },
            )
            .optional()?;
        if let Some((known, begun)) = found
            && known == source
        {
            return Ok(begun);
        }
        // What was allowed to another source's messages is not allowed to these.
        transaction.execute("DELETE FROM consent WHERE subscription = ?1", [subscription])?;
        // The run of ids continues, so that nothing that is known to have come is stored twice.
        transaction.execute(
            "INSERT OR REPLACE INTO cursor (subscription, source, streamed, begun, run)
             VALUES (?1, ?2, 0, ?3, coalesce(
                 (SELECT max(run) FROM fingerprint WHERE subscription = ?1), 0))",
            params![subscription, source, to_ms(now)],
        )?;
        transaction.commit()?;
        Ok(ResumePoint { at: Some(now), ..ResumePoint::default() })
    }

    /// What the next dial of a subscription resumes from.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn cursor(&self, subscription: &str) -> Result<Cursor, StoreError> {
        let found = self
            .connection
            .prepare_cached("SELECT id, time FROM cursor WHERE subscription = ?1")?
            .query_row([subscription], |row| {
                let time = row.get::<_, Option<i64>>(1)?.map(from_ms);
                Ok(Cursor { id: row.get(0)?, time })
            })
            .optional()?;
        Ok(found.unwrap_or(Cursor::NONE))
    }

    /// Notes that a subscription's source has another name from now on, and is the same.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn rename_source(&mut self, subscription: &str, source: &str) -> Result<(), StoreError> {
        let source = &Sha256::digest(source)[..16];
        self.connection.execute(
            "UPDATE cursor SET source = ?2 WHERE subscription = ?1",
            params![subscription, source],
        )?;
        Ok(())
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

    /// Forgets where a removed subscription was, and its snooze. Its messages stay, and what is known to
    /// have come too: followed again, it brings nothing twice.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn forget(&mut self, subscription: &str) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM cursor WHERE subscription = ?1", [subscription])?;
        self.revoke(subscription)?;
        self.wake(&[subscription.to_owned()])
    }
}

/// A subscription's row while deliveries are committed: its cursor, and the run of ids it belongs
/// to.
pub(crate) struct Run<'a> {
    subscription: &'a str,
    source: Vec<u8>,
    number: i64,
    pub(crate) cursor: Cursor,
    has_ids: Option<bool>,
    /// See [`Fingerprint::are_old`].
    has_old: bool,
    /// Whether the ids began anew.
    pub(crate) renumbered: bool,
    /// Whether an event whose id fell back had come before, as far as its text tells.
    pub(crate) repeated: bool,
    /// The cursor as it stands in the row.
    before: (i64, Cursor, Option<bool>),
}

impl<'a> Run<'a> {
    pub(crate) fn read(
        transaction: &Transaction<'_>,
        subscription: &'a str,
    ) -> rusqlite::Result<Self> {
        let row = transaction
            .prepare_cached(
                "SELECT source, run, id, time, has_ids FROM cursor WHERE subscription = ?1",
            )?
            .query_row([subscription], |row| {
                let time = row.get::<_, Option<i64>>(3)?.map(from_ms);
                let cursor = Cursor { id: row.get(2)?, time };
                Ok((row.get(0)?, row.get(1)?, cursor, row.get(4)?))
            })
            .optional()?;
        let (source, number, cursor, has_ids) = row.unwrap_or_default();
        let before = (number, cursor.clone(), has_ids);
        let has_old = Fingerprint::are_old(transaction, subscription)?;
        Ok(Self {
            subscription,
            source,
            number,
            cursor,
            has_ids,
            has_old,
            renumbered: false,
            repeated: false,
            before,
        })
    }

    /// Notes that the first of these deliveries has come, and answers whether it is new. The same
    /// own id, type and data in the same run are the same event; an event without an own id is
    /// always new.
    ///
    /// An id that has fallen back begins another run, unless the event is only sent again. Where
    /// several may be sent again, the last of them decides, as it is the likeliest to be known
    /// still.
    pub(crate) fn takes(
        &mut self,
        transaction: &Transaction<'_>,
        deliveries: &[&Delivery],
    ) -> rusqlite::Result<bool> {
        let Some(delivery) = deliveries.first() else { return Ok(true) };
        let Delivery { event, outcome, fallen, .. } = delivery;
        let Some(print) = Fingerprint::of(&self.source, event) else { return Ok(true) };
        match fallen {
            Some(Renumbering::Surely) => {
                self.repeated |= print.is_known(transaction, self.subscription)?;
                self.begin();
            }
            Some(Renumbering::Perhaps) if !self.renumbered => {
                let again = self.are_repeated(transaction, deliveries)?;
                self.repeated |= again;
                if !again {
                    self.begin();
                } else if *outcome == Outcome::Nothing {
                    return Ok(false);
                }
            }
            _ => {}
        }
        if *outcome == Outcome::Nothing {
            return Ok(true);
        }
        print.note(transaction, self.subscription, self.number, self.has_old)
    }

    /// Whether events that may be sent again are: the last of them decides, by its text.
    fn are_repeated(
        &self,
        transaction: &Transaction<'_>,
        deliveries: &[&Delivery],
    ) -> rusqlite::Result<bool> {
        let several = deliveries.iter().take_while(|it| it.fallen == Some(Renumbering::Perhaps));
        let last = several.filter(|it| it.outcome != Outcome::Nothing).last();
        match last.and_then(|it| Fingerprint::of(&self.source, &it.event)) {
            Some(print) => print.is_known(transaction, self.subscription),
            None => Ok(true),
        }
    }

    fn begin(&mut self) {
        self.number += 1;
        self.renumbered = true;
    }

    pub(crate) fn has_ids(&mut self, has_one: bool) {
        let known = self.has_ids.unwrap_or_default() || !self.cursor.is_none();
        self.has_ids = Some(known || has_one);
    }

    pub(crate) fn forget_print(
        &self,
        transaction: &Transaction<'_>,
        event: &RawEvent,
    ) -> rusqlite::Result<()> {
        match Fingerprint::of(&self.source, event) {
            Some(print) => print.forget(transaction, self.subscription),
            None => Ok(()),
        }
    }

    pub(crate) fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let (number, cursor, has_ids) = &self.before;
        if (*number, cursor, *has_ids) == (self.number, &self.cursor, self.has_ids) {
            return Ok(());
        }
        transaction
            .prepare_cached(
                "UPDATE cursor SET id = ?2, time = ?3, run = ?4, has_ids = ?5
                 WHERE subscription = ?1",
            )?
            .execute(params![
                self.subscription,
                self.cursor.id,
                self.cursor.time.map(to_ms),
                self.number,
                self.has_ids
            ])
            .map(|_| ())
    }
}
