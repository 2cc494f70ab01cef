//! The agent while it runs: acts on everything that can wake it, and waits for nothing else. Imported by `run` alone.

use std::future::pending;

use futures_util::{
    FutureExt,
    future::{BoxFuture, Fuse, FusedFuture},
};
use hark_api::{Snooze, Target};
use hark_config::watch::Watch as SettingsWatch;
use hark_engine::{health::Code, history::Entry};
use hark_local::{
    profile::Profile,
    program::{self, Place},
};
use hark_platform::{
    changes::{Change, Watch as ChangesWatch},
    clock,
    quiet::{Session, Watch as SessionWatch},
    signals::End,
    supervisor::{self, Told},
    tray::{Event as TrayEvent, Tray},
};
use hark_store::Beginning;
use hark_stream::driver::Command;
use jiff::{Timestamp, Zoned};
use tokio::{
    sync::{mpsc, watch},
    time::sleep_until,
};

use super::{
    LEFT,
    timers::{Timer, Timers},
};
use crate::{
    commands::{Commands, Snoozer},
    ledger::Ledger,
    own,
    status::Status,
    tray::{self, Action, Glance},
    voice::Voice,
    words::Language,
};

/// All that can wake the agent. Links, notifications and clients have tasks and inputs of their own.
#[derive(Debug)]
enum Wake {
    /// The agent is to end: by a signal, or because a client asked for it.
    End(End),
    /// The settings file has changed, or the disk that it is on answers again.
    Settings,
    /// The settings were read.
    SettingsRead,
    /// An action of the tray is done, or failed with this sentence.
    Acted(Result<(), String>),
    /// Something changed around this process.
    Around(Change),
    /// The desktop or its screen saver says something else about silence.
    Session(Session),
    /// Something came from the tray.
    Tray(TrayEvent<Action>),
    /// Something other than a link has changed.
    Status,
    /// A link is in another phase.
    Connections,
    /// Clients were told of something, which the tray may show.
    Told,
    /// It is known of these now what they speak.
    Recognised(Vec<String>),
    /// Something is owed to the database.
    Owed,
    /// Not everything is followed as the settings say.
    Unfinished,
    /// A timer is due.
    Due(Timer),
}

/// What is watched around the agent.
pub(super) struct Watches {
    pub(super) settings: SettingsWatch,
    pub(super) session: Option<SessionWatch>,
    pub(super) changes: ChangesWatch,
    /// What has changed before the agent ran.
    pub(super) early: Vec<Change>,
}

/// The agent while it runs.
pub(super) struct Agent {
    pub(super) profile: Profile,
    pub(super) language: Language,
    pub(super) commands: Commands,
    pub(super) snoozer: Snoozer,
    pub(super) voice: Voice,
    pub(super) status: Status,
    pub(super) ledger: Ledger,
    pub(super) tray: Option<Tray<Action>>,
}

