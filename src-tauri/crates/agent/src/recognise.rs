//! Tries a URL before it is followed: what answers there, and what does it speak?
//!
//! Three clues, the better before the lesser: what the stream says first, the response's headers, and
//! the shape of the URL.

use std::time::Duration;

use futures_util::StreamExt;
use hark_api::{ApiError, Certainty, ErrorCode, Recognised};
use hark_engine::{
    failure::{Cause, Class},
    feed::{self, Decoded, Feed, Mercure, Ntfy, ntfy},
    message::{Message, RawEvent},
    wire::{Arrival, Head},
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::sse::{Ask, Connection};

/// How long a URL is tried, in all its forms.
const TRY: Duration = Duration::from_secs(5);
/// How long an open stream is listened to for its first words.
const LISTEN: Duration = Duration::from_millis(1500);

/// How long the latest message is looked for.
const LATEST: Duration = Duration::from_secs(3);
/// What is replayed has all come after so long without an event.
const QUIET: Duration = Duration::from_millis(250);

/// What a URL turned out to be, and the URL that is to be followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it speaks.
    pub recognised: Recognised,
    /// Where its events come from; another than the person's where that led to it.
    pub url: Url,
}

/// What came of trying a URL.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried {
    /// An event stream.
    Stream(Found),
    /// It cannot be reached now, which is no reason not to follow it.
    Unreachable {
        /// Why.
        sentence: String,
        /// What its URL looks like.
        guess: Option<Found>,
    },
    /// It answers, and what it answers cannot be followed.
    Refused(ApiError),
}

/// Tries `ask`. `origin` is what its sentences call the server.
pub async fn recognise(ask: Ask, origin: &str) -> Tried {
    let deadline = Instant::now() + TRY;
    let cause = match listen(&ask, deadline).await {
        Ok(recognised) => return Tried::Stream(Found { recognised, url: ask.url }),
        Err(cause) => cause,
    };
    if let Some(other) = other_address(&ask.url, &cause) {
        let ask = Ask { url: other, ..ask.clone() };
        match listen(&ask, deadline).await {
            Ok(recognised) if recognised.certainty == Certainty::Sure => {
                return Tried::Stream(Found { recognised, url: ask.url });
            }
            // A topic that wants a token: its page does not, so only here it is seen.
            Err(refusal) if explained(&refusal, &Ntfy).is_some() => {
                return refused_or_unreachable(&refusal, origin, &ask.url);
            }
            _ => {}
        }
    }
    refused_or_unreachable(&cause, origin, &ask.url)
}

/// The latest message that the server holds, decoded by `feed`, where it brings one soon.
pub async fn latest(ask: &Ask, feed: &dyn Feed) -> Option<Message> {
    let request = feed.request_latest(&ask.url);
    let ask = Ask { url: request.url, last_event_id: request.last_event_id, ..ask.clone() };
    let end = Instant::now() + LATEST;
    let mut connection = Connection::dial(ask);
    let (mut latest, mut until) = (None, end);
    while let Ok(Some(item)) = timeout_at(until, connection.next()).await {
        match item {
            Arrival::Opened(_) => until = end.min(Instant::now() + LISTEN),
            Arrival::Event { event, .. } => {
                if let Decoded::Message(message) = feed.decode(&event) {
                    latest = Some(*message);
                }
                until = end.min(Instant::now() + QUIET);
            }
            Arrival::Closed(_) => break,
            _ => {}
        }
    }
    latest
}

/// Where else the stream may be, after this answer: at the topic's `/sse`, or in the parameters of
/// another version of the hub.
fn other_address(url: &Url, cause: &Cause) -> Option<Url> {
    let is_page =
        matches!(cause, Cause::ContentType { .. } | Cause::Status { code: 404 | 405, .. });
    let stream = ntfy::stream_url(url);
    if is_page && ntfy::may_be_topic(url) && stream != *url {
        return Some(stream);
    }
    is_hub(url).then(|| Mercure.other_form(url, cause)).flatten()
}

