//! All that the page may ask of this process: twelve commands, named in `permissions/bridge.toml`.
//!
//! The bridge passes values between page and agent and understands none of them, except that it
//! calls only routes that the API declares, and opens or copies only what the agent says.

use std::{
    path::Path,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use hark_api::{
    Act, Acted, ApiError, Cause, ErrorCode, Event, Reason,
    client::{CallError, Client},
    route::{self, Verb},
    start,
};
use hark_local::{clipboard, profile::Profile, program};
use serde::Serialize;
use serde_json::Value;
use tauri::{
    State, WebviewWindow,
    async_runtime::JoinHandle,
    ipc::{Channel, Invoke, Response},
};
use tokio::sync::Notify;

use crate::{
    DATA,
    kept::{self, Appearance},
    saving::{self, Format, Listed, Unsaved},
    secrets, tokens,
};

/// How often an absent agent is looked for.
const RETRY: Duration = Duration::from_secs(1);

/// How many events go to the page in one piece at most: in a flood, one by one would stall it.
const PIECE_EVENTS_MAX: usize = 200;

/// What the commands share.
pub(crate) struct Bridge {
    pub(crate) profile: Profile,
    pub(crate) client: Client,
    /// The forwarding of events to the page; a page that is loaded anew replaces it.
    forwarding: Mutex<Option<(JoinHandle<()>, Channel<Notice>)>>,
    /// An agent was just started: look now.
    started: Arc<Notify>,
}

/// Why the page does not get what it asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Failure {
    /// No agent is running.
    NoAgent,
    /// The agent says no.
    Refused {
        /// What the page may branch on.
        #[cfg_attr(test, ts(type = "ErrorCode | null"))]
        code: Option<ErrorCode>,
        /// The option whose value cannot be taken, where it is one alone.
        option: Option<String>,
        /// The same as the sentence, for another language.
        #[cfg_attr(test, ts(type = "Reason | null"))]
        reason: Option<Box<Reason>>,
        /// What a server, or the way there, did, where it is that.
        #[cfg_attr(test, ts(type = "Cause | null"))]
        cause: Option<Box<Cause>>,
        /// One sentence for the person.
        sentence: String,
    },
    /// Something is broken, here or on the way.
    Broken {
        /// One sentence for the person.
        sentence: String,
    },
}

/// What the window is, and where its Hark keeps its files.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct About {
    /// Its version, which the agent's should be.
    version: String,
    /// The settings file.
    settings: String,
    /// The folder of settings, presets and credentials.
    config: String,
    /// The file of the database.
    database: String,
    /// The folder of the database and its copies.
    data: String,
    /// The folder of log and state.
    state: String,
}

/// What a subscribed page is told.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Notice {
    /// The agent's events, in order.
    Events {
        /// At least one.
        #[cfg_attr(test, ts(type = "Array<Event>"))]
        events: Vec<Event>,
    },
    /// The agent is gone, or never was there. Told once; its return is told by its events.
    Gone {
        /// Why it is not there.
        failure: Failure,
    },
    /// The person closes the window. It waits a moment for the page to carry out what could still be taken back, and
    /// then to call `close`.
    Closing,
}

impl Bridge {
    /// A bridge to the agent of this profile.
    pub(crate) fn new(profile: Profile) -> Self {
        let client = Client::new(&profile.socket());
        Self { profile, client, forwarding: Mutex::default(), started: Notify::new().into() }
    }

    /// Tells the page that the window closes. Answers whether there is a page that hears it.
    pub(crate) fn tell_closing(&self) -> bool {
        let current = self.forwarding.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_some_and(|(_, page)| page.send(Notice::Closing).is_ok())
    }
}

/// The commands' dispatcher.
pub(crate) fn commands() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        call,
        subscribe,
        start_agent,
        restart_agent,
        act,
        save,
        about,
        appearance,
        close,
        tokens::copy_relay_address,
        tokens::copy_relay_token,
        tokens::renew_relay_token
    ]
}

