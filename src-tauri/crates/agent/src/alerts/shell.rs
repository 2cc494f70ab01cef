//! Carries out what [`hark_engine::alerts`] wants: on the bus, in the store, in what clients see.

use std::{future::pending, pin::Pin};

use hark_api as api;
use hark_engine::{
    Monotonic,
    alerts::{
        ANSWER_TIMEOUT, Alert, Button, Content, Effect, Failure, Folded, Input, Look, NAMED_MAX,
        Outcome, Part, Reason, Request, Showing, Why,
    },
    health::Code,
    message::Priority,
    readable::Line,
};
use hark_local::{address, profile::Profile, program};
use hark_platform::{
    clock,
    notifications::{self, Answer, Bus, BusError, Program, Sent, Server, Signal, Signals},
};
use hark_store::{MessageRow, Shown, Store, StoreError};
use jiff::Zoned;
use tokio::time::sleep;

use super::{
    NO_BUS, Outbox, Pictures,
    press::{Buttons, Presser},
    toast::{self, Capabilities, Counted, Source, Toast},
};
use crate::{ledger::Ledger, own, status::Status, words::Language};

/// The longest reason of a server that is kept, in characters.
const WHY_CHARS_MAX: usize = 200;

/// What an agent has to do with a desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desktop {
    /// It is there for one: that there is none is a problem.
    Wanted,
    /// It shows notifications where there is one.
    Welcome,
    /// None is looked for.
    None,
}

/// Shows alerts for as long as the agent runs.
pub async fn run(
    (alerts, pictures): (Outbox, Pictures),
    ledger: Ledger,
    status: Status,
    buttons: Buttons,
    desktop: Desktop,
) {
    let language = Language::of_system();
    let presser = Presser { buttons, alerts: alerts.clone(), ledger: ledger.clone(), language };
    let shell = Shell {
        presser,
        alerts,
        pictures,
        ledger,
        status,
        desktop,
        language,
        bus: None,
        server: None,
        can: Capabilities::default(),
        show: None,
        other: None,
    };
    shell.run().await;
}

struct Shell {
    /// Does what the buttons are for.
    presser: Presser,
    alerts: Outbox,
    pictures: Pictures,
    ledger: Ledger,
    status: Status,
    desktop: Desktop,
    language: Language,
    bus: Option<(Bus, Signals)>,
    /// The server that answered last.
    server: Option<Server>,
    /// What the server that shows the alerts can do.
    can: Capabilities,
    /// The notification that was sent last, until it is answered or another one is sent.
    show: Call,
    /// The latest other call: connect, ask or close.
    other: Call,
}

/// A call on the bus. Dropping it stops waiting for the reply.
type Call = Option<Pin<Box<dyn Future<Output = Reply> + Send>>>;

/// The reply to a call.
enum Reply {
    Connected(Request, Result<(Bus, Signals), BusError>),
    Met(Request, Result<Server, BusError>),
    Shown(Request, Result<Answer, BusError>),
    Closed(Request, Result<(), BusError>),
}

impl Shell {
    async fn run(mut self) {
        self.alerts.tell(Input::Start);
        loop {
            self.carry_out();
            let deadline = self.alerts.deadline();
            let signals = self.bus.as_mut().map(|(_, signals)| signals);
            tokio::select! {
                // Replies go first: the reply to a call came before any signal about its notification, and
                // what came before the reply is taken with it.
                biased;
                reply = reply(&mut self.show) => self.replied(reply),
                reply = reply(&mut self.other) => self.replied(reply),
                signal = next(signals) => self.signalled(signal),
                () = self.alerts.changed() => {}
                () = until(deadline) => self.alerts.tell(Input::Deadline),
            }
        }
    }

