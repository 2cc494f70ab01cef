//! One connection to one server: `eventsource-client` behind the guard.
//!
//! A [`Connection`] is dialled, gives [`Arrival`]s until one is [`Arrival::Closed`], and is dropped. It
//! never reconnects and knows nothing of links.

mod cause;
mod certificate;
#[cfg(test)]
mod conformance;
mod connect;
mod dial;
mod echo;
pub mod guard;
mod picture;
mod pieces;
mod publish;
mod request;
mod roots;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_via;
mod trail;

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use eventsource_client::{BoxStream, Client as _, ClientBuilder, ReconnectOptions, SSE};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use hark_engine::{
    failure::Cause,
    message::RawEvent,
    wire::{self, Arrival},
};
use http::{HeaderValue, Request};
use http_body_util::BodyExt;
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture, TransportError};
use sync_wrapper::{SyncFuture, SyncStream};

use cause::Ended;
pub use certificate::Certificate;
pub use connect::{Io, Proxy, TlsFiles, Via, Wire, Wiring, is_loopback, tls_config};
pub use dial::Ask;
use guard::{Fact, Guard, Limits};
pub use picture::{NoPicture, picture};
use pieces::Pieces;
pub use publish::publish;
pub use request::{Answered, NotSent, request};
pub use trail::{Head, Route, Trail};

/// Facts that may wait while nothing is passed on.
const FACTS_MAX: usize = 4096;

/// The state that guard and stream share; both run in the same task.
#[derive(Default)]
struct Notes {
    facts: VecDeque<Fact>,
    head: wire::Head,
}

type Shared = Arc<Mutex<Notes>>;

fn lock(shared: &Shared) -> MutexGuard<'_, Notes> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection.
pub struct Connection {
    stream: BoxStream<eventsource_client::Result<SSE>>,
    shared: Shared,
    ready: VecDeque<Arrival>,
    ended: bool,
}

impl Connection {
    /// Dials when first polled.
    #[must_use]
    pub fn dial(ask: Ask) -> Self {
        let shared = Shared::default();
        let (url, limits) = (ask.url.to_string(), ask.limits);
        Self::over(&url, Guarded { ask, limits, shared: shared.clone() }, shared)
    }

    /// A connection over a body that has been recorded: what a test or a fuzzer replays.
    #[must_use]
    pub fn replay(chunks: Vec<Bytes>, last_event_id: Option<String>, limits: Limits) -> Self {
        let shared = Shared::default();
        let recorded = Recorded { chunks, last_event_id, limits, shared: shared.clone() };
        Self::over("http://recorded.invalid/", recorded, shared)
    }

    fn over(url: &str, transport: impl HttpTransport, shared: Shared) -> Self {
        let stream = match ClientBuilder::for_url(url) {
            Ok(builder) => builder
                .reconnect(ReconnectOptions::reconnect(false).retry_initial(false).build())
                .redirect_limit(0)
                .build_with_transport(transport)
                .stream(),
            Err(error) => Box::pin(SyncStream::new(futures_util::stream::iter([Err(error)]))),
        };
        Self { stream, shared, ready: VecDeque::new(), ended: false }
    }

    /// Takes facts up to the one that matches the library's latest item.
    fn drain(&mut self, until: fn(&Fact) -> bool) -> Option<Fact> {
        let mut notes = lock(&self.shared);
        while let Some(fact) = notes.facts.pop_front() {
            if until(&fact) {
                return Some(fact);
            }
            match fact {
                Fact::Arrived(Arrival::Alive) if self.ready.back() == Some(&Arrival::Alive) => {}
                Fact::Arrived(arrival) => self.ready.push_back(arrival),
                // The library gives each of these, in this order.
                Fact::Comment | Fact::Event { .. } => {}
            }
        }
        None
    }

    fn on_sse(&mut self, sse: SSE) {
        match sse {
            SSE::Connected(_) => {
                let head = std::mem::take(&mut lock(&self.shared).head);
                self.ready.push_back(Arrival::Opened(head));
            }
            SSE::Comment(text) => {
                self.drain(|fact| *fact == Fact::Comment);
                let text = text.strip_prefix(' ').map(str::to_owned).unwrap_or(text);
                self.ready.push_back(Arrival::Comment(text));
            }
            SSE::Event(event) => {
                let own_id = match self.drain(|fact| matches!(fact, Fact::Event { .. })) {
                    Some(Fact::Event { own_id }) => own_id,
                    _ => None,
                };
                let raw = RawEvent { kind: event.event_type, data: event.data, own_id };
                let id = event.id.unwrap_or_default();
                self.ready.push_back(Arrival::Event { event: raw, id });
            }
        }
    }
}