/// Calls a route of the agent: `body` is its query, or its JSON body.
#[tauri::command]
async fn call(bridge: State<'_, Bridge>, path: String, body: Value) -> Result<Response, Failure> {
    secrets::judge(&path, &body).map_err(broken)?;
    let (verb, target, body) = request(&path, body)?;
    let answer = bridge.client.call_raw(verb, &target, body.into()).await?;
    let text = String::from_utf8(answer.into()).map_err(|error| broken(error.to_string()))?;
    Ok(Response::new(text))
}

/// Tells the page of the agent's events, for as long as the page is there.
#[tauri::command]
fn subscribe(bridge: State<'_, Bridge>, page: Channel<Notice>) {
    let told = page.clone();
    let forwarding = tauri::async_runtime::spawn(forward(
        bridge.client.clone(),
        page,
        Arc::clone(&bridge.started),
    ));
    let mut current = bridge.forwarding.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((former, _)) = current.replace((forwarding, told)) {
        former.abort();
    }
}

/// Starts the agent, which then outlives this window.
#[tauri::command]
async fn start_agent(bridge: State<'_, Bridge>) -> Result<(), Failure> {
    start::agent(&bridge.profile, &bridge.client)
        .await
        .map_err(|error| broken(error.to_string()))?;
    bridge.started.notify_one();
    Ok(())
}

/// Ends the agent, as one of another version, and starts this version's.
#[tauri::command]
async fn restart_agent(bridge: State<'_, Bridge>) -> Result<(), Failure> {
    start::anew(&bridge.profile, &bridge.client)
        .await
        .map_err(|error| broken(error.to_string()))?;
    bridge.started.notify_one();
    Ok(())
}

/// What this window is, and where its Hark keeps its files.
#[tauri::command]
fn about(bridge: State<'_, Bridge>) -> About {
    let Profile { config, data, state, .. } = &bridge.profile;
    let shown = |path: &Path| path.display().to_string();
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: shown(&bridge.profile.settings()),
        config: shown(config),
        database: shown(&bridge.profile.database()),
        data: shown(data),
        state: shown(state),
    }
}

/// How the window looks and speaks; from now on so, where that is said. The page reads itself anew for another
/// language.
#[tauri::command]
async fn appearance(
    bridge: State<'_, Bridge>,
    window: WebviewWindow,
    wanted: Option<Appearance>,
) -> Result<Appearance, Failure> {
    let folder = bridge.profile.state.join(DATA);
    if let Some(wanted) = wanted {
        // Where the toolkit cannot, it is so from the next window on.
        let _ = window.set_theme(wanted.look.theme());
    }
    let kept = tauri::async_runtime::spawn_blocking(move || {
        if let Some(wanted) = wanted {
            kept::keep_appearance(&folder, wanted);
        }
        kept::read(&folder).appearance
    });
    kept.await.map_err(|error| broken(error.to_string()))
}

/// Closes the window: the page has carried out what was to be done before that.
#[tauri::command]
fn close(window: WebviewWindow) {
    // One that cannot be closed has gone already.
    let _ = window.destroy();
}

/// Does something about a message. What is to be opened is what the agent has judged, never what the page
/// says; what no program of the session copies is answered.
#[tauri::command]
async fn act(bridge: State<'_, Bridge>, asked: Act) -> Result<Acted, Failure> {
    let done = || Acted::Done { ok: true, sentence: String::new() };
    match bridge.client.call(&route::ACT, &asked).await? {
        Acted::Open { url } => {
            program::open_link(&url).map_err(|error| broken(error.to_string()))?;
            Ok(done())
        }
        Acted::Copy { text } if clipboard::copy(&text) => Ok(done()),
        acted => Ok(acted),
    }
}

/// Saves what is listed in the person's folder for downloads. Answers where.
#[tauri::command]
async fn save(
    bridge: State<'_, Bridge>,
    listed: Listed,
    format: Format,
) -> Result<String, Failure> {
    match saving::save(&bridge.client, listed, format).await {
        Ok(path) => Ok(path.display().to_string()),
        Err(Unsaved::Unanswered(error)) => Err(error.into()),
        Err(Unsaved::Unwritten(sentence)) => Err(broken(sentence)),
    }
}

