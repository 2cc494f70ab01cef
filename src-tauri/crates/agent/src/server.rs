//! The local API on its socket: who may ask, and what is answered.

use std::{
    convert::Infallible, fs, io, os::unix::fs::PermissionsExt, path::Path, sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        Query, Request, State,
        connect_info::{ConnectInfo, Connected},
        rejection::QueryRejection,
    },
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response, Sse, sse},
    routing::{get, post},
    serve::IncomingStream,
};
use futures_util::{Stream, StreamExt, stream};
use hark_api::{ApiError, Event, HistoryQuery, MessagesQuery, Status, profile, route};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    net::{UnixListener, unix::UCred},
    sync::broadcast::error::RecvError,
};

use crate::{agent::Agent, hub::Numbered, sample};

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Binds the socket: only its owner may enter its folder or use it. One that an earlier agent left
/// behind is replaced; the caller has made sure that none runs.
///
/// # Errors
/// Where the folder is not ours alone or the socket cannot be made.
pub fn bind(socket: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = socket.parent() {
        profile::private_folder(folder)?;
    }
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves for good.
///
/// # Errors
/// Where the listener fails.
pub async fn serve(listener: UnixListener, agent: Arc<Agent>) -> io::Result<()> {
    let router = Router::new()
        .route(route::STATUS.path, get(status))
        .route(route::MESSAGES.path, get(messages))
        .route(route::OUTAGES.path, get(outages))
        .route(route::JOURNAL.path, get(journal))
        .route(route::EVENTS, get(events))
        .route(route::ADD.path, post(add))
        .route(route::REMOVE.path, post(remove))
        .route(route::PAUSE.path, post(pause))
        .route(route::RESUME.path, post(resume))
        .route(route::RULES.path, post(rules))
        .route(route::TEST.path, post(test))
        .route(route::STOP.path, post(stop))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(middleware::from_fn(owner_only))
        .with_state(agent);
    axum::serve(listener, router.into_make_service_with_connect_info::<Peer>()).await
}

/// Who is on the other side.
#[derive(Clone, Copy, Debug)]
struct Peer {
    uid: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self { uid: stream.io().peer_cred().ok().as_ref().map(UCred::uid) }
    }
}

async fn owner_only(
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if peer.uid == Some(rustix::process::geteuid().as_raw()) {
        return next.run(request).await;
    }
    let sentence = "Only the user who runs this agent may ask it.".to_owned();
    failed(StatusCode::FORBIDDEN, ApiError { code: None, sentence })
}

async fn unknown() -> Response {
    let sentence =
        "This agent does not know that request. Are agent and client of the same version?";
    failed(StatusCode::NOT_FOUND, ApiError { code: None, sentence: sentence.to_owned() })
}

fn failed(status: StatusCode, error: ApiError) -> Response {
    (status, Json(error)).into_response()
}

fn answer<T: Serialize>(result: Result<T, ApiError>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => failed(StatusCode::UNPROCESSABLE_ENTITY, error),
    }
}

/// The body of a `POST`, with an error in our own form.
fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError {
        code: None,
        sentence: format!("The request could not be read: {error}."),
    })
}

fn plain(error: impl std::fmt::Display) -> ApiError {
    ApiError { code: None, sentence: error.to_string() }
}

type Shared = State<Arc<Agent>>;

/// The query of a `GET`, or why it is none.
type Asked<T> = Result<Query<T>, QueryRejection>;

/// The query, with an error in our own form.
fn asked<T>(query: Asked<T>) -> Result<T, ApiError> {
    match query {
        Ok(Query(query)) => Ok(query),
        Err(error) => Err(plain(format!("The request could not be read: {error}."))),
    }
}

async fn status(State(agent): Shared) -> Json<Status> {
    Json(agent.core.status())
}

async fn messages(State(agent): Shared, query: Asked<MessagesQuery>) -> Response {
    answer(asked(query).and_then(|query| agent.core.messages(query).map_err(plain)))
}

async fn outages(State(agent): Shared, query: Asked<HistoryQuery>) -> Response {
    answer(asked(query).and_then(|query| agent.core.history(&query).map_err(plain)))
}

async fn journal(State(agent): Shared, query: Asked<HistoryQuery>) -> Response {
    answer(asked(query).and_then(|query| agent.core.journal_rows(&query).map_err(plain)))
}

async fn add(State(agent): Shared, bytes: Bytes) -> Response {
    answer(match body(&bytes) {
        Ok(new) => agent.add(new).await,
        Err(error) => Err(error),
    })
}

async fn remove(State(agent): Shared, bytes: Bytes) -> Response {
    answer(match body(&bytes) {
        Ok(target) => agent.remove(target).await,
        Err(error) => Err(error),
    })
}

async fn pause(State(agent): Shared, bytes: Bytes) -> Response {
    answer(match body(&bytes) {
        Ok(target) => agent.set_paused(target, true).await,
        Err(error) => Err(error),
    })
}

async fn resume(State(agent): Shared, bytes: Bytes) -> Response {
    answer(match body(&bytes) {
        Ok(target) => agent.set_paused(target, false).await,
        Err(error) => Err(error),
    })
}

async fn rules(State(agent): Shared, bytes: Bytes) -> Response {
    answer(match body(&bytes) {
        Ok(asked) => agent.rules(asked).await,
        Err(error) => Err(error),
    })
}

async fn test(State(agent): Shared) -> Response {
    answer(sample::send(&agent.core).await)
}

async fn stop(State(agent): Shared) -> Response {
    agent.stop();
    answer(Ok(()))
}

async fn events(
    State(agent): Shared,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let subscribed = agent.core.hub.subscribe(after);
    let reset = |agent: &Agent| Event::Reset(Box::new(agent.core.status()));
    let first = match subscribed.missed {
        Some(missed) => missed,
        None => vec![(subscribed.number, reset(&agent))],
    };
    let live = stream::unfold((subscribed.live, agent), move |(mut live, agent)| async move {
        let numbered = match live.recv().await {
            Ok(numbered) => numbered,
            // The client was too slow: it starts anew from how things are.
            Err(RecvError::Lagged(_)) => {
                let subscribed = agent.core.hub.subscribe(None);
                live = subscribed.live;
                (subscribed.number, reset(&agent))
            }
            Err(RecvError::Closed) => return None,
        };
        Some((numbered, (live, agent)))
    });
    let heartbeat = sse::KeepAlive::new().interval(HEARTBEAT);
    Sse::new(stream::iter(first).chain(live).map(|event| Ok(sse_event(&event))))
        .keep_alive(heartbeat)
}

fn sse_event((number, event): &Numbered) -> sse::Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    sse::Event::default().id(number.to_string()).data(data)
}
