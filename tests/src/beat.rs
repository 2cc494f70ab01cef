//! A push server of the simplest kind, which can be told to answer otherwise: a heartbeat, numbered
//! messages, and replay from `Last-Event-ID`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep},
};

/// The interval of its heartbeat.
pub const BEAT: Duration = Duration::from_millis(500);
/// How often it looks for a new message.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Default)]
struct State {
    count: usize,
    answer: Option<String>,
    mute: bool,
    accepted: usize,
}

/// A running server.
pub struct Beat {
    /// Its port, on every address of this machine.
    pub port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Beat {
    /// Listens on a port of its own.
    pub async fn start() -> Self {
        Self::on(TcpListener::bind(("0.0.0.0", 0)).await.unwrap())
    }

    /// Listens where it is told.
    #[must_use]
    pub fn on(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().accepted += 1;
                // A client that has gone is no error.
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state, task }
    }

    /// A URL of it under a host name or address.
    #[must_use]
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/events", self.port)
    }

    /// How many connections have come.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.state.lock().unwrap().accepted
    }

    /// Publishes `message N`, one more with each call; answers how many there are.
    pub fn publish(&self) -> usize {
        let mut state = self.state.lock().unwrap();
        state.count += 1;
        state.count
    }

    /// From now on answers every request with this, and ends the open streams; `None` is normal.
    pub fn answer(&self, answer: Option<&str>) {
        self.state.lock().unwrap().answer = answer.map(str::to_owned);
    }

    /// From now on takes connections and requests but says nothing on any; or speaks again.
    pub fn mute(&self, mute: bool) {
        self.state.lock().unwrap().mute = mute;
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let request = String::from_utf8_lossy(&request).to_lowercase();
    let cursor = request.lines().find_map(|line| line.strip_prefix("last-event-id:"));
    let mut sent: usize = cursor.map_or(0, |cursor| cursor.trim().parse().unwrap());
    while state.lock().unwrap().mute {
        sleep(LOOK).await;
    }
    let answer = state.lock().unwrap().answer.clone();
    if let Some(answer) = answer {
        return stream.write_all(answer.as_bytes()).await.ok();
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut beat = Instant::now();
    loop {
        let mut due = String::new();
        while state.lock().unwrap().mute {
            sleep(LOOK).await;
            beat = Instant::now();
        }
        {
            let state = state.lock().unwrap();
            if state.answer.is_some() {
                return None;
            }
            while sent < state.count {
                due += &format!("id: {}\ndata: message {sent}\n\n", sent + 1);
                sent += 1;
            }
        }
        if Instant::now() >= beat {
            due += ":\n\n";
            beat += BEAT;
        }
        stream.write_all(due.as_bytes()).await.ok()?;
        sleep(LOOK).await;
    }
}
