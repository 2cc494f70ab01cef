//! Brings what is followed in line with what is wanted. Subscriptions that cannot be brought in line yet,
//! because the database cannot be written, are named, and their earlier link goes on until then.

mod session;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use hark_api::Phase;
use hark_config::settings::Subscription;
use hark_engine::{alerts::Why, history::Entry, keep::Keep};
use hark_platform::clock;
use hark_store::StoreError;
use hark_stream::{
    dials::Dials,
    driver::{Command, Driver},
};
use jiff::Timestamp;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    alerts::{Due, Outbox, Pictures},
    ledger::Ledger,
    own,
    reconcile::{self, Change, reconcile},
    registry::{Followed, Registry},
};

use session::Session;

/// Commands that may wait for a driver.
const COMMANDS_MAX: usize = 16;

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    registry: Registry,
    ledger: Ledger,
    alerts: Outbox,
    pictures: Pictures,
    /// How often each server may be dialled.
    dials: Dials,
    /// The name of this Hark, for relays.
    hop: Arc<str>,
}

impl Subscriptions {
    /// Nothing is followed yet. `hop` is the name of this Hark, for relays.
    #[must_use]
    pub fn new(
        registry: Registry,
        ledger: Ledger,
        alerts: Outbox,
        pictures: Pictures,
        hop: &str,
    ) -> Self {
        Self { registry, ledger, alerts, pictures, dials: Dials::default(), hop: hop.into() }
    }

    /// What is followed.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The ledger that keeps what they bring.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Follows what is wanted, as it is wanted, and nothing else; those that a person has `asked` to
    /// resume are dialled at once. Answers the names of those that have to wait for the database.
    pub fn bring_in_line(
        &self,
        wanted: &reconcile::Subscriptions,
        asked: &[String],
    ) -> Vec<String> {
        let mut waiting = Vec::new();
        for change in reconcile(&self.registry.in_force(), wanted, asked) {
            let made = match &change {
                Change::Begin(key) => wanted.get(key).is_none_or(|it| self.begin(key, it)),
                change => self.make(change, wanted),
            };
            if !made {
                let key = change.key();
                let name = wanted.get(key).and_then(|it| it.name.clone());
                waiting.push(name.unwrap_or_else(|| key.to_owned()));
            }
        }
        self.registry.sort_as(wanted);
        // Also what a driver that was ending counted after its subscription went, the last time.
        let is_there = |key: &str| key == own::KEY || self.registry.with(key, |_| ()).is_some();
        self.ledger.tally().keep_subscriptions(is_there);
        // Also of one that was removed while no agent ran.
        self.ledger.revoke_all_but(&wanted.keys().cloned().collect::<Vec<_>>());
        waiting
    }

    /// Bounds what is kept of each; a changed bound takes effect at once.
    pub fn keep(&self, bounds: &[(String, Keep)]) {
        // A failure is a condition already.
        let _ = self.ledger.keep(bounds, Timestamp::now());
    }

    /// Waits until a subscription streams and its backlog has arrived, so that what is published from now
    /// on is told apart from it; until it turns out that this takes longer; and no longer than `limit`.
    pub async fn settled(&self, key: &str, limit: Duration) {
        let mut changes = self.ledger.events().changes();
        let is_settled = |one: &Followed| {
            !matches!(
                one.link.phase,
                Phase::Idle | Phase::Dialing { .. } | Phase::Streaming { catching_up: true, .. }
            )
        };
        let waiting = async {
            // A subscription that is not in the registry waits for the database.
            while self.registry.with(key, is_settled) == Some(false)
                && changes.changed().await.is_ok()
            {}
        };
        // Whatever takes longer is in no hurry.
        let _ = timeout(limit, waiting).await;
    }

