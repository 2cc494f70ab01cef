//! When the agent has to wake by itself, and for what.

use std::time::Duration;

use hark_engine::Monotonic;
use hark_platform::{clock, supervisor};
use hark_stream::driver::retry_after;
use jiff::Timestamp;
use tokio::time::Instant;

/// How often what is over a bound is deleted.
const PRUNE_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How often the agent notes that it runs.
const ALIVE_EVERY: Duration = Duration::from_secs(60);

/// How often the tray is drawn at most: in a flood of messages not for each.
const TRAY_EVERY: Duration = Duration::from_millis(200);

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The tray is to show what was told.
    Tray,
    /// A condition is old enough to be said.
    Health,
    /// What is owed to the database is tried again.
    Owed,
    /// Try again to follow everything as the settings say.
    Reconcile,
    /// What is silent may change.
    Silence,
    /// Something may have to be told of the connections.
    Voice,
    /// The agent notes that it runs.
    Alive,
    /// Delete what is over a bound.
    Prune,
    /// Tell the supervisor that the agent goes on.
    Watchdog,
}

/// See the module.
#[derive(Debug)]
pub struct Timers {
    /// For what is owed to the database.
    pub owed: Retry,
    /// Retries of following everything as the settings say.
    pub reconcile: Retry,
    /// When the tray was drawn last, and whether it is to be.
    tray: (Instant, bool),
    alive: Instant,
    prune: Instant,
    /// How often the supervisor wants to hear of the agent, and when next.
    watchdog: Option<(Duration, Instant)>,
}

impl Timers {
    /// The regular timers are due at once.
    pub fn begin() -> Self {
        let now = Instant::now();
        let watchdog = supervisor::watchdog().map(|every| (every, now));
        let (owed, reconcile) = (Retry::default(), Retry::default());
        Self { owed, reconcile, tray: (now, false), alive: now, prune: now, watchdog }
    }

    /// The next timer, and when it is due. `health` is when the next condition is, `voice` when something
    /// may have to be told, `silence` when what is silent may change by time, as far as the wall's clock
    /// goes on as it does.
    pub fn next(
        &self,
        health: Option<Monotonic>,
        voice: Option<Monotonic>,
        silence: Option<Timestamp>,
    ) -> (Instant, Timer) {
        let of = |at: Option<Instant>, timer| Some((at?, timer));
        let instant = |at: Monotonic| Instant::now() + at.saturating_sub(clock::now().monotonic);
        let silence = silence.map(|at| {
            let wait = at.duration_since(clock::now().wall);
            Instant::now() + Duration::try_from(wait).unwrap_or_default()
        });
        let regular = (self.alive, Timer::Alive);
        [
            of(health.map(instant), Timer::Health),
            of(voice.map(instant), Timer::Voice),
            of(silence, Timer::Silence),
            of(self.tray.1.then(|| self.tray.0 + TRAY_EVERY), Timer::Tray),
            of(self.owed.at(), Timer::Owed),
            of(self.reconcile.at(), Timer::Reconcile),
            of(Some(self.prune), Timer::Prune),
            of(self.watchdog.map(|(_, at)| at), Timer::Watchdog),
        ]
        .into_iter()
        .flatten()
        .fold(regular, |first, next| if next.0 < first.0 { next } else { first })
    }

    /// Something was told that the tray may show.
    pub fn tell_tray(&mut self) {
        self.tray.1 = true;
    }

    /// The tray shows it.
    pub fn tray_told(&mut self) {
        self.tray = (Instant::now(), false);
    }

    /// The agent has noted that it runs.
    pub fn alive(&mut self) {
        self.alive = Instant::now() + ALIVE_EVERY;
    }

    /// The supervisor was told.
    pub fn watchdog(&mut self) {
        self.watchdog = self.watchdog.map(|(every, _)| (every, Instant::now() + every));
    }

    /// What was over a bound has been deleted.
    pub fn prune(&mut self) {
        self.prune = Instant::now() + PRUNE_EVERY;
    }
}

/// Something that is tried again until it succeeds, after ever longer waits.
#[derive(Debug, Default)]
pub struct Retry(Option<(Duration, Instant)>);

impl Retry {
    /// The first attempt has failed. Retries that are under way already go on unchanged.
    pub fn begin(&mut self) {
        if self.0.is_none() {
            self.again();
        }
    }

    /// It has failed once more.
    pub fn again(&mut self) {
        let wait = retry_after(self.0.map(|(wait, _)| wait));
        self.0 = Some((wait, Instant::now() + wait));
    }

    /// It has succeeded.
    pub fn end(&mut self) {
        self.0 = None;
    }

    fn at(&self) -> Option<Instant> {
        self.0.map(|(_, at)| at)
    }
}