    fn carry_out(&mut self) {
        loop {
            let effects = self.alerts.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                self.act(effect);
            }
        }
    }

    fn act(&mut self, effect: Effect<Sent>) {
        match effect {
            Effect::Connect(request) if self.desktop == Desktop::None => {
                self.alerts.tell(Input::Connected(request, false));
            }
            Effect::Connect(request) => {
                let program = program(&self.presser.buttons.profile);
                let connect = async move { Reply::Connected(request, Bus::connect(program).await) };
                self.other = Some(Box::pin(connect));
            }
            Effect::Ask(request) => {
                let Some((bus, _)) = &self.bus else { return };
                let ask = bus.ask();
                self.other = Some(Box::pin(async move { Reply::Met(request, ask.await) }));
            }
            Effect::Show { request, notification, replaces } => {
                let Some((bus, server)) = self.met() else { return };
                let show = bus.show(server, notification, replaces);
                self.show = Some(Box::pin(async move { Reply::Shown(request, show.await) }));
            }
            Effect::Close(request, number) => {
                let Some((bus, server)) = self.met() else { return };
                let close = bus.close(server, number);
                self.other = Some(Box::pin(async move { Reply::Closed(request, close.await) }));
            }
            Effect::Look(look) => {
                let content = self.content(look);
                self.alerts.tell(Input::Content(content));
            }
            Effect::Expire(before) => self.ledger.expire(before),
            Effect::Mark { parts, outcome, showing } => {
                self.mark(&parts, outcome, showing.as_ref());
            }
            Effect::Hold { subscription, passes, why, for_good } => {
                let held = match for_good {
                    true => self.ledger.keep_quiet(&subscription, &why),
                    false => self.ledger.hold(&subscription, passes, &why),
                };
                self.written(held, subscription);
            }
            Effect::Release { subscription, from } => {
                let released = self.ledger.release(&subscription, from, clock::now().wall);
                self.written(released, subscription);
            }
            Effect::Forget(number) => self.ledger.no_longer_shows(number),
            Effect::Dismissed { parts, counted } => {
                self.ledger.dismiss(&parts, counted, clock::now().wall);
            }
            Effect::Open(target) => self.presser.click(target),
            Effect::Reply { message, number, text } => self.presser.reply(message, number, text),
            Effect::Act { message, number, button } => self.presser.press(message, number, button),
            Effect::Available => self.available(),
            Effect::Unavailable(reason) => self.unavailable(reason),
            Effect::Nobody(has_nobody) => self.ledger.set_nobody(has_nobody),
        }
    }

    /// The bus, and on it the unique name of the server that answered last.
    fn met(&self) -> Option<(&Bus, String)> {
        let ((bus, _), server) = self.bus.as_ref().zip(self.server.as_ref())?;
        Some((bus, server.unique.clone()))
    }

    fn replied(&mut self, reply: Reply) {
        let input = match reply {
            Reply::Connected(request, bus) => {
                self.bus = bus.inspect_err(|error| tracing::debug!("no session bus: {error}")).ok();
                Input::Connected(request, self.bus.is_some())
            }
            Reply::Met(request, Ok(server)) => {
                let owner = server.owner.clone();
                self.server = Some(server);
                Input::Met(request, Ok(owner))
            }
            Reply::Met(request, Err(error)) => Input::Met(request, Err(failure(error))),
            Reply::Shown(request, Ok(answer)) => {
                let signals = self.bus.as_mut().map(|(_, signals)| signals.before(answer));
                for signal in signals.into_iter().flatten() {
                    self.signalled(Some(signal));
                }
                Input::Shown(request, Ok(answer.number))
            }
            Reply::Shown(request, Err(error)) => Input::Shown(request, Err(failure(error))),
            Reply::Closed(request, answer) => {
                if let Err(error) = answer {
                    tracing::debug!("a notification could not be closed: {error}");
                }
                Input::Closed(request)
            }
        };
        self.alerts.tell(input);
    }

    fn signalled(&mut self, signal: Option<Signal>) {
        self.alerts.tell(match signal {
            Some(Signal::Owner(is_there)) => Input::Owner(is_there),
            Some(Signal::Chosen(number, key)) if key == "default" => Input::Clicked(number),
            Some(Signal::Chosen(number, key)) => match Button::of_key(&key) {
                Some(button) => Input::Pressed(number, button),
                None => return,
            },
            Some(Signal::Replied(number, text)) => Input::Replied(number, text),
            Some(Signal::Closed { number, by_person }) => Input::Left(number, by_person),
            None => {
                (self.bus, self.server, self.show, self.other) = (None, None, None, None);
                Input::Disconnected
            }
        });
    }

    /// What the outbox holds. A store that cannot be read is a condition already.
    fn content(&self, look: Look) -> Content<Sent> {
        let ledger = &self.ledger;
        match look {
            Look::Showing(server) => Content::Showing(ledger.showing(&server)),
            Look::Subscriptions => {
                let waiting = |held| {
                    let all = ledger.read(|store| store.subscriptions_waiting(held));
                    all.unwrap_or_default().into_iter().filter(|key| self.is_wanted(key)).collect()
                };
                Content::Subscriptions { pending: waiting(false), held: waiting(true) }
            }
            Look::Count(key) => {
                Content::Count(ledger.read(|store| store.pending_count(&key)).unwrap_or_default())
            }
            Look::Oldest(key, from) => {
                Content::Alert(self.message(&key, |store| store.next_pending(&key, from)))
            }
            Look::Urgent(key, few) => {
                Content::Alert(self.message(&key, |store| store.next_urgent(&key, few)))
            }
            Look::Sequences(key, mut sequences) => {
                let waits = |sequence: &String| {
                    ledger.read(|store| store.waits(&key, sequence)).unwrap_or_default()
                };
                sequences.retain(waits);
                Content::Sequences(sequences)
            }
            Look::Digest(key, away) => Content::Alert(self.digest(&key, away)),
            Look::Folded(keys, before) => Content::Folded(self.folded(&keys, before)),
        }
    }

    /// Whether of a message no more is shown than that it is there. What is not known is hidden.
    fn hides(&self, key: &str) -> bool {
        key != own::KEY && self.status.hides(key)
    }

    /// Whether what waits of a subscription may be shown: of one that is paused it is no news, and of one
    /// that is not followed, as where the settings cannot be read, it is not known what may be.
    fn is_wanted(&self, key: &str) -> bool {
        self.status.is_paused(key).map_or(key == own::KEY, |is_paused| !is_paused)
    }

    fn message(
        &self,
        key: &str,
        next: impl FnOnce(&Store) -> Result<Option<MessageRow>, StoreError>,
    ) -> Option<Alert<Sent>> {
        // It may have been removed since that was put.
        if !self.is_wanted(key) {
            return None;
        }
        let row = self.ledger.read(next).ok()??;
        let (id, priority) = (row.id, row.message.priority);
        if self.pictures.is_awaited(id) {
            return None;
        }
        let name = self.status.name(key);
        let source = Source {
            name: &name,
            of_several: self.status.is_one_of_several(key),
            hides: self.hides(key),
            replies: self.can.replies
                && self.status.takes_messages(key, row.message.topic.as_deref()),
        };
        let toast = toast::of_message(source, row, &Zoned::now(), self.can, self.language);
        let picture = self.pictures.take(id).filter(|_| !source.hides);
        let mut alert = self.alert(vec![part(key, id, id)], 1, priority, toast);
        alert.notification.picture = picture;
        Some(alert)
    }

    fn alert(&self, parts: Vec<Part>, count: u32, priority: Priority, toast: Toast) -> Alert<Sent> {
        let urgent = priority.is_highest();
        let Toast { notification, mut manner, url, sequence } = toast;
        // The system has one program for such addresses: the window of the installed Hark.
        let is_installed = self.presser.buttons.profile.chosen.is_none();
        let latest = parts.last().filter(|_| is_installed);
        manner.address = latest.map(|part| address::of_message(part.last));
        let notification = Sent { notification, manner, picture: None };
        let stays = self.status.urgent_stays().filter(|_| urgent);
        Alert { parts, notification, count, urgent, priority, stays, url, sequence }
    }

    /// What waits of a subscription, where anything does that is wanted: which messages, how many, how many of
    /// the highest priority, and the latest few, the newest first.
    fn waiting(&self, key: &str) -> Option<(Part, u32, u32, Vec<MessageRow>)> {
        if !self.is_wanted(key) {
            return None;
        }
        let few = u32::try_from(NAMED_MAX).unwrap_or(u32::MAX);
        let read = |store: &Store| {
            let (count, latest) = store.latest_pending(key, few)?;
            Ok((store.next_pending(key, i64::MIN)?, count, store.urgent_count(key)?, latest))
        };
        let (first, count, urgent, mut latest) = self.ledger.read(read).ok()?;
        latest.reverse();
        Some((part(key, first?.id, latest.first()?.id), count, urgent, latest))
    }

    fn digest(&self, key: &str, away: bool) -> Option<Alert<Sent>> {
        let (part, count, urgent, latest) = self.waiting(key)?;
        let shown = latest.into_iter().filter(|_| !self.hides(key));
        let latest: Vec<_> = shown.map(|row| row.message).collect();
        let name = self.status.name(key);
        let toast =
            toast::of_digest(&name, (count, urgent, away), &latest, self.can, self.language);
        Some(self.alert(vec![part], count, Priority::NORMAL, toast))
    }

    /// All that waits of these subscriptions and what was counted before, as one notification.
    fn folded(&self, keys: &[String], mut all: Folded) -> Option<(Alert<Sent>, Folded)> {
        let mut parts = Vec::new();
        for (part, count, urgent, latest) in keys.iter().filter_map(|key| self.waiting(key)) {
            let ids: Vec<i64> = latest.iter().map(|row| row.id).collect();
            all.add(part.clone(), count, urgent, &ids);
            parts.push(part);
        }
        if parts.is_empty() {
            return None;
        }
        let name = |(part, _): &(Part, u32)| self.status.name(&part.subscription);
        let names: Vec<String> = all.counts.iter().map(name).collect();
        let read = |id: &i64| self.ledger.read(|store| store.message(*id)).ok()?;
        let latest = all.latest.iter().filter_map(read);
        let latest = latest.filter(|row| !self.hides(&row.subscription));
        let latest: Vec<_> =
            latest.map(|row| (self.status.name(&row.subscription), row.message)).collect();
        let counted = Counted {
            names: &names,
            count: all.count(),
            urgent: all.urgent,
            missed: all.missed,
            latest: &latest,
        };
        let toast = toast::of_folded(counted, self.can, self.language);
        let priority = if all.urgent > 0 { Priority::clamped(5) } else { Priority::NORMAL };
        Some((self.alert(parts, all.count(), priority, toast), all))
    }

    /// Whether something of a subscription could be held back, or not any more. A failure is a condition
    /// already.
    fn written(&self, done: Result<(), StoreError>, key: String) {
        if done.is_err() {
            self.alerts.tell(Input::NotHeld(key));
        }
    }

    fn mark(&self, parts: &[Part], outcome: Outcome, showing: Option<&Showing>) {
        let (shown, why) = match outcome {
            Outcome::Shown => (Shown::Shown, None),
            Outcome::Digest => (Shown::Digest, None),
            Outcome::Folded => (Shown::Folded, None),
            Outcome::Refused(failure) => {
                let message = parts.last().map_or(0, |part| part.last);
                let why = match &failure {
                    Failure::Silent => Why::NoAnswer,
                    Failure::Refused(text) | Failure::Absent(text) | Failure::Vanished(text) => {
                        Why::Server(Line::of(text, WHY_CHARS_MAX))
                    }
                };
                tracing::warn!(message, "a notification is given up: {}", sentence(failure));
                (Shown::Refused, Some(why))
            }
        };
        // A failure is a condition already.
        let marked = self.ledger.mark(parts, shown, why.as_ref(), showing);
        self.alerts.tell(Input::Marked(marked.is_ok()));
    }

    fn available(&mut self) {
        let Some(Server { name, capabilities, .. }) = self.server.clone() else { return };
        tracing::info!(server = name, "notification server");
        self.can = Capabilities::of(&name, &capabilities);
        let server = api::Notifications { server: Some(name), capabilities };
        self.status.update(|facts| facts.notifications = server);
        self.status.conditions().set(Code::NotificationsUnavailable, None);
    }

    fn unavailable(&self, reason: Reason) {
        let nobody = api::Notifications { server: None, capabilities: Vec::new() };
        self.status.update(|facts| facts.notifications = nobody);
        let conditions = self.status.conditions();
        let why = match reason {
            Reason::NoBus => {
                let problem = (self.desktop == Desktop::Wanted).then(|| NO_BUS.to_owned());
                return conditions.set(Code::NotificationsUnavailable, problem);
            }
            Reason::NoServer => "None is running.".to_owned(),
            Reason::Failure(failure) => sentence(failure),
        };
        let sentence = format!(
            "No notification server shows Hark's alerts: {why} They wait until one does. {}",
            notifications::ADVICE
        );
        conditions.set(Code::NotificationsUnavailable, Some(sentence));
    }
}

