//! From the outbox to the desktop: each alert is shown, and what became of it is written back.

mod attempts;
pub mod toast;

use std::{
    collections::VecDeque,
    fmt::Display,
    future::pending,
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_api as api;
use hark_engine::{health::Code, policy::REPLAY_ALERTS_MAX};
use hark_local::program;
use hark_platform::notifications::{Bus, BusError, Call, Signal};
use hark_store::{MessageRow, Shown, Store, StoreError};
use indexmap::IndexMap;
use notify_rust::Notification;
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};

use crate::{ledger::Ledger, status::Status, words::Language};
use attempts::Attempts;
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

/// Which subscriptions have alerts in the store's outbox to be shown now. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    due: Mutex<IndexMap<String, Due>>,
    withdrawn: Mutex<VecDeque<Series>>,
    wake: Notify,
}

/// A subscription's key, and the sequence of some of its messages.
type Series = (String, String);

impl Outbox {
    /// The alerts of a subscription are due.
    pub fn put(&self, subscription: &str, due: Due) {
        let mut all = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(subscription.to_owned()).or_insert(due);
        *known = due.max(*known);
        drop(all);
        self.0.wake.notify_one();
    }

    /// What is on the screen of this sequence is to be closed.
    pub fn withdraw(&self, subscription: &str, sequence: &str) {
        let mut all = self.0.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == WITHDRAWN_MAX {
            all.pop_front();
        }
        all.push_back((subscription.to_owned(), sequence.to_owned()));
        drop(all);
        self.0.wake.notify_one();
    }

