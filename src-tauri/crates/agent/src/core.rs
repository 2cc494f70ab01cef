//! What the parts of a running agent share: the store, the links' state, the conditions, the hub.
//!
//! All of it lives on one thread; a lock is held for a moment and never across an await.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use hark_api::{self as api, Event, profile::Profile};
use hark_engine::{history::History, policy::Rule};
use hark_store::{Store, StoreError};
use indexmap::IndexMap;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    dials::Dials, driver::Command, hub::Hub, notify::Outbox, owed::Owed, pages, present,
    settings::Subscription,
};

/// Rows of the journal that a history is folded from.
const FOLDED_ROWS_MAX: u32 = 5_000;

/// A followed subscription.
#[derive(Debug)]
pub struct Followed {
    /// The settings that are in force for it.
    pub subscription: Subscription,
    /// Whether deliveries of it wait for the database.
    pub stalled: bool,
    /// What clients see.
    pub link: api::Link,
    /// To its driver.
    pub commands: mpsc::Sender<Command>,
    /// What becomes of its messages.
    pub rules: Arc<[Rule]>,
}

/// See the module.
#[derive(Debug)]
pub struct Core {
    /// Where its files are.
    pub profile: Profile,
    /// When it started.
    pub started: Timestamp,
    /// Its event stream.
    pub hub: Hub,
    /// How often each server may be dialled.
    pub dials: Dials,
    /// Alerts on their way.
    pub outbox: Outbox,
    /// Whether a tray icon is registered.
    pub tray: AtomicBool,
    /// Whether the demo is followed.
    pub demo: AtomicBool,
    /// Whether each message is printed.
    pub print: bool,
    store: Mutex<Store>,
    /// What waits for the database.
    pub(crate) owed: Owed,
    /// Whether messages could not be stored when that was last tried.
    unstored: AtomicBool,
    followed: Mutex<IndexMap<String, Followed>>,
    conditions: Mutex<BTreeMap<(api::Severity, &'static str), String>>,
    notifications: Mutex<api::Notifications>,
    feeds: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    /// The core of an agent that starts now.
    #[must_use]
    pub fn new(profile: Profile, store: Store, print: bool) -> Self {
        Self {
            profile,
            started: Timestamp::now(),
            hub: Hub::default(),
            dials: Dials::default(),
            outbox: Outbox::default(),
            tray: AtomicBool::new(false),
            demo: AtomicBool::new(false),
            print,
            store: Mutex::new(store),
            owed: Owed::default(),
            unstored: AtomicBool::new(false),
            followed: Mutex::default(),
            conditions: Mutex::default(),
            notifications: Mutex::new(api::Notifications {
                server: None,
                capabilities: Vec::new(),
            }),
            feeds: Mutex::default(),
        }
    }

    /// The store. A failure becomes a condition as well as an error, and what is written ends it: that
    /// something could be read does not say that the disk is well.
    ///
    /// # Errors
    /// Those of the store.
    pub fn store<T>(
        &self,
        act: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (answer, wrote) = self.act(act);
        // A row of the journal may find room where messages have found none.
        self.judge(answer.as_ref().err(), wrote && !self.unstored.load(Ordering::Relaxed));
        answer
    }

    /// The same for what a link has brought: once that has failed, only its like ends the condition. What
    /// waits to be written goes first, so that the journal is never behind the messages.
    ///
    /// # Errors
    /// Those of the store.
    pub fn store_messages<T>(
        &self,
        act: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (answer, wrote) = match self.settle() {
            Ok(()) => self.act(act),
            Err(error) => (Err(error), false),
        };
        if answer.is_err() || wrote {
            self.unstored.store(answer.is_err(), Ordering::Relaxed);
        }
        self.judge(answer.as_ref().err(), wrote);
        answer
    }

    fn act<T>(
        &self,
        act: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> (Result<T, StoreError>, bool) {
        let mut store = lock(&self.store);
        let before = store.rows_written();
        let answer = act(&mut store);
        let wrote = store.rows_written() != before;
        (answer, wrote)
    }

    fn judge(&self, problem: Option<&StoreError>, is_well: bool) {
        if is_well || problem.is_some() {
            let sentence = problem.map(ToString::to_string);
            self.condition(api::Severity::Error, "store_failed", sentence);
        }
    }

    /// Notes whether there is nobody to show alerts to. What waits for somebody then waits no longer.
    pub fn has_nobody(&self, has_nobody: bool) {
        // A failure is a condition already.
        let _ = self.store(|store| store.set_nobody(has_nobody));
    }

    /// The followed subscriptions.
    pub fn followed(&self) -> MutexGuard<'_, IndexMap<String, Followed>> {
        lock(&self.followed)
    }

    /// Sets or ends a condition.
    pub fn condition(&self, severity: api::Severity, code: &'static str, sentence: Option<String>) {
        let mut conditions = lock(&self.conditions);
        let before = match &sentence {
            Some(sentence) => conditions.insert((severity, code), sentence.clone()),
            None => conditions.remove(&(severity, code)),
        };
        drop(conditions);
        if before != sentence {
            match &sentence {
                Some(sentence) => tracing::warn!("{sentence}"),
                None => tracing::info!("over: {code}"),
            }
            self.tell_status();
        }
    }

    /// Notes who shows the notifications.
    pub fn set_notifications(&self, notifications: api::Notifications) {
        *lock(&self.notifications) = notifications;
        self.tell_status();
    }

    /// Notes what a subscription may speak.
    pub fn set_feeds(&self, feeds: Vec<String>) {
        *lock(&self.feeds) = feeds;
    }

    /// Notes a link's new state, and tells the clients if it is another than before. Its name is the
    /// settings', which may have changed meanwhile.
    pub fn set_link(&self, mut link: api::Link) {
        let mut followed = lock(&self.followed);
        let Some(one) = followed.get_mut(&link.subscription) else { return };
        link.name.clone_from(&one.link.name);
        if one.link == link {
            return;
        }
        one.link = link.clone();
        drop(followed);
        self.hub.tell(|| Some(Event::Link(Box::new(link))));
    }

    /// Gives a followed subscription other settings, such as a name and rules, that leave its connection
    /// as it is.
    pub fn revise(&self, key: &str, subscription: &Subscription) {
        if let Some(one) = lock(&self.followed).get_mut(key) {
            one.link.name = subscription.name.clone().unwrap_or_else(|| key.to_owned());
            one.rules = subscription.rules.clone().into();
            one.subscription = subscription.clone();
        }
    }

    /// Notes whether deliveries of a link wait for the database.
    pub fn set_stalled(&self, key: &str, stalled: bool) {
        if let Some(one) = lock(&self.followed).get_mut(key) {
            one.stalled = stalled;
        }
    }

    /// The rules of a subscription, while it is followed.
    #[must_use]
    pub fn rules(&self, key: &str) -> Option<Arc<[Rule]>> {
        lock(&self.followed).get(key).map(|one| one.rules.clone())
    }

    /// Everything as it is now.
    #[must_use]
    pub fn status(&self) -> api::Status {
        let conditions = lock(&self.conditions)
            .iter()
            .map(|(&(severity, code), sentence)| api::Condition {
                code: code.to_owned(),
                severity,
                subscription: None,
                sentence: sentence.clone(),
            })
            .collect();
        api::Status {
            agent: api::AgentInfo {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
                started: api::Time(self.started),
                settings: self.profile.settings().display().to_string(),
                tray: self.tray.load(Ordering::Relaxed),
                demo: self.demo.load(Ordering::Relaxed),
                notifications: lock(&self.notifications).clone(),
                feeds: lock(&self.feeds).clone(),
            },
            links: lock(&self.followed).values().map(|one| one.link.clone()).collect(),
            conditions,
        }
    }

    /// Tells the clients that something beside a link changed.
    pub fn tell_status(&self) {
        self.hub.tell(|| Some(Event::Status(Box::new(self.status()))));
    }

    /// Tells the clients that a message is new or that its `shown` changed.
    pub fn tell_message(&self, id: i64) {
        self.hub.tell(|| {
            let row = self.store(|store| store.message(id)).ok()??;
            Some(Event::Message(Box::new(present::message(row))))
        });
    }

    /// Tells the clients that messages are gone.
    pub fn tell_removed(&self, messages: Vec<i64>) {
        if !messages.is_empty() {
            self.hub.tell(|| Some(Event::Removed { messages }));
        }
    }

    /// What a person knows a subscription by.
    #[must_use]
    pub fn name(&self, key: &str) -> String {
        lock(&self.followed).get(key).map_or_else(|| key.to_owned(), |one| one.link.name.clone())
    }

    /// What sentences call a subscription's server.
    fn server(&self, key: &str) -> String {
        lock(&self.followed).get(key).map_or_else(|| key.to_owned(), |one| one.link.origin.clone())
    }

    /// Stored messages.
    ///
    /// # Errors
    /// Those of the store.
    pub fn messages(&self, query: api::MessagesQuery) -> Result<Vec<api::Message>, StoreError> {
        let limit = limit(query.limit);
        pages::page(query, limit, |query| self.store(|store| store.messages(query)))
    }

    /// The reconnection history, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn history(&self, query: &api::HistoryQuery) -> Result<Vec<api::HistoryEntry>, StoreError> {
        let subscription = query.subscription.as_deref();
        let rows = self.store(|store| store.journal_rows(subscription, FOLDED_ROWS_MAX))?;
        let history = History::fold(rows);
        let mut entries = present::history(history, |key| self.server(key), Timestamp::now());
        entries.truncate(limit(query.limit) as usize);
        Ok(entries)
    }

    /// The journal's rows, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn journal_rows(
        &self,
        query: &api::HistoryQuery,
    ) -> Result<Vec<api::JournalRow>, StoreError> {
        let subscription = query.subscription.as_deref();
        let rows = self.store(|store| store.journal_rows(subscription, limit(query.limit)))?;
        let rows = rows.into_iter().rev();
        Ok(rows.map(|row| present::journal_row(row, |key| self.server(key))).collect())
    }
}

/// How many rows are answered.
fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(100).clamp(1, 1000)
}
