//! A push server that says exactly what a test wants, byte for byte.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    LONG, SHORT, World,
    http::{free_port, listen},
};

/// A socket that waits for clients.
pub struct Server {
    listener: TcpListener,
    port: u16,
}

/// One client that has asked.
pub struct Client {
    stream: TcpStream,
    /// Its request: the line and the headers.
    pub request: String,
}

impl Server {
    /// Listens on a port of its own.
    pub async fn start() -> Self {
        Self::at(free_port()).await
    }

    /// Listens on this port.
    pub async fn at(port: u16) -> Self {
        let listener = listen(port).await;
        Self { listener, port }
    }

    /// The next client, greeted, and the link `news` that streams with it.
    pub async fn streaming(&self, world: &World) -> Client {
        let mut client = self.client_within(LONG).await.unwrap();
        client.accept().await;
        client.send(": hello\n\n").await;
        world.phase("news", "streaming").await;
        client
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The next client, once it has sent its request.
    pub async fn client(&self) -> Client {
        self.client_within(SHORT).await.expect("a client dials")
    }

    /// The next client, if one comes in time.
    pub async fn client_within(&self, within: Duration) -> Option<Client> {
        timeout(within, async {
            loop {
                let (mut stream, _) = self.listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                // One that only tries whether somebody listens sends nothing.
                if let Some(request) = read_request(&mut stream).await {
                    return Client { stream, request };
                }
            }
        })
        .await
        .ok()
    }

    /// The next client, whenever it comes.
    pub async fn client_ever(&self) -> Client {
        self.client_within(Duration::MAX).await.unwrap()
    }

    /// Gives every client the same answer and hangs up, until dropped.
    #[must_use]
    pub fn answering(self, answer: impl Into<String>) -> Answering {
        let (port, answer) = (self.port, answer.into());
        let task = tokio::spawn(async move {
            loop {
                let mut client = self.client_ever().await;
                client.send(&answer).await;
                // A connection that is closed before all was read is reset, and the answer may be lost with it.
                tokio::spawn(client.closed());
            }
        });
        Answering { port, task }
    }
}

/// A server that always answers the same.
pub struct Answering {
    port: u16,
    task: JoinHandle<()>,
}

impl Answering {
    /// A URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// A header of its request.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.request.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// Accepts it as a subscriber. The stream ends where the connection does.
    pub async fn accept(&mut self) {
        self.send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
        )
        .await;
    }

    /// Sends bytes as they are. A client that has gone is no error here.
    pub async fn send(&mut self, bytes: &str) {
        self.send_bytes(bytes.as_bytes()).await;
    }

    /// Sends five messages of which each field is what a stranger would send to reach a command: substitutions,
    /// options, a text of 1 MiB, NUL and names of variables, and what is no UTF-8.
    pub async fn send_hostile(&mut self) {
        let hostile = [
            "$(touch pwned); `touch pwned`; touch pwned\n--flag\n-rf / 'x' \"y\" \\ \u{202e}",
            "--flags",
            &"é".repeat(1 << 19),
            "HARK_TRUNCATED=0\u{0}\nLD_PRELOAD=x",
        ];
        for text in hostile {
            // The long one would be over the limit of an event in all of them.
            let short = if text.len() > 1 << 19 { "é" } else { text };
            let data = json!({
                "title": text, "body": text, "tags": [short, short], "topic": short, "url": short,
            });
            self.send(&format!("data: {data}\n\n")).await;
        }
        // What is no UTF-8 is read as the web does.
        assert!(self.send_bytes(b"data: \xff\xfe$(touch pwned)\xc3\n\n").await);
    }

    /// The same for bytes that are no text; answers whether the client is there.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Says no more, and takes what the client still sends.
    async fn closed(mut self) {
        _ = self.stream.shutdown().await;
        _ = tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await;
    }

    /// Waits until it has hung up.
    pub async fn hung_up(mut self) {
        let mut rest = Vec::new();
        // A reset is as good as an end.
        _ = timeout(SHORT, self.stream.read_to_end(&mut rest)).await.expect("the client hangs up");
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
