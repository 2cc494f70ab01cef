//! One followed subscription: the sink of its driver, which stores, journals and hands on alerts.

use std::sync::Arc;

use hark_api as api;
use hark_engine::{
    failure::Cause,
    history::Entry,
    link::{self, Delivery, Link, Outcome},
    message::{Change, Message, RawEvent},
    policy::{self, Origin, Rule},
};
use hark_store::{Shown, Store, StoreError, Stored};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    access::Access,
    core::{Core, Followed},
    driver::{Command, Driver, Full, Sink},
    notify::Due,
    present, print, resume,
    settings::Subscription,
    sse::Ask,
};

/// Commands that may wait for a driver.
const COMMANDS_MAX: usize = 16;

/// Begins to follow a subscription, which this run heard last at `heard`, if it did. It takes the place
/// of the link that it had, whose driver ends when it is no longer among the followed.
///
/// # Errors
/// Where the store cannot be used.
pub fn follow(
    core: &Arc<Core>,
    key: &str,
    subscription: Subscription,
    heard: Option<api::Time>,
) -> Result<(), StoreError> {
    let (heard, now) = (heard.map(|heard| heard.0), Timestamp::now());
    let config = core.store(|store| resume::config(store, key, &subscription, heard, now))?;
    let messages = core.store(|store| store.count(key))?;
    let known_since = core.store(|store| store.known_since(key))?.unwrap_or_else(Timestamp::now);
    let dropped = core.store(|store| store.dropped(key))?;
    let link = api::Link {
        subscription: key.to_owned(),
        name: subscription.name.clone().unwrap_or_else(|| key.to_owned()),
        origin: subscription.origin(),
        feed: subscription.feed.clone(),
        phase: if subscription.paused { api::Phase::Paused } else { api::Phase::Idle },
        known_since: api::Time(known_since),
        last_heard: None,
        heartbeat: None,
        messages: u64::from(messages),
        set_aside: 0,
        dropped: u64::from(dropped),
    };
    let origin = link.origin.clone();
    tracing::info!(subscription = key, origin, "following");
    let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
    let rules: Arc<[Rule]> = subscription.rules.clone().into();
    let sink = Stores {
        core: core.clone(),
        access: Access::new(subscription.clone()),
        link: link.clone(),
        commands: commands.downgrade(),
        rules: rules.clone(),
        held: false,
    };
    core.followed()
        .insert(key.to_owned(), Followed { subscription, stalled: false, link, commands, rules });
    let driver = Driver::new(config, sink).sharing(core.dials.clone(), origin);
    tokio::spawn(driver.run(receiver));
    Ok(())
}

/// The sink that keeps everything.
struct Stores {
    core: Arc<Core>,
    access: Access,
    link: api::Link,
    /// To its own driver; weak, as the driver ends when nobody else can command it.
    commands: mpsc::WeakSender<Command>,
    /// As they were at last.
    rules: Arc<[Rule]>,
    /// Whether alerts of a replay wait for its end.
    held: bool,
}

