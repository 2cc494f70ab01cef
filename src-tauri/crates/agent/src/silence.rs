//! What is silent now: settings, snoozes, the desktop and the lock put together into one value, which
//! `engine::silence` judges. The status and the alerts are told when that has changed.
//!
//! It keeps no timer: `run` comes back when [`Quiet::next_change`] says. A lock is held for a moment and
//! never across an await.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hark_engine::silence::{ALL, Lock, Silence, Silences, Until};
use hark_platform::{clock, quiet::Session};
use hark_store::{Store, StoreError};
use jiff::{Timestamp, tz::TimeZone};

use crate::{alerts::Outbox, ledger::Ledger, status::Status, to_api};

/// See the module. Clones are the same.
#[derive(Clone, Debug)]
pub struct Quiet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    status: Status,
    alerts: Outbox,
    said: Mutex<Said>,
}

/// What is not read elsewhere.
#[derive(Debug, Default)]
struct Said {
    snoozes: BTreeMap<String, Until>,
    do_not_disturb: Option<bool>,
    lock: Lock,
    /// What the alerts were told last, and what it meant for each subscription.
    told: (Silences, Vec<Option<Silence>>),
    /// When something may change by time alone.
    next: Option<Timestamp>,
}

impl Quiet {
    /// What is silent as the settings in this status say, and the snoozes that this ledger keeps. These
    /// alerts keep to it.
    #[must_use]
    pub fn new(ledger: Ledger, status: Status, alerts: Outbox) -> Self {
        // A failure is a condition already.
        let snoozes = ledger.read(Store::snoozes).unwrap_or_default();
        let said = Mutex::new(Said { snoozes, ..Said::default() });
        Self(Arc::new(Inner { ledger, status, alerts, said }))
    }

    /// All that has been said about silence, as it is now.
    #[must_use]
    pub fn now(&self) -> Silences {
        self.silences(&self.said())
    }

    /// When something may change by time alone.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        self.said().next
    }

    /// Something that is read elsewhere, the time or the place may have changed.
    pub fn refresh(&self) {
        let now = clock::now().wall;
        // That of a subscription that was removed is gone with it. A failure is a condition already.
        let stored = self.0.ledger.read(Store::snoozes);
        let is_over = |until: &Until| *until <= Until::At(now);
        let mut said = self.said();
        if let Ok(stored) = stored {
            said.snoozes = stored;
        }
        if said.snoozes.values().any(is_over) {
            said.snoozes.retain(|_, until| !is_over(until));
            self.0.ledger.wake_overdue(now);
        }
        let silences = self.silences(&said);
        said.next = silences.next_change(now);
        let status = &self.0.status;
        let keys = status.keys();
        let each = [ALL].into_iter().chain(keys.iter().map(String::as_str));
        let each = each.map(|key| silences.of(key, now)).collect();
        let of = |key: &str| silences.of(key, now).map(to_api::silence);
        // Also where nothing else has changed: a link that begins anew does not know it.
        status.set_silence(of(ALL), of, silences.locked);
        let told = (silences, each);
        if said.told != told {
            self.0.alerts.silences(told.0.clone());
            said.told = told;
        }
    }

    /// The session says this now.
    pub fn session(&self, session: Session) {
        let mut said = self.said();
        said.do_not_disturb = session.do_not_disturb;
        // Without a bus nobody was asked.
        let unlocked = session.there && said.lock.saver(session.saver);
        drop(said);
        self.locked(unlocked);
    }

    /// The system was told that the session is locked, or that it is not.
    pub fn lock_hinted(&self, locked: bool) {
        let unlocked = self.said().lock.hinted(locked);
        self.locked(unlocked);
    }

    /// Snoozes a subscription, or [`ALL`].
    ///
    /// # Errors
    /// Where it cannot be kept; then nothing is snoozed.
    pub fn snooze(&self, key: &str, until: Until) -> Result<(), StoreError> {
        self.0.ledger.snooze(key, until)?;
        self.said().snoozes.insert(key.to_owned(), until);
        self.refresh();
        Ok(())
    }

    /// Ends the snooze of one key, or every snooze. Answers the keys whose was.
    ///
    /// # Errors
    /// Where that cannot be kept; then all go on.
    pub fn wake(&self, key: Option<&str>) -> Result<Vec<String>, StoreError> {
        let is_meant = |known: &&String| key.is_none_or(|key| known.as_str() == key);
        let keys: Vec<String> = self.said().snoozes.keys().filter(is_meant).cloned().collect();
        self.end(keys)
    }

    /// The lock may have changed; after an unlock, what was to last until then is over.
    fn locked(&self, unlocked: bool) {
        if unlocked {
            let said = self.said();
            let lasting = said.snoozes.iter().filter(|(_, until)| **until == Until::Unlocked);
            let keys = lasting.map(|(key, _)| key.clone()).collect();
            drop(said);
            // A failure is a condition already.
            let _ = self.end(keys);
        }
        self.refresh();
    }

    fn end(&self, keys: Vec<String>) -> Result<Vec<String>, StoreError> {
        if !keys.is_empty() {
            self.0.ledger.wake(&keys)?;
            self.said().snoozes.retain(|key, _| !keys.contains(key));
            self.refresh();
        }
        Ok(keys)
    }

    fn silences(&self, said: &Said) -> Silences {
        Silences {
            quiet_hours: self.0.status.quiet_hours(),
            // The system's, which may be another one after a journey.
            zone: TimeZone::system(),
            muted: self.0.status.muted(),
            snoozes: said.snoozes.clone(),
            do_not_disturb: said.do_not_disturb,
            locked: said.lock.locked(),
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
