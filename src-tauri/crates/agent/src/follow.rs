//! One followed subscription: the sink of its driver, which stores, journals and hands on alerts.

use std::sync::Arc;

use hark_api as api;
use hark_engine::{
    failure::Cause,
    feed,
    history::Entry,
    link::{Config, Delivery, Link, Outcome},
    policy::{self, Origin},
};
use hark_store::{Store, StoreError, Stored};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    access::Access,
    core::{Core, Followed},
    driver::{Command, Driver, Sink},
    notify::Due,
    present, print,
    settings::Subscription,
    sse::Ask,
};

/// Commands that may wait for a driver.
const COMMANDS_MAX: usize = 16;

/// Begins to follow a subscription, which this run heard last at `heard`, if it did. Its driver ends
/// when it is no longer among the followed.
///
/// # Errors
/// Where the store cannot be used.
pub fn follow(
    core: &Arc<Core>,
    key: &str,
    subscription: Subscription,
    heard: Option<api::Time>,
) -> Result<(), StoreError> {
    let (cursor, streamed_before) = core.store(|store| store.begin(key, &subscription.source()))?;
    let messages = core.store(|store| store.count(key))?;
    let known_since = core.store(|store| store.known_since(key))?.unwrap_or_else(Timestamp::now);
    let heard_before = core.store(|store| store.last_heard(key))?;
    let heard_before = heard_before.max(heard.map(|heard| heard.0)).filter(|_| streamed_before);
    // An unknown name was refused when the settings were read.
    let feed = feed::by_name(&subscription.feed).unwrap_or_else(|| Arc::new(feed::Json));
    let config = Config {
        feed,
        law: subscription.law(),
        expect: subscription.expect(),
        swap: true,
        cursor,
        streamed_before,
        heard_before,
        paused: subscription.paused,
    };
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
    };
    tracing::info!(subscription = key, origin = link.origin, "following");
    let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
    let sink = Stores {
        core: core.clone(),
        access: Access::new(subscription),
        link: link.clone(),
        commands: commands.downgrade(),
        held: false,
    };
    core.followed().insert(key.to_owned(), Followed { link, commands });
    tokio::spawn(Driver::new(config, sink).run(receiver));
    Ok(())
}

/// The sink that keeps everything.
struct Stores {
    core: Arc<Core>,
    access: Access,
    link: api::Link,
    /// To its own driver; weak, as the driver ends when nobody else can command it.
    commands: mpsc::WeakSender<Command>,
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
    ) -> Result<Option<String>, String> {
        let key = &self.link.subscription;
        let act = |store: &mut Store| store.commit(key, deliveries, now, policy::decide);
        let committed = self.core.store(act).map_err(|error| error.to_string())?;
        let mut live = false;
        for (delivery, stored) in deliveries.iter().zip(committed.stored) {
            match (&delivery.outcome, stored) {
                (Outcome::Message(message, origin), Stored::New(id)) => {
                    self.link.messages += 1;
                    match origin {
                        Origin::Live => live = true,
                        Origin::Replay => self.held = true,
                        Origin::Backlog => {}
                    }
                    if self.core.print {
                        print::message(&self.core.name(key), message, now);
                    }
                    self.core.tell_message(id);
                }
                (_, Stored::SetAside) => {
                    self.link.set_aside += 1;
                    tracing::warn!(subscription = key, "an event was set aside");
                }
                _ => {}
            }
        }
        if live {
            self.core.outbox.put(key, Due::Live);
        }
        Ok(committed.cursor)
    }

    fn journal(&mut self, entry: Entry, now: Timestamp) {
        let key = &self.link.subscription;
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
        if let Some(Cause::Status { code: 401 | 403, .. } | Cause::Tls { .. }) =
            entry.failure().map(|failure| &failure.cause)
            && self.access.refused()
            && let Some(commands) = self.commands.upgrade()
        {
            // A token that had expired: a fresh one is worth a dial now. A full queue dials as well.
            let _ = commands.try_send(Command::Resume);
        }
        if entry == Entry::Opened {
            self.access.taken();
            // A failure is a condition already; then the next opening is backlog once more.
            let _ = self.core.store(|store| store.has_streamed(key));
        }
        self.core.journal(Some(key), now, &entry);
    }

    fn caught_up(&mut self) {
        if std::mem::take(&mut self.held) {
            self.core.outbox.put(&self.link.subscription, Due::Replay);
        }
    }

    fn changed(&mut self, link: &Link) -> bool {
        self.link.phase = present::phase(link, &self.link.origin);
        self.link.heartbeat = present::heartbeat(link);
        self.link.last_heard = link.heard().map(|heard| api::Time(heard.wall));
        self.core.set_link(self.link.clone());
        true
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
