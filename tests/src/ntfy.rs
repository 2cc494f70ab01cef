//! A stand-in for an ntfy server: topics, cache, `since=`, tokens, errors, as
//! <https://docs.ntfy.sh/subscribe/api/> and `server/server.go`, `server/errors.go` have them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    LONG, eventually,
    fake::Notifications,
    http::free_port,
    push::{Out, Served, event_stream},
};

/// What alerts is shown within this, also on a busy machine more often than not.
const ALERTED_WITHIN: Duration = Duration::from_millis(200);

/// See the module.
pub struct Ntfy {
    served: Served,
    state: Shared,
}

type Shared = Arc<Mutex<Inner>>;

#[derive(Default)]
struct Inner {
    /// The cache, in the order of its rows.
    cached: Vec<Cached>,
    listeners: Vec<(Vec<String>, Out)>,
    tokens: BTreeMap<String, String>,
    limited: bool,
    leaves_out: bool,
    published: u64,
    asked: Vec<Option<String>>,
    polled: Vec<Option<String>>,
}

#[derive(Clone)]
struct Cached {
    id: String,
    topic: String,
    time: i64,
    block: String,
}

impl Ntfy {
    /// Serves, empty.
    pub async fn start() -> Self {
        Self::at(free_port()).await
    }

    /// Serves on this port.
    pub async fn at(port: u16) -> Self {
        let state = Shared::default();
        let router = Router::new()
            .route("/{topics}/sse", get(subscribe))
            // The web app.
            .route("/{topic}", get(|| async { Html("<!doctype html><title>ntfy web</title>") }))
            .fallback(|| async { error(404, 40401, "page not found") })
            .with_state(state.clone());
        Self { served: Served::at(port, router).await, state }
    }

    /// Goes away, and every stream ends; answers its port.
    pub fn stop(self) -> u16 {
        self.hang_up();
        self.served.port
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap()
    }

    /// A URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.served.port)
    }

    /// Publishes a text to a topic; answers its id.
    pub fn publish(&self, topic: &str, text: &str) -> String {
        self.publish_as("message", topic, json!({ "message": text }))
    }

    /// Publishes to a topic until something is shown: what is of the very second of the first connection was
    /// there before it, as far as can be told.
    pub async fn alerts(&self, topic: &str, screen: &mut Notifications) {
        let shown = eventually("what is published is shown", LONG, async || {
            self.publish(topic, "begin");
            timeout(ALERTED_WITHIN, screen.next()).await.map_err(|error| error.to_string())
        });
        let id = shown.await.id;
        screen.dismiss(id).await;
    }

    /// Publishes an event of this kind with these further fields.
    pub fn publish_as(&self, event: &str, topic: &str, fields: serde_json::Value) -> String {
        let mut inner = self.inner();
        inner.published += 1;
        let id = format!("m{:011}", inner.published);
        let time = Timestamp::now().as_second();
        let rest = serde_json::to_string(&fields).unwrap();
        let expires = time + 12 * 3600;
        // The server's order of fields.
        let data = format!(
            r#"{{"id":"{id}","time":{time},"expires":{expires},"event":"{event}","topic":"{topic}",{}"#,
            &rest[1..]
        );
        let kind = if event == "message" { String::new() } else { format!("event: {event}\n") };
        let block = format!("{kind}data: {data}\n\n");
        let leaves_out = std::mem::take(&mut inner.leaves_out);
        inner.listeners.retain(|(topics, out)| {
            leaves_out
                || !topics.iter().any(|followed| followed == topic)
                || out.write(block.clone())
        });
        inner.cached.push(Cached { id: id.clone(), topic: topic.to_owned(), time, block });
        id
    }

    /// Sends the next message to nobody: it is in the cache alone, as one may be that is published while somebody
    /// subscribes.
    pub fn leave_out(&self) {
        self.inner().leaves_out = true;
    }

    /// Lets this message leave the cache.
    pub fn expire(&self, id: &str) {
        self.inner().cached.retain(|cached| cached.id != id);
    }

    /// Lets a topic be read with this token only.
    pub fn protect(&self, topic: &str, token: &str) {
        self.inner().tokens.insert(topic.to_owned(), token.to_owned());
    }

    /// Whether another connection is one too many.
    pub fn limit(&self, limited: bool) {
        self.inner().limited = limited;
    }

    /// Sends a keepalive on every stream.
    pub fn keepalive(&self) {
        self.inner().listeners.retain(|(topics, out)| out.write(sign("keepalive", topics)));
    }

    /// Ends every stream cleanly, as a restart does.
    pub fn hang_up(&self) {
        self.inner().listeners.clear();
    }

    /// The `since=` of each that asked for what is cached alone, in order.
    #[must_use]
    pub fn polled(&self) -> Vec<Option<String>> {
        self.inner().polled.clone()
    }

    /// The `since=` of each subscription, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Option<String>> {
        self.inner().asked.clone()
    }
}