impl Sink for Stores {
    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        self.access.ask()
    }

    fn commit(
        &mut self,
        deliveries: &[Delivery],
        now: Timestamp,
    ) -> Result<link::Committed, String> {
        let key = &self.link.subscription;
        // What still comes when it is followed no more is decided as before.
        self.rules = self.core.rules(key).unwrap_or_else(|| self.rules.clone());
        let rules = self.rules.clone();
        let decide = |message: &Message, event: &RawEvent, origin| {
            policy::decide(&rules, message, event, origin)
        };
        let act = |store: &mut Store| store.commit(key, deliveries, now, decide);
        let committed = self.core.store_messages(act);
        self.core.set_stalled(key, committed.is_err());
        let committed = committed.map_err(|error| error.to_string())?;
        let mut live = false;
        for (delivery, stored) in deliveries.iter().zip(committed.stored) {
            live |= self.became(&delivery.outcome, stored, now);
        }
        if live {
            self.core.outbox.put(&self.link.subscription, Due::Live);
        }
        self.link.messages = self.link.messages.saturating_sub(committed.pruned.len() as u64);
        self.core.tell_removed(committed.pruned);
        Ok(committed.link)
    }

    fn journal(&mut self, entry: &Entry, at: Timestamp) -> Result<(), Full> {
        let key = &self.link.subscription;
        self.core.journal_of(Some(key), at, entry)?;
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
            Cause::Status { code: 401 | 403, .. } | Cause::Tls { .. } | Cause::Certificate { .. },
        ) = entry.failure().map(|failure| &failure.cause)
            && self.access.refused()
            && let Some(commands) = self.commands.upgrade()
        {
            // A token that had expired: a fresh one is worth a dial now. A full queue dials as well.
            let _ = commands.try_send(Command::Credential);
        }
        if *entry == Entry::Opened {
            self.access.taken();
        }
        Ok(())
    }

    fn caught_up(&mut self) {
        if std::mem::take(&mut self.held) {
            self.core.outbox.put(&self.link.subscription, Due::Replay);
        }
    }

    fn backlog_over(&mut self) -> Result<(), Full> {
        self.core.has_streamed(&self.link.subscription, self.now().wall)
    }

    fn changed(&mut self, link: &Link) -> bool {
        self.link.phase = present::phase(link, &self.link.origin);
        self.link.heartbeat = present::heartbeat(link);
        self.link.last_heard = link.heard().map(|heard| api::Time(heard.wall));
        self.core.set_link(self.link.clone());
        true
    }
}

impl Stores {
    /// Tells what became of a delivery. Answers whether it may be an alert to be shown now.
    fn became(&mut self, outcome: &Outcome, stored: Stored, now: Timestamp) -> bool {
        let key = &self.link.subscription;
        match (outcome, stored) {
            (Outcome::Message(message, origin), Stored::New(id)) => {
                self.link.messages += 1;
                self.arrived(message, *origin, id, now)
            }
            (Outcome::Message(message, origin), Stored::Replaced { id, earlier }) => {
                self.core.tell_removed(vec![earlier]);
                // Nothing is shown in the place of what the earlier one has shown.
                let row = self.core.store(|store| store.message(id));
                if let Some(sequence) = &message.sequence
                    && row.is_ok_and(|row| row.is_some_and(|row| row.shown == Shown::No))
                {
                    self.core.outbox.withdraw(key, &sequence.id);
                }
                self.arrived(message, *origin, id, now)
            }
            (Outcome::Changed(change), Stored::Changed(ids)) => {
                let (Change::Read(sequence) | Change::Deleted(sequence)) = change;
                self.core.outbox.withdraw(key, sequence);
                match change {
                    Change::Read(_) => ids.into_iter().for_each(|id| self.core.tell_message(id)),
                    Change::Deleted(_) => {
                        self.link.messages = self.link.messages.saturating_sub(ids.len() as u64);
                        self.core.tell_removed(ids);
                    }
                }
                false
            }
            (_, Stored::Dropped) => {
                self.link.dropped += 1;
                false
            }
            (_, Stored::SetAside) => {
                self.link.set_aside += 1;
                tracing::warn!(subscription = key, "an event was set aside");
                false
            }
            _ => false,
        }
    }

    fn arrived(&mut self, message: &Message, origin: Origin, id: i64, now: Timestamp) -> bool {
        self.held |= origin == Origin::Replay;
        if self.core.print {
            print::message(&self.core.name(&self.link.subscription), message, now);
        }
        self.core.tell_message(id);
        origin == Origin::Live
    }
}

/// Alerts of a replay that was cut off by new settings are not waited for any longer.
impl Drop for Stores {
    fn drop(&mut self) {
        self.caught_up();
    }
}

/// The key of the demo, which stands in no settings.
pub const DEMO: &str = "demo";
