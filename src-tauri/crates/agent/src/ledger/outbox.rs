//! What becomes of alerts and of what the person reads: each write is told to whoever listens. A failure is a
//! condition already where nothing is answered.

use std::sync::atomic::Ordering;

use hark_api::{Event, Time};
use hark_engine::{
    alerts::{Part, Showing, Why},
    message::Priority,
};
use hark_store::{Changed, Shown, StoreError};
use jiff::Timestamp;

use super::Ledger;
use crate::to_api;

impl Ledger {
    /// Writes down what became of alerts, and the notification that shows them.
    ///
    /// # Errors
    /// Those of the store; then nothing was written.
    pub fn mark(
        &self,
        parts: &[Part],
        shown: Shown,
        why: Option<&Why>,
        showing: Option<&Showing>,
    ) -> Result<(), StoreError> {
        let changed = self.write(|store| store.mark(parts, shown, why, showing))?;
        self.tell_shown(changed, shown, why);
        Ok(())
    }

    /// Takes alerts out of the outbox that have waited since before this.
    pub fn expire(&self, before: Timestamp) {
        if let Ok(changed) = self.write(|store| store.expire(before)) {
            self.tell_shown(changed, Shown::Old, Some(&Why::Age));
        }
    }

    /// Takes all alerts of a subscription out of the outbox: its person wants none of it now.
    pub fn drop_all(&self, key: &str, why: &Why) {
        if let Ok(changed) = self.write(|store| store.drop_all(key, why)) {
            self.tell_shown(changed, Shown::Old, Some(why));
        }
    }

    /// Holds back the alerts of a subscription that wait and are of a lower priority than passes.
    ///
    /// # Errors
    /// Those of the store; then nothing was written.
    pub fn hold(&self, key: &str, passes: Option<Priority>, why: &Why) -> Result<(), StoreError> {
        let changed = self.write(|store| store.hold(key, passes, why))?;
        self.tell_shown(changed, Shown::Held, Some(why));
        Ok(())
    }

    /// Keeps quiet for good what waits of a subscription and what was held back.
    ///
    /// # Errors
    /// Those of the store.
    pub fn keep_quiet(&self, key: &str, why: &Why) -> Result<(), StoreError> {
        let changed = self.write(|store| store.keep_quiet(key, why))?;
        self.tell_shown(changed, Shown::Quiet, Some(why));
        Ok(())
    }

    /// What was held back of a subscription waits again, from this priority on.
    ///
    /// # Errors
    /// Those of the store; then nothing was written.
    pub fn release(
        &self,
        key: &str,
        from: Option<Priority>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = self.write(|store| store.release(key, from, now))?;
        self.tell_shown(changed, Shown::Pending, None);
        Ok(())
    }

    /// The notifications that this server still shows, as far as is known.
    pub fn showing(&self, server: &str) -> Vec<Showing> {
        self.write(|store| store.showing(server)).unwrap_or_default()
    }

    /// The notification of this number is no longer there.
    pub fn no_longer_shows(&self, number: u32) {
        let _ = self.write(|store| store.no_longer_shows(number));
    }

    /// The person has closed a notification of these messages.
    pub fn dismiss(&self, parts: &[Part], counted: bool, now: Timestamp) {
        if let Ok(changed) = self.write(|store| store.dismiss(parts, counted, now)) {
            self.tell_changed(changed, None, None, (None, Some(now)));
        }
    }

    /// The person has read messages. Answers those that were not read before.
    ///
    /// # Errors
    /// Those of the store; then none is.
    pub fn mark_read(&self, ids: &[i64], now: Timestamp) -> Result<Changed, StoreError> {
        let (read, withdrawn) = self.write(|store| store.mark_read(ids, now))?;
        Ok(self.tell_read(read, withdrawn, now))
    }

    /// The person has read all messages up to an id, of one subscription or of all. Answers those that were
    /// not read before.
    ///
    /// # Errors
    /// Those of the store.
    pub fn mark_all_read(
        &self,
        key: Option<&str>,
        up_to: i64,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let (read, withdrawn) = self.write(|store| store.mark_all_read(key, up_to, now))?;
        Ok(self.tell_read(read, withdrawn, now))
    }

    /// What was still to be shown of what was read is not any more.
    fn tell_read(&self, read: Changed, withdrawn: Changed, now: Timestamp) -> Changed {
        self.tell_shown(withdrawn, Shown::Withdrawn, None);
        self.tell_changed(read.clone(), None, None, (Some(now), None));
        read
    }

    /// Notes whether there is nobody to show alerts to. Alerts that wait for somebody then stop waiting.
    pub fn set_nobody(&self, has_nobody: bool) {
        self.0.has_nobody.store(has_nobody, Ordering::Relaxed);
        if let Ok(changed) = self.write(|store| store.set_nobody(has_nobody)) {
            self.tell_shown(changed, Shown::Nobody, None);
        }
    }

    fn tell_shown(&self, messages: impl IntoIterator<Item = i64>, shown: Shown, why: Option<&Why>) {
        let messages: Vec<i64> = messages.into_iter().collect();
        self.count_alerts(&messages, shown);
        self.tell_changed(messages, Some(shown), why, (None, None));
    }

    fn tell_changed(
        &self,
        messages: impl IntoIterator<Item = i64>,
        shown: Option<Shown>,
        why: Option<&Why>,
        (read, dismissed): (Option<Timestamp>, Option<Timestamp>),
    ) {
        let messages: Vec<i64> = messages.into_iter().collect();
        if messages.is_empty() {
            return;
        }
        self.events().tell(|| {
            Some(Event::Changed {
                messages,
                shown: shown.map(to_api::shown),
                why: why.cloned().map(to_api::why),
                read: read.map(Time),
                dismissed: dismissed.map(Time),
            })
        });
    }
}