/// The request for a route: only for those that the API declares, and not for the command line's own.
fn request(path: &str, body: Value) -> Result<(Verb, String, Vec<u8>), Failure> {
    let &(verb, path) = route::ALL
        .iter()
        .find(|(_, known)| *known == path && route::FOR_THE_PAGE.contains(known))
        .ok_or_else(|| broken(format!("The agent has no route {path}.")))?;
    if verb == Verb::Post {
        return Ok((verb, path.to_owned(), body.to_string().into_bytes()));
    }
    let given = body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let query = serde_urlencoded::to_string(given.collect::<Vec<_>>())
        .map_err(|error| broken(error.to_string()))?;
    Ok((verb, format!("{path}?{query}"), Vec::new()))
}

/// Passes events on until the page is gone, through any number of agents.
async fn forward(client: Client, page: Channel<Notice>, started: Arc<Notify>) {
    let mut told = None;
    loop {
        let Ok(end) = forward_one_stream(&client, &page).await else { return };
        // A stream that had events before it ended is news even if it ended as the one before.
        if end.had_events || told.as_ref() != Some(&end.failure) {
            if page.send(Notice::Gone { failure: end.failure.clone() }).is_err() {
                return;
            }
            told = Some(end.failure);
        }
        let _ = tokio::time::timeout(RETRY, started.notified()).await;
    }
}

struct End {
    had_events: bool,
    failure: Failure,
}

/// Passes the events of one agent on. An error means that the page is gone.
async fn forward_one_stream(client: &Client, page: &Channel<Notice>) -> tauri::Result<End> {
    let mut had_events = false;
    let mut failure = Failure::NoAgent;
    match client.events() {
        Err(error) => failure = error.into(),
        Ok(stream) => {
            let mut pieces = pin!(stream.ready_chunks(PIECE_EVENTS_MAX));
            while let Some(piece) = pieces.next().await {
                let mut events = Vec::with_capacity(piece.len());
                for item in piece {
                    match item {
                        Ok(event) => events.push(event),
                        Err(error) => failure = error.into(),
                    }
                }
                if !events.is_empty() {
                    had_events = true;
                    page.send(Notice::Events { events })?;
                }
            }
        }
    }
    Ok(End { had_events, failure })
}

pub(crate) fn broken(sentence: String) -> Failure {
    Failure::Broken { sentence }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NoAgent | CallError::Ended => Self::NoAgent,
            CallError::Refused(error) => {
                let ApiError { code, option, reason, cause, sentence, .. } = error;
                Self::Refused { code, option, reason, cause, sentence }
            }
            CallError::TimedOut | CallError::TooLarge | CallError::Broken(_) => {
                broken(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_declared_routes_are_called() {
        for path in [
            "/v1/events",
            "/v1/handlers/run",
            "/v1/messages/act",
            "/v1/relay/token",
            "/v1/stop",
            "/v1/status/../stop",
            "/",
            "/v1/messages?limit=1",
        ] {
            assert!(matches!(request(path, json!({})), Err(Failure::Broken { .. })), "{path}");
        }
    }

    #[test]
    fn a_query_leaves_out_what_is_null_and_escapes_the_rest() {
        let body = json!({ "limit": 50, "before": null, "subscription": "a&b=c" });
        let (verb, target, body) = request("/v1/messages", body).unwrap();
        assert_eq!(verb, Verb::Get);
        assert_eq!(target, "/v1/messages?limit=50&subscription=a%26b%3Dc");
        assert!(body.is_empty());
    }

    #[test]
    fn a_command_carries_its_body_as_json() {
        let (verb, target, body) = request("/v1/pause", json!({ "subscription": "a" })).unwrap();
        assert_eq!((verb, target.as_str()), (Verb::Post, "/v1/pause"));
        assert_eq!(body, br#"{"subscription":"a"}"#);
    }
}
