//! From the outbox to the desktop: each alert is shown, and what became of it is written back.

mod bus;
pub mod toast;

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_api as api;
use hark_engine::policy::REPLAY_ALERTS_MAX;
use hark_store::{MessageRow, Shown, Store, StoreError};
use indexmap::IndexMap;
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};

use crate::{core::Core, opener, words::Language};
use bus::{Bus, Said};
use toast::{Capabilities, Toast};

/// Notifications that are remembered, to be clicked, replaced or closed; servers keep fewer.
const ON_SCREEN_MAX: usize = 256;
/// Notifications that wait to be closed.
const WITHDRAWN_MAX: usize = 256;
/// After a failed call, when to try again although no new server has shown up.
const RETRY: Duration = Duration::from_secs(60);

/// KDE refuses an identical notification within a second.
const REFUSED_RETRY: Duration = Duration::from_millis(1200);

/// The most urgent of many alerts are shown each, up to so many.
const URGENT_MAX: u32 = 5;

/// How the alerts of a subscription are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// They came as they happened: each is shown.
    Live,
    /// They were waited for: more than a few are one notification that counts them.
    Replay,
}

/// Which subscriptions have alerts in the store's outbox to be shown now.
#[derive(Debug, Default)]
pub struct Outbox {
    due: Mutex<IndexMap<String, Due>>,
    withdrawn: Mutex<VecDeque<Series>>,
    wake: Notify,
}

/// A subscription's key, and the sequence of some of its messages.
type Series = (String, String);

impl Outbox {
    /// The alerts of a subscription are due.
    pub fn put(&self, subscription: &str, due: Due) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(subscription.to_owned()).or_insert(due);
        *known = due.max(*known);
        drop(all);
        self.wake.notify_one();
    }

    /// What is on the screen of this sequence is to be closed.
    pub fn withdraw(&self, subscription: &str, sequence: &str) {
        let mut all = self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == WITHDRAWN_MAX {
            all.pop_front();
        }
        all.push_back((subscription.to_owned(), sequence.to_owned()));
        drop(all);
        self.wake.notify_one();
    }

    fn take_withdrawn(&self) -> Option<Series> {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn take(&self) -> Option<(String, Due)> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).shift_remove_index(0)
    }
}

/// Shows alerts for as long as the agent runs. Without a session bus they wait in the outbox.
pub async fn run(core: Arc<Core>) {
    let language = Language::of_environment();
    loop {
        match Bus::connect().await {
            Ok((bus, said)) => {
                let (core, can) = (core.clone(), Capabilities::default());
                let (owner, on_screen) = (String::new(), VecDeque::new());
                Notifier { core, bus, owner, can, language, on_screen }.run(said).await;
            }
            Err(error) => {
                tracing::debug!("no session bus: {error}");
                // In a terminal, messages are printed and nobody misses a desktop.
                let problem = (!core.print).then(|| NO_BUS.to_owned());
                core.condition(api::Severity::Warning, UNAVAILABLE, problem);
            }
        }
        sleep(RETRY).await;
    }
}

/// The condition that alerts wait.
pub const UNAVAILABLE: &str = "notifications_unavailable";
/// What it says without a session bus.
pub const NO_BUS: &str = "There is no desktop session bus, so notifications cannot be shown. Start the agent from within the desktop session.";

struct Notifier {
    core: Arc<Core>,
    bus: Bus,
    /// Which server it met last.
    owner: String,
    can: Capabilities,
    language: Language,
    on_screen: VecDeque<OnScreen>,
}

/// A notification that the server has acknowledged and not closed yet.
struct OnScreen {
    /// The server's number.
    id: u32,
    /// What a click opens.
    url: Option<String>,
    /// What it shows the latest of.
    of: Option<Series>,
}

impl Notifier {
    async fn run(mut self, mut said: mpsc::Receiver<Said>) {
        let mut there = self.meet().await;
        loop {
            let wait = async {
                match there {
                    true => pending().await,
                    false => sleep(RETRY).await,
                }
            };
            tokio::select! {
                () = self.core.outbox.wake.notified(), if there => there = self.show_due().await,
                heard = said.recv() => match heard {
                    Some(Said::Owner(true)) => there = self.meet().await,
                    Some(Said::Owner(false)) => {
                        there = false;
                        self.gone("It is not running.");
                    }
                    Some(Said::Clicked(id)) => self.clicked(id),
                    Some(Said::Closed(id)) => self.on_screen.retain(|known| known.id != id),
                    None => return,
                },
                () = wait => there = self.meet().await,
            }
        }
    }

    /// Asks the server who it is, then shows what has waited.
    async fn meet(&mut self) -> bool {
        match self.bus.ask().await {
            Ok((server, owner)) => {
                tracing::info!(server = server.server, "notification server");
                if self.owner != owner {
                    // Another one counts anew: by these numbers it may know other programs' ones.
                    self.on_screen.clear();
                    self.owner = owner;
                }
                self.can = Capabilities::of_names(&server.capabilities);
                self.core.set_notifications(server);
                self.core.condition(api::Severity::Warning, UNAVAILABLE, None);
            }
            Err(error) => {
                self.gone(&error.to_string());
                return false;
            }
        }
        for key in self.core.store(|store| store.pending_subscriptions()).unwrap_or_default() {
            self.core.outbox.put(&key, Due::Replay);
        }
        self.show_due().await
    }

    fn gone(&self, why: &str) {
        self.core.set_notifications(api::Notifications { server: None, capabilities: Vec::new() });
        let sentence = format!(
            "No notification server shows Hark's alerts: {why} They wait until one does. Start your \
             desktop's notification daemon."
        );
        self.core.condition(api::Severity::Warning, UNAVAILABLE, Some(sentence));
    }

