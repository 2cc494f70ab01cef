//! What is still to be written beside the messages: entries of the journal, and that a backlog is over.
//! While the database cannot be written they wait here, in order and with their own times, and hold up
//! nothing but the messages that come after them.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hark_api::Event;
use hark_engine::{handlers::Input, history::Entry};
use hark_store::StoreError;
use hark_stream::driver::{Full, retry_after};
use jiff::Timestamp;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::Ledger;

/// How many writes may wait, of all subscriptions together. Beyond that a link keeps its own entries and
/// waits; the agent's own entries are left out.
const OWED_MAX: usize = 1_000;
/// How long an agent that ends waits for the database; less than the grace after a signal.
const END_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
enum Write {
    Entry(Entry),
    Streamed,
}

#[derive(Debug)]
struct Debt {
    /// `None` is the agent itself.
    subscription: Option<String>,
    at: Timestamp,
    what: Write,
}

/// What waits, in order.
#[derive(Debug, Default)]
pub(super) struct Owed {
    waiting: Mutex<VecDeque<Debt>>,
    /// Something waits, and nothing did before.
    begun: Notify,
}

impl Owed {
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<Debt>) -> T) -> T {
        act(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ledger {
    /// Appends an entry about a subscription to the journal; `None` is the agent itself.
    ///
    /// # Errors
    /// Where too much waits already. Then it is not kept.
    pub fn journal_of(
        &self,
        subscription: Option<&str>,
        at: Timestamp,
        entry: &Entry,
    ) -> Result<(), Full> {
        let what = Write::Entry(entry.clone());
        self.owe(Debt { subscription: subscription.map(str::to_owned), at, what })?;
        if let Some(key) = subscription {
            self.count_entry(key, entry);
        }
        self.hear(Input::Entry(subscription, entry));
        Ok(())
    }

    /// Notes that a subscription's backlog is over.
    ///
    /// # Errors
    /// Where too much waits already. Then it is not kept.
    pub fn has_streamed(&self, subscription: &str, at: Timestamp) -> Result<(), Full> {
        self.owe(Debt { subscription: Some(subscription.to_owned()), at, what: Write::Streamed })
    }

    /// Whether something of this subscription waits to be written.
    #[must_use]
    pub fn owes(&self, subscription: &str) -> bool {
        let is_its = |one: &Debt| one.subscription.as_deref() == Some(subscription);
        self.0.owed.with(|waiting| waiting.iter().any(is_its))
    }

    fn owe(&self, one: Debt) -> Result<(), Full> {
        let is_first = self.0.owed.with(|waiting| {
            if waiting.len() >= OWED_MAX {
                return Err(Full);
            }
            waiting.push_back(one);
            Ok(waiting.len() == 1)
        })?;
        // Where something waits already, its timer tries: an attempt holds everything up for a moment.
        if is_first && self.settle().is_err() {
            self.0.owed.begun.notify_one();
        }
        Ok(())
    }

    /// Waits until something is owed that was not before: then it is to be settled a while later.
    pub async fn owes_anew(&self) {
        self.0.owed.begun.notified().await;
    }

    /// Writes what waits, in order.
    ///
    /// # Errors
    /// Those of the store; what is not written stays owed.
    pub fn settle(&self) -> Result<(), StoreError> {
        while let Some(one) = self.0.owed.with(VecDeque::pop_front) {
            let written = self.write(|store| match (&one.what, &one.subscription) {
                (Write::Entry(entry), key) => {
                    store.journal(key.as_deref(), one.at, entry).map(|_| true)
                }
                (Write::Streamed, Some(key)) => store.has_streamed(key).map(|()| false),
                (Write::Streamed, None) => Ok(false),
            });
            match written {
                Ok(true) => {
                    let subscription = one.subscription;
                    self.0.events.tell(|| Some(Event::History { subscription }));
                }
                Ok(false) => {}
                Err(error) => {
                    self.0.owed.with(|waiting| waiting.push_front(one));
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