/// Listens until it is clear what speaks there.
async fn listen(ask: &Ask, deadline: Instant) -> Result<Recognised, Cause> {
    let mut connection = Connection::dial(ask.clone());
    let mut until = deadline;
    let mut opened: Option<Head> = None;
    loop {
        let item = timeout_at(until, connection.next()).await;
        match (item, &opened) {
            (Ok(Some(Arrival::Opened(headers))), _) => {
                if let Some(found) = by_headers(&headers) {
                    return Ok(found);
                }
                opened = Some(headers);
                until = deadline.min(Instant::now() + LISTEN);
            }
            (Ok(Some(Arrival::Comment(text))), _) => {
                let nginx = opened.as_ref().is_some_and(is_nginx);
                if let Some(found) = by_comment(&ask.url, nginx, &text) {
                    return Ok(found);
                }
            }
            (Ok(Some(Arrival::Event { event, .. })), Some(headers)) => {
                return Ok(by_event(&ask.url, headers, &event));
            }
            (Ok(Some(Arrival::Closed(cause))), None) => return Err(cause),
            (Err(_), None) => return Err(Cause::HeadersTimeout),
            (Ok(Some(Arrival::Closed(_)) | None) | Err(_), _) => {
                let guess = || found("json", Certainty::Guess, "it is an event stream");
                return Ok(by_shape(&ask.url).unwrap_or_else(guess));
            }
            (Ok(Some(_)), _) => {}
        }
    }
}

fn found(feed: &str, certainty: Certainty, reason: &str) -> Recognised {
    Recognised { feed: feed.to_owned(), certainty, reason: reason.to_owned() }
}

/// By the URL alone.
fn by_shape(url: &Url) -> Option<Recognised> {
    let path = url.path().trim_end_matches('/');
    let host = url.host_str().unwrap_or_default();
    if is_hub(url) {
        // Registered for it (RFC 8615); nothing else should answer there.
        return Some(found("mercure", Certainty::Sure, "its path is that of a Mercure hub"));
    }
    if host == "stream.wikimedia.org" {
        return Some(found("wikimedia", Certainty::Sure, "its host is that of EventStreams"));
    }
    if host == "ntfy.sh" && ntfy::may_be_topic(url) {
        return Some(found("ntfy", Certainty::Likely, "its host is an ntfy server"));
    }
    let likely = |feed, reason| Some(found(feed, Certainty::Likely, reason));
    if path == "/api/stream" {
        likely("home-assistant", "its path is that of Home Assistant's event stream")
    } else if path.starts_with("/api/v1/streaming/") {
        likely("mastodon", "its path is that of Mastodon's streams")
    } else if path.starts_with("/v2/stream/") {
        likely("wikimedia", "its path is that of EventStreams")
    } else {
        None
    }
}

fn is_hub(url: &Url) -> bool {
    url.path().trim_end_matches('/').ends_with("/.well-known/mercure")
}

fn by_headers(headers: &Head) -> Option<Recognised> {
    let own = headers.iter().any(|(name, _)| name.starts_with("mercure-"));
    let linked = headers.iter().filter(|(name, _)| *name == "link").any(|(_, value)| {
        let value = value.to_ascii_lowercase();
        value.split([';', ',']).any(|part| {
            let relation = part.trim().strip_prefix("rel=").unwrap_or_default();
            relation.trim_matches('"').split_whitespace().any(|name| name == "mercure")
        })
    });
    (own || linked).then(|| found("mercure", Certainty::Sure, "its headers are a Mercure hub's"))
}

fn is_nginx(headers: &Head) -> bool {
    let is_it = |value: &str| value.starts_with("nginx") || value.starts_with("openresty");
    headers.get("server").is_some_and(is_it)
}

fn by_comment(url: &Url, nginx: bool, text: &str) -> Option<Recognised> {
    let shape = by_shape(url).map(|found| found.feed);
    match text {
        "hi" if nginx => Some(found("nchan", Certainty::Sure, "it greets as Nchan does")),
        "hi" => Some(found("nchan", Certainty::Likely, "it greets as Nchan does")),
        // `:)` and `:thump`.
        ")" | "thump" if shape.as_deref() == Some("mastodon") => {
            Some(found("mastodon", Certainty::Sure, "it greets as Mastodon does"))
        }
        _ => None,
    }
}

