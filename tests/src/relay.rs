//! The relay of an agent, and those who follow it.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hark_api::route;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Bytes, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustix::process::Signal;
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinHandle};

use crate::{
    LONG, Running, SHORT, World, eventually,
    http::free_port,
    sse::{Client, Server},
};

/// Where a relay is, and its tokens.
pub struct Relay {
    /// Its port.
    pub port: u16,
    /// The token for everything.
    pub token: String,
    /// The one for messages alone.
    pub read_only: String,
}

/// One event of the stream.
#[derive(Clone, Debug)]
pub struct Event {
    /// The message's id in its own id.
    pub id: Option<i64>,
    /// Its type; empty where it is the usual one.
    pub kind: String,
    /// Its data.
    pub data: Value,
}

impl World {
    /// Waits until the relay that the settings want listens at a port.
    pub async fn relay(&self, port: u16) -> Relay {
        eventually("the relay listens", LONG, async || {
            let relay = self.client().call(&route::RELAY, &()).await;
            let relay = relay.map_err(|error| error.to_string())?;
            relay.listens.then_some(()).ok_or_else(|| format!("{relay:?}"))
        })
        .await;
        let token = |name: &str| {
            let text = fs::read_to_string(self.path("profile/state/relay").join(name)).unwrap();
            text.trim().to_owned()
        };
        Relay { port, token: token("token"), read_only: token("token.read-only") }
    }
}

impl Relay {
    /// Asks for a path with these headers beside a loopback host and the full token, where these do not name them.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn ask(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response<Incoming>, String> {
        ask(self.port, &self.token, path, headers).await
    }

    /// The status of an answer, and its text.
    pub async fn answer(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let response = self.ask(path, headers).await.unwrap();
        let status = response.status().as_u16();
        // A stream has no end.
        if status == 200 && path.starts_with("/relay") {
            return (status, String::new());
        }
        let text = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&text).into_owned())
    }

    /// Follows, with this query and these headers.
    pub async fn follow(&self, query: &str, headers: &[(&str, &str)]) -> Follower {
        Follower::start(self.port, &self.token, query, headers).await
    }
}

async fn ask(
    port: u16,
    token: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Response<Incoming>, String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|it| it.to_string())?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|it| it.to_string())?;
    tokio::spawn(connection);
    let mut all = BTreeMap::from([
        ("host", format!("127.0.0.1:{port}")),
        ("authorization", format!("Bearer {token}")),
    ]);
    for (name, value) in headers {
        all.insert(name, (*value).to_owned());
    }
    let mut request = Request::builder().uri(path);
    for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    sender.send_request(request).await.map_err(|it| it.to_string())
}

/// An agent that follows `news` on a server of the test's, and relays.
pub struct Set {
    /// Where all of it is.
    pub world: World,
    /// The server.
    pub server: Server,
    /// Its connection to the agent.
    pub upstream: Client,
    /// The agent.
    pub agent: Option<Running>,
    /// Its relay.
    pub relay: Relay,
    /// How many messages were published.
    pub sent: usize,
}

impl Set {
    /// Starts it, with these settings beside.
    pub async fn start(settings: &str) -> Self {
        let (world, server, port) = (World::new(), Server::start().await, free_port());
        let url = server.url("/events");
        world.settings(&format!(
            "[relay]\nlisten = \"127.0.0.1:{port}\"\n{settings}\n[subscriptions.news]\nurl = \"{url}\"\n"
        ));
        let agent = Some(world.agent_with(&["--headless"]).await);
        let upstream = server.streaming(&world).await;
        let relay = world.relay(port).await;
        Self { world, server, upstream, agent, relay, sent: 0 }
    }

    /// Publishes so many messages.
    pub async fn publish(&mut self, count: usize, text: &str) {
        let mut all = String::new();
        for _ in 0..count {
            self.sent += 1;
            let number = self.sent;
            all +=
                &format!("id: {number}\ndata: {{\"title\":\"{number}\",\"body\":\"{text}\"}}\n\n");
        }
        self.upstream.send(&all).await;
    }

