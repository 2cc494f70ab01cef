//! The relay: what Hark receives, for programs of this computer, as one stream of events (SSE) that goes on from any
//! message that the store holds; and beside it the metrics, and whether the agent is well. It reads the store and
//! writes nothing.
//!
//! `gate` says who may ask, `answer` what is answered, `serve` takes the connections. `hub` has what came last, once for
//! all, and `client` is one client's way through it.

mod answer;
mod client;
mod clients;
mod frame;
mod gate;
mod hub;
mod serve;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hark_api::{self as api, ApiError, Link};
use hark_config::settings::{self, RelayAt};
use hark_engine::health::Code;
use hark_local::{profile, token};
use hark_platform::aside::{Aside, FILE_TIMEOUT};
use tokio::{sync::watch, time::sleep};

use crate::{ledger::Ledger, metrics::Metrics, status::Status};
use answer::Answers;
use clients::Clients;
use gate::Tokens;
use hub::Hub;
use serve::Listener;

/// The folder of the tokens, and of this Hark's name for relays.
pub const FOLDER: &str = profile::RELAY;
/// The file of that name.
pub const NAME: &str = "name";
/// The files of the tokens.
const FULL: &str = profile::RELAY_TOKENS.0;
const READ_ONLY: &str = profile::RELAY_TOKENS.1;

/// How long to wait until it is tried again to listen; then twice as long, up to the other.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Relay(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    status: Status,
    metrics: Metrics,
    settings: watch::Receiver<Option<settings::Relay>>,
    /// Where the tokens are.
    folder: PathBuf,
    /// The name of this Hark.
    own: Arc<str>,
    hub: Hub,
    clients: Clients,
    files: Aside,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    listens: bool,
    problem: Option<String>,
    /// None on a socket.
    tokens: Option<Tokens>,
}

impl Relay {
    /// The relay of these settings, which is nowhere yet. `own` is the name of this Hark, `folder` where its tokens
    /// are.
    #[must_use]
    pub fn new(
        ledger: Ledger,
        status: Status,
        settings: watch::Receiver<Option<settings::Relay>>,
        folder: PathBuf,
        own: &str,
    ) -> Self {
        let hub = Hub::new(ledger.clone(), status.clone(), own);
        Self(Arc::new(Inner {
            metrics: Metrics::new(ledger, status.clone()),
            status,
            settings,
            folder,
            own: own.into(),
            hub,
            clients: Clients::default(),
            files: Aside::default(),
            state: Mutex::default(),
        }))
    }

    /// Listens as the settings say, and as they change, without end.
    pub async fn keep(self) {
        let mut settings = self.0.settings.clone();
        let reading = self.0.hub.clone().keep();
        let serving = async {
            loop {
                let wanted = settings.borrow_and_update().clone();
                let changed = match wanted {
                    None => settings.changed().await,
                    Some(relay) => {
                        tokio::select! {
                            () = self.serve(relay) => Ok(()),
                            changed = settings.changed() => changed,
                        }
                    }
                };
                *self.state() = State::default();
                self.0.status.conditions().set(Code::RelayFailed, None);
                if changed.is_err() {
                    return;
                }
            }
        };
        tokio::join!(reading, serving);
    }

    /// Serves there, without end. Where it cannot be listened, that is said and tried again.
    async fn serve(&self, relay: settings::Relay) {
        let mut wait = RETRY;
        loop {
            match self.listen(&relay).await {
                Ok((listener, tokens)) => {
                    *self.state() = State { listens: true, problem: None, tokens };
                    self.0.status.conditions().set(Code::RelayFailed, None);
                    tracing::info!(at = place(&relay.at), "the relay listens");
                    let answers = Answers { relay: self.clone(), origins: relay.origins.into() };
                    let answer = move |may, request| answers.clone().answer(may, request);
                    return serve::serve(listener, answer).await;
                }
                Err(sentence) => {
                    self.state().problem = Some(sentence.clone());
                    self.0.status.conditions().set(Code::RelayFailed, Some(sentence));
                    sleep(wait).await;
                    wait = RETRY_MAX.min(wait * 2);
                }
            }
        }
    }

