//! The store together with the agent's event stream: whatever is written is also sent as an event. Nothing
//! else writes to the store.
//!
//! A failure of the store becomes a condition as well as an error. A lock is held for a moment and never
//! across an await.

mod counted;
mod handlers;
mod index;
mod outbox;
mod owed;
mod place;
pub mod resume;
mod snooze;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use hark_api::Event;
use hark_config::settings::Subscription;
use hark_engine::{
    asked::Grant,
    health::Code,
    history::Entry,
    keep::Keep,
    link::{Config, Delivery, Outcome},
    message::{Change, Message, RawEvent},
    policy::{Origin, Verdict},
};
use hark_store::{Committed, Store, StoreError, Stored};
use jiff::{Timestamp, tz::TimeZone};

use crate::{conditions::Conditions, events::Events, to_api};
use counted::Counted;
use handlers::Hearer;
use owed::Owed;
use place::Place;

/// See the module. Clones are the same ledger.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Mutex<Store>,
    /// Where its file is, where that is watched.
    place: OnceLock<Place>,
    owed: Owed,
    events: Events,
    conditions: Conditions,
    /// Whether messages could not be stored when that was last tried.
    unstored: AtomicBool,
    /// How often something was pruned beside a commit.
    prunes: AtomicU64,
    /// Who hears of what is written, for handlers.
    hearer: Hearer,
    /// What is counted of it, for the metrics.
    counted: Counted,
    /// Whether nobody is there to show alerts to.
    has_nobody: AtomicBool,
}

impl Ledger {
    /// The ledger of a store.
    #[must_use]
    pub fn new(store: Store, events: Events, conditions: Conditions) -> Self {
        Self(Arc::new(Inner {
            store: Mutex::new(store),
            place: OnceLock::new(),
            owed: Owed::default(),
            events,
            conditions,
            unstored: AtomicBool::new(false),
            prunes: AtomicU64::new(0),
            hearer: Hearer::default(),
            counted: Counted::default(),
            has_nobody: AtomicBool::new(false),
        }))
    }

    /// From now on it is told where the database's file is there no more.
    pub fn watch(&self, path: &Path) {
        if let Some(place) = Place::of(path) {
            // It is watched once.
            let _ = self.0.place.set(place);
        }
    }