    /// Starts the agent anew, which asks its server from where it was.
    ///
    /// # Panics
    /// Where it does not end well.
    pub async fn restart(&mut self) {
        self.restart_after(|| {}).await;
    }

    /// The same; what is given is done while no agent runs.
    ///
    /// # Panics
    /// Where it does not end well.
    pub async fn restart_after(&mut self, act: impl FnOnce()) {
        let mut agent = self.agent.take().unwrap();
        agent.signal(Signal::TERM);
        assert!(agent.ended(SHORT).await.success());
        act();
        self.agent = Some(self.world.agent_with(&["--headless"]).await);
        self.upstream = self.server.streaming(&self.world).await;
        self.relay = self.world.relay(self.relay.port).await;
    }

    /// The ids of all that is stored.
    pub async fn stored_ids(&self) -> Vec<i64> {
        self.world.all_messages().await.iter().map(|message| message.id).collect()
    }

    /// The memory of the agent (RSS). KiB.
    ///
    /// # Panics
    /// Where it does not run.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let pid = self.agent.as_ref().unwrap().pid();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }

    /// Waits until so many follow.
    pub async fn has_clients(&self, count: usize) {
        eventually(&format!("{count} clients follow"), LONG, async || {
            let now = self.world.client().call(&route::RELAY, &()).await.unwrap().clients.len();
            (now == count).then_some(()).ok_or(now)
        })
        .await;
    }
}

/// Somebody who follows, and keeps what comes.
pub struct Follower {
    events: Arc<Mutex<Vec<Event>>>,
    last_id: Arc<Mutex<Option<String>>>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Follows the relay at this port; see [`Relay::follow`].
    ///
    /// # Panics
    /// Where it may not.
    pub async fn start(port: u16, token: &str, query: &str, headers: &[(&str, &str)]) -> Self {
        let path = format!("/relay/v1/messages?{query}");
        let response = ask(port, token, &path, headers).await.unwrap();
        assert_eq!(response.status(), 200);
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let last_id = Arc::<Mutex<Option<String>>>::default();
        let (kept, kept_id) = (events.clone(), last_id.clone());
        let mut body = response.into_body();
        let task = tokio::spawn(async move {
            let mut left = Vec::new();
            while let Some(Ok(frame)) = body.frame().await {
                let Ok(bytes) = frame.into_data() else { continue };
                left.extend_from_slice(&bytes);
                let (whole, rest) = events_of(&left);
                if let Some(id) = last_id_of(&left[..left.len() - rest]) {
                    *kept_id.lock().unwrap() = Some(id);
                }
                kept.lock().unwrap().extend(whole);
                left.drain(..left.len() - rest);
            }
        });
        Self { events, last_id, task }
    }

    /// Waits until the id that it would come back with is as wanted; answers it.
    pub async fn last_id(&self, wanted: impl Fn(&str) -> bool) -> String {
        eventually("the id to come back with is as wanted", LONG, async || {
            let last = self.last_id.lock().unwrap().clone();
            last.clone().filter(|id| wanted(id)).ok_or(format!("{last:?}"))
        })
        .await
    }

    /// All that has come.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// How many messages have come.
    #[must_use]
    pub fn count(&self) -> usize {
        self.events.lock().unwrap().iter().filter(|event| event.kind.is_empty()).count()
    }

    /// The messages that have come.
    #[must_use]
    pub fn messages(&self) -> Vec<Event> {
        self.of("")
    }

    /// The events of one type that have come.
    #[must_use]
    pub fn of(&self, kind: &str) -> Vec<Event> {
        self.events().into_iter().filter(|event| event.kind == kind).collect()
    }

    /// The ids of the messages that have come.
    #[must_use]
    pub fn ids(&self) -> Vec<i64> {
        self.messages().iter().map(|event| event.id.unwrap()).collect()
    }