    async fn listen(&self, relay: &settings::Relay) -> Result<(Listener, Option<Tokens>), String> {
        let tokens = match relay.at {
            // The kernel says who asks.
            RelayAt::Socket(_) => None,
            RelayAt::Listen(_) => Some(Tokens {
                full: self.token(FULL, token::read_or_make).await?,
                read_only: self.token(READ_ONLY, token::read_or_make).await?,
            }),
        };
        let listener = Listener::bind(&relay.at).map_err(|error| {
            format!(
                "The relay cannot listen at {}: {error}. Choose another place in the settings, [relay].",
                place(&relay.at)
            )
        })?;
        Ok((listener, tokens))
    }

    /// Reads or makes a token, on a thread that may wait for the disk.
    async fn token(
        &self,
        name: &str,
        act: fn(&Path) -> std::io::Result<String>,
    ) -> Result<String, String> {
        let path = self.0.folder.join(name);
        let at = path.clone();
        let wrong = |why: String| {
            format!(
                "The relay's token in {} cannot be used: {why}. Make a new one with: hark relay token \
                 --renew{}",
                at.display(),
                if name == READ_ONLY { " --read-only" } else { "" }
            )
        };
        match self.0.files.within(FILE_TIMEOUT, move || act(&path)).await {
            Ok(token) => token.map_err(|error| wrong(error.to_string())),
            Err(slow) => Err(wrong(slow.to_string())),
        }
    }

    /// Makes a token another one, and cuts off who came with it.
    ///
    /// # Errors
    /// Where it cannot be written; then the earlier one stands.
    pub async fn renew(&self, asked: api::RenewToken) -> Result<(), ApiError> {
        let name = if asked.read_only { READ_ONLY } else { FULL };
        let token = self.token(name, token::renew).await.map_err(ApiError::plain)?;
        if let Some(tokens) = &mut self.state().tokens {
            match asked.read_only {
                true => tokens.read_only = token,
                false => tokens.full = token,
            }
        }
        self.0.clients.cut(asked.read_only);
        Ok(())
    }

    /// How it is.
    #[must_use]
    pub fn now(&self) -> api::Relay {
        let settings = self.0.settings.borrow().clone();
        let state = self.state();
        let file = |name| {
            let has_tokens =
                matches!(&settings, Some(relay) if matches!(relay.at, RelayAt::Listen(_)));
            has_tokens.then(|| self.0.folder.join(name).display().to_string())
        };
        api::Relay {
            at: settings.as_ref().map(|relay| place(&relay.at)),
            listens: state.listens,
            problem: state.problem.clone(),
            token_file: file(FULL),
            read_only_token_file: file(READ_ONLY),
            origins: settings.map(|relay| relay.origins).unwrap_or_default(),
            clients: self.0.clients.list(),
            clients_max: clients::CLIENTS_MAX as u32,
        }
    }

    fn own(&self) -> &str {
        &self.0.own
    }

    fn hub(&self) -> &Hub {
        &self.0.hub
    }

    fn clients(&self) -> &Clients {
        &self.0.clients
    }

    fn links(&self) -> Vec<Link> {
        self.0.status.links()
    }

    fn metrics(&self) -> String {
        let (clients, sent) = self.0.clients.count();
        self.0.metrics.text(clients, sent)
    }

    /// Whether the agent does its work: messages can be kept.
    fn is_well(&self) -> bool {
        self.0.status.conditions().sentence(Code::StoreFailed).is_none()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where it is, as a person reads it.
fn place(at: &RelayAt) -> String {
    match at {
        RelayAt::Listen(at) => format!("http://{at}"),
        RelayAt::Socket(path) => path.display().to_string(),
    }
}
