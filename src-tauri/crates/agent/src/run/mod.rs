//! The agent from start to end: puts the parts together, and acts on everything that can wake it. Imported
//! by no other part.

mod claim;
mod start;
mod timers;

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::{
    FutureExt, TryFutureExt,
    future::{BoxFuture, Fuse, FusedFuture, join},
};
use hark_api::{Snooze, Target};
use hark_config::watch::Watch as SettingsWatch;
use hark_engine::{health::Code, history::Entry, silence::Until};
use hark_local::{
    profile::Profile,
    program::{self, Place},
    socket::{Circle, Listener},
    token,
};
use hark_platform::{
    changes::{Change, Watch as ChangesWatch},
    clock,
    groups::{self, Groups},
    quiet::{Session, Watch as SessionWatch},
    signals::{self, End, SIGHUP, SIGINT, SIGTERM},
    supervisor::{self, Told},
    tray::{Event as TrayEvent, Tray},
};
use hark_store::{Beginning, Opening, Store};
use hark_stream::driver::Command;
use jiff::{Timestamp, Zoned, tz::TimeZone};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, sleep_until, timeout},
};

use crate::{
    actions::Actions,
    alerts::{self, Desktop, Outbox, Pictures},
    autostart::AtLogin,
    commands::{Commands, Queries, Reader, Sampler, Snoozer},
    conditions::Conditions,
    configuration::Configuration,
    demo::Demo,
    events::Events,
    handlers::Handlers,
    http,
    ledger::Ledger,
    own, print,
    registry::Registry,
    relay::{self, Relay},
    silence::Quiet,
    status::Status,
    subscriptions::Subscriptions,
    tray::{self, Action, Glance},
    voice::Voice,
    words::Language,
};
use claim::claim;
pub use start::{AgentError, Face, Options};
use timers::{Timer, Timers};

/// The file of the handlers that run.
const RUNNING: &str = "handlers.running";
/// The file beside the database that says which one it is.
const LEFT: &str = "database.left";
/// How long a start waits for the settings; less than the grace after a signal.
const START_PATIENCE: Duration = Duration::from_secs(3);
/// How long a start waits for the desktop to say whether it may be disturbed.
const SESSION_PATIENCE: Duration = Duration::from_millis(500);
/// How long the start waits to be told whether the session is locked.
const LOCK_PATIENCE: Duration = Duration::from_millis(200);
/// How long the API is still served at the end, for the last answers, such as the one to the request to
/// stop.
const LAST_ANSWERS: Duration = Duration::from_millis(20);

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

