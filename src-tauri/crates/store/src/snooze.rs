//! Snoozes: until when the person wants to see nothing of a subscription, or of all. They outlive the agent.

use std::collections::BTreeMap;

use hark_engine::silence::Until;
use jiff::Timestamp;
use rusqlite::params;

use crate::{Store, StoreError, from_ms, to_ms};

impl Store {
    /// The snoozes by the subscription's key; see [`hark_engine::silence::ALL`].
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn snoozes(&self) -> Result<BTreeMap<String, Until>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT subscription, until FROM snooze")?;
        let all = statement.query_map([], |row| {
            let until = row.get::<_, Option<i64>>(1)?;
            Ok((row.get(0)?, until.map_or(Until::Unlocked, |ms| Until::At(from_ms(ms)))))
        })?;
        Ok(all.collect::<Result<_, _>>()?)
    }

    /// Snoozes a subscription, or all, in the place of an earlier snooze of it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn snooze(&mut self, subscription: &str, until: Until) -> Result<(), StoreError> {
        let until = match until {
            Until::At(at) => Some(to_ms(at)),
            Until::Unlocked => None,
        };
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO snooze (subscription, until) VALUES (?1, ?2)")?
            .execute(params![subscription, until])?;
        Ok(())
    }

    /// Ends the snoozes of these.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn wake(&mut self, subscriptions: &[String]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for subscription in subscriptions {
            transaction
                .prepare_cached("DELETE FROM snooze WHERE subscription = ?1")?
                .execute([subscription])?;
        }
        Ok(transaction.commit()?)
    }

    /// Forgets the snoozes that are over.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn wake_overdue(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("DELETE FROM snooze WHERE until <= ?1")?
            .execute([to_ms(now)])?;
        Ok(())
    }
}