/// Whose notifications they are: those of the Hark of this profile.
fn program(profile: &Profile) -> Program {
    let opener = profile.chosen.is_none().then(|| program::sibling(program::WINDOW));
    let folder = profile.state.join("notifications");
    Program { name: toast::DESKTOP_ENTRY, folder: Some(folder), opener }
}

fn part(key: &str, first: i64, last: i64) -> Part {
    Part { subscription: key.to_owned(), first, last }
}

fn failure(error: BusError) -> Failure {
    let sentence = error.to_string();
    match error {
        BusError::Refused(_) => Failure::Refused(sentence),
        BusError::Absent(_) => Failure::Absent(sentence),
        BusError::Vanished => Failure::Vanished(sentence),
    }
}

fn sentence(failure: Failure) -> String {
    match failure {
        Failure::Refused(sentence) | Failure::Absent(sentence) | Failure::Vanished(sentence) => {
            sentence
        }
        Failure::Silent => {
            let seconds = ANSWER_TIMEOUT.as_secs();
            format!("The one that runs has not answered within {seconds} seconds.")
        }
    }
}

/// The reply to a call, which is over then.
async fn reply(call: &mut Call) -> Reply {
    let reply = match call {
        Some(call) => call.await,
        None => pending().await,
    };
    *call = None;
    reply
}

/// The next signal; `None` where the bus is lost.
async fn next(signals: Option<&mut Signals>) -> Option<Signal> {
    match signals {
        Some(signals) => signals.next().await,
        None => pending().await,
    }
}

async fn until(deadline: Option<Monotonic>) {
    match deadline {
        Some(at) => sleep(at.saturating_sub(clock::now().monotonic)).await,
        None => pending().await,
    }
}
