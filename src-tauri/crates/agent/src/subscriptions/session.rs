//! The sink of one followed subscription's driver: deliveries go to the ledger, alerts to the outbox.

use std::{cell::Cell, net::IpAddr, sync::Arc};

use axum::http::HeaderValue;
use hark_api::{self as api, route};
use hark_config::{credentials::Credentials, settings::Subscription};
use hark_engine::{
    failure::Cause,
    feed::Recognition,
    history::Entry,
    link::{self, Delivery, Link, Outcome, Reason},
    message::{Change, Message, RawEvent},
    policy::{self, Origin, Rule},
};
use hark_store::{Shown, Store, StoreError, Stored};
use hark_stream::{
    connection::{Ask, Trail},
    driver::{Command, Full, Sink},
};
use jiff::Timestamp;
use tokio::sync::mpsc;
use url::Url;

use super::Subscriptions;
use crate::{
    alerts::{Due, Outbox, Pictures},
    ledger::Ledger,
    registry::Registry,
    tally::Counter,
    to_api,
};

/// The link of a subscription that is about to be followed, as clients see it.
pub(super) fn link(
    store: &Store,
    key: &str,
    subscription: &Subscription,
    now: Timestamp,
) -> Result<api::Link, StoreError> {
    Ok(api::Link {
        subscription: key.to_owned(),
        name: subscription.name.clone().unwrap_or_else(|| key.to_owned()),
        origin: subscription.origin(),
        feed: subscription.feed.clone(),
        phase: if subscription.paused { api::Phase::Paused } else { api::Phase::Idle },
        lost: store.lost_since(key)?.map(api::Time),
        can_send: subscription.takes_messages(None),
        known_since: api::Time(store.known_since(key)?.unwrap_or(now)),
        last_heard: None,
        heartbeat: None,
        messages: u64::from(store.count(key)?),
        set_aside: 0,
        dropped: u64::from(store.dropped(key)?),
        silence: None,
    })
}

/// See the module.
pub(super) struct Session {
    registry: Registry,
    ledger: Ledger,
    alerts: Outbox,
    pictures: Pictures,
    /// As it was when it began, but for what it speaks.
    subscription: Subscription,
    credentials: Credentials,
    link: api::Link,
    /// To its own driver; weak, as the driver ends when no other sender is left.
    commands: mpsc::WeakSender<Command>,
    /// The latest rules in force.
    rules: Arc<[Rule]>,
    /// The connection that it streams on.
    standing: Option<Trail>,
    /// Whether alerts of a replay wait for its end.
    held: bool,
    /// Since when nothing has come of it, where it is not connected or has just been.
    absent: Option<Timestamp>,
    /// The name of this Hark, for relays.
    hop: Arc<str>,
    /// [`Ledger::prunes`] when the link's messages were counted.
    prunes: u64,
}

