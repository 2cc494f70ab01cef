//! The shell of [`hark_engine::handlers`]: it hears what the ledger writes, runs what is to begin, and keeps what
//! came of it. It decides nothing of when; what is run is the settings' alone.

mod given;

use std::{
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hark_api::{self as api, ApiError, ErrorCode};
use hark_config::settings::{EditError, Handler, HandlerSet, Word};
use hark_engine::{
    handlers::{self, Input, On, RunEnd, Start},
    readable::Text,
};
use hark_platform::{
    child::{self, End, GRACE, Run},
    clock,
    groups::Groups,
};
use hark_store::{HandlerRun, Query};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use crate::{ledger::Ledger, status::Status, to_api};
use given::About;

/// How long an agent that ends waits for what runs beyond the grace of that.
const END_PATIENCE: Duration = Duration::from_millis(500);

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Handlers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    status: Status,
    state: Mutex<State>,
    /// The next deadline may be another one.
    changed: Notify,
    /// Those that run, for the next agent where this one is killed.
    groups: Groups,
    /// How many run.
    running: watch::Sender<usize>,
    /// Whether nothing is to run any more.
    over: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    machine: handlers::Handlers,
    settings: watch::Receiver<HandlerSet>,
    in_force: Arc<HandlerSet>,
}

impl Handlers {
    /// The handlers of these settings, which hear of this ledger from now on.
    #[must_use]
    pub fn new(
        ledger: Ledger,
        status: Status,
        groups: Groups,
        mut settings: watch::Receiver<HandlerSet>,
    ) -> Self {
        settings.mark_changed();
        let (machine, in_force) = (handlers::Handlers::default(), Arc::default());
        let state = Mutex::new(State { machine, settings, in_force });
        let (changed, running, over) =
            (Notify::new(), watch::channel(0).0, watch::channel(false).0);
        let inner = Inner { ledger, status, state, changed, groups, running, over };
        let this = Self(Arc::new(inner));
        let weak = Arc::downgrade(&this.0);
        this.0.ledger.heard_by(move |input| {
            if let Some(inner) = weak.upgrade() {
                Self(inner).hear(input);
            }
        });
        this
    }