    /// Makes any change except a beginning. Answers whether it could: a driver that waits for the database
    /// may take no more commands.
    fn make(&self, change: &Change, wanted: &reconcile::Subscriptions) -> bool {
        let command = match change {
            Change::Pause(_) => Some(Command::Pause),
            Change::Resume(_) => Some(Command::Resume),
            Change::Begin(_) | Change::End(_) | Change::Revise(_) => None,
        };
        match change {
            Change::Begin(_) => {}
            Change::End(key) => {
                self.registry.remove(key);
                self.ledger.drop_all(key, &Why::Removed);
                // A failure is a condition already.
                let _ = self.ledger.wake(std::slice::from_ref(key));
                let (at, entry) = (clock::now().wall, Entry::Removed);
                if let Err(full) = self.ledger.journal_of(Some(key), at, &entry) {
                    tracing::warn!(kind = entry.kind(), "left out of the journal: {full}");
                }
            }
            Change::Revise(key) | Change::Pause(key) | Change::Resume(key) => {
                let Some(wanted) = wanted.get(key) else { return true };
                if matches!(change, Change::Pause(_)) {
                    self.ledger.drop_all(key, &Why::Paused);
                }
                let takes = command.is_none_or(|command| self.registry.command(key, command));
                let paused = self.registry.with(key, |one| one.subscription.paused);
                // It is paused or resumed once its driver knows.
                let is_known = takes && !matches!(change, Change::Revise(_));
                let paused = if is_known { wanted.paused } else { paused.unwrap_or(wanted.paused) };
                self.registry.revise(key, &Subscription { paused, ..wanted.clone() });
                return takes;
            }
        }
        true
    }

    /// Follows a subscription anew. Answers whether it could; if not, its earlier link goes on, paused or
    /// resumed as the person wants.
    fn begin(&self, key: &str, after: &Subscription) -> bool {
        let known = self.registry.with(key, |one| {
            (one.subscription.clone(), one.link.last_heard, one.stalled || self.ledger.owes(key))
        });
        // What the earlier link has still to write goes first: where this one resumes depends on it.
        let waits = known.as_ref().is_some_and(|(.., waits)| *waits)
            || self.ledger.owes(key) && self.ledger.settle().is_err();
        let heard = known.as_ref().and_then(|(_, heard, _)| *heard);
        // A failure is a condition already.
        if !waits && self.follow(key, after.clone(), heard.map(|heard| heard.0)).is_ok() {
            return true;
        }
        if let Some((before, ..)) = known {
            let quiet = Subscription { paused: after.paused, ..before.clone() };
            let one = |subscription| [(key.to_owned(), subscription)].into_iter().collect();
            let wanted = one(quiet);
            for change in reconcile(&one(before), &wanted, &[]) {
                // What its driver does not take now is tried again with the rest.
                let _ = self.make(&change, &wanted);
            }
        }
        false
    }

    /// Begins to follow a subscription that this run last heard at `heard`, if it did. It takes the place
    /// of its earlier link, whose driver ends when it leaves the registry.
    fn follow(
        &self,
        key: &str,
        subscription: Subscription,
        heard: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let config = self.ledger.resume(key, &subscription, heard, now)?;
        let link = self.ledger.read(|store| session::link(store, key, &subscription, now))?;
        let origin = link.origin.clone();
        tracing::info!(subscription = key, origin, "following");
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let session = Session::new(
            self,
            &subscription,
            link.clone(),
            commands.downgrade(),
            config.heard_before,
        );
        let rules = subscription.deciding(&subscription.rules).into();
        let paused = subscription.paused;
        let followed = Followed {
            subscription,
            stalled: false,
            reached: None,
            link,
            standing: None,
            dials: VecDeque::new(),
            commands,
            rules,
        };
        self.registry.insert(key, followed);
        // Who is paused from the start was paused while no agent ran, or was added so. Without that row the history only
        // says less.
        if paused && !self.ledger.read(|store| store.is_paused(key)).unwrap_or(true) {
            let _ = self.ledger.journal_of(Some(key), now, &Entry::Paused);
        }
        // What still waits of it was not shown while it was not known how.
        match paused {
            true => self.ledger.drop_all(key, &Why::Paused),
            false => self.alerts.put(key, Due::Replay),
        }
        let driver = Driver::new(config, session).sharing(self.dials.clone(), origin);
        tokio::spawn(driver.run(receiver));
        Ok(())
    }
}
