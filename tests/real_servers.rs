//! Push servers as others build them, from Python's and Node.js' registries: what they write is read
//! as they mean it, and their restarts lose and double nothing. `cargo xtask test` fetches them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, process::Command};

use hark_tests::{LONG, Running, SHORT, World, eventually, http, servers};
use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Which server.
#[derive(Clone, Copy)]
enum Kind {
    /// sse-starlette on uvicorn.
    SseStarlette,
    /// better-sse on Express.
    BetterSse,
}

impl Kind {
    /// The program; none where it was not fetched.
    fn command(self, world: &World) -> Option<Command> {
        match self {
            Self::SseStarlette => servers::python(world, "app.py"),
            Self::BetterSse => servers::node(world, "app.mjs"),
        }
    }
}

/// A running server on a port of its own.
struct Server<'a> {
    world: &'a World,
    kind: Kind,
    port: u16,
    process: Running,
    published: usize,
}

impl<'a> Server<'a> {
    /// Starts it; `None` where it was not fetched.
    async fn start(world: &'a World, kind: Kind) -> Option<Self> {
        let port = http::free_port();
        world.file("published", "");
        let process = run(world, kind, port).await?;
        Some(Self { world, kind, port, process, published: 0 })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/events", self.port)
    }

    /// Ends it as its service manager would.
    async fn stop(&mut self) {
        self.process.signal(Signal::TERM);
        self.process.ended(SHORT).await;
    }

    async fn start_again(&mut self) {
        self.process = run(self.world, self.kind, self.port).await.unwrap();
    }

    /// The next message.
    fn next(&mut self) -> String {
        self.published += 1;
        body(self.published - 1)
    }

    async fn publish(&mut self) {
        let body = self.next();
        assert_eq!(http::post(self.port, "/publish", &body).await.unwrap(), 201);
    }

    /// Publishes one while it is down.
    fn publish_unseen(&mut self) {
        let line = json!(self.next()).to_string() + "\n";
        let file = self.world.path("published");
        fs::write(&file, fs::read_to_string(&file).unwrap() + &line).unwrap();
    }

    /// That all are stored, each once and in order.
    async fn all_stored(&self) {
        let stored = self.world.stored(self.published).await;
        let found: Vec<_> = stored.iter().map(|it| it["body"].as_str().unwrap()).collect();
        let wanted: Vec<_> = (0..self.published).map(body).collect();
        assert_eq!(found, wanted);
    }
}

/// Two lines each.
fn body(number: usize) -> String {
    format!("message {number}\nand  its second line")
}

async fn run(world: &World, kind: Kind, port: u16) -> Option<Running> {
    let mut command = kind.command(world)?;
    command.arg(port.to_string()).arg(world.path("published"));
    let mut process = Running::start(world, "server", command);
    eventually("it listens", SHORT, async || {
        let connected = TcpStream::connect(("127.0.0.1", port)).await;
        connected.map_err(|error| format!("{error}; {}: {}", process.is_running(), process.err()))
    })
    .await;
    Some(process)
}

/// The outages, oldest first.
async fn outages(world: &World) -> Vec<Value> {
    let mut history = world.history().await;
    history.retain(|entry| entry["kind"] == "outage");
    history
}

/// Follows a server through two restarts, a pause, a death of the agent, and its shutdown.
async fn is_followed(kind: Kind, name: &str) {
    let world = World::new();
    let Some(mut server) = Server::start(&world, kind).await else { return };
    let url = server.url();
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nheartbeat = \"4s\"\nspread = \"1s\"\n"
    ));
    let agent = world.agent().await;
    for _ in 0..5 {
        server.publish().await;
    }
    server.all_stored().await;

    for _ in 0..2 {
        let broken = Timestamp::now();
        server.stop().await;
        world.phase("news", "backing_off").await;
        for _ in 0..3 {
            server.publish_unseen();
        }
        server.start_again().await;
        let mended = Timestamp::now();
        server.publish().await;
        server.all_stored().await;
        let outage = outages(&world).await.pop().unwrap();
        judge(name, &outage, broken, Some(mended));
    }
    assert_eq!(outages(&world).await.len(), 2);

    world.hark(&["pause", "news"]).await.ok();
    world.phase("news", "paused").await;
    for _ in 0..3 {
        server.publish().await;
    }
    world.hark(&["resume", "news"]).await.ok();
    server.all_stored().await;
    agent.kill();
    for _ in 0..3 {
        server.publish().await;
    }
    let _agent = world.agent().await;
    server.all_stored().await;

    let broken = Timestamp::now();
    server.stop().await;
    world.phase("news", "backing_off").await;
    let outage = outages(&world).await.pop().unwrap();
    judge(name, &outage, broken, None);
}