impl Agent {
    /// Acts on what wakes the agent until it is to end. Waits for nothing else: settings are read, and
    /// actions of the tray done, at the same time.
    pub(super) async fn run(
        &mut self,
        signals: &mut mpsc::Receiver<End>,
        watches: Watches,
        stop: &watch::Sender<Option<End>>,
    ) -> End {
        let Watches { mut settings, mut session, mut changes, early } = watches;
        early.into_iter().for_each(|change| self.on_change(change));
        let mut timers = Timers::begin();
        let mut told = self.status.events().changes();
        let mut reading: Fuse<BoxFuture<'static, ()>> = Fuse::terminated();
        let mut acting: Fuse<BoxFuture<'static, Result<(), String>>> = Fuse::terminated();
        let mut is_to_be_read_again = false;
        let registry = self.commands.registry().clone();
        let mut stopped = stop.subscribe();
        loop {
            let health = self.status.conditions().poll_deadline();
            let health = health.map(|at| at.monotonic);
            let silence = self.snoozer.quiet().next_change();
            let (at, timer) = timers.next(health, self.voice.poll_deadline(), silence);
            let wake = tokio::select! {
                biased;
                end = signals.recv() => Wake::End(end.unwrap_or(End::Asked)),
                Ok(end) = stopped.wait_for(Option::is_some) => Wake::End(end.unwrap_or(End::Asked)),
                () = settings.changed() => Wake::Settings,
                () = self.commands.disk_answers() => Wake::Settings,
                () = &mut reading => Wake::SettingsRead,
                done = &mut acting => Wake::Acted(done),
                Some(change) = changes.next() => Wake::Around(change),
                Some(said) = said(&mut session) => Wake::Session(said),
                event = next(&mut self.tray), if acting.is_terminated() => Wake::Tray(event),
                () = self.status.changed() => Wake::Status,
                Ok(()) = told.changed(), if self.tray.is_some() => Wake::Told,
                () = registry.connections() => Wake::Connections,
                keys = registry.recognised() => Wake::Recognised(keys),
                () = self.ledger.owes_anew() => Wake::Owed,
                () = self.commands.unfinished() => Wake::Unfinished,
                () = sleep_until(at) => Wake::Due(timer),
            };
            match wake {
                Wake::End(end) => return end,
                Wake::Settings if !reading.is_terminated() => is_to_be_read_again = true,
                Wake::Settings => reading = self.read_settings(),
                Wake::SettingsRead if is_to_be_read_again => {
                    is_to_be_read_again = false;
                    reading = self.read_settings();
                }
                Wake::SettingsRead => {}
                Wake::Acted(done) => {
                    self.status.conditions().set(Code::TrayCommandFailed, done.err());
                }
                Wake::Around(change) => self.on_change(change),
                Wake::Session(said) => self.snoozer.quiet().session(said),
                Wake::Tray(TrayEvent::Click(action)) => acting = self.act(action, stop),
                Wake::Tray(TrayEvent::Shown(shown)) => self.status.update(|it| it.tray = shown),
                Wake::Status => {
                    self.snoozer.quiet().refresh();
                    self.voice.refresh();
                    self.status.tell();
                }
                Wake::Connections => self.voice.refresh(),
                Wake::Told => timers.tell_tray(),
                Wake::Recognised(keys) => {
                    let commands = self.commands.clone();
                    tokio::spawn(async move { commands.write_recognised(keys).await });
                }
                Wake::Owed => timers.owed.begin(),
                Wake::Unfinished => timers.reconcile.begin(),
                Wake::Due(timer) => self.on_timer(timer, &mut timers),
            }
        }
    }

    fn on_timer(&self, timer: Timer, timers: &mut Timers) {
        match timer {
            Timer::Tray => {
                timers.tray_told();
                self.show();
            }
            Timer::Health => self.status.conditions().reach_deadline(),
            Timer::Silence => self.snoozer.quiet().refresh(),
            Timer::Voice => self.voice.refresh(),
            Timer::Alive => {
                timers.alive();
                self.ledger.alive(Timestamp::now());
                self.ledger.note_newest(&self.profile.state.join(LEFT));
                // The clock may have been set.
                self.snoozer.quiet().refresh();
            }
            Timer::Watchdog => {
                timers.watchdog();
                supervisor::tell(Told::Alive);
            }
            Timer::Prune => {
                timers.prune();
                // A failure is a condition already.
                let _ = self.ledger.prune(Timestamp::now());
            }
            Timer::Owed => match self.ledger.settle() {
                Ok(()) => timers.owed.end(),
                Err(_) => timers.owed.again(),
            },
            Timer::Reconcile => match self.commands.try_again() {
                true => timers.reconcile.end(),
                false => timers.reconcile.again(),
            },
        }
    }

