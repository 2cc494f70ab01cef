//! A real ntfy server, as Debian packages it; `cargo xtask test` fetches it. The tests judge by the
//! messages that it says it holds.

use std::{env, path::PathBuf, process::Command};

use serde_json::Value;

use rustix::process::Signal;

use crate::{Running, SHORT, World, eventually, hark, http, skipped};

/// How often it sends a keepalive; it accepts no shorter time.
const KEEPALIVE: &str = "5s";
/// The first version that has sequences.
pub const SEQUENCES: (u32, u32) = (2, 16);

/// ntfy on a port of its own, with its own cache and users.
pub struct RealNtfy<'a> {
    world: &'a World,
    program: PathBuf,
    /// The first two numbers of its version.
    pub version: (u32, u32),
    /// Where it listens, on this machine.
    pub port: u16,
    server: Option<Running>,
}

impl<'a> RealNtfy<'a> {
    /// Starts it, empty; says that it is skipped where there is none.
    pub async fn start(world: &'a World) -> Option<Self> {
        Self::start_with(world, &[]).await
    }

    /// Starts it with these further settings, or others than usual.
    pub async fn start_with(world: &'a World, settings: &[(&str, &str)]) -> Option<Self> {
        let program = program()?;
        let version = version(&program);
        let port = http::free_port();
        let mut ntfy = Self { world, program, version, port, server: None };
        ntfy.write_settings(settings);
        ntfy.start_again().await;
        Some(ntfy)
    }

    /// Writes the settings for its next start.
    pub fn write_settings(&self, settings: &[(&str, &str)]) {
        let (port, folder) = (self.port, self.world.folder("ntfy"));
        let file = |name: &str| folder.join(name).display().to_string();
        let address = format!("127.0.0.1:{port}");
        let (url, cache, attachments) =
            (format!("http://{address}"), file("cache.db"), file("attachments"));
        let usual = [
            ("base-url", url.as_str()),
            ("listen-http", &address),
            ("cache-file", &cache),
            ("attachment-cache-dir", &attachments),
            ("keepalive-interval", KEEPALIVE),
            // Its limits are for strangers.
            ("visitor-request-limit-exempt-hosts", "127.0.0.1"),
            ("visitor-subscription-limit", "10000"),
            ("visitor-message-daily-limit", "1000000"),
        ];
        let kept = usual.iter().filter(|(name, _)| settings.iter().all(|(other, _)| other != name));
        let lines = kept.chain(settings).map(|(name, value)| {
            // It takes no text for a number, nor a number for a time.
            let quote = if value.bytes().all(|byte| byte.is_ascii_digit()) { "" } else { "\"" };
            format!("{name}: {quote}{value}{quote}\n")
        });
        self.world.file("ntfy/server.yml", lines.collect::<String>());
    }

    /// Starts it on the same port, with what it has kept.
    pub async fn start_again(&mut self) {
        let mut command = self.world.command(&self.program);
        command.args(["serve", "--config"]).arg(self.world.path("ntfy/server.yml"));
        let mut server = Running::start(self.world, "ntfy", command);
        eventually("ntfy listens", SHORT, async || {
            assert!(server.is_running(), "ntfy has ended: {}", server.err());
            http::reaches(self.port).await
        })
        .await;
        self.server = Some(server);
    }

    /// Ends it as its service manager would.
    pub async fn stop(&mut self) {
        let mut server = self.server.take().expect("ntfy runs");
        server.signal(Signal::TERM);
        server.ended(SHORT).await;
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.server.take().expect("ntfy runs").kill();
    }

    /// Where topics are followed.
    #[must_use]
    pub fn url(&self, topics: &str) -> String {
        format!("http://127.0.0.1:{}/{topics}/sse", self.port)
    }

    /// Adds a user who may do everything, and answers a token of theirs. Wants `auth-file` in its
    /// settings.
    pub async fn add_user(&self, name: &str, password: &str) -> String {
        let run = async |args: &[&str]| {
            let mut command = self.world.command(&self.program);
            let settings = self.world.path("ntfy/server.yml");
            command.arg(args[0]).arg("--config").arg(settings).args(&args[1..]);
            command.env("NTFY_PASSWORD", password);
            let mut running = Running::start(self.world, "ntfy-user", command);
            let ended = running.ended(SHORT).await;
            assert!(ended.success(), "{args:?}: {}", running.err());
            running.out() + &running.err()
        };
        run(&["user", "add", "--role=admin", name]).await;
        let said = run(&["token", "add", name]).await;
        let token = said.split_whitespace().find(|word| word.starts_with("tk_"));
        token.expect(&said).to_owned()
    }

    /// Publishes a text; answers its id.
    pub async fn publish(&self, topic: &str, text: &str) -> String {
        let told = self.send("POST", topic, &[], text).await;
        told["id"].as_str().unwrap().to_owned()
    }

    /// Publishes with these headers, or changes a sequence (`PUT topic/sequence`, `PUT
    /// topic/sequence/clear`, `DELETE topic/sequence`); answers what the server made of it.
    ///
    /// # Panics
    /// Where it was not taken: that would look like a loss.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        text: &str,
    ) -> Value {
        let (status, body) =
            http::send(self.port, method, &format!("/{path}"), headers, text).await.unwrap();
        assert_eq!(status, 200, "{method} /{path}: {body}");
        serde_json::from_str(&body).expect(&body)
    }

    /// All messages of these topics that it says it holds, except those kept for a later time.
    ///
    /// # Panics
    /// Where it does not answer.
    pub async fn held(&self, topics: &str) -> Vec<Value> {
        let path = format!("/{topics}/json?poll=1&since=all");
        let (status, body) = http::send(self.port, "GET", &path, &[], "").await.unwrap();
        assert_eq!(status, 200, "{body}");
        body.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Whether its version has this; says that it is skipped where not.
    #[must_use]
    pub fn has(&self, what: &str, since: (u32, u32)) -> bool {
        let has = self.version >= since;
        if !has {
            let (one, two) = self.version;
            skipped(&format!("ntfy {one}.{two} has no {what}"));
        }
        has
    }
}

/// The program; says that the test is skipped where there is none.
fn program() -> Option<PathBuf> {
    let program = env::var_os("HARK_TEST_NTFY")
        .map_or_else(|| hark::target().join("archive/ntfy/usr/bin/ntfy"), PathBuf::from);
    if program.exists() {
        return Some(program);
    }
    skipped(
        "there is no real ntfy; `cargo xtask test` fetches it where Debian's archive is reached",
    );
    None
}

/// By the last lines of its help, which every version has.
fn version(program: &PathBuf) -> (u32, u32) {
    let help = Command::new(program).arg("--help").env_clear().output().unwrap().stdout;
    let help = String::from_utf8_lossy(&help).into_owned();
    let of_line = |line: &str| {
        let mut numbers = line.strip_prefix("ntfy ")?.split('.');
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    };
    help.lines().rev().find_map(of_line).unwrap_or_else(|| panic!("no version in {help}"))
}
