//! What is still to be written beside the messages: entries of the journal, and that a backlog is over.
//! While the database cannot be written they wait here, in order and with their own times, and hold up
//! nothing but the messages that come after them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_api::Event;
use hark_engine::history::Entry;
use hark_store::StoreError;
use jiff::Timestamp;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::{core::Core, driver::Full};

/// So many may wait, of all subscriptions together. Beyond that a link keeps what it has to say, and
/// waits with it; what the agent says of itself is left out.
const OWED_MAX: usize = 1_000;
/// What could not be kept is tried again after this, then after twice that, …
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// …up to this.
const RETRY_MAX: Duration = Duration::from_secs(5);
/// An agent that ends waits so long for a database; less than a signal lets it live.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait after another attempt that failed; `before` is how long the last wait was.
pub(crate) fn retry_after(before: Option<Duration>) -> Duration {
    before.map_or(RETRY_FIRST, |before| (before * 2).min(RETRY_MAX))
}

#[derive(Debug)]
enum What {
    Entry(Entry),
    Streamed,
}

#[derive(Debug)]
struct One {
    /// `None` is the agent itself.
    subscription: Option<String>,
    at: Timestamp,
    what: What,
}

/// What waits, in order.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    waiting: Mutex<VecDeque<One>>,
    /// Something waits that did not before.
    begun: Notify,
}