    async fn show_due(&mut self) -> bool {
        self.withdraw_due().await;
        while let Some((key, due)) = self.core.outbox.take() {
            if let Err(error) = self.show_all(&key, due).await {
                self.core.outbox.put(&key, Due::Replay);
                self.gone(&error.to_string());
                return false;
            }
        }
        true
    }

    /// Closes what was taken back. One that cannot be closed stays, as on any screen.
    async fn withdraw_due(&mut self) {
        while let Some(series) = self.core.outbox.take_withdrawn() {
            let of = |shown: &OnScreen| shown.of.as_ref() == Some(&series);
            let Some(at) = self.on_screen.iter().position(of) else { continue };
            if let Some(shown) = self.on_screen.remove(at)
                && let Err(error) = self.bus.close(shown.id).await
            {
                tracing::debug!("a notification could not be closed: {error}");
            }
        }
    }

    /// Empties the outbox of one subscription. Where many were waited for, the most urgent are shown and
    /// the others counted.
    async fn show_all(&mut self, key: &str, due: Due) -> Result<(), bus::BusError> {
        let name = self.core.name(key);
        let many = due == Due::Replay
            && self
                .core
                .store(|store| store.pending_count(key))
                .is_ok_and(|count| count as usize > REPLAY_ALERTS_MAX);
        if !many {
            return self.show_each(key, &name, u32::MAX, Store::next_pending).await;
        }
        self.show_each(key, &name, URGENT_MAX, Store::next_urgent).await?;
        match self.core.store(|store| store.next_pending(key)) {
            Ok(Some(row)) => self.show_digest(key, &name, row.id).await,
            _ => Ok(()),
        }
    }

    /// Shows alerts as `next` finds them, one after the other: what is taken back meanwhile
    /// is not shown, and what was shown already is closed before anything new. A failing store ends it
    /// early: that is a condition already, and an alert that could not be marked is shown once more.
    async fn show_each(
        &mut self,
        key: &str,
        name: &str,
        most: u32,
        next: fn(&Store, &str) -> Result<Option<MessageRow>, StoreError>,
    ) -> Result<(), bus::BusError> {
        for _ in 0..most {
            let Ok(Some(row)) = self.core.store(|store| next(store, key)) else { break };
            let id = row.id;
            let toast = toast::of_message(name, row, self.can, self.language);
            let shown = self.show_or_refused(toast).await?;
            if self.mark(key, id, id, shown).is_err() {
                break;
            }
            self.withdraw_due().await;
        }
        Ok(())
    }

    /// Shows a notification. One that the server refuses is tried once more, since some refuse what
    /// comes too fast; refused again it must not hold up the others.
    async fn show_or_refused(&mut self, toast: Toast) -> Result<Shown, bus::BusError> {
        match self.show(toast.clone()).await {
            Err(bus::BusError::Refused(_)) => sleep(REFUSED_RETRY).await,
            shown => return shown.map(|()| Shown::Shown),
        }
        match self.show(toast).await {
            Err(bus::BusError::Refused(why)) => {
                tracing::warn!("the notification server refused a notification: {why}");
                Ok(Shown::Refused)
            }
            shown => shown.map(|()| Shown::Shown),
        }
    }

    async fn show_digest(
        &mut self,
        key: &str,
        name: &str,
        first: i64,
    ) -> Result<(), bus::BusError> {
        let latest = |store: &mut Store| store.latest_pending(key, toast::QUOTED_MAX);
        let Ok((count, latest)) = self.core.store(latest) else { return Ok(()) };
        let Some(last) = latest.last().map(|row| row.id) else { return Ok(()) };
        let latest: Vec<_> = latest.into_iter().map(|row| row.message).collect();
        self.close_counted(key).await;
        let toast = toast::of_digest(name, count, &latest, self.can, self.language);
        let shown = match self.show_or_refused(toast).await? {
            Shown::Shown => Shown::Digest,
            refused => refused,
        };
        // See `show_all`.
        let _ = self.mark(key, first, last, shown);
        Ok(())
    }

    /// What is on the screen of sequences whose latest is about to be counted is out of date.
    async fn close_counted(&mut self, key: &str) {
        let waits = |of: &Series| {
            of.0 == key && self.core.store(|store| store.waits(key, &of.1)).unwrap_or_default()
        };
        let shown = self.on_screen.iter().filter_map(|shown| shown.of.as_ref());
        for (key, sequence) in shown.filter(|of| waits(of)) {
            self.core.outbox.withdraw(key, sequence);
        }
        self.withdraw_due().await;
    }

    fn mark(&self, key: &str, first: i64, last: i64, shown: Shown) -> Result<(), StoreError> {
        self.core.store(|store| store.mark(key, first, last, shown))?;
        self.core.tell_message(last);
        Ok(())
    }

    async fn show(&mut self, toast: Toast) -> Result<(), bus::BusError> {
        let Toast { notification, url, of } = toast;
        let shows = |shown: &&OnScreen| of.is_some() && shown.of == of;
        let earlier = self.on_screen.iter().find(shows).map(|shown| shown.id);
        let id = self.bus.show(&notification, earlier).await?;
        self.on_screen.retain(|shown| shown.id != id && Some(shown.id) != earlier);
        if url.is_some() || of.is_some() {
            if self.on_screen.len() == ON_SCREEN_MAX {
                self.on_screen.pop_front();
            }
            self.on_screen.push_back(OnScreen { id, url, of });
        }
        Ok(())
    }

    fn clicked(&mut self, id: u32) {
        let shown = self.on_screen.iter().find(|shown| shown.id == id);
        if let Some(url) = shown.and_then(|shown| shown.url.as_ref())
            && let Err(error) = opener::url(url)
        {
            tracing::warn!("{error}");
        }
    }
}
