//! A stand-in for a Mercure hub, of 0.x or 1.0: topics, ids, history, the response header, tokens,
//! rotation, publishing, as draft-dunglas-mercure and the hub's documentation have them, and as a hub of
//! 1.0-alpha behaves where these leave it open (an id that it has forgotten replays nothing).

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::push::{Out, Served, event_stream};

/// The protocol's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 0.x: `topic=`, `Last-Event-ID`.
    Zero,
    /// 1.0: `match=`, `Mercure-Last-Event-ID`.
    One,
}

/// See the module.
pub struct Hub {
    served: Served,
    state: Shared,
}

type Shared = Arc<Mutex<Inner>>;

struct Inner {
    version: Version,
    /// Id, topic and block of each update that is still held.
    held: Vec<(String, String, String)>,
    listeners: Vec<(Vec<String>, Out)>,
    token: Option<String>,
    publishers: Option<String>,
    posted: Vec<Posted>,
    published: u64,
    asked: Vec<Option<String>>,
}

/// A request to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its `Authorization`.
    pub authorization: Option<String>,
    /// Its content type.
    pub kind: Option<String>,
    /// Its body.
    pub body: String,
}

const EARLIEST: &str = "earliest";

impl Hub {
    /// Serves, without history.
    pub async fn start(version: Version) -> Self {
        let state = Arc::new(Mutex::new(Inner {
            version,
            held: Vec::new(),
            listeners: Vec::new(),
            token: None,
            publishers: None,
            posted: Vec::new(),
            published: 0,
            asked: Vec::new(),
        }));
        let router = Router::new()
            .route("/.well-known/mercure", get(subscribe).post(publish))
            .with_state(state.clone());
        Self { served: Served::start(router).await, state }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap()
    }

    /// Its URL, with this query.
    #[must_use]
    pub fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/.well-known/mercure?{query}", self.served.port)
    }

    /// Publishes an update; answers its id.
    pub fn publish(&self, topic: &str, data: &str) -> String {
        self.inner().publish(topic, data)
    }

    /// Lets only this token publish by a request; without one nobody may.
    pub fn let_publish(&self, token: &str) {
        self.inner().publishers = Some(token.to_owned());
    }

    /// The requests to publish, in order, also those that were refused.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.inner().posted.clone()
    }

    /// Forgets all but the latest `count` updates.
    pub fn keep_latest(&self, count: usize) {
        let mut inner = self.inner();
        let old = inner.held.len().saturating_sub(count);
        inner.held.drain(..old);
    }

    /// Lets only this token subscribe.
    pub fn protect(&self, token: &str) {
        self.inner().token = Some(token.to_owned());
    }

    /// Sends a heartbeat on every stream.
    pub fn heartbeat(&self) {
        self.inner().listeners.retain(|(_, out)| out.write(":\n"));
    }

    /// Ends every stream cleanly, as its `write_timeout` does.
    pub fn rotate(&self) {
        self.inner().listeners.clear();
    }

    /// The id that each subscription resumed from, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Option<String>> {
        self.inner().asked.clone()
    }
}

impl Inner {
    fn publish(&mut self, topic: &str, data: &str) -> String {
        self.published += 1;
        let id = format!("urn:uuid:{:032}", self.published);
        let lines: String = data.lines().map(|line| format!("data: {line}\n")).collect();
        let block = format!("id: {id}\n{lines}\n");
        self.listeners.retain(|(topics, out)| {
            !topics.iter().any(|followed| followed == topic) || out.write(block.clone())
        });
        self.held.push((id.clone(), topic.to_owned(), block));
        id
    }
}

async fn publish(State(state): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let mut inner = state.lock().unwrap();
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (authorization, kind) = (header(header::AUTHORIZATION), header(header::CONTENT_TYPE));
    let token = authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
    let may = inner.publishers.is_some() && inner.publishers.as_deref() == token;
    let pairs = pairs(&body);
    inner.posted.push(Posted { authorization: authorization.clone(), kind, body });
    let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted);
    match (may, value("topic"), value("data")) {
        (false, ..) => (StatusCode::UNAUTHORIZED, "Unauthorized\n").into_response(),
        (true, Some((_, topic)), Some((_, data))) => inner.publish(topic, data).into_response(),
        _ => (StatusCode::BAD_REQUEST, "Missing \"topic\" parameter\n").into_response(),
    }
}

/// The pairs of a query or a form.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

async fn subscribe(
    State(state): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut inner = state.lock().unwrap();
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    if inner.token.is_some() && inner.token.as_deref() != token {
        return (StatusCode::UNAUTHORIZED, "Unauthorized\n").into_response();
    }
    let pairs = pairs(&query.unwrap_or_default());
    let values = |wanted: &str| -> Vec<String> {
        let of_name = pairs.iter().filter(|(name, _)| name == wanted);
        of_name.map(|(_, value)| value.clone()).collect()
    };
    let (parameter, missing, header) = match inner.version {
        Version::Zero => ("topic", "Missing \"topic\" parameter.\n", "Last-Event-ID"),
        Version::One => {
            ("match", "missing \"match\" subscription parameter\n", "Mercure-Last-Event-ID")
        }
    };
    let topics = values(parameter);
    if topics.is_empty() {
        return (StatusCode::BAD_REQUEST, missing).into_response();
    }
    let by_header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let asked = by_header.map(str::to_owned).or_else(|| values("last_event_id").pop());
    inner.asked.push(asked.clone());
    let known = |id: &str| inner.held.iter().position(|(held, ..)| held == id);
    let (from, first) = match asked.as_deref() {
        None => (None, inner.held.len()),
        Some(EARLIEST) => (Some(EARLIEST.to_owned()), 0),
        Some(id) => match known(id) {
            Some(at) => (Some(id.to_owned()), at + 1),
            None => (Some(EARLIEST.to_owned()), inner.held.len()),
        },
    };
    let from: Vec<(&str, &str)> = from.iter().map(|id| (header, id.as_str())).collect();
    let (out, response) = event_stream(&from);
    out.write(":\n");
    for (_, topic, block) in &inner.held[first..] {
        if topics.contains(topic) {
            out.write(block.clone());
        }
    }
    inner.listeners.push((topics, out));
    response
}

/// `%2F` and `+`.
fn decode(value: &str) -> String {
    let value = value.replace('+', " ");
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| byte == b'%') {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