    /// The event stream that writes are sent to.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// Reads from the store.
    ///
    /// # Errors
    /// Those of the store.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let answer = read(&self.store());
        self.judge(answer.as_ref().err(), false);
        answer
    }

    /// Which database it keeps; see [`Store::epoch`].
    #[must_use]
    pub fn epoch(&self) -> String {
        self.store().epoch().to_owned()
    }

    /// Where a subscription that is followed from now on resumes. `heard` is when this run last heard it,
    /// if it has.
    ///
    /// # Errors
    /// Those of the store.
    pub fn resume(
        &self,
        key: &str,
        subscription: &Subscription,
        heard: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Config, StoreError> {
        self.write(|store| resume::config(store, key, subscription, heard, now))
    }

    /// Notes that a subscription's source has another name, now that it is known what it speaks.
    ///
    /// # Errors
    /// Those of the store.
    pub fn rename_source(&self, key: &str, source: &str) -> Result<(), StoreError> {
        self.write(|store| store.rename_source(key, source))
    }

    /// Commits what a link has brought, and tells of it. What waits to be written goes first, so that the
    /// journal is never behind the messages.
    ///
    /// # Errors
    /// Those of the store. Then nothing was kept.
    pub fn commit(
        &self,
        key: &str,
        deliveries: &[Delivery],
        now: Timestamp,
        decide: impl Fn(&Message, &RawEvent, Origin) -> Verdict,
    ) -> Result<Committed, StoreError> {
        let (answer, wrote) = match self.settle() {
            Ok(()) => self.act(|store| store.commit(key, deliveries, now, decide)),
            Err(error) => (Err(error), false),
        };
        if answer.is_err() || wrote {
            self.0.unstored.store(answer.is_err(), Ordering::Relaxed);
        }
        self.judge(answer.as_ref().err(), wrote);
        let committed = answer?;
        self.count_deliveries(key, deliveries, &committed.stored);
        for (delivery, stored) in deliveries.iter().zip(&committed.stored) {
            self.hear_message(key, delivery, stored);
            match (&delivery.outcome, stored) {
                (_, Stored::New(id)) => self.tell_message(*id),
                (_, Stored::Replaced { id, earlier }) => {
                    self.tell_removed(vec![*earlier]);
                    self.tell_message(*id);
                }
                (Outcome::Changed(Change::Deleted(_)), Stored::Changed(ids)) => {
                    self.tell_removed(ids.clone());
                }
                (_, Stored::Changed(ids)) => ids.iter().for_each(|id| self.tell_message(*id)),
                (_, Stored::Duplicate | Stored::Dropped | Stored::SetAside | Stored::Nothing) => {}
            }
        }
        self.tell_removed(committed.pruned.clone());
        Ok(committed)
    }

    /// Whether nobody is there to show alerts to.
    fn has_nobody(&self) -> bool {
        self.0.has_nobody.load(Ordering::Relaxed)
    }

    /// Sets whose calendar says what a day is, for what is counted by day.
    pub fn keep_days(&self, zone: TimeZone) {
        // A failure is a condition already.
        let _ = self.write(|store| store.keep_days(zone));
    }

    /// Notes that the agent runs now, so that after a crash or a power cut it is known until when.
    pub fn alive(&self, now: Timestamp) {
        // A failure is a condition already.
        let _ = self.write(|store| store.alive(now));
    }

    /// Notes in the file beside how far the ids have gone.
    pub fn note_newest(&self, beside: &Path) {
        if let Err(error) = self.store().note_newest(beside) {
            tracing::debug!("{error}");
        }
    }

    /// From now on a copy of the database that was made before is known for one.
    pub fn leave(&self, beside: &Path) {
        if let Err(error) = self.store().leave(beside) {
            tracing::warn!("{error}");
        }
    }

    /// Forgets where a subscription resumes. Its messages stay.
    ///
    /// # Errors
    /// Those of the store.
    pub fn forget(&self, key: &str) -> Result<(), StoreError> {
        self.write(|store| store.forget(key))
    }

    /// The person lets the messages of a subscription make such requests without being asked again.
    ///
    /// # Errors
    /// Those of the store.
    pub fn grant(&self, grant: &Grant) -> Result<(), StoreError> {
        self.write(|store| store.grant(grant))
    }

    /// The messages of this subscription may make such requests only after a question. Answers whether they made them
    /// without.
    ///
    /// # Errors
    /// Those of the store.
    pub fn take_back(&self, grant: &Grant) -> Result<bool, StoreError> {
        self.write(|store| store.take_back(grant))
    }

    /// The messages of subscriptions that are none of these may make no request without being asked.
    pub fn revoke_all_but(&self, followed: &[String]) {
        // A failure is a condition already.
        let _ = self.write(|store| store.revoke_all_but(followed));
    }

    /// Sets how much is kept of each subscription. Where a bound has changed, what is over it is deleted at
    /// once.
    ///
    /// # Errors
    /// Those of the store. What is over a bound is then deleted by the next [`Ledger::prune`].
    pub fn keep(&self, bounds: &[(String, Keep)], now: Timestamp) -> Result<(), StoreError> {
        let set = |(key, keep): &(String, Keep)| self.store().keep(key, *keep);
        match bounds.iter().filter(|one| set(one)).count() {
            0 => Ok(()),
            _ => self.prune(now),
        }
    }

    /// Deletes messages, as the person wants it. Answers which were there.
    ///
    /// # Errors
    /// Those of the store; then none is gone.
    pub fn delete(&self, messages: &[i64]) -> Result<Vec<i64>, StoreError> {
        let gone = self.write(|store| store.delete(messages))?;
        self.tell_removed(gone.clone());
        Ok(gone)
    }

    /// Deletes what is too old and what is over a bound.
    ///
    /// # Errors
    /// Those of the store.
    pub fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        let gone = self.write(|store| store.prune(now))?;
        if !gone.is_empty() {
            self.0.prunes.fetch_add(1, Ordering::Relaxed);
        }
        self.tell_removed(gone);
        Ok(())
    }

    /// Another number than before says that a count of messages is to be taken anew.
    #[must_use]
    pub fn prunes(&self) -> u64 {
        self.0.prunes.load(Ordering::Relaxed)
    }

    /// Appends an entry about the agent itself to the journal.
    pub fn journal(&self, at: Timestamp, entry: &Entry) {
        if self.journal_of(None, at, entry).is_err() {
            tracing::warn!(kind = entry.kind(), "left out of the journal: too much waits for it");
        }
    }

    fn tell_message(&self, id: i64) {
        self.0.events.tell(|| {
            let row = self.read(|store| store.message(id)).ok()??;
            Some(Event::Message(Box::new(to_api::message(row))))
        });
    }

    fn tell_removed(&self, messages: Vec<i64>) {
        if !messages.is_empty() {
            self.0.events.tell(|| Some(Event::Removed { messages }));
        }
    }

    /// Writes to the store. Only a write ends the condition that the store cannot be written: a successful
    /// read does not show that the disk is well.
    fn write<T>(
        &self,
        write: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (answer, wrote) = self.act(write);
        // A row of the journal may find room where messages have found none.
        self.judge(answer.as_ref().err(), wrote && !self.0.unstored.load(Ordering::Relaxed));
        answer
    }

    fn act<T>(
        &self,
        act: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> (Result<T, StoreError>, bool) {
        let mut store = self.store();
        let before = store.rows_written();
        let answer = act(&mut store);
        let wrote = store.rows_written() != before;
        drop(store);
        if let Some(place) = self.0.place.get().filter(|_| wrote) {
            self.0.conditions.set(Code::DatabaseGone, place.problem());
        }
        (answer, wrote)
    }

    fn judge(&self, problem: Option<&StoreError>, is_well: bool) {
        if is_well || problem.is_some() {
            self.0.conditions.set(Code::StoreFailed, problem.map(ToString::to_string));
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
