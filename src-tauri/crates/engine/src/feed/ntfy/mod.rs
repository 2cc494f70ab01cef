//! `ntfy`: topics of an ntfy server (https://docs.ntfy.sh/subscribe/api/ and /publish/).
//!
//! `/a,b/sse` follows several topics on one connection. An event's id is in its JSON, never in the
//! SSE `id:` field, and `Last-Event-ID` is ignored; `since=` resumes. `open` comes first and
//! `keepalive` every 45 s, with ids that name no message.
//!
//! Resuming: `since=<time>`, some seconds before that of the last message, and the fingerprints
//! drop what is stored already. `since=<id>` would leave out a scheduled message that fell due
//! later: its row keeps the number that it had when it was published. An id that has left the cache
//! brings everything that is kept. Whether something was missed does not depend on either: a
//! message that came and left the cache within a break can only have done so where that was longer
//! than messages are kept, which each says by the time at which it is forgotten (`expires`), and is
//! 12 hours unless configured. Without a cursor `since=all` is asked for: else what is published in
//! a break before the first message would be lost.
//!
//! Backfill: to whom a message is sent is decided while it is published, and in the cache it is only afterwards, with
//! `cache-batch-timeout` some seconds later. One that is published while a connection is made may be sent to it
//! neither live nor from the cache (`topic.Publish`, `handleSubscribeHTTP`). So what the cache holds of that time is
//! asked for once more, with `poll=1`.

mod message;
mod publish;
mod signature;

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Decoded, Feed, Order, Request, Subscribe, beginning, is_common_heartbeat,
    publish::{Outgoing, Publish},
    request::{has_parameter, with_parameter},
};
use crate::{
    cursor::Cursor,
    failure::Cause,
    message::{Change, RawEvent},
};
use message::{changed, message, text, time};

/// A topic that nobody means: asked for where it is to be seen whether ntfy is there.
const NO_TOPIC: &str = "_";

/// The feed of ntfy's topics; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ntfy;

/// `cache-duration` (https://docs.ntfy.sh/config/#message-cache).
const KEPT_DEFAULT: Duration = Duration::from_secs(12 * 3600);
/// What is asked for again before the cursor's time. A scheduled message is sent up to 10 s after
/// its time (`DelayedSenderInterval`), and times are whole seconds.
const MARGIN_SECONDS: i64 = 30;
/// After so long a message is in the cache, also where that is written in batches, whose makers' example is a second
/// (https://docs.ntfy.sh/config/#message-cache).
const CACHED_WITHIN: Duration = Duration::from_secs(10);
/// An id has 12 letters and digits, once 10; what is shorter could be taken for a time or a word.
const ID_CHARS_MIN: usize = 8;

impl Feed for Ntfy {
    fn name(&self) -> &str {
        "ntfy"
    }

    /// `/topic/sse`, also for the topic's page and its other streams.
    fn stream_url(&self, url: &Url) -> Url {
        let segments: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
        let topic = match segments.as_slice() {
            [.., "sse"] | [] => return url.clone(),
            [topic @ .., "json" | "raw" | "ws"] if !topic.is_empty() => topic,
            topic => topic,
        };
        let mut stream = url.clone();
        stream.set_path(&format!("/{}/sse", topic.join("/")));
        stream
    }

    /// Its topics: who knows one may read it.
    fn private_name(&self, url: &Url) -> Option<String> {
        let url = self.stream_url(url);
        let mut parts = url.path_segments()?.rev();
        let topics = (parts.next() == Some("sse")).then(|| parts.next())??;
        Some(topics.split(',').collect::<Vec<_>>().join(", "))
    }

    fn subscribe(&self, url: &Url, _client: &str) -> Result<Option<Subscribe>, Cause> {
        if !matches!(url.path_segments().and_then(|mut parts| parts.next()), Some("" | NO_TOPIC)) {
            return Ok(None);
        }
        let origin = url.origin().ascii_serialization();
        let detail = format!("this is ntfy, which has topics. Follow one, as {origin}/TOPIC");
        Err(Cause::Incomplete { detail: detail.as_str().into() })
    }

