//! What a client can read from the store.

use hark_api as api;
use hark_config::settings;
use hark_engine::{
    history::{History, Row},
    message::RawEvent,
};
use hark_platform::aside::Aside;
use hark_store::{StoreError, check};
use jiff::Timestamp;
use std::{path::PathBuf, time::Duration};

use super::pages;
use crate::{ledger::Ledger, refusals::refusal, registry::Registry, to_api};

/// Rows of the journal that a history is folded from.
const FOLDED_ROWS_MAX: u32 = 20_000;
/// Rows of the journal that the failures of one link are looked for in, and how many are answered.
const FAILURE_ROWS_MAX: u32 = 200;
const FAILURES_MAX: usize = 10;
/// How many rows are answered where nothing else is asked for, and at most.
const ROWS_DEFAULT: u32 = 100;
const ROWS_MAX: u32 = 1_000;

/// So much of an event is answered as it came.
const RAW_BYTES_MAX: usize = 256 << 10;

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Queries {
    ledger: Ledger,
    registry: Registry,
    /// Looks through the database.
    aside: Aside,
}

/// How long the database is looked through.
const CHECK_TIMEOUT: Duration = Duration::from_secs(20);

impl Queries {
    /// Queries over this ledger; the registry gives the servers' names.
    #[must_use]
    pub fn new(ledger: Ledger, registry: Registry) -> Self {
        Self { ledger, registry, aside: Aside::default() }
    }

    /// Stored messages.
    ///
    /// # Errors
    /// Where several subscriptions have the name that is asked for, and those of the store.
    pub async fn messages(
        &self,
        mut query: api::MessagesQuery,
    ) -> Result<Vec<api::Message>, api::ApiError> {
        query.subscription = query.subscription.map(|word| self.key(&word)).transpose()?;
        let limit = limit(query.limit);
        pages::page(&self.ledger, query, limit).await.map_err(plain)
    }

    /// How much of each subscription that is followed is unread.
    ///
    /// # Errors
    /// Those of the store.
    pub fn unread(&self) -> Result<Vec<api::Unread>, StoreError> {
        let count = |key: String| {
            let messages = self.ledger.read(|store| store.unread(&key, api::COUNTED_MAX))?;
            Ok(api::Unread { subscription: key, messages })
        };
        self.registry.in_force().into_keys().map(count).collect()
    }

    /// The event of a message as it came.
    ///
    /// # Errors
    /// Where there is no such message, or the database cannot be used.
    pub fn raw(&self, query: &api::RawQuery) -> Result<api::RawMessage, api::ApiError> {
        let id = query.message;
        let event = self.ledger.read(|store| store.event(id));
        let event = event.map_err(|error| api::ApiError::plain(error.to_string()))?;
        let none = || api::ApiError::plain(format!("There is no message {id}."));
        let RawEvent { kind, data, own_id } = event.ok_or_else(none)?;
        let bytes = data.len() as u64;
        let data = data[..data.floor_char_boundary(RAW_BYTES_MAX)].to_owned();
        Ok(api::RawMessage { kind, own_id, data, bytes })
    }

