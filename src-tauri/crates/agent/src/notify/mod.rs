//! From the outbox to the desktop: each alert is shown, and what became of it is written back.

mod bus;
pub mod toast;

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use hark_api as api;
use hark_engine::policy::REPLAY_ALERTS_MAX;
use hark_store::{Shown, Store, StoreError};
use indexmap::IndexMap;
use tokio::{sync::Notify, time::sleep};

use crate::{core::Core, opener, words::Language};
use bus::{Bus, Said};
use toast::{Capabilities, Toast};

/// Notifications whose click is waited for; servers keep fewer.
const CLICKABLE_MAX: usize = 256;
/// Alerts read from the outbox at a time.
const ROWS_MAX: u32 = 50;
/// After a failed call, when to try again although no new server has shown up.
const RETRY: Duration = Duration::from_secs(60);

/// KDE refuses an identical notification within a second.
const REFUSED_RETRY: Duration = Duration::from_millis(1200);

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
    wake: Notify,
}

impl Outbox {
    /// The alerts of a subscription are due.
    pub fn put(&self, subscription: &str, due: Due) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(subscription.to_owned()).or_insert(due);
        *known = due.max(*known);
        drop(all);
        self.wake.notify_one();
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
                let (can, clickable) = (Capabilities::default(), VecDeque::new());
                Notifier { core: core.clone(), bus, can, language, clickable }.run(said).await;
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
    can: Capabilities,
    language: Language,
    clickable: VecDeque<(u32, String)>,
}

impl Notifier {
    async fn run(mut self, mut said: impl Stream<Item = Said> + Unpin) {
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
                heard = said.next() => match heard {
                    Some(Said::Owner(true)) => there = self.meet().await,
                    Some(Said::Owner(false)) => {
                        there = false;
                        self.gone("It is not running.");
                    }
                    Some(Said::Clicked(id)) => self.clicked(id),
                    Some(Said::Closed(id)) => self.clickable.retain(|(known, _)| *known != id),
                    None => return,
                },
                () = wait => there = self.meet().await,
            }
        }
    }

    /// Asks the server who it is, then shows what has waited.
    async fn meet(&mut self) -> bool {
        match self.bus.ask().await {
            Ok(server) => {
                tracing::info!(server = server.server, "notification server");
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
        while let Some((key, due)) = self.core.outbox.take() {
            if let Err(error) = self.show_all(&key, due).await {
                self.core.outbox.put(&key, Due::Replay);
                self.gone(&error.to_string());
                return false;
            }
        }
        true
    }

    /// Empties the outbox of one subscription. A failing store ends it early: that is a condition
    /// already, and an alert that could not be marked is shown once more.
    async fn show_all(&mut self, key: &str, due: Due) -> Result<(), bus::BusError> {
        let name = self.core.name(key);
        while let Ok((count, rows)) = self.core.store(|store| store.pending(key, ROWS_MAX)) {
            let Some(first) = rows.first().map(|row| row.id) else { break };
            if due == Due::Replay && count as usize > REPLAY_ALERTS_MAX {
                return self.show_digest(key, &name, first).await;
            }
            for row in rows {
                let toast = toast::of_message(&name, &row.message, self.can, self.language);
                let shown = self.show_or_refused(toast).await?;
                if self.mark(key, row.id, row.id, shown).is_err() {
                    return Ok(());
                }
            }
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
        let toast = toast::of_digest(name, count, &latest, self.can, self.language);
        let shown = match self.show_or_refused(toast).await? {
            Shown::Shown => Shown::Digest,
            refused => refused,
        };
        // See `show_all`.
        let _ = self.mark(key, first, last, shown);
        Ok(())
    }

    fn mark(&self, key: &str, first: i64, last: i64, shown: Shown) -> Result<(), StoreError> {
        self.core.store(|store| store.mark(key, first, last, shown))?;
        self.core.tell_message(last);
        Ok(())
    }

    async fn show(&mut self, toast: Toast) -> Result<(), bus::BusError> {
        let id = self.bus.show(&toast.notification).await?;
        if let Some(url) = toast.url {
            if self.clickable.len() == CLICKABLE_MAX {
                self.clickable.pop_front();
            }
            self.clickable.push_back((id, url));
        }
        Ok(())
    }

    fn clicked(&mut self, id: u32) {
        if let Some((_, url)) = self.clickable.iter().find(|(known, _)| *known == id)
            && let Err(error) = opener::url(url)
        {
            tracing::warn!("{error}");
        }
    }
}
