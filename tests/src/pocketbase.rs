//! A real PocketBase server, as Debian packages it; `cargo xtask test` fetches it. What it answers to who
//! creates a record is what the tests judge by.

use std::{env, path::PathBuf};

use serde_json::{Value, json};

use crate::{Running, SHORT, World, eventually, hark, http, skipped};

const SUPERUSER: (&str, &str) = ("root@example.org", "a-long-password");
const JSON: (&str, &str) = ("content-type", "application/json");

/// The server on a port of its own, with its own data: the collection `alerts`, which everybody may read
/// and write, and `secret`, which is its superuser's.
pub struct PocketBase<'a> {
    world: &'a World,
    program: PathBuf,
    /// Where it listens, on this machine.
    pub port: u16,
    server: Option<Running>,
    /// The superuser's.
    pub token: String,
}

impl<'a> PocketBase<'a> {
    /// Starts it; says that it is skipped where there is none.
    pub async fn start(world: &'a World) -> Option<Self> {
        let program = env::var_os("HARK_TEST_POCKETBASE")
            .map_or_else(|| hark::target().join("archive/pocketbase/usr/bin/base"), PathBuf::from);
        if !program.exists() {
            skipped(
                "there is no PocketBase; `cargo xtask test` fetches it where Debian's archive is reached",
            );
            return None;
        }
        world.folder("pocketbase");
        let mut base =
            Self { world, program, port: http::free_port(), server: None, token: String::new() };
        let (name, password) = SUPERUSER;
        let mut made = base.running("superuser", &["superuser", "upsert", name, password]);
        assert!(made.ended(SHORT).await.success(), "{}", made.err());
        base.start_again().await;
        let asked = json!({ "identity": name, "password": password });
        let path = "/api/collections/_superusers/auth-with-password";
        let answer = base.post(path, &asked).await;
        answer["token"].as_str().unwrap().clone_into(&mut base.token);
        let fields = json!([
            { "name": "title", "type": "text" },
            { "name": "level", "type": "number" },
        ]);
        for (name, rule) in [("alerts", json!("")), ("secret", Value::Null)] {
            let mut collection = json!({ "name": name, "type": "base", "fields": fields });
            for of in ["listRule", "viewRule", "createRule", "updateRule", "deleteRule"] {
                collection[of] = rule.clone();
            }
            base.post("/api/collections", &collection).await;
        }
        Some(base)
    }

    /// Starts it on the same port, with what it has kept.
    pub async fn start_again(&mut self) {
        let address = format!("--http=127.0.0.1:{}", self.port);
        let mut server = self.running("pocketbase", &["serve", &address]);
        eventually("PocketBase listens", SHORT, async || {
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

    /// Its realtime API, with this query.
    #[must_use]
    pub fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/api/realtime{query}", self.port)
    }

    /// Creates a record, and answers its id.
    pub async fn create(&self, collection: &str, title: &str, level: u32) -> String {
        let record = json!({ "title": title, "level": level });
        let answer = self.post(&format!("/api/collections/{collection}/records"), &record).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Gives a record of `alerts` another title.
    pub async fn update(&self, id: &str, title: &str) {
        self.send(
            "PATCH",
            &format!("/api/collections/alerts/records/{id}"),
            &json!({ "title": title }),
        )
        .await;
    }

    /// Deletes a record of `alerts`.
    pub async fn delete(&self, id: &str) {
        self.send("DELETE", &format!("/api/collections/alerts/records/{id}"), &json!({})).await;
    }

    fn running(&self, name: &str, args: &[&str]) -> Running {
        let mut command = self.world.command(&self.program);
        command.args(args).arg("--dir").arg(self.world.path("pocketbase"));
        Running::start(self.world, name, command)
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.send("POST", path, body).await
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [JSON, ("authorization", self.token.as_str())];
        let (status, answer) =
            http::send(self.port, method, path, &headers, &body.to_string()).await.unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
    }
}