fn by_event(url: &Url, headers: &Head, event: &RawEvent) -> Recognised {
    let id = event.own_id.as_deref().unwrap_or_default();
    let json = serde_json::from_str(&event.data).unwrap_or(serde_json::Value::Null);
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
    if event.kind == "open" && text("event") == Some("open") && text("topic").is_some() {
        return found("ntfy", Certainty::Sure, "it opens as ntfy does");
    }
    // The stream of a `since=`, or one whose beginning a proxy has kept.
    let is_message = text("event") == Some("message") && text("topic").is_some();
    if is_message && matches!(Ntfy.decode(event), Decoded::Message(_)) {
        return found("ntfy", Certainty::Likely, "it sends messages as ntfy does");
    }
    let sure = |found: Recognised, reason: &str| Recognised {
        certainty: Certainty::Sure,
        reason: reason.to_owned(),
        ..found
    };
    match by_shape(url) {
        Some(shape) if shape.feed == "home-assistant" && event.data == "ping" => {
            return sure(shape, "it pings as Home Assistant does");
        }
        Some(shape) if shape.feed == "wikimedia" && id.starts_with("[{\"topic\"") => {
            return sure(shape, "its ids are those of EventStreams");
        }
        Some(shape) => return shape,
        None => {}
    }
    if is_nginx(headers) && is_nchan_id(id) {
        return found("nchan", Certainty::Likely, "nginx sends ids as Nchan does");
    }
    found("json", Certainty::Likely, "it is an event stream of no kind that is known")
}

/// `1700000000:0`, seconds and a count.
fn is_nchan_id(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    id.split_once(':').is_some_and(|(seconds, count)| digits(seconds) && digits(count))
}

/// The cause with the server's own error in words, where this feed knows it.
fn explained(cause: &Cause, feed: &dyn Feed) -> Option<Cause> {
    match cause {
        Cause::Status { code, detail: Some(detail), retry_after_ms, streamed_before } => {
            Some(Cause::Status {
                code: *code,
                detail: Some(feed.explain(*code, detail)?.into()),
                retry_after_ms: *retry_after_ms,
                streamed_before: *streamed_before,
            })
        }
        _ => None,
    }
}

