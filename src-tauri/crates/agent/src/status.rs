//! The current status: the projection that clients get, and the only sender of the status event.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hark_api::{self as api, Event};
use hark_config::settings::Subscription;
use hark_engine::{silence::Hours, voice::TELL_AFTER};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{conditions::Conditions, events::Events, registry::Registry};

/// What the agent knows of itself, beside links and conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// When it started.
    pub started: Timestamp,
    /// Where the settings file is.
    pub settings: String,
    /// How often the settings were taken.
    pub edition: u32,
    /// Whether a tray icon is shown.
    pub tray: bool,
    /// Whether the demo is followed.
    pub demo: bool,
    /// The server that shows the notifications.
    pub notifications: api::Notifications,
    /// The feeds that a subscription may name.
    pub feeds: Vec<String>,
    /// The quiet hours of the settings.
    pub quiet_hours: Vec<Hours>,
    /// After how long a connection problem is told; never where it is none.
    pub tell_after: Option<Duration>,
    /// How long notifications of the highest priority stay; until they are closed where it is none.
    pub urgent_stays: Option<Duration>,
    /// What is silent for all.
    pub silence: Option<api::Silence>,
    /// Whether the session is locked; none where that is not known.
    pub locked: Option<bool>,
}

/// See the module. Clones are the same status.
#[derive(Clone, Debug)]
pub struct Status(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    conditions: Conditions,
    events: Events,
    facts: Mutex<Facts>,
    /// A fact has changed.
    changed: Notify,
}

impl Status {
    /// The status of an agent that has just started, whose settings file is `settings`.
    #[must_use]
    pub fn new(
        settings: String,
        registry: Registry,
        conditions: Conditions,
        events: Events,
    ) -> Self {
        let facts = Mutex::new(Facts {
            started: Timestamp::now(),
            settings,
            edition: 0,
            tray: false,
            demo: false,
            notifications: api::Notifications { server: None, capabilities: Vec::new() },
            feeds: Vec::new(),
            quiet_hours: Vec::new(),
            tell_after: Some(TELL_AFTER),
            urgent_stays: None,
            silence: None,
            locked: None,
        });
        Self(Arc::new(Inner { registry, conditions, events, facts, changed: Notify::new() }))
    }

    /// Changes facts.
    pub fn update(&self, change: impl FnOnce(&mut Facts)) {
        let mut facts = self.facts();
        let before = facts.clone();
        change(&mut facts);
        if *facts != before {
            self.0.changed.notify_one();
        }
    }

    /// Everything as it is now.
    #[must_use]
    pub fn now(&self) -> api::Status {
        let facts = self.facts().clone();
        let Facts { started, settings, edition, tray, demo, notifications, feeds, .. } = facts;
        api::Status {
            agent: api::AgentInfo {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
                started: api::Time(started),
                settings,
                edition,
                tray,
                demo,
                notifications,
                feeds,
                locked: facts.locked,
            },
            links: self.0.registry.links(),
            conditions: self.0.conditions.said(),
            silence: facts.silence,
        }
    }

    /// The quiet hours of the settings.
    #[must_use]
    pub fn quiet_hours(&self) -> Vec<Hours> {
        self.facts().quiet_hours.clone()
    }

    /// After how long a connection problem is told; never where it is none.
    #[must_use]
    pub fn tell_after(&self) -> Option<Duration> {
        self.facts().tell_after
    }

    /// How long notifications of the highest priority stay; until they are closed where it is none.
    #[must_use]
    pub fn urgent_stays(&self) -> Option<Duration> {
        self.facts().urgent_stays
    }

    /// The links of all that are followed.
    #[must_use]
    pub fn links(&self) -> Vec<api::Link> {
        self.0.registry.links()
    }

    /// What a subscription speaks; none where it is not followed.
    #[must_use]
    pub fn feed_of(&self, key: &str) -> Option<String> {
        self.0.registry.with(key, |one| one.link.feed.clone())
    }

    /// The keys of the subscriptions that are muted.
    #[must_use]
    pub fn muted(&self) -> BTreeSet<String> {
        self.0.registry.muted()
    }

    /// The keys of all that are followed.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.0.registry.keys()
    }

    /// Notes what is silent, for all and for each by its key, and whether the session is locked.
    pub fn set_silence(
        &self,
        all: Option<api::Silence>,
        of: impl Fn(&str) -> Option<api::Silence>,
        locked: Option<bool>,
    ) {
        self.0.registry.set_silence(of);
        self.update(|facts| (facts.silence, facts.locked) = (all, locked));
    }

    /// The name of a subscription for the person.
    #[must_use]
    pub fn name(&self, key: &str) -> String {
        self.0.registry.name(key)
    }

    /// Whether a subscription is paused, as its person wants; none where it is not followed.
    #[must_use]
    pub fn is_paused(&self, key: &str) -> Option<bool> {
        self.0.registry.with(key, |one| one.subscription.paused)
    }

    /// Whether the notifications of a subscription say only that there is a message.
    #[must_use]
    pub fn hides(&self, key: &str) -> bool {
        self.0.registry.hides(key)
    }

    /// Whether a message of the person's own can be sent to a subscription's server, under this topic.
    #[must_use]
    pub fn takes_messages(&self, key: &str, topic: Option<&str>) -> bool {
        self.0.registry.takes_messages(key, topic)
    }

    /// The settings of a subscription whose pictures may be fetched.
    #[must_use]
    pub fn has_pictures(&self, key: &str) -> Option<Subscription> {
        let of = self.0.registry.with(key, |one| one.subscription.clone());
        of.filter(|subscription| subscription.pictures)
    }

    /// The settings of a subscription whose messages are shown with their pictures now: its person wants that,
    /// no silence holds it back, and the notification server shows pictures.
    #[must_use]
    pub fn shows_pictures(&self, key: &str) -> Option<Subscription> {
        let wanted = self.0.registry.with(key, |one| {
            let is_wanted = one.subscription.pictures && one.link.silence.is_none();
            is_wanted.then(|| one.subscription.clone())
        });
        let can = |name: &String| name.starts_with("icon-") || name == "body-images";
        wanted.flatten().filter(|_| self.facts().notifications.capabilities.iter().any(can))
    }

    /// Whether this is one of several subscriptions.
    #[must_use]
    pub fn is_one_of_several(&self, key: &str) -> bool {
        self.0.registry.is_one_of_several(key)
    }

    /// The current conditions.
    #[must_use]
    pub fn conditions(&self) -> &Conditions {
        &self.0.conditions
    }

    /// The event stream that the status is sent to.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// Tells the clients that something other than a link has changed.
    pub fn tell(&self) {
        self.0.events.tell(|| Some(Event::Status(Box::new(self.now()))));
    }

    /// Waits until the status is to be sent. Changes until then are sent as one.
    pub async fn changed(&self) {
        tokio::select! {
            () = self.0.registry.changed() => {}
            () = self.0.conditions.changed() => {}
            () = self.0.changed.notified() => {}
        }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