impl Sink for Session {
    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        let asking = self.credentials.ask();
        // No other server is told which Hark this is.
        let is_relay = self.subscription.url.path() == route::RELAY_MESSAGES;
        let hop = is_relay.then(|| HeaderValue::from_str(&self.hop).ok()).flatten();
        async move {
            let mut ask = asking.await?;
            if let Some(hop) = hop {
                ask.headers.insert(route::HOP_HEADERS.0, hop);
            }
            Ok(ask)
        }
    }

    fn dials(&mut self, reason: Reason) {
        let word = match reason {
            Reason::Start => "start",
            Reason::Retry => "retry",
            Reason::Hint => "hint",
            Reason::Person => "person",
            Reason::Doubt(_) => "doubt",
            Reason::Anew => "anew",
        };
        let key = &self.link.subscription;
        self.ledger.tally().add(Counter::Dials, key, word, 1);
        let dial = api::Dial { at: api::Time(self.now().wall), why: to_api::reason(reason) };
        self.registry.dials(key, dial);
    }

    fn commit(
        &mut self,
        deliveries: &[Delivery],
        now: Timestamp,
    ) -> Result<link::Committed, String> {
        let key = &self.link.subscription;
        // Deliveries that arrive after the subscription was removed are decided by its last rules.
        self.rules =
            self.registry.with(key, |one| one.rules.clone()).unwrap_or_else(|| self.rules.clone());
        let rules = self.rules.clone();
        let urgent = Cell::new(false);
        let decide = |message: &Message, event: &RawEvent, origin| {
            let verdict = policy::decide(&rules, message, event, origin);
            urgent.set(urgent.get() || verdict.priority.is_highest());
            verdict
        };
        let committed = self.ledger.commit(key, deliveries, now, decide);
        self.registry.set_stalled(key, committed.is_err());
        let committed = committed.map_err(|error| error.to_string())?;
        let mut live = Vec::new();
        for (delivery, stored) in deliveries.iter().zip(committed.stored) {
            let id = match stored {
                Stored::New(id) | Stored::Replaced { id, .. } => Some(id),
                _ => None,
            };
            let is_live = self.became(&delivery.outcome, stored);
            live.extend(id.filter(|_| is_live));
        }
        if let Some(&first) = live.first() {
            let due = match (self.held, urgent.get()) {
                (true, _) => Due::From(first),
                (false, true) => Due::Urgent,
                (false, false) => Due::Live,
            };
            self.pictures.due(&self.link.subscription, due, &live);
        }
        self.link.messages = self.link.messages.saturating_sub(committed.pruned.len() as u64);
        Ok(committed.link)
    }

    fn reached(&mut self, url: &Url, at: IpAddr) {
        // A redirect's server is another one.
        if url.host() == self.subscription.url.host() {
            self.registry.reached(&self.link.subscription, at);
        }
    }

    fn journal(&mut self, entry: &Entry, at: Timestamp) -> Result<(), Full> {
        let key = &self.link.subscription;
        self.ledger.journal_of(Some(key), at, &entry.clone().at_server(&self.link.origin))?;
        let absent = match entry {
            Entry::Lost { last_heard, .. } => Some(*last_heard),
            Entry::Paused => Some(at),
            _ => None,
        };
        self.absent = [self.absent, absent].into_iter().flatten().min();
        // A failure is a condition already.
        if let Ok(lost) = self.ledger.read(|store| store.lost_since(key)) {
            self.link.lost = lost.map(api::Time);
        }
        match entry.failure() {
            Some(failure) => {
                tracing::info!(
                    subscription = key,
                    kind = entry.kind(),
                    cause = failure.cause.code()
                );
            }
            None => tracing::info!(subscription = key, kind = entry.kind()),
        }
        if let Some(
            Cause::Status { code: 401 | 403, .. }
            | Cause::CredentialRefused { .. }
            | Cause::StreamError { refused: true, .. }
            | Cause::Tls { .. }
            | Cause::Certificate { .. },
        ) = entry.failure().map(|failure| &failure.cause)
            && self.credentials.refused()
            && let Some(commands) = self.commands.upgrade()
        {
            // A token that had expired: a fresh one is worth a dial now. A full queue dials as well.
            let _ = commands.try_send(Command::Credential);
        }
        Ok(())
    }

    fn recognised(&mut self, recognition: Recognition) -> Result<(), Full> {
        let url = recognition.stream_url(&self.subscription.url);
        let feed = recognition.feed.to_owned();
        let subscription = Subscription { url, feed, ..self.subscription.clone() };
        let key = &self.link.subscription;
        self.ledger.rename_source(key, &subscription.source()).map_err(|_| Full)?;
        tracing::info!(subscription = key, feed = subscription.feed, "recognised");
        self.link.feed.clone_from(&subscription.feed);
        self.credentials = Credentials::new(subscription.clone());
        self.registry.recognise(key, &subscription);
        self.subscription = subscription;
        Ok(())
    }

    fn caught_up(&mut self) {
        // Not as soon as it has opened: some servers refuse a credential on the stream itself.
        self.credentials.taken();
        let absent = self.absent.take();
        if std::mem::take(&mut self.held) {
            let due = Due::replayed(absent, self.now().wall);
            self.alerts.put(&self.link.subscription, due);
        }
    }

    fn backlog_over(&mut self) -> Result<(), Full> {
        self.ledger.has_streamed(&self.link.subscription, self.now().wall)
    }

    fn stands(&mut self, on: Option<&Trail>) {
        let is_same = match (&self.standing, on) {
            (Some(before), Some(now)) => before.is(now),
            (before, now) => before.is_none() && now.is_none(),
        };
        if !is_same {
            self.standing = on.cloned();
            self.registry.stands(&self.link.subscription, on.cloned());
        }
    }

    fn changed(&mut self, link: &Link) -> bool {
        self.link.phase = to_api::phase(link, &self.link.origin);
        self.link.heartbeat = to_api::heartbeat(link);
        self.link.last_heard = link.heard().map(|heard| api::Time(heard.wall));
        let prunes = self.ledger.prunes();
        if prunes != self.prunes
            && let Ok(messages) = self.ledger.read(|store| store.count(&self.link.subscription))
        {
            (self.prunes, self.link.messages) = (prunes, messages.into());
        }
        self.registry.set_link(self.link.clone());
        true
    }
}

