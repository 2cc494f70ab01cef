//! A real Home Assistant, which `cargo xtask soak` fetches. What its own API answers is what the tests
//! judge by.

use std::{env, path::PathBuf, sync::Once};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{LONG, Running, World, eventually, http, skipped};

/// A file of its storage: what a person has answered at the first start, but who owns it. The other
/// questions would have it ask other servers.
const ONBOARDING: &str = r#"{"version":4,"minor_version":1,"key":"onboarding",
    "data":{"done":["core_config","analytics","integration"]}}"#;
const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The server on a port of its own, with its own data and an owner.
pub struct HomeAssistant<'a> {
    world: &'a World,
    program: PathBuf,
    /// Where it listens, on this machine.
    pub port: u16,
    server: Option<Running>,
    /// The owner's, for half an hour.
    pub token: String,
}

impl<'a> HomeAssistant<'a> {
    /// Starts it; says that it is skipped where none is named.
    pub async fn start(world: &'a World) -> Option<Self> {
        let Some(program) = env::var_os("HARK_TEST_HOME_ASSISTANT") else {
            // As in every run of all tests: so once for all of them.
            static TOLD: Once = Once::new();
            TOLD.call_once(|| skipped("Home Assistant is run by `cargo xtask soak`"));
            return None;
        };
        let mut home = Self {
            world,
            program: program.into(),
            port: http::free_port(),
            server: None,
            token: String::new(),
        };
        let settings = format!("http:\n  server_host: 127.0.0.1\n  server_port: {}\n", home.port);
        world.file("home-assistant/configuration.yaml", settings);
        world.file("home-assistant/.storage/onboarding", ONBOARDING);
        home.run().await;
        home.token = home.owner().await;
        home.has_started().await;
        Some(home)
    }

    /// Starts it on the same port, with what it has kept.
    pub async fn start_again(&mut self) {
        self.run().await;
        self.has_started().await;
    }

    /// Ends it as its service manager would.
    pub async fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        server.signal(Signal::TERM);
        server.ended(LONG).await;
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// A page or stream of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Fires an event.
    pub async fn fire(&self, kind: &str, data: Value) {
        let told = self.send("POST", &format!("events/{kind}"), &data).await;
        assert_eq!(told["message"], format!("Event {kind} fired."));
    }

    /// Calls a service, as `light/turn_on`.
    pub async fn call(&self, service: &str, data: Value) {
        self.send("POST", &format!("services/{service}"), &data).await;
    }

    /// Sets the state of the kitchen's door.
    pub async fn door(&self, state: &str) {
        let door = json!({ "state": state, "attributes": { "friendly_name": "Kitchen door" } });
        let kept = self.send("POST", "states/binary_sensor.door", &door).await;
        assert_eq!(kept["state"], state);
    }

    /// What it has written of warnings and errors since it started.
    pub async fn log(&self) -> String {
        self.ask("GET", "error_log", "").await
    }

    async fn run(&mut self) {
        let mut command = self.world.command(&self.program);
        // What it needs was fetched with it.
        command.arg("--skip-pip").arg("--config").arg(self.world.path("home-assistant"));
        let mut server = Running::start(self.world, "home-assistant", command);
        eventually("Home Assistant listens", LONG, async || {
            assert!(server.is_running(), "it has ended: {}", server.err());
            http::reaches(self.port).await
        })
        .await;
        self.server = Some(server);
    }

    /// It listens before it has loaded all that it has.
    async fn has_started(&self) {
        eventually("Home Assistant has started", LONG, async || {
            let state = self.send("GET", "core/state", &Value::Null).await["state"].clone();
            if state == "RUNNING" { Ok(()) } else { Err(state) }
        })
        .await;
    }

    /// Answers its first question, as its page does; answers the token of who is its owner then.
    async fn owner(&self) -> String {
        let client = self.url("/");
        let owner = json!({
            "name": "Owner", "username": "owner", "password": "a-long-password",
            "client_id": client, "language": "en",
        });
        let asked = "/api/onboarding/users";
        let answer = self.request("POST", asked, &[JSON], &owner.to_string()).await;
        let code: Value = serde_json::from_str(&answer).unwrap();
        let code = code["auth_code"].as_str().unwrap();
        let form = format!("grant_type=authorization_code&code={code}&client_id={client}");
        let answer = self.request("POST", "/auth/token", &[FORM], &form).await;
        let token: Value = serde_json::from_str(&answer).unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        serde_json::from_str(&self.ask(method, path, &body).await).unwrap()
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let bearer = format!("Bearer {}", self.token);
        let headers = [JSON, ("authorization", bearer.as_str())];
        self.request(method, &format!("/api/{path}"), &headers, body).await
    }

    async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let (status, answer) = http::send(self.port, method, path, headers, body).await.unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }
}