/// `open` or `keepalive`, with an id that names no message.
fn sign(event: &str, topics: &[String]) -> String {
    let time = Timestamp::now().as_second();
    let topics = topics.join(",");
    let data = format!(
        r#"{{"id":"sign{:08}","time":{time},"event":"{event}","topic":"{topics}"}}"#,
        time % 100_000_000
    );
    format!("event: {event}\ndata: {data}\n\n")
}

async fn subscribe(
    State(state): State<Shared>,
    Path(topics): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let topics: Vec<String> = topics.split(',').map(str::to_owned).collect();
    let mut inner = state.lock().unwrap();
    if inner.limited {
        let text = "limit reached: too many active subscriptions, please be nice";
        return error(429, 42903, text);
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    if token.is_some_and(|token| !inner.tokens.values().any(|known| known == token)) {
        return error(401, 40101, "unauthorized");
    }
    let may_read = |topic| inner.tokens.get(topic).is_none_or(|known| token == Some(known));
    if !topics.iter().all(may_read) {
        return error(403, 40301, "forbidden");
    }
    let since = query.get("since").or(query.get("si")).cloned();
    let polls = query.get("poll").is_some_and(|poll| poll == "1");
    let noted = if polls { &mut inner.polled } else { &mut inner.asked };
    noted.push(since.clone());
    let Some(replayed) = replay(&inner.cached, &topics, since.as_deref().unwrap_or("none")) else {
        return error(400, 40008, "invalid since parameter");
    };
    let (out, response) = event_stream(&[("access-control-allow-origin", "*")]);
    if !polls {
        out.write(sign("open", &topics));
    }
    for cached in replayed {
        out.write(cached.block);
    }
    if !polls {
        inner.listeners.push((topics, out));
    }
    response
}

/// What `since` brings; `None` where it is nothing that the server knows. Topic by topic, as older
/// servers send it; newer ones sort by whole seconds.
fn replay(cached: &[Cached], topics: &[String], since: &str) -> Option<Vec<Cached>> {
    let is_id = since.len() == 12 && since.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (first, earliest) = match since {
        "none" => (cached.len(), 0),
        "all" => (0, 0),
        "latest" => {
            let of_these = |known: &Cached| topics.contains(&known.topic);
            (cached.iter().rposition(of_these).unwrap_or(cached.len()), 0)
        }
        // An id that is not in the cache limits nothing, whatever topic it belonged to.
        id if is_id => (cached.iter().position(|known| known.id == id).map_or(0, |row| row + 1), 0),
        time => (0, time.parse().ok()?),
    };
    let mut replayed = Vec::new();
    for topic in topics {
        let rows = cached[first..].iter();
        let of_topic = rows.filter(|cached| cached.topic == *topic && cached.time >= earliest);
        replayed.extend(of_topic.cloned());
    }
    Some(replayed)
}

fn error(status: u16, code: u32, text: &str) -> Response {
    let body = json!({ "code": code, "http": status, "error": text }).to_string();
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