    /// How the database is.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn database(&self) -> Result<api::Database, StoreError> {
        let path = self.ledger.read(|store| Ok(store.path()))?.unwrap_or_default();
        let file = PathBuf::from(&path);
        match self.aside.within(CHECK_TIMEOUT, move || check(&file)).await {
            Ok(problem) => Ok(api::Database { path, problem: problem?, whole: true }),
            Err(_) => Ok(api::Database { path, problem: None, whole: false }),
        }
    }

    /// The reconnection history, newest first.
    ///
    /// # Errors
    /// Where several subscriptions have the name that is asked for, and those of the store.
    pub fn history(
        &self,
        query: &api::HistoryQuery,
    ) -> Result<Vec<api::HistoryEntry>, api::ApiError> {
        let subscription = query.subscription.as_deref().map(|word| self.key(word)).transpose()?;
        let subscription = subscription.as_deref();
        let read = self.ledger.read(|store| {
            let rows = store.journal_rows(subscription, FOLDED_ROWS_MAX)?;
            Ok((rows, store.handler_runs(None, subscription, ROWS_MAX)?))
        });
        let (rows, runs) = read.map_err(plain)?;
        let server = |key: &str| self.registry.server(key);
        let entries = to_api::history(History::fold(rows), runs, server, Timestamp::now());
        // As clients see them: of a time they see the milliseconds.
        let ms = Timestamp::as_millisecond;
        let is_asked = |entry: &api::HistoryEntry| {
            query.until.is_none_or(|until| ms(entry.began().0) <= ms(until.0))
                && query.whose.is_none_or(|whose| api::Whose::of(entry) == Some(whose))
                && query.since.is_none_or(|since| entry.ended().is_none_or(|ended| ended >= since))
        };
        let asked = entries.into_iter().filter(is_asked).take(limit(query.limit) as usize);
        asked.map(|entry| self.with_caught_up(entry)).collect::<Result<_, _>>().map_err(plain)
    }

    /// The same entry; of an outage that is over, with how many messages came after it that were sent in it.
    fn with_caught_up(&self, entry: api::HistoryEntry) -> Result<api::HistoryEntry, StoreError> {
        let api::HistoryEntry::Outage(mut outage) = entry else { return Ok(entry) };
        if let Some(to) = outage.recovered {
            let (key, from) = (&outage.subscription, outage.last_heard.unwrap_or(outage.noticed));
            outage.caught_up = self.ledger.read(|store| store.caught_up(key, from.0, to.0))?;
        }
        Ok(api::HistoryEntry::Outage(outage))
    }

    /// How reliably each subscription that is followed was connected.
    ///
    /// # Errors
    /// Those of the store.
    pub fn uptime(&self) -> Result<Vec<api::Uptime>, StoreError> {
        let now = Timestamp::now();
        let of = |subscription: String| {
            let share = |days| {
                self.ledger.read(|store| store.uptime(&subscription, days, now)).map(to_api::share)
            };
            let (day, week, month) = (share(1)?, share(7)?, share(30)?);
            let since =
                self.ledger.read(|store| store.history_since(&subscription, FOLDED_ROWS_MAX))?;
            let history_since = api::Time(since.unwrap_or(now));
            Ok(api::Uptime { subscription, history_since, day, week, month })
        };
        self.registry.keys().into_iter().map(of).collect()
    }

    /// All that is known of a link.
    ///
    /// # Errors
    /// Where there is none, or the store cannot be read.
    pub fn link(&self, query: &api::LinkQuery) -> Result<api::LinkDetail, api::ApiError> {
        let key = self.key(&query.subscription)?;
        let known = self.registry.with(&key, |one| {
            let dials: Vec<_> = one.dials.iter().rev().cloned().collect();
            let feed = one.subscription.speaks();
            (one.subscription.topic(), one.standing.clone(), dials, one.link.origin.clone(), feed)
        });
        let none = || api::ApiError::plain(format!("{key} is not followed."));
        let (topic, standing, dials, server, feed) = known.ok_or_else(none)?;
        let read = self.ledger.read(|store| {
            Ok((store.cursor(&key)?, store.journal_rows(Some(&key), FAILURE_ROWS_MAX)?))
        });
        let (cursor, rows) = read.map_err(|error| api::ApiError::plain(error.to_string()))?;
        let failures = rows.iter().rev().filter_map(|row| {
            let cause = to_api::cause(row.entry.failure()?, &server);
            Some(api::Failed { at: api::Time(row.at), cause })
        });
        Ok(api::LinkDetail {
            subscription: key.clone(),
            topic,
            connection: standing.as_ref().map(to_api::connected),
            resumes: to_api::resumes(&*feed, &cursor),
            cursor: cursor.id,
            cursor_time: cursor.time.map(api::Time),
            dials,
            failures: failures.take(FAILURES_MAX).collect(),
        })
    }

    /// The key of what the person names by it or by its name. What is no longer followed has its key alone.
    fn key(&self, word: &str) -> Result<String, api::ApiError> {
        settings::key_of(&self.registry.in_force(), word).map_err(refusal)
    }

    /// The journal's rows, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn journal(&self, query: &api::HistoryQuery) -> Result<Vec<api::JournalRow>, StoreError> {
        let subscription = query.subscription.as_deref();
        let is_all = query.since.is_none() && query.until.is_none();
        let rows_max = if is_all { limit(query.limit) } else { FOLDED_ROWS_MAX };
        let rows = self.ledger.read(|store| store.journal_rows(subscription, rows_max))?;
        let is_asked = |row: &Row| {
            query.since.is_none_or(|since| row.at >= since.0)
                && query.until.is_none_or(|until| row.at <= until.0)
        };
        let rows = rows.into_iter().rev().filter(is_asked).take(limit(query.limit) as usize);
        Ok(rows.map(|row| to_api::journal_row(row, |key| self.registry.server(key))).collect())
    }
}

fn plain(error: StoreError) -> api::ApiError {
    api::ApiError::plain(error.to_string())
}

/// How many rows are answered.
fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(ROWS_DEFAULT).clamp(1, ROWS_MAX)
}