/// Checks an outage against the restart or the end that caused it.
fn judge(name: &str, outage: &Value, broken: Timestamp, mended: Option<Timestamp>) {
    let at = |field: &str| outage[field].as_str().map(|at| at.parse::<Timestamp>().unwrap());
    let code = outage["cause"]["code"].as_str().unwrap();
    assert!(["truncated", "end of stream"].contains(&code), "{outage}");
    assert!(outage["cause"]["sentence"].as_str().unwrap().contains("127.0.0.1"), "{outage}");
    let noticed = at("noticed").unwrap().duration_since(broken);
    // A server may take a moment to end its streams; there is nothing else to wait for.
    assert!(noticed <= SignedDuration::from_secs(2), "{outage}");
    assert_eq!(at("recovered").is_some(), mended.is_some(), "{outage}");
    let back = mended.map(|mended| at("recovered").unwrap().duration_since(mended).as_millis());
    println!("{name}: {code}; noticed after {} ms, back after {back:?} ms", noticed.as_millis());
}

#[tokio::test]
async fn sse_starlette_is_followed_through_restarts() {
    is_followed(Kind::SseStarlette, "sse-starlette").await;
}

#[tokio::test]
async fn better_sse_is_followed_through_restarts() {
    is_followed(Kind::BetterSse, "better-sse").await;
}

/// The first bytes of a stream, until these are among them.
async fn bytes(port: u16, until: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut read = Vec::new();
    eventually(&format!("{until:?} is sent"), SHORT, async || {
        stream.read_buf(&mut read).await.unwrap();
        let text = String::from_utf8_lossy(&read).into_owned();
        if text.contains(until) { Ok(text) } else { Err(text) }
    })
    .await
}

/// What `hark listen --raw` prints of a server that has two messages, until its first heartbeat.
async fn raw(world: &World, server: &mut Server<'_>) -> Vec<Value> {
    server.publish().await;
    server.publish().await;
    let url = server.url();
    let mut listen = world.start_hark("listen", &["listen", "--raw", &url, "--last-event-id", "1"]);
    listen.line("\"comment\"", LONG).await;
    let lines = listen.lines();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] != "link").map(without_time).collect()
}

fn without_time(mut line: Value) -> Value {
    assert!(line.as_object_mut().unwrap().remove("at").is_some());
    line
}

/// The second message, with this data.
fn second(data: &str) -> Value {
    json!({"kind": "event", "type": "message", "data": data, "id": "2", "own_id": "2"})
}

#[tokio::test]
async fn sse_starlettes_lines_end_with_crlf_and_are_told_without() {
    let world = World::new();
    let Some(mut server) = Server::start(&world, Kind::SseStarlette).await else { return };
    let lines = raw(&world, &mut server).await;
    let comment = lines.iter().find(|line| line["kind"] == "comment").unwrap();
    let text = comment["text"].as_str().unwrap();
    assert!(text.starts_with("ping - ") && !text.contains('\r'), "{text:?}");
    assert!(lines.contains(&second(&body(1))), "{lines:?}");
    assert!(lines.contains(&json!({"kind": "retry", "ms": 1_000})), "{lines:?}");
    // It writes what this test is about.
    let sent = bytes(server.port, ": ping").await;
    assert!(
        sent.contains("id: 2\r\ndata: message 1\r\ndata: and  its second line\r\n\r\n"),
        "{sent}"
    );
}

#[tokio::test]
async fn better_sses_lines_without_a_space_and_bare_comments_are_told_as_meant() {
    let world = World::new();
    let Some(mut server) = Server::start(&world, Kind::BetterSse).await else { return };
    let lines = raw(&world, &mut server).await;
    assert!(lines.contains(&json!({"kind": "comment", "text": ""})), "{lines:?}");
    // It writes JSON, whatever the message is.
    assert!(lines.contains(&second(&json!(body(1)).to_string())), "{lines:?}");
    assert!(lines.contains(&json!({"kind": "retry", "ms": 1_000})), "{lines:?}");
    let sent = bytes(server.port, "\n:\n").await;
    assert!(sent.contains("id:1\ndata:\"message 0"), "{sent}");
}