impl Owed {
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<One>) -> T) -> T {
        act(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Core {
    /// Appends to the journal what the agent says of itself, and tells the clients.
    pub fn journal(&self, at: Timestamp, entry: &Entry) {
        if self.journal_of(None, at, entry).is_err() {
            tracing::warn!(kind = entry.kind(), "left out of the journal: too much waits for it");
        }
    }

    /// The same for a subscription, or `None`.
    ///
    /// # Errors
    /// Where too much waits already. Then it is not kept.
    pub fn journal_of(
        &self,
        subscription: Option<&str>,
        at: Timestamp,
        entry: &Entry,
    ) -> Result<(), Full> {
        let what = What::Entry(entry.clone());
        self.owe(One { subscription: subscription.map(str::to_owned), at, what })
    }

    /// Notes that a subscription's backlog is over.
    ///
    /// # Errors
    /// Where too much waits already. Then it is not kept.
    pub fn has_streamed(&self, subscription: &str, at: Timestamp) -> Result<(), Full> {
        self.owe(One { subscription: Some(subscription.to_owned()), at, what: What::Streamed })
    }

    /// Whether something of this subscription waits to be written.
    #[must_use]
    pub fn owes(&self, subscription: &str) -> bool {
        let is_its = |one: &One| one.subscription.as_deref() == Some(subscription);
        self.owed.with(|waiting| waiting.iter().any(is_its))
    }

    fn owe(&self, one: One) -> Result<(), Full> {
        let is_first = self.owed.with(|waiting| {
            if waiting.len() >= OWED_MAX {
                return Err(Full);
            }
            waiting.push_back(one);
            Ok(waiting.len() == 1)
        })?;
        // Where something waits already, its timer tries: an attempt holds everything up for a moment.
        if is_first && self.settle().is_err() {
            self.owed.begun.notify_one();
        }
        Ok(())
    }

    /// Writes what waits, in order.
    ///
    /// # Errors
    /// Those of the store; what is not written then goes on waiting.
    pub fn settle(&self) -> Result<(), StoreError> {
        while let Some(one) = self.owed.with(VecDeque::pop_front) {
            let written = self.store(|store| match (&one.what, &one.subscription) {
                (What::Entry(entry), key) => {
                    store.journal(key.as_deref(), one.at, entry).map(|_| true)
                }
                (What::Streamed, Some(key)) => store.has_streamed(key).map(|()| false),
                (What::Streamed, None) => Ok(false),
            });
            match written {
                Ok(true) => {
                    let subscription = one.subscription;
                    self.hub.tell(|| Some(Event::History { subscription }));
                }
                Ok(false) => {}
                Err(error) => {
                    self.owed.with(|waiting| waiting.push_front(one));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Writes what waits before the agent ends, as far as that can be done in a moment.
    pub async fn settle_at_end(&self) {
        let settled = async {
            let mut wait = None;
            while self.settle().is_err() {
                let next = retry_after(wait);
                sleep(next).await;
                wait = Some(next);
            }
        };
        if timeout(END_PATIENCE, settled).await.is_err() {
            tracing::warn!("the database cannot be written: the journal lacks its last entries");
        }
    }
}

/// Tries again what could not be written, for as long as the agent runs.
pub async fn run(core: Arc<Core>) {
    loop {
        core.owed.begun.notified().await;
        let mut wait = None;
        loop {
            let next = retry_after(wait);
            sleep(next).await;
            if core.settle().is_ok() {
                break;
            }
            wait = Some(next);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use hark_api::profile::Profile;
    use hark_engine::link::Delivery;
    use hark_store::Store;
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::*;

    const KEY: &str = "news";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    /// A core, and another connection to its database.
    fn core() -> (TempDir, Arc<Core>, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path())).unwrap();
        std::fs::create_dir_all(&profile.data).unwrap();
        let mut store = Store::open(&profile.database(), at(0)).unwrap().store;
        store.begin(KEY, "source", at(0)).unwrap();
        let other = Connection::open(profile.database()).unwrap();
        (folder, Arc::new(Core::new(profile, store, false)), other)
    }

    fn rows(core: &Core) -> Vec<(Timestamp, &'static str)> {
        let rows = core.store(|store| store.journal_rows(Some(KEY), 5_000)).unwrap();
        rows.iter().map(|row| (row.at, row.entry.kind())).collect()
    }

    fn has_streamed(core: &Core) -> bool {
        core.store(|store| store.begin(KEY, "source", at(0))).unwrap().streamed
    }

    #[test]
    fn what_cannot_be_written_waits_in_order_with_its_own_time() {
        let (_folder, core, other) = core();
        core.journal_of(Some(KEY), at(1), &Entry::Opened).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        core.journal_of(Some(KEY), at(2), &Entry::Rotated).unwrap();
        core.has_streamed(KEY, at(3)).unwrap();
        core.journal(at(4), &Entry::AgentStopped);
        core.journal_of(Some(KEY), at(5), &Entry::Gap { since: at(2) }).unwrap();
        assert!(core.owes(KEY) && !core.owes("other"));
        assert_eq!(rows(&core), [(at(1), "opened")]);
        other.execute_batch("ROLLBACK").unwrap();
        assert!(!has_streamed(&core));
        core.settle().unwrap();
        assert!(has_streamed(&core) && !core.owes(KEY));
        let all = [(1, "opened"), (2, "rotated"), (4, "agent_stopped"), (5, "gap")];
        assert_eq!(rows(&core), all.map(|(second, kind)| (at(second), kind)));
    }

    #[test]
    fn the_journal_is_never_behind_the_messages() {
        let (_folder, core, other) = core();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        core.journal_of(Some(KEY), at(1), &Entry::Opened).unwrap();
        other.execute_batch("ROLLBACK").unwrap();
        assert!(rows(&core).is_empty());
        core.store_messages(|store| {
            assert_eq!(store.journal_rows(Some(KEY), 10).unwrap().len(), 1);
            let none: [Delivery; 0] = [];
            store.commit(KEY, &none, at(2), |_, _, _| unreachable!())
        })
        .unwrap();
    }

    #[test]
    fn no_more_than_a_bound_waits_and_nothing_of_that_is_lost() {
        let (_folder, core, other) = core();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        for second in 0..1_000 {
            core.journal_of(Some(KEY), at(second), &Entry::Rotated).unwrap();
        }
        assert_eq!(core.journal_of(Some(KEY), at(1_000), &Entry::Opened), Err(Full));
        assert_eq!(core.has_streamed(KEY, at(1_000)), Err(Full));
        other.execute_batch("ROLLBACK").unwrap();
        core.settle().unwrap();
        let rows = rows(&core);
        assert_eq!(rows.len(), 1_000);
        assert!(rows.iter().zip(0..).all(|(row, second)| *row == (at(second), "rotated")));
        core.journal_of(Some(KEY), at(1_000), &Entry::Opened).unwrap();
    }

    #[tokio::test]
    async fn what_waits_is_written_by_itself() {
        let (_folder, core, other) = core();
        let mut told = core.hub.subscribe(None).live;
        let trying = tokio::spawn(run(core.clone()));
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        core.journal_of(Some(KEY), at(1), &Entry::Opened).unwrap();
        assert!(rows(&core).is_empty());
        other.execute_batch("ROLLBACK").unwrap();
        while core.owes(KEY) {
            told.recv().await.unwrap();
        }
        assert_eq!(rows(&core), [(at(1), "opened")]);
        trying.abort();
    }
}
