//! The agent from start to end: puts the parts together, and takes them apart. Imported by no other part.

mod awake;
mod claim;
mod start;
mod timers;

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, TryFutureExt, future::join};
use hark_config::watch::Watch as SettingsWatch;
use hark_engine::{health::Code, history::Entry, silence::Until};
use hark_local::{
    socket::{Circle, Listener},
    token,
};
use hark_platform::{
    changes::{Change, Watch as ChangesWatch},
    clock,
    groups::{self, Groups},
    quiet::Watch as SessionWatch,
    signals::{self, End, Signal},
    supervisor::{self, Told},
    tray::Tray,
};
use hark_store::{Opening, Store};
use jiff::{Timestamp, tz::TimeZone};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
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
    print,
    registry::Registry,
    relay::{self, Relay},
    silence::Quiet,
    status::Status,
    subscriptions::Subscriptions,
    voice::Voice,
    words::Language,
};
use awake::{Agent, Watches};
use claim::claim;
pub use start::{AgentError, Face, Options};

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

/// Runs an agent until it is told to stop; answers whether it was asked to or its terminal is gone.
///
/// # Errors
/// See [`AgentError`]; nothing was changed then.
pub async fn run(options: Options) -> Result<End, AgentError> {
    let Options { profile, face, demo } = options;
    let mut signals = signals::hear(&[Signal::Terminate, Signal::Interrupt, Signal::HangUp])?;
    let (_log, _lock) = claim(&profile).await?;
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
    ledger.watch(&profile.database());
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