    fn on_change(&self, change: Change) {
        let registry = self.commands.registry();
        match change {
            Change::Woke(slept) => {
                if let Some(length) = slept {
                    let now = clock::now().wall;
                    let asleep_since = now.checked_sub(length).unwrap_or(now);
                    self.ledger.journal(now, &Entry::Woke { asleep_since });
                    self.ledger.alive(now);
                }
                self.voice.woke();
                registry.command_all(&Command::Woke);
                self.snoozer.quiet().refresh();
            }
            Change::ClockSet(by) => {
                let now = clock::now().wall;
                let before = now.checked_sub(by).unwrap_or(now);
                self.ledger.journal(now, &Entry::ClockSet { before });
                self.ledger.alive(now);
                self.snoozer.quiet().refresh();
            }
            Change::Locked(locked) => self.snoozer.quiet().lock_hinted(locked),
            Change::Network(addresses) => {
                registry.command_all(&Command::Network(addresses.into_iter().collect()));
            }
        }
    }

    fn read_settings(&self) -> Fuse<BoxFuture<'static, ()>> {
        let commands = self.commands.clone();
        async move { commands.reload().await }.boxed().fuse()
    }

    /// Does what a click means.
    fn act(
        &self,
        action: Action,
        stop: &watch::Sender<Option<End>>,
    ) -> Fuse<BoxFuture<'static, Result<(), String>>> {
        let commands = self.commands.clone();
        let done = match action {
            Action::Open => self.open(None),
            Action::Message(message) => self.open(Some(Place::Message { message, action: None })),
            Action::Connections => self.open(Some(Place::Connections)),
            Action::Quit => {
                stop.send_replace(Some(End::Asked));
                Ok(())
            }
            Action::Snooze(until) => {
                let asked = Snooze { subscription: None, until };
                self.snoozer.snooze(asked).map(drop).map_err(|error| error.sentence)
            }
            Action::Wake => {
                let woken = self.snoozer.wake(Target::default());
                woken.map(drop).map_err(|error| error.sentence)
            }
            Action::Pause | Action::Resume => {
                let acting = async move {
                    let paused = action == Action::Pause;
                    let done = commands.set_paused(Target::default(), paused).await;
                    done.map(drop).map_err(|error| error.sentence)
                };
                return acting.boxed().fuse();
            }
        };
        std::future::ready(done).boxed().fuse()
    }

    fn open(&self, at: Option<Place>) -> Result<(), String> {
        program::open_window(&self.profile, at).map_err(|error| error.to_string())
    }

    fn show(&self) {
        if let Some(tray) = &self.tray {
            tray.update(self.view());
        }
    }

    pub(super) fn view(&self) -> tray::View {
        tray::project(&self.status.now(), &self.glance(), &Zoned::now(), self.language)
    }

    /// What the tray shows of messages: nothing where the database cannot be read, which is a condition.
    fn glance(&self) -> Glance {
        // What is followed no more is history, as in the window.
        let followed = self.commands.registry().keys();
        let read = self
            .ledger
            .read(|store| Ok((store.has_unread(&followed)?, store.latest(tray::LATEST)?)));
        let (unread, latest) = read.unwrap_or_default();
        let text = |Beginning { id, subscription, text }| {
            let name = self.status.name(&subscription);
            let shown = match self.status.hides(&subscription) && subscription != own::KEY {
                true => self.language.a_message_from(&name),
                false => format!("{name}: {text}"),
            };
            (id, shown)
        };
        Glance { unread, latest: latest.into_iter().map(text).collect() }
    }
}

/// What the desktop says next, where one is listened to.
async fn said(session: &mut Option<SessionWatch>) -> Option<Session> {
    match session {
        Some(session) => session.next().await,
        None => pending().await,
    }
}

/// What comes next from the tray, where there is one.
async fn next(tray: &mut Option<Tray<Action>>) -> TrayEvent<Action> {
    if let Some(tray) = tray
        && let Some(event) = tray.next().await
    {
        return event;
    }
    pending().await
}