impl Session {
    /// A session that has not begun.
    pub(super) fn new(
        parts: &Subscriptions,
        subscription: &Subscription,
        link: api::Link,
        commands: mpsc::WeakSender<Command>,
        absent: Option<Timestamp>,
    ) -> Self {
        Self {
            registry: parts.registry.clone(),
            ledger: parts.ledger.clone(),
            alerts: parts.alerts.clone(),
            pictures: parts.pictures.clone(),
            subscription: subscription.clone(),
            credentials: Credentials::new(subscription.clone()),
            link,
            commands,
            rules: subscription.deciding(&subscription.rules).into(),
            standing: None,
            held: false,
            absent,
            hop: parts.hop.clone(),
            prunes: 0,
        }
    }

    /// Counts what became of a delivery. Answers whether it may be an alert to be shown now.
    fn became(&mut self, outcome: &Outcome, stored: Stored) -> bool {
        let key = &self.link.subscription;
        match (outcome, stored) {
            (Outcome::Message(message, origin), Stored::New(_)) => {
                self.link.messages += 1;
                self.arrived(*origin, message.time)
            }
            (Outcome::Message(message, origin), Stored::Replaced { id, .. }) => {
                // If no alert takes its place, the notification of the earlier message is closed.
                let row = self.ledger.read(|store| store.message(id));
                if let Some(sequence) = &message.sequence
                    && row.is_ok_and(|row| row.is_some_and(|row| row.shown == Shown::No))
                {
                    self.alerts.withdraw(key, &sequence.id);
                }
                self.arrived(*origin, message.time)
            }
            (Outcome::Changed(change), Stored::Changed(ids)) => {
                let (Change::Read(sequence) | Change::Deleted(sequence)) = change;
                self.alerts.withdraw(key, sequence);
                if let Change::Deleted(_) = change {
                    self.link.messages = self.link.messages.saturating_sub(ids.len() as u64);
                }
                false
            }
            (_, Stored::Dropped) => {
                self.link.dropped += 1;
                false
            }
            (_, Stored::SetAside) => {
                self.link.set_aside += 1;
                // A server may send nothing else: not each is worth a line.
                let count = self.link.set_aside;
                if count.is_power_of_two() {
                    tracing::warn!(subscription = key, count, "events were set aside");
                }
                false
            }
            _ => false,
        }
    }

    /// `time` is the server's, of a message that has come.
    fn arrived(&mut self, origin: Origin, time: Option<Timestamp>) -> bool {
        if origin == Origin::Replay {
            self.held = true;
            // After a sleep the connection may still stand, and no loss be noticed.
            self.absent = [self.absent, time].into_iter().flatten().min();
        }
        origin == Origin::Live
    }
}

/// Alerts of a replay that new settings cut off no longer wait for its end.
impl Drop for Session {
    fn drop(&mut self) {
        self.caught_up();
    }
}
