//! The agent: puts its parts together, applies the settings, carries out commands.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hark_api::{
    Accepted, AddSubscription, Added, ApiError, ErrorCode, Phase, Severity, Target,
    profile::Profile,
};
use hark_engine::history::Entry;
use hark_store::{Store, StoreError};
use jiff::Timestamp;
use tokio::{
    sync::{Mutex as Turns, Notify, mpsc},
    time::timeout,
};

use crate::{
    add, apply,
    claim::claim,
    clock,
    core::Core,
    demo::Demo,
    driver::Command,
    files::{Aside, FILE_TIMEOUT},
    follow, notify, opener, owed, print, server,
    settings::{self, EditError, Loaded, Settings, SettingsError, Subscription},
    signals::{self, Ended, SIGHUP, SIGINT, SIGTERM},
    surroundings, tray, watch,
    words::Language,
};

/// How an agent is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its files are.
    pub profile: Profile,
    /// Whether it has a tray icon; without one it prints each message.
    pub tray: bool,
    /// Whether it follows a demo of its own while the settings hold no subscription.
    pub demo: bool,
}

/// Why an agent does not start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Another one runs.
    #[error("An agent is running already.")]
    Running,
    /// A folder cannot be used.
    #[error("The folder {} cannot be used: {source}. Check its owner, its permissions and the free space.", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The socket cannot be made.
    #[error("The socket {} could not be made: {source}.", path.display())]
    Socket {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Signals, or the demo's port.
    #[error("The agent could not start: {0}.")]
    Io(#[from] io::Error),
}

/// A running agent.
#[derive(Debug)]
pub struct Agent {
    /// What its parts share.
    pub core: Arc<Core>,
    settings: Mutex<Settings>,
    /// Not everything is followed as the settings say.
    pub(crate) waiting: Notify,
    /// Reads and writes the settings.
    pub(crate) files: Aside,
    /// Settings that were read first are in force first.
    reloads: Turns<()>,
    /// Whether a disk is waited for, to read the settings again.
    waits: AtomicBool,
    /// The settings are to be read again.
    pub(crate) again: Notify,
    /// Whether settings were read already.
    begun: AtomicBool,
    /// The demo's subscription, while there is one.
    pub(crate) demo: Option<Subscription>,
    stop: Notify,
}

/// What is said of settings that are gone while they are in force.
const GONE: &str =
    "is gone. Hark goes on with what it said; remove subscriptions with: hark remove";

/// What is said of an added subscription that cannot be followed yet.
const NOT_YET: &str = "It is saved, and followed as soon as the database can be written; for why that \
                       cannot be done now, see: hark status";

/// How often the agent notes that it runs.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
/// A subscription that was added is waited for so long.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(4);

/// A start waits so long for the settings; less than a signal lets it live.
const START_PATIENCE: Duration = Duration::from_secs(3);
/// An edit of the settings may wait for another one, and then for the disk.
pub(crate) const EDIT_TIMEOUT: Duration = Duration::from_secs(15);

/// Runs an agent until it is told to stop, by a signal or through its API; answers by which.
///
/// # Errors
/// See [`AgentError`]; nothing was changed then.
pub async fn run(options: Options) -> Result<Ended, AgentError> {
    let Options { profile, tray, demo } = options;
    let mut signals = signals::hear(&[SIGTERM, SIGINT, SIGHUP])?;
    let (_log, _lock) = claim(&profile)?;
    let now = Timestamp::now();
    let opened = Store::open(&profile.database(), now)?;
    let socket = profile.socket();
    let listener = server::bind(&socket)
        .map_err(|source| AgentError::Socket { path: socket.clone(), source })?;
    let demo = if demo { Some(Demo::bind(0).await?) } else { None };
    let url = demo.as_ref().and_then(|demo| demo.url().parse().ok());
    let core = Arc::new(Core::new(profile, opened.store, !tray));
    if let Some(aside) = opened.set_aside {
        let sentence = format!(
            "The database could not be read, so it was kept as {} and a new one was begun. Messages \
             and history before {now:.0} are in there.",
            aside.display()
        );
        core.condition(Severity::Warning, "database_set_aside", Some(sentence));
    }
    // A failure is a condition already.
    let last_alive = core.store(|store| store.last_alive()).unwrap_or_default();
    core.journal(now, &Entry::AgentStarted { last_alive });
    let agent = Arc::new(Agent {
        core: core.clone(),
        settings: Mutex::default(),
        waiting: Notify::new(),
        files: Aside::default(),
        reloads: Turns::default(),
        waits: AtomicBool::new(false),
        again: Notify::new(),
        begun: AtomicBool::new(false),
        demo: url.map(|url| {
            let name = Some(Language::of_environment().pick("Demo", "演示").to_owned());
            Subscription { name, ..Subscription::plain(url, "json") }
        }),
        stop: Notify::new(),
    });
    if let Some(demo) = demo {
        tokio::spawn(demo.serve());
    }
    let first = tokio::spawn({
        let agent = agent.clone();
        async move { agent.reload().await }
    });
    // Where their disk does not answer, the rest goes on.
    let _ = timeout(START_PATIENCE, first).await;
    let parts = [
        tokio::spawn(notify::run(core.clone())),
        tokio::spawn(surroundings::run(core.clone())),
        tokio::spawn(watch::run(agent.clone())),
        tokio::spawn(owed::run(core.clone())),
        tokio::spawn(apply::run(agent.clone())),
        tokio::spawn(prune(core.clone())),
        tokio::spawn(live(core.clone())),
    ];
    let tray = tray.then(|| tokio::spawn(run_tray(agent.clone())));
    let api = tokio::spawn(server::serve(listener, agent.clone()));
    let ended = tokio::select! {
        signal = signals.recv() => signal.unwrap_or(Ended::Asked),
        () = agent.stop.notified() => Ended::Asked,
    };
    tracing::info!("stopping");
    core.followed().clear();
    for part in parts.iter().chain(&tray) {
        part.abort();
    }
    core.journal(clock::now().wall, &Entry::AgentStopped);
    core.settle_at_end().await;
    // Answers what was asked last, such as the request to stop.
    tokio::time::sleep(Duration::from_millis(20)).await;
    api.abort();
    // It is ours: the lock is still held.
    let _ = std::fs::remove_file(socket);
    print::finish();
    Ok(ended)
}

async fn prune(core: Arc<Core>) {
    loop {
        // A failure is a condition already.
        let _ = core.store(|store| store.prune(Timestamp::now()));
        tokio::time::sleep(Duration::from_secs(6 * 3600)).await;
    }
}

/// Notes once a minute that the agent runs, so that after a crash or a power cut it is known until when.
async fn live(core: Arc<Core>) {
    loop {
        // A failure is a condition already.
        let _ = core.store(|store| store.alive(Timestamp::now()));
        tokio::time::sleep(ALIVE_EVERY).await;
    }
}

async fn run_tray(agent: Arc<Agent>) {
    let (asks, mut asked) = mpsc::channel(4);
    let tray = tokio::spawn(tray::run(agent.core.clone(), asks));
    let _end_with_this = AbortOnDrop(tray);
    while let Some(ask) = asked.recv().await {
        let outcome = match ask {
            tray::Ask::Open => {
                opener::window(&agent.core.profile).map_err(|error| error.to_string())
            }
            tray::Ask::Pause | tray::Ask::Resume => {
                let paused = agent.set_paused(Target::default(), ask == tray::Ask::Pause).await;
                paused.map(drop).map_err(|error| error.sentence)
            }
            tray::Ask::Quit => {
                agent.stop();
                Ok(())
            }
        };
        agent.core.condition(Severity::Error, "tray_command_failed", outcome.err());
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Agent {
    /// Ends the agent in good order.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Reads the settings and follows what they say. While it runs, a file that is gone or bad, or on a
    /// disk that does not answer, changes nothing.
    pub async fn reload(self: &Arc<Self>) {
        let _one_after_the_other = self.reloads.lock().await;
        let follows = !self.current().subscriptions.is_empty();
        let profile = &self.core.profile;
        let path = profile.settings();
        let last_good = profile.state.join("config.last-good.toml");
        let read = {
            let (path, last_good) = (path.clone(), last_good.clone());
            move || {
                let mut loaded = settings::load(&path, &last_good);
                if follows && !path.exists() {
                    loaded.problem = Some(format!("The settings file {} {GONE}", path.display()));
                }
                loaded
            }
        };
        let loaded = match self.files.within(FILE_TIMEOUT, read).await {
            Ok(loaded) => loaded,
            Err(slow) => {
                self.read_again();
                let error = SettingsError::Slow { path, slow };
                // On another thread, as the first one is stuck.
                let before = move || settings::load_last_good(&last_good, &error);
                let read = Aside::default().within(FILE_TIMEOUT, before).await;
                read.unwrap_or_else(|slow| Loaded {
                    problem: Some(format!("The settings cannot be read: {slow}.")),
                    ..Loaded::default()
                })
            }
        };
        let good = loaded.problem.is_none();
        self.core.condition(Severity::Error, "settings_invalid", loaded.problem);
        let presets = loaded.presets;
        let problems = (!presets.problems.is_empty()).then(|| presets.problems.join(" "));
        self.core.condition(Severity::Error, "preset_invalid", problems);
        let old_word = loaded.settings.old_word();
        self.core.condition(Severity::Warning, "settings_old_word", old_word);
        self.core.set_feeds(presets.presets.feeds());
        let first = !self.begun.swap(true, Ordering::Relaxed);
        if good || first {
            self.apply(loaded.settings);
        }
    }

    /// Reads the settings once more when their disk answers again: nothing else would tell.
    fn read_again(self: &Arc<Self>) {
        if self.waits.swap(true, Ordering::Relaxed) {
            return;
        }
        let agent = self.clone();
        tokio::spawn(async move {
            agent.files.done().await;
            agent.waits.store(false, Ordering::Relaxed);
            agent.again.notify_one();
        });
    }

    /// Changes the settings file, on a thread that may wait for it.
    pub(crate) async fn edit<T: Send + 'static>(
        &self,
        edit: impl FnOnce(&Path) -> Result<T, EditError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let path = self.core.profile.settings();
        let file = path.clone();
        let edited = self.files.within(EDIT_TIMEOUT, move || edit(&file)).await;
        let edited = edited.unwrap_or_else(|slow| Err(SettingsError::Slow { path, slow }.into()));
        edited.map_err(refusal)
    }

    /// A followed subscription as the settings have it.
    pub(crate) fn subscription(&self, key: &str) -> Option<Subscription> {
        let own = || self.demo.clone().filter(|_| key == follow::DEMO);
        self.current().subscriptions.get(key).cloned().or_else(own)
    }

    /// The settings that are to be in force.
    pub(crate) fn current(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, key: &str, command: Command) {
        if let Some(one) = self.core.followed().get(key)
            && one.commands.try_send(command).is_err()
        {
            tracing::warn!(subscription = key, "its driver takes no command");
        }
    }

    /// Tries a URL, writes it into the settings and follows it.
    ///
    /// # Errors
    /// Where it is no URL, is refused, is followed already, or the settings cannot be written.
    pub async fn add(self: &Arc<Self>, new: AddSubscription) -> Result<Added, ApiError> {
        let mut added = add::add(&self.core.profile, new, &self.files).await?;
        self.reload().await;
        self.settled(&added.subscription).await;
        if !self.core.followed().contains_key(&added.subscription) {
            let both = added.warning.into_iter().chain([NOT_YET.to_owned()]);
            added.warning = Some(both.collect::<Vec<_>>().join(" "));
        }
        Ok(added)
    }

    /// Waits until a subscription that was just added streams and what was there before has come, so that
    /// what is published from now on is told from that; or until it shows that this takes longer.
    async fn settled(&self, key: &str) {
        let mut events = self.core.hub.subscribe(None).live;
        let is_settled = || {
            let followed = self.core.followed();
            let Some(one) = followed.get(key) else {
                // It waits for the database, where it is to be followed at all.
                return !self.current().subscriptions.contains_key(key);
            };
            !matches!(
                one.link.phase,
                Phase::Idle | Phase::Dialing { .. } | Phase::Streaming { catching_up: true, .. }
            )
        };
        let waiting = async { while !is_settled() && events.recv().await.is_ok() {} };
        // Longer than this takes only what is in no hurry.
        let _ = timeout(SETTLE_TIMEOUT, waiting).await;
    }

    /// Forgets a subscription.
    ///
    /// # Errors
    /// Where there is none of that key, or the settings cannot be written.
    pub async fn remove(self: &Arc<Self>, target: Target) -> Result<Accepted, ApiError> {
        let key = target.subscription.unwrap_or_default();
        let removed = key.clone();
        self.edit(move |path| settings::remove(path, &removed)).await?;
        self.reload().await;
        // A failure is a condition already; then it resumes where it was if it is followed again.
        let _ = self.core.store(|store| store.forget(&key));
        Ok(Accepted { subscriptions: vec![key] })
    }

    /// Pauses or resumes one subscription or all. Resuming one that is not paused dials now.
    ///
    /// # Errors
    /// Where there is none of that key, or the settings cannot be written.
    pub async fn set_paused(
        self: &Arc<Self>,
        target: Target,
        paused: bool,
    ) -> Result<Accepted, ApiError> {
        let mut followed: Vec<String> = self.core.followed().keys().cloned().collect();
        // One that still waits for the database is begun as it is then.
        let waits = |key: &&String| !followed.contains(key);
        let waiting: Vec<String> =
            self.current().subscriptions.keys().filter(waits).cloned().collect();
        followed.extend(waiting);
        let keys = match target.subscription {
            Some(key) if !followed.contains(&key) => return Err(refusal(EditError::Unknown(key))),
            Some(key) => vec![key],
            None => followed,
        };
        let is_written = |key: &&String| self.current().subscriptions.contains_key(*key);
        let written: Vec<String> = keys.iter().filter(is_written).cloned().collect();
        self.edit(move |path| settings::set_paused(path, &written, paused)).await?;
        self.reload().await;
        for key in &keys {
            self.tell(key, if paused { Command::Pause } else { Command::Resume });
        }
        Ok(Accepted { subscriptions: keys })
    }
}

pub(crate) fn refusal(error: EditError) -> ApiError {
    let code = match &error {
        EditError::File(_) => None,
        EditError::Unknown(_) => Some(ErrorCode::UnknownSubscription),
        EditError::AlreadyFollowed(_) => Some(ErrorCode::AlreadyFollowed),
    };
    ApiError { code, sentence: error.to_string() }
}