    fn publish(&self, url: &Url, to: Option<&Url>, it: &Outgoing) -> Result<Publish, String> {
        publish::publish(url, to, it)
    }

    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        let url = self.stream_url(url);
        let since = |since: &str| Request::plain(&with_parameter(&url, "since", since));
        match (&cursor.time, &cursor.id) {
            (Some(time), _) => {
                since(&time.as_second().saturating_sub(MARGIN_SECONDS).max(1).to_string())
            }
            // An earlier version stored no time.
            (None, Some(id)) => since(id),
            (None, None) if has_parameter(&url, &["since", "si"]) => Request::plain(&url),
            (None, None) => since("all"),
        }
    }

    fn request_latest(&self, url: &Url) -> Request {
        Request::plain(&with_parameter(&self.stream_url(url), "since", "latest"))
    }

    fn backfill_after(&self) -> Option<Duration> {
        Some(CACHED_WITHIN)
    }

    fn request_backfill(&self, url: &Url, since: Timestamp) -> Request {
        let request = self.request(url, &Cursor { id: None, time: Some(since) });
        Request::plain(&with_parameter(&request.url, "poll", "1"))
    }

    fn resumes_from(&self, id: &str) -> bool {
        id.len() >= ID_CHARS_MIN && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }

    /// The server follows what is new before it sends what is old, and that topic by topic, or by
    /// whole seconds. Only when all of it has been sent does it begin to send keepalives
    /// (`handleSubscribeHTTP`, `sendOldMessages`).
    fn order(&self) -> Order {
        Order::Mixed
    }

    fn published(&self, event: &RawEvent) -> Option<Timestamp> {
        #[derive(Deserialize)]
        struct Published {
            time: i64,
        }
        let Published { time } = serde_json::from_str(&event.data).ok()?;
        Timestamp::from_second(time).ok()
    }

    fn resumes_by_time(&self) -> bool {
        true
    }

    fn misses_without_cursor(&self) -> bool {
        false
    }

    fn kept(&self) -> Option<Duration> {
        Some(KEPT_DEFAULT)
    }

    fn keeps(&self, event: &RawEvent) -> Option<Duration> {
        #[derive(Deserialize)]
        struct Kept {
            time: u64,
            expires: u64,
        }
        let Kept { time, expires } = serde_json::from_str(&event.data).ok()?;
        expires.checked_sub(time).map(Duration::from_secs)
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(45))
    }

    fn ids(&self) -> String {
        self.name().to_owned()
    }

    fn identify(&self, event: &mut RawEvent) {
        event.own_id = beginning::id(&event.data);
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        let object = match serde_json::from_str(&event.data) {
            Ok(Value::Object(object)) if !object.is_empty() => object,
            _ if is_common_heartbeat(event) => return Decoded::Heartbeat,
            _ => return Decoded::Junk("it is no ntfy message"),
        };
        match text(&object, "event").unwrap_or(&event.kind) {
            "open" => Decoded::Greeting(time(&object, "time")),
            "keepalive" => Decoded::Idle,
            "message" => message(&object).into(),
            // Tells a phone to ask an upstream server; the message itself comes too.
            "poll_request" => Decoded::Nothing,
            "message_clear" => changed(&object, Change::Read),
            "message_delete" => changed(&object, Change::Deleted),
            _ => Decoded::Junk("it is of a kind that is not known"),
        }
    }

    fn explain(&self, _status: u16, detail: &str) -> Option<String> {
        let code: u32 = detail.split_whitespace().next()?.parse().ok()?;
        let words = in_words(code)?;
        Some(format!("ntfy error {code}: {words}"))
    }
}

