//! A server that notes each request byte for byte, and answers it as a test wants.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};

use crate::LONG;

/// The request that is sent after all others.
const MARKER: &str = "GET /marker HTTP/1.1";

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Method, path and version.
    pub line: String,
    /// The headers, with names in lower case, in order of their names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// See the module.
pub struct Recorder {
    /// Where it listens, on this machine.
    pub port: u16,
    answer: Arc<Mutex<Vec<u8>>>,
    requests: UnboundedReceiver<Recorded>,
    task: JoinHandle<()>,
}

impl Recorder {
    /// Listens on a port of its own, and answers `204 No Content`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(Mutex::new(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()));
        let (told, requests) = unbounded_channel();
        let shared = Arc::clone(&answer);
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let recorded = loop {
                    let mut piece = [0; 4096];
                    match stream.read(&mut piece).await {
                        Ok(0) | Err(_) => break None,
                        Ok(count) => bytes.extend_from_slice(&piece[..count]),
                    }
                    if let Some(recorded) = read(&String::from_utf8_lossy(&bytes)) {
                        break Some(recorded);
                    }
                };
                let Some(recorded) = recorded else { continue };
                _ = told.send(recorded);
                let answer = shared.lock().unwrap().clone();
                _ = stream.write_all(&answer).await;
            }
        });
        Self { port, answer, requests, task }
    }

    /// A URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on answers this, byte for byte.
    pub fn answer(&self, answer: impl AsRef<[u8]>) {
        *self.answer.lock().unwrap() = answer.as_ref().to_vec();
    }

    /// The next request.
    pub async fn next(&mut self) -> Recorded {
        timeout(LONG, self.requests.recv()).await.expect("a request comes").unwrap()
    }

    /// Whether nothing has come that was not taken: a request of the test's own is the next. What has come is
    /// taken with it.
    pub async fn is_quiet(&mut self) -> bool {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(format!("{MARKER}\r\n\r\n").as_bytes()).await.unwrap();
        let mut is_quiet = true;
        while self.next().await.line != MARKER {
            is_quiet = false;
        }
        is_quiet
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request, once the whole of it is there.
fn read(text: &str) -> Option<Recorded> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    headers.sort();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    (body.len() >= length).then(|| Recorded { line, headers, body: body.to_owned() })
}
