//! The subscriptions that are followed, in the order of the settings: what is in force for each, how its
//! link is, and the way to its driver.
//!
//! A lock is held for a moment and never across an await.

use std::{
    collections::{BTreeSet, VecDeque},
    mem::take,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hark_api::{self as api, Event};
use hark_config::settings::Subscription;
use hark_engine::{
    links::{self, Link, Links},
    policy::Rule,
};
use hark_stream::{connection::Trail, driver::Command};
use indexmap::IndexMap;
use tokio::sync::{Notify, mpsc};

use crate::{events::Events, reconcile::Subscriptions};

/// A subscription that is followed.
#[derive(Debug)]
pub struct Followed {
    /// Its settings in force.
    pub subscription: Subscription,
    /// Whether its deliveries wait for the database.
    pub stalled: bool,
    /// The address where its own host was reached last, without a proxy.
    pub reached: Option<IpAddr>,
    /// Its link, as clients see it.
    pub link: api::Link,
    /// What is noted of the connection that it streams on.
    pub standing: Option<Trail>,
    /// Its latest dials, the oldest first.
    pub dials: VecDeque<api::Dial>,
    /// Commands to its driver, which ends when no sender is left.
    pub commands: mpsc::Sender<Command>,
    /// Its rules in force.
    pub rules: Arc<[Rule]>,
}

/// How many dials of each are remembered.
const DIALS_MAX: usize = 20;

/// See the module. Clones are the same registry.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    followed: Mutex<IndexMap<String, Followed>>,
    /// Which links may be opened.
    allowed: Mutex<Links>,
    events: Events,
    /// Something other than a link has changed.
    changed: Notify,
    /// A link is in another phase.
    connections: Notify,
    /// Of which it is known now what they speak, which is to be written down.
    recognised: Mutex<Vec<String>>,
    /// There are some.
    recognises: Notify,
}

impl Registry {
    /// Nothing is followed yet.
    #[must_use]
    pub fn new(events: Events) -> Self {
        Self(Arc::new(Inner {
            followed: Mutex::default(),
            allowed: Mutex::default(),
            events,
            changed: Notify::new(),
            connections: Notify::new(),
            recognised: Mutex::default(),
            recognises: Notify::new(),
        }))
    }

    /// Follows a subscription, in place of the one that had its key.
    pub fn insert(&self, key: &str, followed: Followed) {
        self.followed().insert(key.to_owned(), followed);
        self.0.changed.notify_one();
    }

    /// Stops following a subscription.
    pub fn remove(&self, key: &str) {
        self.followed().shift_remove(key);
        self.0.changed.notify_one();
    }

    /// Stops following all.
    pub fn clear(&self) {
        self.followed().clear();
    }

    /// Brings them into this order.
    pub fn sort_as(&self, wanted: &Subscriptions) {
        let place = |key: &String| wanted.get_index_of(key).unwrap_or(usize::MAX);
        self.followed().sort_by_cached_key(|key, _| place(key));
        self.0.changed.notify_one();
    }

    /// The settings in force of each.
    #[must_use]
    pub fn in_force(&self) -> Subscriptions {
        let followed = self.followed();
        followed.iter().map(|(key, one)| (key.clone(), one.subscription.clone())).collect()
    }