/// What an error means for one who follows topics (`server/errors.go` of ntfy).
fn in_words(code: u32) -> Option<&'static str> {
    Some(match code {
        40008 => "it does not understand where to resume (since=)",
        40009 => "that is no topic's name",
        40010 => "topics of that name are not allowed",
        40101 => "these topics want a user or a token, or the one that was sent is wrong",
        40301 => "the user or token may not read this topic, or not all of these",
        40401 => "there is no topic at this path; it should end in /TOPIC/sse",
        42901 => "too many requests from this address",
        42903 => {
            "too many connections from this address; several topics can share one, as /a,b/sse"
        }
        42904 => "the server holds as many topics as it may",
        42909 => "too many wrong passwords or tokens from this address",
        50001 => "the server has an error of its own",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn event(kind: &str, data: &str) -> RawEvent {
        RawEvent { kind: kind.into(), data: data.into(), own_id: None }
    }

    #[test]
    fn it_resumes_by_since_and_without_an_id_asks_for_all() {
        let of = |id: Option<&str>| id.map_or(Cursor::NONE, Cursor::of_id);
        let asked = |at: &str, id| Ntfy.request(&url(at), &of(id)).url.to_string();
        let timed = Cursor {
            id: Some("wze9zgqK41wk".into()),
            time: Timestamp::from_second(1_700_000_000).ok(),
        };
        let by_time = Ntfy.request(&url("https://ntfy.sh/a"), &timed).url.to_string();
        assert_eq!(by_time, "https://ntfy.sh/a/sse?since=1699999970");
        let time = timed.time.unwrap();
        let once_more = Ntfy.request_backfill(&url("https://ntfy.sh/a,b?since=1h&p=5"), time);
        let wanted = "https://ntfy.sh/a,b/sse?p=5&since=1699999970&poll=1";
        assert_eq!(once_more.url.as_str(), wanted);
        for (at, cursor, wanted) in [
            ("https://ntfy.sh/a,b/sse", None, "https://ntfy.sh/a,b/sse?since=all"),
            (
                "https://ntfy.sh/a/sse",
                Some("wze9zgqK41wk"),
                "https://ntfy.sh/a/sse?since=wze9zgqK41wk",
            ),
            ("https://ntfy.sh/a/sse?since=10m", None, "https://ntfy.sh/a/sse?since=10m"),
            (
                "https://ntfy.sh/a/sse?since=10m&p=5",
                Some("wze9zgqK41wk"),
                "https://ntfy.sh/a/sse?p=5&since=wze9zgqK41wk",
            ),
            ("https://ntfy.sh/a", Some("wze9zgqK41wk"), "https://ntfy.sh/a/sse?since=wze9zgqK41wk"),
        ] {
            assert_eq!(asked(at, cursor), wanted);
        }
        assert_eq!(
            Ntfy.request(&url("https://ntfy.sh/a"), &of(Some("wze9zgqK41wk"))).last_event_id,
            None
        );
        let latest = Ntfy.request_latest(&url("https://ntfy.sh/a?since=1h")).url.to_string();
        assert_eq!(latest, "https://ntfy.sh/a/sse?since=latest");
    }

    #[test]
    fn only_what_the_server_takes_for_an_id_is_a_cursor() {
        assert!(Ntfy.resumes_from("wze9zgqK41wk") && Ntfy.resumes_from("wze9zgqK41"));
        for id in ["", "all", "none", "latest", "10m", "wze9zgqK41w-", "a b c d e f g h"] {
            assert!(!Ntfy.resumes_from(id), "{id}");
        }
    }

    #[test]
    fn a_topics_page_and_its_other_streams_lead_to_its_event_stream() {
        for (from, to) in [
            ("https://ntfy.sh/t", "https://ntfy.sh/t/sse"),
            ("https://ntfy.sh/t/", "https://ntfy.sh/t/sse"),
            ("https://ntfy.sh/t/sse?since=1h", "https://ntfy.sh/t/sse?since=1h"),
            ("https://ntfy.sh/a,b/json?p=5", "https://ntfy.sh/a,b/sse?p=5"),
            ("https://a.example/ntfy/t/ws", "https://a.example/ntfy/t/sse"),
            ("https://ntfy.sh/json", "https://ntfy.sh/json/sse"),
            ("https://ntfy.sh/", "https://ntfy.sh/"),
        ] {
            assert_eq!(Ntfy.stream_url(&url(from)).as_str(), to, "{from}");
        }
    }

    #[test]
    fn its_topics_are_its_name_and_a_secret() {
        let name = |at: &str| Ntfy.private_name(&url(at));
        assert_eq!(name("https://ntfy.sh/alerts").as_deref(), Some("alerts"));
        assert_eq!(name("https://a.example/ntfy/a,b/sse?since=1h").as_deref(), Some("a, b"));
        assert_eq!(name("https://ntfy.sh/"), None);
    }

    #[test]
    fn the_id_is_that_of_the_json_also_where_it_is_cut_off() {
        let id = |data: &str| {
            let mut event = event("message", data);
            Ntfy.identify(&mut event);
            event.own_id
        };
        assert_eq!(id(r#"{"id":"wze9zgqK41","event":"message"}"#).as_deref(), Some("wze9zgqK41"));
        assert_eq!(id(r#"{"id":"wze9zgqK41","message":"xxxx"#).as_deref(), Some("wze9zgqK41"));
        for none in ["", "{}", r#"{"id":7}"#, r#"{"id":"cut"#, "[[[["] {
            assert_eq!(id(none), None, "{none}");
        }
    }

    #[test]
    fn heartbeats_changes_and_junk_are_no_messages() {
        let open = r#"{"id":"2pgIAaGrQ8","time":1638542215,"event":"open","topic":"a,b"}"#;
        let clock = Timestamp::from_second(1_638_542_215).ok();
        assert_eq!(Ntfy.decode(&event("open", open)), Decoded::Greeting(clock));
        let keepalive = r#"{"id":"371sevb0pD","time":1638542275,"event":"keepalive","topic":"a"}"#;
        assert_eq!(Ntfy.decode(&event("keepalive", keepalive)), Decoded::Idle);
        let poll = r#"{"id":"371sevb0pD","event":"poll_request","topic":"a","poll_id":"x"}"#;
        assert_eq!(Ntfy.decode(&event("poll_request", poll)), Decoded::Nothing);
        let change = |kind: &str, rest: &str| {
            let data = format!(r#"{{"id":"371sevb0pD","event":"{kind}"{rest}}}"#);
            Ntfy.decode(&event(kind, &data))
        };
        let named = r#","sequence_id":"s""#;
        assert_eq!(change("message_clear", named), Decoded::Change(Change::Read("/s".into())));
        assert_eq!(change("message_delete", named), Decoded::Change(Change::Deleted("/s".into())));
        assert!(matches!(change("message_delete", ""), Decoded::Junk(_)));
        assert!(matches!(change("novelty", named), Decoded::Junk(_)));
        let deep = "[".repeat(10_000);
        for junk in ["hello", "[1]", r#"{"id":"cut"#, &deep] {
            assert!(matches!(Ntfy.decode(&event("message", junk)), Decoded::Junk(_)), "{junk}");
        }
    }

    #[test]
    fn how_long_it_is_kept_is_what_the_server_says() {
        let kept = |data: &str| Ntfy.keeps(&event("message", data));
        let day = Some(Duration::from_secs(86_400));
        assert_eq!(kept(r#"{"id":"wze9zgqK41","time":1700000000,"expires":1700086400}"#), day);
        assert_eq!(kept(r#"{"id":"wze9zgqK41","time":1700000000}"#), None);
        assert_eq!(kept(r#"{"id":"wze9zgqK41","time":9,"expires":1}"#), None);
        let nothing = kept(r#"{"id":"wze9zgqK41","time":9,"expires":9}"#);
        assert_eq!(nothing, Some(Duration::ZERO), "cache-duration: 0");
    }

    #[test]
    fn its_errors_are_said_in_words() {
        let said = |detail: &str| Ntfy.explain(403, detail);
        assert_eq!(
            said("40301 forbidden").as_deref(),
            Some(
                "ntfy error 40301: the user or token may not read this topic, or not all of these"
            )
        );
        assert_eq!(said("42999 limit reached: something new"), None);
        assert_eq!(said("Forbidden"), None);
    }
}