impl Stream for Connection {
    type Item = Arrival;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Arrival>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match self.stream.as_mut().poll_next(cx) {
                Poll::Ready(Some(Ok(sse))) => self.on_sse(sse),
                Poll::Ready(end) => {
                    self.drain(|_| false);
                    let cause = match end {
                        Some(Err(error)) => cause::of_client(&error),
                        _ => Cause::EndOfStream,
                    };
                    self.ready.push_back(Arrival::Closed(cause));
                    self.ended = true;
                }
                Poll::Pending => {
                    self.drain(|_| false);
                    if self.ready.is_empty() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

/// The library's transport: our dial, and the guard over the body.
#[derive(Clone)]
struct Guarded {
    ask: Ask,
    limits: Limits,
    shared: Shared,
}

impl HttpTransport for Guarded {
    fn request(&self, _: Request<Option<Bytes>>) -> ResponseFuture {
        let Self { ask, limits, shared } = self.clone();
        Box::pin(SyncFuture::new(async move {
            let last_event_id = ask.last_event_id.clone();
            let trail = ask.trail.clone();
            let response = dial::dial(ask).await.map_err(|cause| Ended(cause).into_transport())?;
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = response.headers().iter();
            lock(&shared).head =
                headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
            Ok(response.map(|body| {
                let frames = body
                    .into_data_stream()
                    .inspect_ok(move |data| trail.took(data.len()))
                    .map(|data| data.map_err(|error| cause::of_chain(&error)));
                guarded(frames, limits, shared, last_event_id)
            }))
        }))
    }
}

/// A transport that answers with what was recorded.
#[derive(Clone)]
struct Recorded {
    chunks: Vec<Bytes>,
    last_event_id: Option<String>,
    limits: Limits,
    shared: Shared,
}

impl HttpTransport for Recorded {
    fn request(&self, _: Request<Option<Bytes>>) -> ResponseFuture {
        let Self { chunks, last_event_id, limits, shared } = self.clone();
        let body = stream::iter(chunks.into_iter().map(Ok));
        let body = guarded(body, limits, shared, last_event_id);
        Box::pin(std::future::ready(Ok(http::Response::new(body))))
    }
}

fn guarded(
    body: impl Stream<Item = Result<Bytes, Cause>> + Send + Unpin + 'static,
    limits: Limits,
    shared: Shared,
    first: Option<String>,
) -> ByteStream {
    let guard = Guard::new(limits);
    let out = Pieces::default();
    Box::pin(SyncStream::new(Body { body, guard, out, shared, first, over: false }))
}

/// The guarded body.
struct Body<B> {
    body: B,
    guard: Guard,
    /// What the guard has let pass and the library has not taken.
    out: Pieces,
    shared: Shared,
    /// The id that the stream resumes from, which its first events inherit.
    first: Option<String>,
    over: bool,
}

impl<B: Stream<Item = Result<Bytes, Cause>> + Unpin> Stream for Body<B> {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(id) = this.first.take() {
            return Poll::Ready(Some(Ok(format!("id: {id}\n\n").into())));
        }
        loop {
            if let Some(piece) = this.out.pop() {
                return Poll::Ready(Some(Ok(piece.into())));
            }
            if this.over {
                return Poll::Ready(None);
            }
            if lock(&this.shared).facts.len() > FACTS_MAX {
                // Let the other side take them before more is read.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let data = ready!(Pin::new(&mut this.body).poll_next(cx));
            let mut notes = lock(&this.shared);
            match data {
                Some(Ok(data)) => this.guard.take(&data, &mut this.out, &mut notes.facts),
                Some(Err(cause)) => {
                    this.over = true;
                    this.guard.end(&mut notes.facts);
                    return Poll::Ready(Some(Err(Ended(cause).into_transport())));
                }
                None => {
                    this.over = true;
                    this.guard.end(&mut notes.facts);
                }
            }
        }
    }
}
