//! The demo server: what a well-behaved push server does, small enough to read. Loopback only.
//!
//! It has ids, resume, `retry:` and a heartbeat, shows three samples to whoever comes first, and
//! publishes whatever is posted to it.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Sse, sse},
    routing::get,
};
use futures_util::{Stream, StreamExt, stream};
use hark_config::settings::Subscription;
use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{Notify, broadcast},
    time::sleep,
};

const HEARTBEAT: Duration = Duration::from_secs(5);
/// How many messages are kept for clients that come back.
const KEPT_MAX: usize = 100;
/// The largest message that can be posted. Bytes.
const POST_BYTES_MAX: usize = 64 << 10;

/// The samples, each with its wait after the one before, in milliseconds; the first waits after the first
/// visit. Events within 2 s of a first connection count as backlog and are not shown.
const SAMPLES: &[(u64, &str)] = &[
    (
        2500,
        r#"{"title":"Hello from Hark","body":"This came as a server-sent event. The history keeps it.","tags":["demo"]}"#,
    ),
    (
        3000,
        r#"{"title":"Backup finished","body":"42 GiB in 12 minutes","priority":2,"tags":["demo","backup"]}"#,
    ),
    (
        3000,
        r#"{"title":"Disk almost full","body":"/var has 3 % left","priority":5,"tags":["demo","disk"]}"#,
    ),
];

/// A running demo server.
#[derive(Debug)]
pub struct Demo {
    listener: TcpListener,
    url: String,
}

#[derive(Debug)]
struct Board {
    kept: Mutex<Kept>,
    live: broadcast::Sender<(u64, String)>,
    first_visit: Notify,
}

#[derive(Debug)]
struct Kept {
    number: u64,
    messages: VecDeque<(u64, String)>,
}

impl Demo {
    /// Binds a port of loopback; 0 takes a free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}/events", listener.local_addr()?);
        Ok(Self { listener, url })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A subscription that follows it, under this name.
    #[must_use]
    pub fn subscription(&self, name: &str) -> Option<Subscription> {
        let url = self.url.parse().ok()?;
        Some(Subscription { name: Some(name.to_owned()), ..Subscription::plain(url, "json") })
    }

    /// Serves until the listener fails.
    ///
    /// # Errors
    /// Where the listener fails.
    pub async fn serve(self) -> io::Result<()> {
        // Ids start above those of any earlier demo, so that a client resumes correctly.
        let number = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
        let board = Arc::new(Board {
            kept: Mutex::new(Kept { number, messages: VecDeque::new() }),
            live: broadcast::channel(KEPT_MAX).0,
            first_visit: Notify::new(),
        });
        let samples = board.clone();
        tokio::spawn(async move {
            samples.first_visit.notified().await;
            for (wait_ms, data) in SAMPLES {
                sleep(Duration::from_millis(*wait_ms)).await;
                samples.publish((*data).to_owned());
            }
        });
        let limit = axum::extract::DefaultBodyLimit::max(POST_BYTES_MAX);
        let router = Router::new()
            .route("/events", get(subscribe).post(publish))
            .layer(limit)
            .with_state(board);
        axum::serve(self.listener, router).await
    }
}

impl Board {
    fn publish(&self, data: String) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.number += 1;
        let message = (kept.number, data);
        if kept.messages.len() == KEPT_MAX {
            kept.messages.pop_front();
        }
        kept.messages.push_back(message.clone());
        // An error means that nobody listens; the message is kept for replay.
        let _ = self.live.send(message);
    }
}

async fn publish(State(board): State<Arc<Board>>, body: String) -> impl IntoResponse {
    board.publish(body);
    (StatusCode::ACCEPTED, "published\n")
}

async fn subscribe(
    State(board): State<Arc<Board>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let kept = board.kept.lock().unwrap_or_else(PoisonError::into_inner);
    let live = board.live.subscribe();
    let missed: Vec<_> = kept
        .messages
        .iter()
        .filter(|(id, _)| after.is_some_and(|after| *id > after))
        .cloned()
        .collect();
    drop(kept);
    board.first_visit.notify_one();
    let live = stream::unfold(live, |mut live| async {
        // A client that falls behind is cut off; it comes back and resumes.
        live.recv().await.ok().map(|message| (message, live))
    });
    let hello = sse::Event::default().comment("hello").retry(Duration::from_secs(1));
    let messages = stream::iter(missed).chain(live).map(|(id, data)| {
        let data = data.replace('\r', "");
        sse::Event::default().id(id.to_string()).data(data)
    });
    let heartbeat = sse::KeepAlive::new().interval(HEARTBEAT).text("heartbeat");
    Sse::new(stream::iter([hello]).chain(messages).map(Ok)).keep_alive(heartbeat)
}