    fn take_withdrawn(&self) -> Option<Series> {
        self.0.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn take(&self) -> Option<(String, Due)> {
        self.0.due.lock().unwrap_or_else(PoisonError::into_inner).shift_remove_index(0)
    }
}

/// Shows alerts for as long as the agent runs. They wait for a notification server; without a session
/// bus there is nobody to wait for.
pub async fn run(alerts: Outbox, ledger: Ledger, status: Status, print: bool) {
    let language = Language::of_system();
    loop {
        match Bus::connect().await {
            Ok((bus, said)) => {
                ledger.set_nobody(false);
                let (alerts, ledger, status) = (alerts.clone(), ledger.clone(), status.clone());
                let can = Capabilities::default();
                let (owner, on_screen) = (String::new(), VecDeque::new());
                let (attempts, unanswered) = (Attempts::default(), None);
                let notifier = Notifier {
                    alerts,
                    ledger,
                    status,
                    bus,
                    owner,
                    can,
                    language,
                    on_screen,
                    attempts,
                    unanswered,
                };
                notifier.run(said).await;
            }
            Err(error) => {
                tracing::debug!("no session bus: {error}");
                ledger.set_nobody(true);
                // In a terminal, messages are printed and nobody misses a desktop.
                let problem = (!print).then(|| NO_BUS.to_owned());
                status.conditions().set(UNAVAILABLE, problem);
            }
        }
        sleep(RETRY).await;
    }
}

/// The condition that alerts wait.
const UNAVAILABLE: Code = Code::NotificationsUnavailable;
/// What it says without a session bus.
pub const NO_BUS: &str = "There is no desktop session bus, so there is nobody to show notifications to: messages are stored. Start the agent from within the desktop session.";

struct Notifier {
    alerts: Outbox,
    ledger: Ledger,
    status: Status,
    bus: Bus,
    /// Which server it met last.
    owner: String,
    can: Capabilities,
    language: Language,
    on_screen: VecDeque<OnScreen>,
    attempts: Attempts,
    /// Sent to a server that then answered nobody: it may still show it, so nothing else is sent before
    /// that is known.
    unanswered: Option<(Alert, Call)>,
}

/// What one notification is about: messages of a subscription, from an id to an id.
#[derive(Clone, Debug)]
struct Alert {
    key: String,
    first: i64,
    last: i64,
    /// What they are once it is acknowledged.
    becomes: Shown,
    url: Option<String>,
    of: Option<Series>,
}

/// Why the outbox of a subscription is not emptied now.
enum Stop {
    /// Nobody shows anything, for this reason.
    Gone(BusError),
    /// What became of an alert could not be written down. That is a condition already, and the alert is
    /// shown once more.
    NotMarked,
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
    async fn run(mut self, mut said: mpsc::Receiver<Signal>) {
        let mut there = self.meet().await;
        loop {
            let wait = async {
                match there {
                    true => pending().await,
                    false => sleep(RETRY).await,
                }
            };
            let answer = async {
                match &mut self.unanswered {
                    Some((_, call)) => call.answer().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                // What is known of the server goes before what it is to show.
                biased;
                heard = said.recv() => match heard {
                    Some(Signal::Owner(true)) => there = self.meet().await,
                    Some(Signal::Owner(false)) => there = self.gone(&"None is running."),
                    Some(Signal::Clicked(id)) => self.clicked(id),
                    Some(Signal::Closed(id)) => self.on_screen.retain(|known| known.id != id),
                    None => return,
                },
                answer = answer => {
                    if let Some((alert, _)) = self.unanswered.take() {
                        there = match self.judge(&alert, answer) {
                            Ok(()) | Err(Stop::NotMarked) => self.meet().await,
                            Err(Stop::Gone(why)) => self.gone(&why),
                        };
                    }
                }
                () = self.alerts.0.wake.notified(), if there => there = self.show_due().await,
                () = wait => there = self.meet().await,
            }
        }
    }

    /// Asks the server who it is, then shows what has waited.
    async fn meet(&mut self) -> bool {
        match self.bus.ask().await {
            Ok(server) => {
                let owner = server.owner;
                let server = api::Notifications {
                    server: Some(server.name),
                    capabilities: server.capabilities,
                };
                tracing::info!(server = server.server, "notification server");
                if self.owner != owner {
                    // Another one counts anew: by these numbers it may know other programs' ones.
                    self.on_screen.clear();
                    self.owner = owner;
                }
                self.can = Capabilities::of_names(&server.capabilities);
                self.status.update(|facts| facts.notifications = server);
                self.status.conditions().set(UNAVAILABLE, None);
            }
            Err(error) => return self.gone(&error),
        }
        if let Some((alert, mut call)) = self.unanswered.take() {
            // It answers again, and so soon answers this, or never.
            let answer = call.answer_in_time().await.unwrap_or(Err(BusError::Silent));
            if let Err(Stop::Gone(why)) = self.judge(&alert, answer) {
                return self.gone(&why);
            }
        }
        for key in self.ledger.read(|store| store.pending_subscriptions()).unwrap_or_default() {
            self.alerts.put(&key, Due::Replay);
        }
        self.show_due().await
    }

    /// Nobody shows alerts, for this reason. Answers whether somebody does.
    fn gone(&self, why: &dyn Display) -> bool {
        let nobody = api::Notifications { server: None, capabilities: Vec::new() };
        self.status.update(|facts| facts.notifications = nobody);
        let sentence = format!(
            "No notification server shows Hark's alerts: {why} They wait until one does. Start your \
             desktop's notification daemon."
        );
        self.status.conditions().set(UNAVAILABLE, Some(sentence));
        false
    }

    async fn show_due(&mut self) -> bool {
        self.withdraw_due().await;
        while let Some((key, due)) = self.alerts.take() {
            match self.show_all(&key, due).await {
                Ok(()) | Err(Stop::NotMarked) => {}
                Err(Stop::Gone(why)) => {
                    self.alerts.put(&key, Due::Replay);
                    return self.gone(&why);
                }
            }
        }
        true
    }

    /// Closes what was taken back. One that cannot be closed stays, as on any screen.
    async fn withdraw_due(&mut self) {
        while let Some(series) = self.alerts.take_withdrawn() {
            let of = |shown: &OnScreen| shown.of.as_ref() == Some(&series);
            let Some(at) = self.on_screen.iter().position(of) else { continue };
            if let Some(shown) = self.on_screen.remove(at)
                && let Err(error) = self.bus.close(shown.id).await
            {
                tracing::debug!("a notification could not be closed: {error}");
                if error == BusError::Silent {
                    return;
                }
            }
        }
    }

    /// Empties the outbox of one subscription. Where many were waited for, the most urgent are shown and
    /// the others counted.
    async fn show_all(&mut self, key: &str, due: Due) -> Result<(), Stop> {
        let name = self.status.name(key);
        let many = due == Due::Replay
            && self
                .ledger
                .read(|store| store.pending_count(key))
                .is_ok_and(|count| count as usize > REPLAY_ALERTS_MAX);
        if !many {
            return self.show_each(key, &name, u32::MAX, Store::next_pending).await;
        }
        self.show_each(key, &name, URGENT_MAX, Store::next_urgent).await?;
        match self.ledger.read(|store| store.next_pending(key)) {
            Ok(Some(row)) => self.show_digest(key, &name, row.id).await,
            _ => Ok(()),
        }
    }

    /// Shows alerts as `next` finds them, one after the other: what is taken back meanwhile
    /// is not shown, and what was shown already is closed before anything new. A store that cannot be
    /// read is a condition already.
    async fn show_each(
        &mut self,
        key: &str,
        name: &str,
        most: u32,
        next: fn(&Store, &str) -> Result<Option<MessageRow>, StoreError>,
    ) -> Result<(), Stop> {
        for _ in 0..most {
            let Ok(Some(row)) = self.ledger.read(|store| next(store, key)) else { break };
            let (first, last) = (row.id, row.id);
            let toast = toast::of_message(name, row, self.can, self.language);
            self.show(key, first..=last, Shown::Shown, toast).await?;
            self.withdraw_due().await;
        }
        Ok(())
    }

    async fn show_digest(&mut self, key: &str, name: &str, first: i64) -> Result<(), Stop> {
        let latest = |store: &Store| store.latest_pending(key, toast::QUOTED_MAX);
        let Ok((count, latest)) = self.ledger.read(latest) else { return Ok(()) };
        let Some(last) = latest.last().map(|row| row.id) else { return Ok(()) };
        let latest: Vec<_> = latest.into_iter().map(|row| row.message).collect();
        self.close_counted(key).await;
        let toast = toast::of_digest(name, count, &latest, self.can, self.language);
        self.show(key, first..=last, Shown::Digest, toast).await
    }

    /// Shows a notification and writes down what became of it. One that is refused is tried once more,
    /// since some servers refuse what comes too fast. Whatever concerns this one alone holds up no
    /// others.
    async fn show(
        &mut self,
        key: &str,
        ids: RangeInclusive<i64>,
        becomes: Shown,
        toast: Toast,
    ) -> Result<(), Stop> {
        let Toast { notification, url, of } = toast;
        let (key, (first, last)) = (key.to_owned(), ids.into_inner());
        let alert = Alert { key, first, last, becomes, url, of };
        let answer = match self.send(notification.clone(), &alert).await? {
            Err(BusError::Refused(_)) => {
                sleep(REFUSED_RETRY).await;
                self.send(notification, &alert).await?
            }
            answer => answer,
        };
        self.judge(&alert, answer)
    }

    /// Sends a notification and waits for its answer. Where that takes long, it depends on whether the
    /// server answers anything: if it does, this one has as long again, and the others wait no longer.
    /// If it does not, it may still show what it was sent as soon as it does, so that is not sent again:
    /// it is kept as unanswered.
    async fn send(
        &mut self,
        notification: Notification,
        alert: &Alert,
    ) -> Result<Result<u32, BusError>, Stop> {
        let shows = |shown: &&OnScreen| alert.of.is_some() && shown.of == alert.of;
        let earlier = self.on_screen.iter().find(shows).map(|shown| shown.id);
        let mut call = self.bus.show(notification, earlier);
        if let Some(answer) = call.answer_in_time().await {
            return Ok(answer);
        }
        if let Err(why) = self.bus.ask().await {
            self.unanswered = Some((alert.clone(), call));
            return Err(Stop::Gone(why));
        }
        Ok(call.answer_in_time().await.unwrap_or(Err(BusError::Silent)))
    }

    /// What became of an alert that was sent.
    fn judge(&mut self, alert: &Alert, answer: Result<u32, BusError>) -> Result<(), Stop> {
        let becomes = match answer {
            Ok(id) => {
                self.is_on_screen(id, alert);
                alert.becomes
            }
            Err(why @ BusError::Absent(_)) => return Err(Stop::Gone(why)),
            // One that ends every server that is to show it must not do so for ever.
            Err(why @ BusError::Vanished) if self.attempts.failed(alert.first) => {
                return Err(Stop::Gone(why));
            }
            // After `Silent` it may have been shown, but twice is worse than perhaps.
            Err(why) => {
                tracing::warn!(message = alert.last, "a notification is given up: {why}");
                Shown::Refused
            }
        };
        let Alert { key, first, last, .. } = alert;
        self.attempts.done(*first);
        self.ledger.mark(key, *first, *last, becomes).map_err(|_| Stop::NotMarked)
    }

    fn is_on_screen(&mut self, id: u32, alert: &Alert) {
        let Alert { url, of, .. } = alert;
        self.on_screen.retain(|shown| shown.id != id && (of.is_none() || shown.of != *of));
        if url.is_some() || of.is_some() {
            if self.on_screen.len() == ON_SCREEN_MAX {
                self.on_screen.pop_front();
            }
            self.on_screen.push_back(OnScreen { id, url: url.clone(), of: of.clone() });
        }
    }

    /// What is on the screen of sequences whose latest is about to be counted is out of date.
    async fn close_counted(&mut self, key: &str) {
        let waits = |of: &Series| {
            of.0 == key && self.ledger.read(|store| store.waits(key, &of.1)).unwrap_or_default()
        };
        let shown = self.on_screen.iter().filter_map(|shown| shown.of.as_ref());
        for (key, sequence) in shown.filter(|of| waits(of)) {
            self.alerts.withdraw(key, sequence);
        }
        self.withdraw_due().await;
    }

    fn clicked(&mut self, id: u32) {
        let shown = self.on_screen.iter().find(|shown| shown.id == id);
        if let Some(url) = shown.and_then(|shown| shown.url.as_ref())
            && let Err(error) = program::open_link(url)
        {
            tracing::warn!("{error}");
        }
    }
}
