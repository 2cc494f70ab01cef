//! `mercure`: a Mercure hub (draft-dunglas-mercure, and the hub's documentation at mercure.rocks).
//!
//! Every event has an id; a bare `:` comes at once and then every 40 s; the hub closes each stream
//! cleanly after some 10 minutes (`write_timeout` 600 s, less up to 20 %), which is routine.
//!
//! Resuming: the request names the last id by header, or by the parameter `last_event_id`. The
//! response says from where it really goes on, in `Mercure-Last-Event-ID` (1.0) or `Last-Event-ID`
//! (0.x). Where that is another id, the hub has forgotten the one that was asked for: it then
//! answers `earliest`, and 1.0 replays nothing. So a link that sees that asks for `earliest`
//! itself, and the store's fingerprints drop what it has already. Without any id `earliest` is
//! asked for from the beginning: else what is published in a break before the first id would be
//! lost.

mod discovery;
mod publish;
mod signature;

use std::time::Duration;

use url::Url;

use super::{
    Decoded, Feed, Request, Subscribe, is_common_heartbeat, json,
    publish::{Outgoing, Publish},
    request::has_parameter,
};
use crate::{cursor::Cursor, failure::Cause, message::RawEvent, readable::copied};

/// The feed of a Mercure hub; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mercure;

/// Where a hub is, below its site.
const HUB: &str = "/.well-known/mercure";
/// Everything that the hub still holds (draft-dunglas-mercure, "State Reconciliation").
const EARLIEST: &str = "earliest";
/// The parameter's names by protocol version; a person's own start is not overruled.
const LAST_EVENT_ID: &[&str] = &["last_event_id", "lastEventID", "Last-Event-ID"];

impl Feed for Mercure {
    fn name(&self) -> &str {
        "mercure"
    }

    fn called(&self) -> &str {
        "Mercure"
    }

    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        let cursor = cursor.id.as_deref();
        match cursor {
            None if has_parameter(url, LAST_EVENT_ID) => Request::plain(url),
            None => Request::by_header(url, Some(EARLIEST)),
            Some(_) => Request::by_header_or_query(url, cursor, "last_event_id"),
        }
    }

    fn resumes_from(&self, _id: &str) -> bool {
        true
    }

    fn misses_without_cursor(&self) -> bool {
        false
    }

    fn resumed_from_headers(&self) -> &'static [&'static str] {
        &["mercure-last-event-id", "last-event-id"]
    }

    /// Nothing is to be posted; but a hub without a topic sends nothing.
    fn subscribe(&self, url: &Url, _client: &str) -> Result<Option<Subscribe>, Cause> {
        let names_one = |(name, _): (std::borrow::Cow<'_, str>, _)| {
            name.starts_with("topic") || name.starts_with("match")
        };
        if !is_hub(url) || url.query_pairs().any(names_one) {
            return Ok(None);
        }
        Err(lacks_topic("this is a Mercure hub", url))
    }

    fn publish(&self, url: &Url, to: Option<&Url>, it: &Outgoing) -> Result<Publish, String> {
        publish::publish(url, to, it)
    }

    /// The hub's words for a request without a token that it takes, and for one without a topic.
    fn explain(&self, status: u16, detail: &str) -> Option<String> {
        match (status, detail) {
            (401, "Unauthorized") => Some(
                "a Mercure hub takes a JWT whose mercure.subscribe allows the topic".to_owned(),
            ),
            (400, "Missing \"topic\" parameter." | "missing \"match\" subscription parameter") => {
                Some("a Mercure hub wants to know which topic".to_owned())
            }
            _ => None,
        }
    }

    /// 0.x wants `topic=`, 1.0 `match=`, and each answers the other with 400. That answer is all
    /// that tells them apart (and its text differs by version), so any 400 is worth one other try.
    fn other_form(&self, url: &Url, cause: &Cause) -> Option<Url> {
        match cause {
            Cause::Status { code: 400, .. } => other_form(url),
            _ => None,
        }
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(40))
    }

    fn routine_close_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        json::decode(&event.data).into()
    }
}

