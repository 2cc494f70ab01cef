//! The doctor's visit: plain connections through the guarded client, and what they showed. Judges
//! nothing.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt;
use hark_engine::{
    cursor::Cursor,
    failure::Cause,
    feed::{self, Feed},
    wire::Arrival,
};
use hark_stream::{
    connection::{Ask, Connection, Trail},
    probe::{Outcome, guess, probe},
};
use http::{HeaderMap, HeaderValue, header};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use url::Url;

use super::{
    Observation,
    occurrence::{Occurrence, What},
    resume::{self, Resumed},
};

/// How long headers may take.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);
/// How many arrivals of a stream are enough to judge it.
const HEARD_MAX: usize = 8192;
/// How many events of a resumed stream are noted.
const BROUGHT_MAX: usize = 1024;
/// How long a probe may take to be answered.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a stream has to begin its replay after it opened.
const REPLAY: Duration = Duration::from_secs(3);
/// The limit of a whole replay, whose time is extended after each missed event: a server may take its time.
const REPLAY_MAX: Duration = Duration::from_secs(30);
/// How long a complete replay is watched for events that do not belong to it.
const AFTER_REPLAY: Duration = Duration::from_millis(700);

/// The server to visit, and how.
#[derive(Clone)]
pub struct Visit {
    /// The request.
    pub ask: Ask,
    /// What it speaks; recognised where missing.
    pub feed: Option<Arc<dyn Feed>>,
    /// How long to listen.
    pub length: Duration,
}

/// Visits a server; `opened` is called when it begins to listen. Once `stop` is done it listens no
/// longer, but finishes what belongs to what it has heard.
pub async fn observe(
    visit: Visit,
    opened: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Observation {
    let Visit { mut ask, feed, length } = visit;
    let credential = holds_credential(&ask.headers);
    let feed = match feed {
        Some(feed) => {
            ask.url = feed.stream_url(&ask.url);
            feed
        }
        None => recognised(&mut ask).await,
    };
    let trail = Trail::kept();
    ask.trail = trail.clone();
    let visitor = Visitor { feed, ask, length };
    let mut seen = visitor.listen(&trail, opened, stop).await;
    seen.credential = credential;
    if seen.opened.is_some() {
        seen.compressed = visitor.compression().await;
        let ids = resume::ids(&seen);
        for cursor in resume::cursors(ids.len()) {
            let from = ids.get(cursor).map(|id| resume::cursor_of(&seen, id)).unwrap_or_default();
            let resumed = visitor.resume(&ids, cursor, &from).await;
            let refused = resumed.refused.is_some();
            seen.resumed.push(resumed);
            if refused {
                break;
            }
        }
        if let Some(old) = ids.first().and_then(|id| resume::forgotten(id))
            && !seen.feed.resumes_by_time()
        {
            seen.forgotten = visitor.refusal(&Cursor::of_id(&old)).await;
        }
    }
    seen
}

fn holds_credential(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE)
}

/// What the server speaks; sets the URL to where its events come from.
async fn recognised(ask: &mut Ask) -> Arc<dyn Feed> {
    let stream = match probe(ask.clone()).await {
        Outcome::Stream(stream) => Some(stream),
        Outcome::Unreachable { .. } => guess(&ask.url),
        Outcome::Refused(_) => None,
    };
    stream
        .and_then(|stream| {
            ask.url = stream.url;
            feed::by_name(stream.recognition.feed)
        })
        .unwrap_or_else(|| Arc::new(feed::Json))
}

struct Visitor {
    feed: Arc<dyn Feed>,
    ask: Ask,
    length: Duration,
}

impl Visitor {
    fn dial(&self, url: &Url, cursor: &Cursor) -> Connection {
        let feed = &*self.feed;
        Connection::dial(self.ask.as_asks(feed, feed.request(url, cursor)))
    }