    /// The keys, in the order of the settings.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.followed().keys().cloned().collect()
    }

    /// How each link is.
    #[must_use]
    pub fn links(&self) -> Vec<api::Link> {
        self.followed().values().map(|one| one.link.clone()).collect()
    }

    /// The keys of those that are muted.
    #[must_use]
    pub fn muted(&self) -> BTreeSet<String> {
        let followed = self.followed();
        let muted = followed.iter().filter(|(_, one)| one.subscription.mute);
        muted.map(|(key, _)| key.clone()).collect()
    }

    /// Notes why the messages of each are not shown as they come.
    pub fn set_silence(&self, of: impl Fn(&str) -> Option<api::Silence>) {
        let mut changed = false;
        for (key, one) in &mut *self.followed() {
            let silence = of(key);
            changed |= one.link.silence != silence;
            one.link.silence = silence;
        }
        if changed {
            self.0.changed.notify_one();
        }
    }

    /// Asks something of one that is followed.
    pub fn with<T>(&self, key: &str, ask: impl FnOnce(&Followed) -> T) -> Option<T> {
        self.followed().get(key).map(ask)
    }

    /// The name of a subscription for the person: its label, or its key.
    #[must_use]
    pub fn name(&self, key: &str) -> String {
        self.with(key, |one| one.link.name.clone()).unwrap_or_else(|| key.to_owned())
    }

    /// Whether its notifications say only that there is a message; so do those of one that is not
    /// followed.
    #[must_use]
    pub fn hides(&self, key: &str) -> bool {
        self.with(key, |one| one.subscription.hide_content).unwrap_or(true)
    }

    /// Whether a message of the person's own can be sent to its server, under this topic.
    #[must_use]
    pub fn takes_messages(&self, key: &str, topic: Option<&str>) -> bool {
        self.with(key, |one| one.subscription.takes_messages(topic)).unwrap_or_default()
    }

    /// Whether this one and others are followed.
    #[must_use]
    pub fn is_one_of_several(&self, key: &str) -> bool {
        let followed = self.followed();
        followed.len() > 1 && followed.contains_key(key)
    }

    /// The name of a subscription's server in sentences: scheme, host and port, or the subscription's key
    /// where it is no longer followed.
    #[must_use]
    pub fn server(&self, key: &str) -> String {
        self.with(key, |one| one.link.origin.clone()).unwrap_or_else(|| key.to_owned())
    }

    /// Sets which links may be opened.
    pub fn set_links(&self, links: Links) {
        *self.allowed() = links;
    }

    /// What is opened where the person asks for this link of a stranger's.
    ///
    /// # Errors
    /// Where nothing is.
    pub fn judge(&self, link: &str) -> Result<Link, links::Refused> {
        self.allowed().judge(link)
    }

    /// Notes a link's new state, and tells the clients if it has changed. Its name, its silence and
    /// whether it can be sent to are not the link's to say, and may have changed meanwhile.
    pub fn set_link(&self, mut link: api::Link) {
        let mut followed = self.followed();
        let Some(one) = followed.get_mut(&link.subscription) else { return };
        link.name.clone_from(&one.link.name);
        link.silence.clone_from(&one.link.silence);
        link.can_send = one.link.can_send;
        if one.link == link {
            return;
        }
        let is_another_phase = one.link.phase != link.phase;
        one.link = link.clone();
        drop(followed);
        if is_another_phase {
            self.0.connections.notify_one();
        }
        self.0.events.tell(|| Some(Event::Link(Box::new(link))));
    }

    /// Puts new settings in force that leave the connection as it is, such as a name or rules.
    pub fn revise(&self, key: &str, subscription: &Subscription) {
        if let Some(one) = self.followed().get_mut(key) {
            one.link.name = subscription.name.clone().unwrap_or_else(|| key.to_owned());
            one.rules = subscription.deciding(&subscription.rules).into();
            one.subscription = subscription.clone();
            one.link.can_send = subscription.takes_messages(None);
        }
        self.0.changed.notify_one();
    }

    /// Puts in force what one speaks that was not known until now, and where its events come from.
    pub fn recognise(&self, key: &str, subscription: &Subscription) {
        if let Some(one) = self.followed().get_mut(key) {
            one.subscription.feed.clone_from(&subscription.feed);
            one.subscription.url.clone_from(&subscription.url);
            one.link.can_send = one.subscription.takes_messages(None);
        }
        let recognised = &self.0.recognised;
        recognised.lock().unwrap_or_else(PoisonError::into_inner).push(key.to_owned());
        self.0.recognises.notify_one();
    }

    /// Waits for those that were recognised since the last time.
    pub async fn recognised(&self) -> Vec<String> {
        loop {
            let recognised = &self.0.recognised;
            let keys = take(&mut *recognised.lock().unwrap_or_else(PoisonError::into_inner));
            if !keys.is_empty() {
                return keys;
            }
            self.0.recognises.notified().await;
        }
    }

    /// Notes whether deliveries of a link wait for the database.
    pub fn set_stalled(&self, key: &str, stalled: bool) {
        if let Some(one) = self.followed().get_mut(key) {
            one.stalled = stalled;
        }
    }

    /// Notes a dial.
    pub fn dials(&self, key: &str, dial: api::Dial) {
        if let Some(one) = self.followed().get_mut(key) {
            if one.dials.len() == DIALS_MAX {
                one.dials.pop_front();
            }
            one.dials.push_back(dial);
        }
    }

    /// Notes on which connection a link streams.
    pub fn stands(&self, key: &str, on: Option<Trail>) {
        if let Some(one) = self.followed().get_mut(key) {
            one.standing = on;
        }
    }

    /// Notes where the host of one was reached.
    pub fn reached(&self, key: &str, at: IpAddr) {
        if let Some(one) = self.followed().get_mut(key) {
            one.reached = Some(at);
        }
    }

    /// Sends a command to the driver of one subscription. Answers whether its queue had room.
    #[must_use]
    pub fn command(&self, key: &str, command: Command) -> bool {
        self.with(key, |one| one.commands.try_send(command)).is_none_or(|sent| sent.is_ok())
    }

    /// Commands every driver. One whose queue is full has as much to do already.
    pub fn command_all(&self, command: &Command) {
        for one in self.followed().values() {
            let _ = one.commands.try_send(command.clone());
        }
    }

    /// Waits until a link is in another phase.
    pub async fn connections(&self) {
        self.0.connections.notified().await;
    }

    /// Waits until something other than a link has changed.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn allowed(&self) -> MutexGuard<'_, Links> {
        self.0.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn followed(&self) -> MutexGuard<'_, IndexMap<String, Followed>> {
        self.0.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
