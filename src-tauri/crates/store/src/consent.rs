//! Which requests the person lets messages make without being asked again.

use hark_engine::asked::Grant;
use rusqlite::params;

use crate::{Store, StoreError};

impl Store {
    /// Whether the person has said so of such requests.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn is_granted(&self, grant: &Grant) -> Result<bool, StoreError> {
        let Grant { subscription, origin, method } = grant;
        Ok(self
            .connection
            .prepare_cached(
                "SELECT 1 FROM consent WHERE subscription = ?1 AND origin = ?2 AND method = ?3",
            )?
            .exists(params![subscription, origin, method])?)
    }

    /// The person says so.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let Grant { subscription, origin, method } = grant;
        self.connection
            .prepare_cached(
                "INSERT OR IGNORE INTO consent (subscription, origin, method) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![subscription, origin, method])?;
        Ok(())
    }

    /// All that the person has said so of, by subscription and server: no more than they had questions.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn grants(&self) -> Result<Vec<Grant>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT subscription, origin, method FROM consent ORDER BY subscription, origin, method",
        )?;
        let grants = statement.query_map([], |row| {
            Ok(Grant { subscription: row.get(0)?, origin: row.get(1)?, method: row.get(2)? })
        })?;
        Ok(grants.collect::<Result<_, _>>()?)
    }

    /// The person is asked again about such requests. Answers whether they had said yes.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn take_back(&mut self, grant: &Grant) -> Result<bool, StoreError> {
        let Grant { subscription, origin, method } = grant;
        let taken = self
            .connection
            .prepare_cached(
                "DELETE FROM consent WHERE subscription = ?1 AND origin = ?2 AND method = ?3",
            )?
            .execute(params![subscription, origin, method])?;
        Ok(taken > 0)
    }

    /// Nothing is granted any more to the messages of any other subscription than these.
    ///
    /// # Errors
    /// Where the database cannot be used.
    pub fn revoke_all_but(&mut self, followed: &[String]) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT DISTINCT subscription FROM consent")?;
        let granted = statement.query_map([], |row| row.get(0))?;
        let granted = granted.collect::<Result<Vec<String>, _>>()?;
        drop(statement);
        for gone in granted.iter().filter(|key| !followed.contains(key)) {
            self.revoke(gone)?;
        }
        Ok(())
    }

    /// Nothing of a subscription is granted any more.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub(crate) fn revoke(&mut self, subscription: &str) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM consent WHERE subscription = ?1", [subscription])?;
        Ok(())
    }
}