    /// Acts on deadlines and on new settings, without end.
    pub async fn keep_time(self) {
        let mut settings = self.state().settings.clone();
        loop {
            let deadline = self.state().machine.poll_deadline();
            let due = async {
                match deadline {
                    Some(at) => sleep(at.saturating_sub(clock::now().monotonic)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.0.changed.notified() => {}
                Ok(()) = settings.changed() => self.hear(Input::Deadline),
                () = due => self.hear(Input::Deadline),
            }
        }
    }

    /// Ends all that runs. Nothing begins any more.
    pub async fn stop(&self) {
        self.0.over.send_replace(true);
        let mut running = self.0.running.subscribe();
        let ended = running.wait_for(|count| *count == 0);
        if timeout(GRACE + END_PATIENCE, ended).await.is_err() {
            tracing::warn!("a handler has not ended");
        }
    }

    /// All of the settings, each with its latest run.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn list(&self) -> Result<Vec<api::Handler>, ApiError> {
        let set = self.in_force();
        let with_last = |one: &Handler| {
            let plan = &one.plan;
            let last = self.0.ledger.read(|store| store.handler_runs(Some(&plan.name), None, 1));
            let last = last.map_err(|error| ApiError::plain(error.to_string()))?;
            let (running, skipped) = self.state().machine.state(&plan.name);
            let program = match one.run.first() {
                Some(Word::Plain(program)) => program.clone(),
                _ => String::new(),
            };
            Ok(api::Handler {
                name: plan.name.clone(),
                on: plan.on.iter().map(|on| on.word().to_owned()).collect(),
                subscription: plan.subscription.clone(),
                escalates: plan.escalates.as_ref().map(|from| from.handler.clone()),
                program,
                running,
                skipped,
                last: last.into_iter().next().map(to_api::handler_run),
            })
        };
        set.all.iter().map(with_last).collect()
    }

    /// Runs one because the person asks for it.
    ///
    /// # Errors
    /// Why it does not begin.
    pub fn run_by_hand(&self, asked: &api::RunHandler) -> Result<api::HandlerBegun, ApiError> {
        let set = self.in_force();
        let plain = |sentence: String| ApiError::plain(sentence);
        let name = &asked.name;
        let Some(one) = set.all.iter().find(|one| one.plan.name == *name) else {
            let names: Vec<&str> = set.all.iter().map(|one| &*one.plan.name).collect();
            return Err(plain(match &*names {
                [] => "The settings have no handler. Write one as [[handlers]] into the settings file."
                    .to_owned(),
                names => format!("There is no handler {name:?}; known are {}.", names.join(", ")),
            }));
        };
        let Some(on) = On::of_word(&asked.on) else {
            let words = On::ALL.map(On::word).join(", ");
            return Err(plain(format!(
                "Nothing that happens is called {:?}; known are {words}.",
                asked.on
            )));
        };
        let links = self.0.status.links();
        let wanted = asked.subscription.as_ref().or(one.plan.subscription.as_ref());
        let link = match (wanted, &*links) {
            (Some(word), links) => api::named(links, word).map_err(|keys| ApiError {
                code: Some(ErrorCode::UnknownSubscription),
                ..plain(EditError::unnamed(word, &keys).to_string())
            })?,
            (None, [only]) => only,
            (None, _) => {
                let sentence =
                    format!("Say for which subscription: hark handlers run {name:?} --for KEY");
                return Err(plain(sentence));
            }
        };
        let key = link.subscription.clone();
        let begun = self.state().machine.by_hand(name, on, &key, clock::now());
        let start = begun.map_err(|_| plain(format!("The handler {name:?} runs already.")))?;
        self.begin(start);
        Ok(api::HandlerBegun { handler: name.clone(), subscription: key })
    }

    /// Takes one input. It may come while a message is written, and so waits for nothing.
    fn hear(&self, input: Input<'_>) {
        let mut starts = Vec::new();
        let mut state = self.state();
        let now = clock::now();
        if state.settings.has_changed().unwrap_or_default() {
            let set = state.settings.borrow_and_update().clone();
            let plans = set.all.iter().map(|one| one.plan.clone()).collect();
            let is_there = |name: &str| set.all.iter().any(|one| one.plan.name == name);
            self.0.ledger.tally().keep_handlers(is_there);
            state.in_force = Arc::new(set);
            state.machine.handle(Input::Plans(plans), now, &mut starts);
        }
        // Most have no handler for messages, and then one costs a glance.
        if !matches!(input, Input::Message(..)) || state.machine.wants_messages() {
            state.machine.handle(input, now, &mut starts);
            self.0.changed.notify_one();
        }
        drop(state);
        starts.into_iter().for_each(|start| self.begin(start));
    }

    fn begin(&self, start: Start) {
        self.0.running.send_modify(|count| *count += 1);
        let this = self.clone();
        tokio::spawn(async move {
            let name = start.name.clone();
            let is_well = this.run(start).await;
            this.hear(Input::Ended(&name, is_well));
            this.0.running.send_modify(|count| *count -= 1);
        });
    }

    /// Runs one to its end, and keeps what came of it. Answers whether it did what it was for.
    async fn run(&self, start: Start) -> bool {
        let set = self.in_force();
        let mut over = self.0.over.subscribe();
        let handler = set.all.iter().find(|one| one.plan.name == start.name);
        let (Some(handler), false) = (handler, *over.borrow()) else { return false };
        let about = self.about(&start);
        let own = child::own_environment();
        let run = Run {
            words: given::words(&handler.run, &about),
            environment: given::environment(&about, own, &set.secret_variables),
            folder: env::home_dir().filter(|home| home.is_dir()),
            input: given::input(&about),
            timeout: handler.timeout,
        };
        let at = clock::now().wall;
        tracing::info!(
            handler = start.name,
            on = start.on.word(),
            subscription = start.key,
            "begins"
        );
        let stop = async { drop(over.wait_for(|over| *over).await) };
        let ended = child::run_noted(run, &self.0.groups, stop).await;
        // It may repeat what a stranger sent.
        let output = String::from(Text::from(&*ended.output.text()));
        let took_ms = u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX);
        let ended = match ended.end {
            End::Code(code) => RunEnd::Code(code),
            End::Signal(number) => RunEnd::Signal(number),
            End::TimedOut => RunEnd::TimedOut,
            End::Stopped => RunEnd::Stopped,
            End::NotStarted(why) => RunEnd::NotStarted(why),
        };
        let is_well = ended.is_well();
        // What it has printed may be anything, and stays out of the log.
        tracing::info!(handler = start.name, ?ended, took_ms, "has ended");
        let Start { name: handler, on, key: subscription, by_hand, .. } = start;
        self.0.ledger.handler_ran(HandlerRun {
            id: 0,
            at,
            handler,
            on,
            subscription,
            by_hand,
            took_ms,
            ended,
            output,
        });
        is_well
    }

    fn about(&self, start: &Start) -> About {
        let links = self.0.status.links();
        let link = links.iter().find(|link| link.subscription == start.key);
        let server = link.map_or(&*start.key, |link| &*link.origin);
        let message = match (start.on, start.message) {
            (On::Message, Some(id)) => self.0.ledger.read(|store| store.message(id)).ok().flatten(),
            (On::Message, None) => {
                let subscription = Some(start.key.clone());
                let query = Query { limit: 1, subscription, ..Query::default() };
                let latest = self.0.ledger.read(|store| store.messages(&query));
                latest.ok().and_then(|rows| rows.into_iter().next())
            }
            _ => None,
        };
        About {
            handler: start.name.clone(),
            on: start.on,
            key: start.key.clone(),
            name: link.map_or_else(|| start.key.clone(), |link| link.name.clone()),
            phase: given::phase(link.map(|link| &link.phase)),
            cause: start.failure.as_ref().map(|failure| to_api::cause(failure, server)),
            since: api::Time(start.since.wall),
            seconds: clock::now().since(start.since).as_secs(),
            by_hand: start.by_hand,
            message: message.map(to_api::message),
        }
    }

    fn in_force(&self) -> Arc<HandlerSet> {
        self.state().in_force.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
