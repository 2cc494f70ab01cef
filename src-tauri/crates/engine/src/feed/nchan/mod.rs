//! `nchan`: the nginx push module. Its ids are `time:n`; it has no heartbeat unless
//! `nchan_eventsource_ping_interval` is set, and then sends `event: ping` without data, or a
//! comment.
//!
//! Without an id, or with one that it does not know, it replays its whole buffer. Before it closes
//! a stream on purpose it says so in a comment, `:410: Gone` or `:408: Request Timeout`; some
//! versions write the number once more, `: 410: 410 Gone`.
//!
//! A channel is published to at a location of its own (`nchan_publisher`), which only its owner knows.

mod signature;

use jiff::Timestamp;
use url::Url;

use super::{
    Decoded, Feed, Request, is_common_heartbeat, json,
    publish::{Outgoing, Publish},
};
use crate::{cursor::Cursor, failure::Cause, message::RawEvent, readable::Line};

/// The feed of Nchan; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nchan;

impl Feed for Nchan {
    fn name(&self) -> &str {
        "nchan"
    }

    fn called(&self) -> &str {
        "Nchan"
    }

    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        Request::by_header_or_query(url, cursor.id.as_deref(), "last_event_id")
    }

    fn publish(&self, _url: &Url, to: Option<&Url>, it: &Outgoing) -> Result<Publish, String> {
        let Some(to) = to else {
            return Err("Where this channel is published to is not known: set publish = { url = \
                        \"https://host/path\" } in the subscription's settings, the address of its \
                        nchan_publisher."
                .to_owned());
        };
        if it.topic.is_some() {
            return Err(
                "Nchan has no topics, its channel stands in the address: leave --topic out."
                    .to_owned(),
            );
        }
        let (content_type, body) = it.data();
        Ok(Publish { url: to.clone(), content_type, body })
    }

    fn misses_without_cursor(&self) -> bool {
        false
    }

    /// An id is the second of the publication and a number within it; of several channels, one
    /// number each behind the same second.
    fn published(&self, event: &RawEvent) -> Option<Timestamp> {
        let (second, _) = event.own_id.as_deref()?.split_once(':')?;
        Timestamp::from_second(second.parse().ok()?).ok()
    }

    fn resumes_from(&self, _id: &str) -> bool {
        true
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        json::decode(&event.data).into()
    }

    /// `410: Gone` comes when nginx stops or reloads, or the channel is deleted: what the next dial
    /// finds tells which. `408: Request Timeout` is `nchan_subscriber_timeout`.
    fn farewell(&self, comment: &str) -> Option<Cause> {
        let (code, text) = comment.split_once(": ")?;
        let code = code.strip_prefix(':').unwrap_or(code).parse::<u16>().ok()?;
        let is_one = (400..600).contains(&code);
        // The number stands in the text as well where nginx wrote its whole status there.
        let again = text.trim_start().strip_prefix(&code.to_string());
        let text = again.filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(text);
        is_one.then(|| Cause::Farewell { detail: Line::brief(&format!("{code} {}", text.trim())) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::publish::tests::{bare, full};

    #[test]
    fn a_farewell_comment_is_the_cause_of_the_close() {
        let said = |comment: &str| match Nchan.farewell(comment) {
            Some(Cause::Farewell { detail }) => Some(detail.to_string()),
            _ => None,
        };
        assert_eq!(said(":410: Gone").as_deref(), Some("410 Gone"));
        assert_eq!(said("408: Request Timeout").as_deref(), Some("408 Request Timeout"));
        assert_eq!(said("410: 410 Gone").as_deref(), Some("410 Gone"), "its number once");
        assert_eq!(said(":410: 410").as_deref(), Some("410"));
        assert_eq!(said("410: 4100 left").as_deref(), Some("410 4100 left"));
        for no in [" hi", "note: well", "7: of nine"] {
            assert_eq!(said(no), None, "{no}");
        }
        let long = said(&format!("410: \u{1b}[31m{}", "x".repeat(900_000))).unwrap();
        assert!(long.len() < 1_000 && !long.contains('\u{1b}'), "it is a stranger's");
    }

    #[test]
    fn a_message_goes_to_the_publishers_address_as_text_or_as_what_hark_reads() {
        let (url, to) = (
            "https://a.example/sub/x".parse().unwrap(),
            "https://b.example/pub?id=x".parse().unwrap(),
        );
        let sent = |to: Option<&Url>, message: &Outgoing| Nchan.publish(&url, to, message);
        let text = Publish {
            url: to,
            content_type: "text/plain; charset=utf-8",
            body: "hi\nyou".to_owned(),
        };
        let to = &text.url;
        assert_eq!(sent(Some(to), &bare("hi\nyou")), Ok(text.clone()));
        let object = sent(Some(to), &full()).unwrap();
        assert_eq!(object.content_type, "application/json");
        let object: serde_json::Value = serde_json::from_str(&object.body).unwrap();
        let wanted = serde_json::json!({
            "title": "Build", "body": "main is \"red\"\nand é", "priority": 4, "tags": ["ci", "a,b"],
            "url": "https://ci.example/7?a=b&c",
        });
        assert_eq!(object, wanted);
        assert!(sent(None, &bare("hi")).unwrap_err().contains("publish = { url ="));
        let topic = Outgoing { topic: Some("x".into()), ..bare("hi") };
        assert!(sent(Some(to), &topic).unwrap_err().contains("--topic"));
    }

    #[test]
    fn an_id_tells_the_second_of_its_publication() {
        let at = |id: &str| {
            let event = RawEvent { own_id: Some(id.into()), ..RawEvent::default() };
            Nchan.published(&event).map(Timestamp::as_second)
        };
        assert_eq!(
            (at("1700000000:3"), at("1700000000:0,4")),
            (Some(1_700_000_000), Some(1_700_000_000))
        );
        assert_eq!((at("17"), at("x:1")), (None, None));
    }
}
