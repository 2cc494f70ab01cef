//! A real Centrifugo server, built from its module; `cargo xtask test` builds it. What it answers to who
//! publishes, and its own history, are what the tests judge by.

use std::{env, path::PathBuf};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{LONG, Running, SHORT, World, eventually, hark, http, skipped};

const KEY: &str = "of the tests";
/// What its tokens are signed with.
const SECRET: &str = "a-secret-of-the-tests-that-is-long-enough";
/// A token of its, for `{"sub":"me"}`.
pub const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSJ9.wWR7Erm7B5ctMGURVjdA-yyk2vz9mpGOiZmYw0sDzyE";
/// One for `{"sub":"me","channels":["own"]}`.
pub const TOKEN_OF_OWN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSIsImNoYW5uZWxzIjpbIm93biJdfQ._QSX5YNjNSsLAU0UEGxVdMRWY99hn4x51SxFNky92QY";
/// How many publications a channel holds.
pub const HELD: usize = 10;

/// The server on a port of its own. Everybody who has a token may follow a channel whose name begins with
/// `open:`, and `bare:`, which has no history; none other.
pub struct Centrifugo<'a> {
    world: &'a World,
    program: PathBuf,
    /// Where it listens, on this machine.
    pub port: u16,
    server: Option<Running>,
}

impl<'a> Centrifugo<'a> {
    /// Starts it; says that it is skipped where there is none.
    pub async fn start(world: &'a World) -> Option<Self> {
        Self::start_with(world, None).await
    }

    /// The same, with so many bytes that may wait for a client, where that is not the server's own limit.
    pub async fn start_with(world: &'a World, queue: Option<usize>) -> Option<Self> {
        let program = env::var_os("HARK_TEST_CENTRIFUGO")
            .map_or_else(|| hark::target().join("go/bin/centrifugo"), PathBuf::from);
        if !program.exists() {
            skipped("there is no Centrifugo; `cargo xtask test` builds it where Go is");
            return None;
        }
        let port = http::free_port();
        let history = json!({
            "history_size": HELD, "history_ttl": "1h",
            "force_recovery": true, "force_positioning": true,
        });
        let mut open = history.clone();
        open["name"] = "open".into();
        open["allow_subscribe_for_client"] = true.into();
        let mut settings = json!({
            "client": { "ping_interval": "2s", "pong_timeout": "1s", "token": { "hmac_secret_key": SECRET } },
            "channel": {
                "without_namespace": history,
                "namespaces": [open, { "name": "bare", "allow_subscribe_for_client": true }],
            },
            "http_api": { "key": KEY },
            "http_server": { "address": "127.0.0.1", "port": port.to_string() },
            "uni_sse": { "enabled": true },
            "shutdown": { "timeout": "1s" },
        });
        if let Some(bytes) = queue {
            settings["client"]["queue_max_size"] = bytes.into();
        }
        world.file("centrifugo.json", settings.to_string());
        let mut own = Self { world, program, port, server: None };
        own.start_again().await;
        Some(own)
    }

    /// Starts it on the same port. What it held in memory is gone.
    pub async fn start_again(&mut self) {
        let mut command = self.world.command(&self.program);
        command.arg("--config").arg(self.world.path("centrifugo.json"));
        let mut server = Running::start(self.world, "centrifugo", command);
        eventually("Centrifugo listens", SHORT, async || {
            assert!(server.is_running(), "it has ended: {}", server.err());
            http::reaches(self.port).await
        })
        .await;
        self.server = Some(server);
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        server.signal(Signal::TERM);
        server.ended(SHORT).await;
    }

    /// Its SSE, with this query.
    #[must_use]
    pub fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/connection/uni_sse{query}", self.port)
    }

    /// Publishes a title to a channel.
    pub async fn publish(&self, channel: &str, title: &str) {
        self.call("publish", &json!({ "channel": channel, "data": { "title": title } })).await;
    }

    /// The titles that it holds of a channel.
    pub async fn held(&self, channel: &str) -> Vec<String> {
        let answer = self.call("history", &json!({ "channel": channel, "limit": -1 })).await;
        let all = answer["publications"].as_array().cloned().unwrap_or_default();
        all.iter().map(|one| one["data"]["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until so many clients are connected, with their channels.
    pub async fn followed(&self, count: u64) {
        eventually(&format!("{count} are connected"), LONG, async || {
            let answer = self.call("info", &json!({})).await;
            let now = answer["nodes"][0]["num_clients"].as_u64().unwrap_or_default();
            if now == count { Ok(()) } else { Err(now) }
        })
        .await;
    }

    /// A call of its server API; answers its result.
    pub async fn call(&self, method: &str, body: &Value) -> Value {
        let headers = [("content-type", "application/json"), ("x-api-key", KEY)];
        let path = format!("/api/{method}");
        let (status, answer) =
            http::send(self.port, "POST", &path, &headers, &body.to_string()).await.unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        assert!(status == 200 && answer.get("error").is_none(), "{method}: {status} {answer}");
        answer["result"].take()
    }
}