    async fn listen(
        &self,
        trail: &Trail,
        opened: impl FnOnce(),
        stop: impl Future<Output = ()>,
    ) -> Observation {
        let begun = Instant::now();
        let mut connection = self.dial(&self.ask.url, &Cursor::NONE);
        let mut seen = Observation {
            url: self.ask.url.clone(),
            credential: false,
            feed: self.feed.clone(),
            heads: Vec::new(),
            opened: None,
            heard: Vec::new(),
            ended: None,
            listened: Duration::ZERO,
            compressed: None,
            resumed: Vec::new(),
            forgotten: None,
            certificate: None,
        };
        let mut until = begun + self.length.min(HEADERS_TIMEOUT);
        let mut stop = pin!(stop);
        let mut opened = Some(opened);
        let mut position = None;
        while seen.heard.len() < HEARD_MAX {
            let item = tokio::select! {
                item = connection.next() => item,
                () = sleep_until(until) => break,
                () = &mut stop => break,
            };
            let after = begun.elapsed();
            match item {
                Some(Arrival::Opened(_)) => {
                    seen.opened = Some(after);
                    if let Some(opened) = opened.take() {
                        opened();
                    }
                    until = Instant::now() + self.length;
                }
                Some(Arrival::Closed(cause)) => seen.ended = Some((after, cause)),
                Some(item) => {
                    let all = What::all_of(item, &*self.feed, &mut position);
                    seen.heard.extend(all.into_iter().map(|what| Occurrence { after, what }));
                }
                None => break,
            }
        }
        seen.listened = begun.elapsed();
        if seen.opened.is_none() && seen.ended.is_none() {
            let cause = match trail.is_connected() {
                true => Cause::HeadersTimeout,
                false => Cause::ConnectTimeout,
            };
            seen.ended = Some((seen.listened, cause));
        }
        seen.certificate = trail.certificate();
        let heads = trail.heads().into_iter();
        seen.heads = heads
            .map(|head| (head.at.duration_since(begun), head))
            .map(|(at, head)| (head, at))
            .collect();
        seen
    }

    /// How it answers a client that takes compression, as browsers do.
    async fn compression(&self) -> Option<String> {
        let mut ask = self.ask.clone();
        ask.trail = Trail::kept();
        let trail = ask.trail.clone();
        let taken = HeaderValue::from_static("gzip, deflate, br, zstd");
        ask.headers.insert(header::ACCEPT_ENCODING, taken);
        let visitor = Self { ask, feed: self.feed.clone(), length: self.length };
        let mut connection = visitor.dial(&visitor.ask.url, &Cursor::NONE);
        // Refused for its encoding, or a plain stream: the headers say it either way.
        _ = timeout(PROBE_TIMEOUT, connection.next()).await;
        let heads = trail.heads();
        let encoding = heads.last()?.headers.get(header::CONTENT_ENCODING)?.to_str().ok()?;
        (!encoding.is_empty() && encoding != "identity")
            .then(|| encoding.chars().take(40).collect())
    }

    /// Why a client that comes back from here is refused, if it is.
    async fn refusal(&self, from: &Cursor) -> Option<Cause> {
        let mut connection = self.dial(&self.ask.url, from);
        match timeout(PROBE_TIMEOUT, connection.next()).await {
            Ok(Some(Arrival::Closed(cause))) => Some(cause),
            _ => None,
        }
    }

    /// Comes back with an id, and sees what that brings.
    async fn resume(&self, ids: &[String], cursor: usize, from: &Cursor) -> Resumed {
        let mut resumed = Resumed { cursor, brought: Vec::new(), refused: None };
        let mut connection = self.dial(&self.ask.url, from);
        match timeout(PROBE_TIMEOUT, connection.next()).await {
            Ok(Some(Arrival::Opened(_))) => {}
            Ok(Some(Arrival::Closed(cause))) => resumed.refused = Some(cause),
            Ok(_) | Err(_) => resumed.refused = Some(Cause::HeadersTimeout),
        }
        let end = Instant::now() + REPLAY_MAX;
        let mut until = Instant::now() + REPLAY;
        let missing = |brought: &[String]| ids[cursor + 1..].iter().any(|id| !brought.contains(id));
        let mut waits = missing(&[]);
        if !waits {
            until = Instant::now() + AFTER_REPLAY;
        }
        let mut position = from.id.clone();
        while resumed.refused.is_none() && resumed.brought.len() < BROUGHT_MAX {
            let Ok(Some(item)) = timeout_at(until, connection.next()).await else { break };
            for what in What::all_of(item, &*self.feed, &mut position) {
                let What::Message { id: Some(id), .. } = what else { continue };
                let missed = ids[cursor + 1..].contains(&id);
                resumed.brought.push(id);
                if waits && missed {
                    waits = missing(&resumed.brought);
                    let rest = if waits { REPLAY } else { AFTER_REPLAY };
                    until = end.min(Instant::now() + rest);
                }
            }
        }
        resumed
    }
}