fn refused_or_unreachable(cause: &Cause, origin: &str, url: &Url) -> Tried {
    let feeds = feed::NAMES.iter().filter_map(|name| feed::by_name(name));
    let in_words = feeds.into_iter().find_map(|feed| explained(cause, &*feed));
    let sentence = in_words.as_ref().unwrap_or(cause).sentence(origin);
    match cause.class() {
        Class::Local | Class::Network | Class::Server | Class::Routine => {
            let guess = by_shape(url).map(|recognised| {
                let url = match recognised.feed.as_str() {
                    "ntfy" => ntfy::stream_url(url),
                    _ => url.clone(),
                };
                Found { recognised, url }
            });
            Tried::Unreachable { sentence, guess }
        }
        Class::Refused | Class::Protocol => {
            let code = match cause {
                Cause::Status { code: 401 | 403, .. } => ErrorCode::CredentialWanted,
                _ => ErrorCode::NotAFeed,
            };
            Tried::Refused(ApiError { code: Some(code), sentence })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn status(code: u16, detail: Option<&str>) -> Cause {
        Cause::Status {
            code,
            detail: detail.map(Into::into),
            retry_after_ms: None,
            streamed_before: false,
        }
    }

    #[test]
    fn the_shape_of_a_url_is_a_clue() {
        use Certainty::{Likely, Sure};
        for (at, wanted) in [
            ("https://a.example/.well-known/mercure?topic=x", Some(("mercure", Sure))),
            ("https://a.example/app/.well-known/mercure", Some(("mercure", Sure))),
            ("https://stream.wikimedia.org/v2/stream/recentchange", Some(("wikimedia", Sure))),
            ("https://a.example/v2/stream/x", Some(("wikimedia", Likely))),
            ("http://ha.local:8123/api/stream?restrict=x", Some(("home-assistant", Likely))),
            ("https://a.example/api/v1/streaming/user/notification", Some(("mastodon", Likely))),
            ("https://ntfy.sh/topic", Some(("ntfy", Likely))),
            ("https://ntfy.sh/", None),
            ("https://a.example/topic/sse", None),
        ] {
            let found = by_shape(&url(at));
            let found = found.as_ref().map(|found| (found.feed.as_str(), found.certainty));
            assert_eq!(found, wanted, "{at}");
        }
    }

    #[test]
    fn headers_of_a_hub_are_a_clue() {
        for (name, value, is) in [
            ("mercure-last-event-id", "earliest", true),
            ("link", "<https://h.example/.well-known/mercure>; rel=\"mercure\"", true),
            ("link", "<https://h.example/a>; rel=next, <https://h.example/m>; rel=mercure", true),
            ("link", "</mercure.css>; rel=preload", false),
            ("server", "mercure", false),
        ] {
            let headers = Head::from_iter([(name.to_owned(), value.to_owned())]);
            assert_eq!(by_headers(&headers).is_some(), is, "{name}: {value}");
        }
    }

    #[test]
    fn first_words_are_the_best_clue() {
        let heard = |at: &str, kind: &str, data: &str, id: Option<&str>| {
            let own_id = id.map(str::to_owned);
            let event = RawEvent { kind: kind.into(), data: data.into(), own_id };
            let headers = Head::from_iter([("server".to_owned(), "nginx/1.22".to_owned())]);
            let found = by_event(&url(at), &headers, &event);
            (found.feed, found.certainty)
        };
        use Certainty::{Likely, Sure};
        let any = "https://a.example/x";
        let open = r#"{"id":"2pgIAaGrQ8","time":1,"event":"open","topic":"x"}"#;
        let message = r#"{"id":"2pgIAaGrQ8","time":1,"event":"message","topic":"x"}"#;
        let wiki = "https://mirror.example/v2/stream/x";
        for (at, kind, data, id, wanted) in [
            (any, "open", open, None, ("ntfy", Sure)),
            (any, "message", message, None, ("ntfy", Likely)),
            (any, "open", "{}", None, ("json", Likely)),
            ("http://ha.local/api/stream", "message", "ping", None, ("home-assistant", Sure)),
            (any, "message", "ping", None, ("json", Likely)),
            (wiki, "message", "{}", Some(r#"[{"topic":"a","offset":1}]"#), ("wikimedia", Sure)),
            (any, "message", "x", Some("1700000000:0"), ("nchan", Likely)),
            (any, "message", "x", Some("17"), ("json", Likely)),
        ] {
            let (feed, certainty) = wanted;
            assert_eq!(heard(at, kind, data, id), (feed.to_owned(), certainty), "{kind} {data}");
        }
        let hi = |nginx| by_comment(&url(any), nginx, "hi").unwrap();
        assert_eq!((hi(true).feed.as_str(), hi(true).certainty), ("nchan", Sure));
        assert_eq!((hi(false).feed.as_str(), hi(false).certainty), ("nchan", Likely));
        assert_eq!(by_comment(&url(any), false, "thump"), None);
        let mastodon = url("https://a.example/api/v1/streaming/user");
        assert_eq!(by_comment(&mastodon, false, ")").unwrap().certainty, Sure);
    }

    #[test]
    fn a_page_leads_to_its_topic_and_a_hub_to_its_other_version() {
        let page = Cause::ContentType { found: "text/html".into() };
        let other = |at: &str, cause: &Cause| other_address(&url(at), cause).map(String::from);
        let topic = other("https://ntfy.example/topic", &page);
        assert_eq!(topic.as_deref(), Some("https://ntfy.example/topic/sse"));
        assert_eq!(other("https://ntfy.example/", &page), None);
        assert_eq!(other("https://ntfy.example/topic", &Cause::NoRoute), None);
        let hub = "https://a.example/.well-known/mercure?topic=x";
        let matched = other(hub, &status(400, None));
        assert_eq!(matched.as_deref(), Some("https://a.example/.well-known/mercure?match=x"));
        assert_eq!(other("https://a.example/x?topic=x", &status(400, None)), None);
    }

    #[test]
    fn what_is_down_may_be_followed_and_what_says_no_may_not() {
        let ntfy = url("https://ntfy.sh/topic");
        let tried = |cause| refused_or_unreachable(&cause, "x", &ntfy);
        let Tried::Unreachable { guess: Some(guess), .. } = tried(Cause::NameNotResolved) else {
            panic!("{:?}", tried(Cause::NameNotResolved))
        };
        assert_eq!((guess.recognised.feed.as_str(), guess.url.path()), ("ntfy", "/topic/sse"));
        assert!(matches!(tried(Cause::HeadersTimeout), Tried::Unreachable { .. }));
        let refused = |cause| match tried(cause) {
            Tried::Refused(error) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(status(401, None)).code, Some(ErrorCode::CredentialWanted));
        assert_eq!(refused(status(404, None)).code, Some(ErrorCode::NotAFeed));
        let page = Cause::ContentType { found: "text/html".into() };
        assert_eq!(refused(page).code, Some(ErrorCode::NotAFeed));
        let sentence = refused(status(403, Some("40301 forbidden"))).sentence;
        assert!(sentence.contains("the user or token may not read this topic"), "{sentence}");
    }
}
