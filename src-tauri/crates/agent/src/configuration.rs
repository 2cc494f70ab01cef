//! The settings in force: read from their file, or changed in it, on a thread that may wait for the disk.
//! It says what is wrong with them, and knows nothing of what is followed.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hark_api::ApiError;
use hark_config::{
    TomlError, kept,
    settings::{self, Edit, EditError, HandlerSet, Loaded, Relay, Settings, Subscription},
    watch::InForce,
};
use hark_engine::{health::Code, keep::Keep, links::Links};
use hark_local::{file::Stamp, profile::Profile};
use hark_platform::aside::{Aside, FILE_TIMEOUT};
use tokio::sync::{Notify, watch};

use crate::{reconcile::Subscriptions, refusals::refusal, status::Status};

/// The key of the demo, which stands in no settings.
const DEMO: &str = "demo";
/// Limit for an edit of the settings, which may wait for another edit and then for the disk.
pub(crate) const EDIT_TIMEOUT: Duration = Duration::from_secs(15);
/// The problem with settings that are gone while they are in force.
const GONE: &str =
    "is gone. Hark goes on with what it said; remove subscriptions with: hark remove";

/// See the module. Clones are the same configuration.
#[derive(Clone, Debug)]
pub struct Configuration(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    last_good: PathBuf,
    status: Status,
    current: Mutex<Current>,
    /// The handlers in force.
    handlers: watch::Sender<HandlerSet>,
    /// The relay in force, where there is to be one.
    relay: watch::Sender<Option<Relay>>,
    /// Reads and writes the files.
    files: Aside,
    /// Hark's own writes, which the watch ignores.
    in_force: InForce,
    /// Whether a disk is waited for, to read the settings again.
    waits: AtomicBool,
    /// The disk that was waited for answers.
    answers: Notify,
}

#[derive(Debug)]
struct Current {
    settings: Settings,
    /// Whether settings were read already.
    begun: bool,
    /// Whether good settings were read, and what no subscription names was swept by them.
    swept: bool,
    /// Followed while the settings hold no subscription.
    demo: Option<Subscription>,
}

impl Configuration {
    /// Nothing is in force yet. `demo` is followed while the settings hold no subscription.
    #[must_use]
    pub fn new(profile: &Profile, demo: Option<Subscription>, status: Status) -> Self {
        let current = Current { settings: Settings::default(), begun: false, swept: false, demo };
        Self(Arc::new(Inner {
            path: profile.settings(),
            last_good: profile.state.join("config.last-good.toml"),
            status,
            current: Mutex::new(current),
            handlers: watch::Sender::default(),
            relay: watch::Sender::default(),
            files: Aside::default(),
            in_force: InForce::default(),
            waits: AtomicBool::new(false),
            answers: Notify::new(),
        }))
    }

    /// Hark's own writes of the settings file, which the watch ignores.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        self.0.in_force.clone()
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What reads and writes the files.
    #[must_use]
    pub fn files(&self) -> &Aside {
        &self.0.files
    }

    /// What is to be followed.
    #[must_use]
    pub fn wanted(&self) -> Subscriptions {
        let current = self.current();
        match (&current.settings.subscriptions, &current.demo) {
            (none, Some(demo)) if none.is_empty() && current.begun => {
                [(DEMO.to_owned(), demo.clone())].into_iter().collect()
            }
            (all, _) => all.clone(),
        }
    }

    /// How much is to be kept of each subscription.
    #[must_use]
    pub fn bounds(&self) -> Vec<(String, Keep)> {
        let all = self.current().settings.keep;
        self.wanted().into_iter().map(|(key, one)| (key, one.keep.over(&all))).collect()
    }

    /// Which links may be opened.
    #[must_use]
    pub fn links(&self) -> Links {
        self.current().settings.links.clone()
    }

    /// The handlers in force, and what they become.
    #[must_use]
    pub fn handlers(&self) -> watch::Receiver<HandlerSet> {
        self.0.handlers.subscribe()
    }

    /// The relay in force, where there is to be one, and what it becomes.
    #[must_use]
    pub fn relay(&self) -> watch::Receiver<Option<Relay>> {
        self.0.relay.subscribe()
    }

    /// Whether a subscription stands in the settings file.
    #[must_use]
    pub fn is_written(&self, key: &str) -> bool {
        self.current().settings.subscriptions.contains_key(key)
    }

    /// Follows a demo from now on, for as long as the settings hold no subscription. Answers whether it is: not
    /// where they hold one, or one is followed already.
    pub fn follow_demo(&self, demo: Subscription) -> bool {
        let mut current = self.current();
        if !current.settings.subscriptions.is_empty() || current.demo.is_some() {
            return false;
        }
        current.demo = Some(demo);
        drop(current);
        self.0.status.update(|facts| facts.demo = true);
        true
    }

    /// Pauses or resumes the demo, which stands in no file.
    pub fn set_demo_paused(&self, paused: bool) {
        if let Some(demo) = &mut self.current().demo {
            demo.paused = paused;
        }
    }

