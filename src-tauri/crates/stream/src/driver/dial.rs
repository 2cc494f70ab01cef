//! What a driver asks of a server: a connection, as the feed asks for it, and beside it what to send on it.
//! Knows no link.

use futures_util::StreamExt;
use hark_engine::{
    cursor::Cursor,
    failure::Cause,
    feed::{self, Feed, Subscribe},
    link::DIAL_TIMEOUT,
    wire::{Arrival, Head},
};
use http::{HeaderValue, Method, header::CONTENT_TYPE};
use jiff::Timestamp;
use tokio::time::timeout;
use url::Url;

use crate::{
    connection::{Ask, Connection},
    probe,
};

/// Where the stream of a feed would be whose URLs lead there by themselves once it is recognised.
fn streams_address(url: &Url, refusal: &Cause) -> Option<Url> {
    let leads = |name: &str, other: &Url| {
        feed::by_name(name).is_some_and(|feed| feed.stream_url(url) == *other)
    };
    feed::other_addresses(url, refusal).find(|(name, other)| leads(name, other)).map(|(_, url)| url)
}

/// Tells the server what to send on the connection that it calls `client`.
pub(super) async fn subscribe(ask: Ask, feed: &dyn Feed, client: &str) -> Result<(), Cause> {
    let Some(Subscribe { url, body }) = feed.subscribe(&ask.url, client)? else { return Ok(()) };
    let mut ask = Ask { url, method: Method::POST, body: body.into(), ..ask };
    ask.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut connection = Connection::dial(ask);
    match timeout(DIAL_TIMEOUT, connection.next()).await {
        Ok(Some(Arrival::Closed(Cause::NoContent))) => Ok(()),
        Ok(Some(Arrival::Closed(cause))) => Err(cause),
        Ok(_) => Err(Cause::NotHttp { detail: "what to send was not answered with 204".into() }),
        Err(_) => Err(Cause::HeadersTimeout),
    }
}

/// What is wanted of a server.
pub(super) enum Wanted {
    /// The stream, resumed after this.
    After(Cursor),
    /// What it holds since this time of its own, and no more.
    Since(Timestamp),
}

/// Dials as the feed asks; in the other form of its URL, where the server's
/// refusal speaks for that, or where the stream may be of one that `is_unknown`. What such a one refuses is
/// told as what it is. Answers the connection and the first that it brings.
pub(super) async fn dial(
    ask: Ask,
    feed: &dyn Feed,
    is_unknown: bool,
    wanted: &Wanted,
) -> (Connection, Option<Arrival>) {
    let request = |url: &Url| match wanted {
        Wanted::After(cursor) => feed.request(url, cursor),
        Wanted::Since(time) => feed.request_backfill(url, *time),
    };
    let asking = |url: &Url| Connection::dial(ask.as_asks(feed, request(url)));
    let mut connection = asking(&ask.url);
    let mut first = connection.next().await;
    // Other dials leave their heads in the same trail.
    let page = if is_unknown { probe::head(&ask.trail) } else { Head::default() };
    if let Some(Arrival::Closed(refusal)) = &first
        && let Some(other) = feed
            .other_form(&ask.url, refusal)
            .or_else(|| is_unknown.then(|| streams_address(&ask.url, refusal)).flatten())
    {
        let mut second = asking(&other);
        let answer = second.next().await;
        let counts = match &answer {
            Some(Arrival::Opened(_)) => true,
            // A stream that wants a token: the page beside it does not.
            Some(Arrival::Closed(refusal)) => {
                is_unknown && feed::in_words(&other, refusal).is_some()
            }
            _ => false,
        };
        if counts {
            return (second, answer);
        }
    }
    if let Some(Arrival::Closed(refusal)) = first.as_mut().filter(|_| is_unknown)
        && let Some(told) = probe::unveiled(&ask, &page, refusal).await
    {
        *refusal = told;
    }
    (connection, first)
}
