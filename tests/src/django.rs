//! A real django-eventstream server on uvicorn: `tests/servers/eventstream.py`, whose packages
//! `cargo xtask test` fetches. It keeps its events in a database that outlives the process; what it
//! answers 201 for is what the tests judge by.

use rustix::process::Signal;

use crate::{Running, SHORT, World, eventually, http, servers};

/// The server, on a port of its own.
pub struct Django<'a> {
    world: &'a World,
    /// Where it listens, on this machine.
    pub port: u16,
    server: Option<Running>,
    /// What it has taken.
    pub published: Vec<String>,
}

impl<'a> Django<'a> {
    /// Starts it, empty; says that it is skipped where it was not fetched.
    pub async fn start(world: &'a World) -> Option<Self> {
        world.folder("django");
        let mut django =
            Self { world, port: http::free_port(), server: None, published: Vec::new() };
        django.start_again().await?;
        Some(django)
    }

    /// Starts it on the same port, with what it has kept.
    pub async fn start_again(&mut self) -> Option<()> {
        let mut command = servers::python(self.world, "eventstream.py")?;
        command.arg(self.port.to_string()).arg(self.world.path("django"));
        let mut server = Running::start(self.world, "django", command);
        eventually("django listens", SHORT, async || {
            assert!(server.is_running(), "it has ended: {}", server.err());
            http::reaches(self.port).await
        })
        .await;
        self.server = Some(server);
        Some(())
    }

    /// The stream of a channel.
    #[must_use]
    pub fn url(&self, channel: &str) -> String {
        format!("http://127.0.0.1:{}/events/{channel}", self.port)
    }

    /// Publishes the next message to the channel `news`, and answers its text.
    pub async fn publish(&mut self) -> String {
        let text = format!("message {}", self.published.len());
        assert_eq!(http::post(self.port, "/publish", &text).await.unwrap(), 201);
        self.published.push(text.clone());
        text
    }

    /// Has it forget all events, as it does when they are old.
    pub async fn forget(&self) {
        assert_eq!(http::post(self.port, "/forget", "").await.unwrap(), 204);
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Ends it as its service manager would.
    pub async fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        server.signal(Signal::TERM);
        server.ended(SHORT).await;
    }
}