    /// Reads the settings. A file that is bad, gone while the agent runs, or on a disk that does not
    /// answer, changes nothing and raises a condition. Answers whether what is in force may have changed.
    pub async fn read(&self) -> bool {
        let (follows, is_first) = {
            let current = self.current();
            (!current.settings.subscriptions.is_empty(), !current.swept)
        };
        let (path, last_good) = (self.0.path.clone(), self.0.last_good.clone());
        let read = move || {
            let stamp = Stamp::of(&path);
            let mut loaded = settings::load(&path, &last_good);
            if follows && !path.exists() {
                loaded.problem = Some(format!("The settings file {} {GONE}", path.display()));
            }
            if is_first && stamp.is_some() && loaded.problem.is_none() {
                // What cannot be removed does no harm: only its owner may read it.
                let _ = kept::sweep(&path, loaded.settings.files());
            }
            (loaded, stamp)
        };
        let (loaded, stamp) = match self.0.files.within(FILE_TIMEOUT, read).await {
            Ok(read) => read,
            Err(slow) => {
                self.read_again();
                let error = TomlError::Slow { path: self.0.path.clone(), slow };
                let last_good = self.0.last_good.clone();
                // On another thread, as the first one is stuck.
                let before = move || settings::load_last_good(&last_good, &error);
                let read = Aside::default().within(FILE_TIMEOUT, before).await;
                let loaded = read.unwrap_or_else(|slow| Loaded {
                    problem: Some(format!("The settings cannot be read: {slow}.")),
                    ..Loaded::default()
                });
                (loaded, None)
            }
        };
        let good = loaded.problem.is_none();
        if good {
            self.0.in_force.set(stamp)
        } else {
            self.0.in_force.unset()
        }
        let conditions = self.0.status.conditions();
        conditions.set(Code::SettingsInvalid, loaded.problem);
        let presets = loaded.presets;
        let problems = (!presets.problems.is_empty()).then(|| presets.problems.join(" "));
        conditions.set(Code::PresetInvalid, problems);
        conditions.set(Code::SettingsOldWord, loaded.settings.old_word());
        self.0.status.update(|facts| facts.feeds = presets.presets.feeds());
        let mut current = self.current();
        let is_taken = good || !current.begun;
        current.begun = true;
        current.swept |= good;
        drop(current);
        if is_taken {
            self.take(loaded.settings);
        }
        is_taken
    }

    /// Changes the settings file, and makes what it then says the current settings.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub async fn edit<T: Send + 'static>(
        &self,
        edit: impl FnOnce(&Path) -> Result<Edit<T>, EditError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let last_good = self.0.last_good.clone();
        let edit = self.aside(move |path| {
            let edit = edit(path)?;
            if edit.stamp.is_some() {
                settings::keep_last_good(&last_good, &edit.text);
            }
            Ok(edit)
        });
        let Edit { answer, settings, stamp, .. } = edit.await?;
        // Not before it is waited for: an edit that nobody takes up is to be read by the watch.
        if stamp.is_some() {
            self.0.in_force.set(stamp);
        }
        self.0.status.conditions().set(Code::SettingsInvalid, None);
        self.0.status.conditions().set(Code::SettingsOldWord, settings.old_word());
        self.take(settings);
        Ok(answer)
    }

    /// Does something with the settings file, on a thread that may wait for it.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, EditError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let path = self.0.path.clone();
        let done = self.0.files.within(EDIT_TIMEOUT, move || work(&path)).await;
        let slow = |slow| Err(TomlError::Slow { path: self.0.path.clone(), slow }.into());
        done.unwrap_or_else(slow).map_err(refusal)
    }

    /// Waits until a disk answers that did not when the settings were read.
    pub async fn answers(&self) {
        self.0.answers.notified().await;
    }

    fn take(&self, settings: Settings) {
        let handlers = settings.handler_set();
        self.0.handlers.send_if_modified(|now| {
            let is_another = *now != handlers;
            *now = handlers;
            is_another
        });
        self.0.relay.send_if_modified(|now| {
            let is_another = *now != settings.relay;
            now.clone_from(&settings.relay);
            is_another
        });
        let mut current = self.current();
        let demo = settings.subscriptions.is_empty() && current.demo.is_some();
        let (quiet_hours, tell_after, urgent_stays) = (
            settings.quiet_hours.clone(),
            settings.problems.tell_after,
            settings.notifications.urgent_stays,
        );
        current.settings = settings;
        drop(current);
        self.0.status.update(|facts| {
            (facts.demo, facts.quiet_hours) = (demo, quiet_hours);
            (facts.tell_after, facts.urgent_stays) = (tell_after, urgent_stays);
            facts.edition = facts.edition.wrapping_add(1);
        });
    }

    /// Has the settings read again when their disk answers: no change of the file would tell.
    fn read_again(&self) {
        if self.0.waits.swap(true, Ordering::Relaxed) {
            return;
        }
        let inner = self.0.clone();
        tokio::spawn(async move {
            inner.files.done().await;
            inner.waits.store(false, Ordering::Relaxed);
            inner.answers.notify_one();
        });
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
