//! Snoozes, as they are written.

use hark_engine::silence::Until;
use hark_store::StoreError;
use jiff::Timestamp;

use super::Ledger;

impl Ledger {
    /// Snoozes a subscription, or all.
    ///
    /// # Errors
    /// Those of the store; then nothing was written.
    pub fn snooze(&self, key: &str, until: Until) -> Result<(), StoreError> {
        self.write(|store| store.snooze(key, until))
    }

    /// Ends the snoozes of these.
    ///
    /// # Errors
    /// Those of the store; then all go on.
    pub fn wake(&self, keys: &[String]) -> Result<(), StoreError> {
        self.write(|store| store.wake(keys))
    }

    /// Forgets the snoozes that are over.
    pub fn wake_overdue(&self, now: Timestamp) {
        // A failure is a condition already.
        let _ = self.write(|store| store.wake_overdue(now));
    }
}