/// Runs an agent until it is told to stop; answers whether it was asked to or its terminal is gone.
///
/// # Errors
/// See [`AgentError`]; nothing was changed then.
pub async fn run(options: Options) -> Result<End, AgentError> {
    let Options { profile, face, demo } = options;
    let mut signals = signals::hear(&[SIGTERM, SIGINT, SIGHUP])?;
    let (_log, _lock) = claim(&profile)?;
    let now = Timestamp::now();
    let Opening { mut store, set_aside, .. } = Store::open(&profile.database(), now)?;
    let left = profile.state.join(LEFT);
    match store.recognise(&left) {
        Ok(false) => {}
        Ok(true) => {
            tracing::info!("the database is not as the last run left it: its ids begin anew")
        }
        Err(error) => tracing::warn!("{error}"),
    }
    let socket = profile.socket();
    let of = if profile.system { Circle::Group } else { Circle::Owner };
    let listener = Listener::bind(&socket, of)
        .map_err(|source| AgentError::Socket { path: socket.clone(), source })?;
    let relaying = profile.state.join(relay::FOLDER);
    let path = relaying.join(relay::NAME);
    let hop = token::name(&path).map_err(|source| AgentError::Folder { path, source })?;
    let demo = if demo { Some(Demo::bind(0).await?) } else { None };

    let (events, conditions) = (Events::default(), Conditions::default());
    if let Some(aside) = set_aside {
        let sentence = format!(
            "The database could not be read, so it was kept as {} and a new one was begun. Messages \
             and history before {now:.0} are in there.",
            aside.display()
        );
        conditions.set(Code::DatabaseSetAside, Some(sentence));
    }
    let registry = Registry::new(events.clone());
    let ledger = Ledger::new(store, events.clone(), conditions.clone());
    let settings = profile.settings().display().to_string();
    let status = Status::new(settings, registry.clone(), conditions.clone(), events);
    let outbox = Outbox::default();
    let quiet = Quiet::new(ledger.clone(), status.clone(), outbox.clone());
    // A failure is a condition already.
    ledger.keep_days(TimeZone::system());
    let last_alive = ledger.read(Store::last_alive).unwrap_or_default();
    ledger.journal(now, &Entry::AgentStarted { last_alive });

    let language = Language::of_system();
    let name = language.pick("Demo", "演示");
    let followed = demo.as_ref().and_then(|demo| demo.subscription(name));
    if let Some(demo) = demo {
        tokio::spawn(demo.serve());
    }
    let configuration = Configuration::new(&profile, followed, status.clone());
    let settings = SettingsWatch::begin(profile.settings(), configuration.in_force());
    let pictures = Pictures::new(outbox.clone(), ledger.clone(), status.clone());
    let subscriptions = Subscriptions::new(
        registry.clone(),
        ledger.clone(),
        outbox.clone(),
        pictures.clone(),
        &hop,
    );
    let (groups, left_behind) = Groups::at(profile.state.join(RUNNING));
    tokio::spawn(groups::end(left_behind));
    let handlers = Handlers::new(ledger.clone(), status.clone(), groups, configuration.handlers());
    tokio::spawn(handlers.clone().keep_time());
    let relay = Relay::new(ledger.clone(), status.clone(), configuration.relay(), relaying, &hop);
    let relaying = tokio::spawn(relay.clone().keep());
    let commands = Commands::new(configuration, subscriptions, status.clone());
    let first = tokio::spawn({
        let commands = commands.clone();
        async move { commands.reload().await }
    });
    // If their disk does not answer, the start goes on without them.
    let _ = timeout(START_PATIENCE, first).await;
    // Nothing is shown before it is known what is silent.
    let mut changes = ChangesWatch::begin();
    let (mut session, mut early) = (None, Vec::new());
    if face == Face::None {
        quiet.refresh();
    } else {
        session = Some(greet(&quiet, &mut changes, &mut early).await);
    }

    let actions = Actions::new(ledger.clone(), registry.clone());
    let snooze: alerts::Snooze = Arc::new({
        let quiet = quiet.clone();
        move |key, length| {
            let until = Until::At(clock::now().wall + length);
            quiet.snooze(key, until).map_err(|error| error.to_string())
        }
    });
    let reply: alerts::Reply = Arc::new({
        let commands = commands.clone();
        move |message| {
            let commands = commands.clone();
            let sent = async move { commands.send(message).await };
            sent.map_ok(drop).map_err(|error| error.sentence).boxed()
        }
    });
    let buttons =
        alerts::Buttons { profile: profile.clone(), actions: actions.clone(), snooze, reply };
    let screen = (outbox.clone(), pictures.clone());
    let desktop = match face {
        Face::Tray => Desktop::Wanted,
        Face::Terminal => Desktop::Welcome,
        Face::None => Desktop::None,
    };
    let showing = alerts::run(screen, ledger.clone(), status.clone(), buttons, desktop);
    let showing = tokio::spawn(showing);
    let (end_printing, mut ending) = watch::channel(());
    let printing = (face == Face::Terminal).then(|| {
        let stop = async move { drop(ending.changed().await) };
        tokio::spawn(print::run(ledger.clone(), status.clone(), stop))
    });
    let stop = watch::Sender::new(None);
    let queries = Queries::new(ledger.clone(), registry.clone());
    let reader = Reader::new(ledger.clone(), outbox.clone());
    let voice = Voice::new(status.clone(), ledger.clone(), outbox.clone());
    let sampler = Sampler::new(ledger.clone(), outbox, status.clone());
    let snoozer = Snoozer::new(quiet, registry.clone());
    let at_login = AtLogin::new(profile.clone());
    let about = (&reader, &actions, &handlers, &relay, &at_login, &pictures);
    let router = http::router(&status, &queries, &commands, &sampler, about, &snoozer, &stop);
    let api = tokio::spawn(http::serve(listener, router));
    let indexing = tokio::spawn(ledger.clone().index());

    let mut agent =
        Agent { profile, language, commands, snoozer, voice, status, ledger, tray: None };
    if face == Face::Tray {
        agent.tray = Some(Tray::show(agent.view()));
    }
    let watches = Watches { settings, session, changes, early };
    supervisor::tell(Told::Ready);
    let end = agent.run(&mut signals, watches, &stop).await;
    tracing::info!("stopping");
    supervisor::tell(Told::Stopping);
    let Agent { ledger, .. } = agent;
    registry.clear();
    handlers.stop().await;
    showing.abort();
    indexing.abort();
    relaying.abort();
    // The latest messages are still printed.
    let _ = end_printing.send(());
    if let Some(printing) = printing {
        let _ = printing.await;
    }
    ledger.journal(clock::now().wall, &Entry::AgentStopped);
    ledger.settle_at_end().await;
    ledger.leave(&left);
    sleep(LAST_ANSWERS).await;
    api.abort();
    // The lock is still held, so the socket is ours.
    let _ = std::fs::remove_file(socket);
    print::finish();
    Ok(end)
}

/// Waits for a moment for the desktop to say what is silent, and for the system whether it is locked. What else
/// has changed `early` is kept.
async fn greet(quiet: &Quiet, changes: &mut ChangesWatch, early: &mut Vec<Change>) -> SessionWatch {
    let mut session = SessionWatch::begin();
    let hinted = async {
        while let Some(change) = changes.next().await {
            let is_hint = matches!(change, Change::Locked(_));
            early.push(change);
            if is_hint {
                return;
            }
        }
    };
    let (said, _) =
        join(timeout(SESSION_PATIENCE, session.next()), timeout(LOCK_PATIENCE, hinted)).await;
    // What the system was told comes first: who starts behind the lock has not logged in.
    for change in early.iter() {
        if let Change::Locked(locked) = change {
            quiet.lock_hinted(*locked);
        }
    }
    match said {
        Ok(Some(said)) => quiet.session(said),
        _ => quiet.refresh(),
    }
    session
}

/// What is watched around the agent.
struct Watches {
    settings: SettingsWatch,
    session: Option<SessionWatch>,
    changes: ChangesWatch,
    /// What has changed before the agent ran.
    early: Vec<Change>,
}

/// The agent while it runs.
struct Agent {
    profile: Profile,
    language: Language,
    commands: Commands,
    snoozer: Snoozer,
    voice: Voice,
    status: Status,
    ledger: Ledger,
    tray: Option<Tray<Action>>,
}

impl Agent {
    /// Acts on what wakes the agent until it is to end. Waits for nothing else: settings are read, and
    /// actions of the tray done, at the same time.
    async fn run(
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

    fn view(&self) -> tray::View {
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