/// Whether a URL is that of a hub. The path is registered for it (RFC 8615).
fn is_hub(url: &Url) -> bool {
    url.path().trim_end_matches('/').ends_with(HUB)
}

/// What is said where it is not known which topic of a hub to follow.
fn lacks_topic(what: &str, hub: &Url) -> Cause {
    let example = format!("{}{}?topic=TOPIC", hub.origin().ascii_serialization(), hub.path());
    let detail = match copied(&example) {
        Some(example) => format!("{what}, which has topics. Follow one, as {example}"),
        None => format!("{what}, which has topics. Name one by the parameter topic of its address"),
    };
    Cause::Incomplete { detail: detail.into() }
}

/// The same subscription in the other version's parameters. 0.x has URI templates where 1.0 has URL
/// patterns (`/books/{id}` is `/books/:id`); more than these does not translate.
fn other_form(url: &Url) -> Option<Url> {
    let mut pairs = Vec::new();
    let mut changed = false;
    for (name, value) in url.query_pairs() {
        let pair = match name.as_ref() {
            "topic" => match pattern_of_template(&value) {
                Some(pattern) => ("match_urlpattern".to_owned(), pattern),
                None => ("match".to_owned(), value.into_owned()),
            },
            "match" | "match_exact" => ("topic".to_owned(), value.into_owned()),
            "match_urlpattern" => return None,
            _ => {
                pairs.push((name.into_owned(), value.into_owned()));
                continue;
            }
        };
        changed = true;
        pairs.push(pair);
    }
    let mut other = url.clone();
    other.query_pairs_mut().clear().extend_pairs(pairs);
    changed.then_some(other)
}

/// `/books/{id}` as `/books/:id`; `None` where it is no template.
fn pattern_of_template(topic: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = topic;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        pattern.push_str(before);
        pattern.push(':');
        pattern.push_str(name);
        rest = after;
    }
    (rest.len() < topic.len()).then(|| pattern + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn without_an_id_everything_that_is_held_is_asked_for() {
        let hub = url("https://hub.example/.well-known/mercure?topic=a");
        let asked =
            |id: Option<&str>| Mercure.request(&hub, &id.map_or(Cursor::NONE, Cursor::of_id));
        assert_eq!(asked(None).last_event_id.as_deref(), Some("earliest"));
        assert_eq!(asked(Some("urn:uuid:1")).last_event_id.as_deref(), Some("urn:uuid:1"));
        let by_query = asked(Some("a\u{1}b"));
        assert_eq!(by_query.url.query(), Some("topic=a&last_event_id=a%01b"));
        assert_eq!(by_query.last_event_id, None);
        let own = url("https://hub.example/.well-known/mercure?topic=a&last_event_id=urn:1");
        assert_eq!(Mercure.request(&own, &Cursor::NONE), Request::plain(&own));
    }

    #[test]
    fn a_400_is_answered_in_the_other_versions_parameters() {
        let bad =
            Cause::Status { code: 400, detail: None, retry_after_ms: None, streamed_before: false };
        let hub = |query: &str| url(&format!("https://hub.example/.well-known/mercure?{query}"));
        let other = |query| {
            let other = Mercure.other_form(&hub(query), &bad)?;
            Some(other.query_pairs().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&"))
        };
        for (asked, wanted) in [
            ("topic=https://a.example/1&topic=b c", "match=https://a.example/1&match=b c"),
            ("match=a&x=1", "topic=a&x=1"),
            ("match_exact=a", "topic=a"),
            ("topic=https://a.example/{id}/x", "match_urlpattern=https://a.example/:id/x"),
            ("topic={%2Bany}", "match={+any}"),
        ] {
            assert_eq!(other(asked).as_deref(), Some(wanted), "{asked}");
        }
        assert_eq!(other("x=1"), None);
        assert_eq!(other("match_urlpattern=https://a.example/:id"), None);
        assert_eq!(Mercure.other_form(&hub("topic=a"), &Cause::EndOfStream), None);
    }
}