    /// Waits for so many messages; answers their ids.
    pub async fn has(&self, count: usize) -> Vec<i64> {
        eventually(&format!("{count} messages come"), LONG, async || {
            let come = self.count();
            if come >= count { Ok(()) } else { Err(come.to_string()) }
        })
        .await;
        self.ids()
    }

    /// Waits for an event of this type that is as wanted; answers it.
    pub async fn event(&self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("a {kind} comes"), LONG, async || {
            let all = self.of(kind);
            let found = all.iter().find(|event| wanted(&event.data));
            found.map(|event| event.data.clone()).ok_or_else(|| format!("{all:?}"))
        })
        .await
    }

    /// Waits until its stream has ended.
    pub async fn ended(&self, within: Duration) {
        eventually("the stream ends", within, async || {
            self.task.is_finished().then_some(()).ok_or("it goes on")
        })
        .await;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One of many who follow: it keeps the ids of its messages, and when the last one came.
pub struct Light {
    seen: Arc<Mutex<(Vec<i64>, Option<Instant>)>>,
    task: JoinHandle<()>,
}

impl Light {
    /// Follows what comes from now on.
    ///
    /// # Panics
    /// Where it may not.
    pub async fn start(relay: &Relay) -> Self {
        let response = relay.ask("/relay/v1/messages", &[]).await.unwrap();
        assert_eq!(response.status(), 200);
        let seen = Arc::<Mutex<(Vec<i64>, Option<Instant>)>>::default();
        let (kept, mut body) = (seen.clone(), response.into_body());
        let task = tokio::spawn(async move {
            let mut left = Vec::new();
            while let Some(Ok(frame)) = body.frame().await {
                let Ok(bytes) = frame.into_data() else { continue };
                left.extend_from_slice(&bytes);
                // Its data is one line of JSON, so that no other line begins so.
                let mut from = 0;
                let mut seen = kept.lock().unwrap();
                while let Some(end) = memchr::memmem::find(&left[from..], b"\n\n") {
                    let block = &left[from..from + end];
                    if let Some(id) = block.strip_prefix(b"id: ") {
                        let digits = id.split(|byte| !byte.is_ascii_digit()).next().unwrap();
                        let id = std::str::from_utf8(digits).unwrap().parse().unwrap();
                        seen.0.push(id);
                        seen.1 = Some(Instant::now());
                    }
                    from += end + 2;
                }
                drop(seen);
                left.drain(..from);
            }
        });
        Self { seen, task }
    }

    /// Waits for so many messages; answers their ids, and when the last one came.
    ///
    /// # Panics
    /// Where they do not come.
    pub async fn has(&self, count: usize) -> (Vec<i64>, Instant) {
        eventually(&format!("{count} messages come"), LONG, async || {
            let come = self.seen.lock().unwrap().0.len();
            if come >= count { Ok(()) } else { Err(come) }
        })
        .await;
        let (ids, at) = self.seen.lock().unwrap().clone();
        (ids, at.unwrap())
    }
}

impl Drop for Light {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The whole events in these bytes, and how many bytes are behind them.
#[must_use]
pub fn events_of(bytes: &[u8]) -> (Vec<Event>, usize) {
    let (mut all, mut rest) = (Vec::new(), bytes);
    while let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
        let text = String::from_utf8(rest[..end].to_vec()).unwrap();
        rest = &rest[end + 2..];
        let field = |name: &str| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(name));
            lines.map(|value| value.trim_start_matches(' ').to_owned()).next()
        };
        let Some(data) = field("data:") else { continue };
        all.push(Event {
            id: field("id:").map(|id| id.split('.').next().unwrap().parse().unwrap()),
            kind: field("event:").unwrap_or_default(),
            data: serde_json::from_str(&data).expect(&data),
        });
    }
    (all, rest.len())
}

/// The last id in these whole blocks, with data or without (WHATWG HTML, 9.2.6).
fn last_id_of(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rev().find_map(|line| line.strip_prefix("id: ")).map(str::to_owned)
}
