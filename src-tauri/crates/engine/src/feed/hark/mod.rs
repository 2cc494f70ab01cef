//! `hark`: the relay of another Hark. Its messages have the ids of that one's store, and say which store
//! that is, so that it resumes exactly; `removed` and `gap` say what is gone there, `status` how its own connections are.

mod signature;

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::{Decoded, Feed, Request, is_common_heartbeat, json, request::with_parameter};
use crate::{
    cursor::Cursor,
    links,
    message::{Attachment, Change, Extras, Message, RawEvent, Sequence, word},
    readable::Line,
};

/// The member of a relayed message that names the Harks that it has passed through, so that it comes back to
/// none of them.
pub const HOPS: &str = "hark_hops";

/// The feed of a relay; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hark;

impl Feed for Hark {
    fn name(&self) -> &str {
        "hark"
    }

    fn called(&self) -> &str {
        "Hark"
    }

    /// Without an id, all that it holds.
    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        match &cursor.id {
            Some(id) => Request::by_header(url, Some(id)),
            None => Request::plain(&with_parameter(url, "since", "0")),
        }
    }

    fn misses_without_cursor(&self) -> bool {
        false
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(15))
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        let Ok(Value::Object(object)) = serde_json::from_str(&event.data) else {
            return Decoded::Junk("a relay sends JSON objects");
        };
        match event.kind.as_str() {
            "message" => message(&object, &event.data).into(),
            "removed" => match object.get("message").and_then(Value::as_i64) {
                Some(id) => Decoded::Change(Change::Deleted(Line::from(&*id.to_string()))),
                None => Decoded::Junk("it does not say which message is gone"),
            },
            "gap" => Decoded::Reset,
            // How its own connections are is none of the person's messages.
            _ => Decoded::Nothing,
        }
    }
}

fn message(object: &Map<String, Value>, data: &str) -> Message {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    // What it had as text is that here; as it came, the relay does not know what it means.
    let fields = match text("data") {
        Some(raw) => json::decode(raw),
        None => json::whole(json::fields(object), data),
    };
    let id = object.get("id").and_then(Value::as_i64).map(|id| id.to_string());
    let attachment = object.get("attachment").and_then(Value::as_object).and_then(|it| {
        let name = it.get("name").and_then(Value::as_str).unwrap_or_default();
        let url = it.get("url").and_then(Value::as_str).and_then(links::kept)?;
        let bytes = it.get("bytes").and_then(Value::as_u64);
        Some(Attachment { name: word(name).unwrap_or_default(), url, bytes })
    });
    Message {
        topic: text("subscription").and_then(word),
        sequence: id.map(|id| Sequence { id: (&*id).into(), replaces: false, begins: true }),
        extras: Extras {
            icon: text("icon").and_then(links::kept),
            markdown: object.get("markdown").and_then(Value::as_bool).unwrap_or_default(),
            attachment,
            actions: Vec::new(),
        },
        ..fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(kind: &str, data: &str) -> Decoded {
        Hark.decode(&RawEvent { kind: kind.into(), data: data.into(), own_id: None })
    }

    #[test]
    fn a_message_is_that_of_the_other_hark_and_its_subscription_the_topic() {
        let data = r#"{"id":7,"subscription":"builds","title":"Red","body":"main","priority":4,
            "time":"2026-03-01T02:10:05.120Z","tags":["ci"],"icon":"https://a.example/i.png",
            "url":null,"attachment":{"name":"log","url":"https://a.example/log","bytes":9}}"#;
        let Decoded::Message(found) = decoded("message", data) else { panic!() };
        assert_eq!((&*found.title, &*found.body), ("Red", "main"));
        assert_eq!(found.topic.as_ref().map(Line::as_str), Some("builds"));
        assert_eq!(found.sequence.as_ref().map(|it| it.id.as_str()), Some("7"));
        assert_eq!(found.extras.attachment.as_ref().unwrap().bytes, Some(9));
        assert_eq!(found.extras.icon.as_deref(), Some("https://a.example/i.png"));
        let raw = r#"{"id":8,"subscription":"builds","data":"{\"title\":\"As it came\"}"}"#;
        let Decoded::Message(found) = decoded("message", raw) else { panic!() };
        assert_eq!(found.title, "As it came");
    }

    #[test]
    fn what_is_gone_there_is_gone_here_and_its_state_is_no_message() {
        let gone = decoded("removed", r#"{"message":7,"subscription":"builds"}"#);
        assert_eq!(gone, Decoded::Change(Change::Deleted("7".into())));
        assert_eq!(decoded("gap", r#"{"after":3}"#), Decoded::Reset);
        assert_eq!(decoded("status", r#"{"state":"up"}"#), Decoded::Nothing);
        assert!(matches!(decoded("removed", r#"{"message":"7"}"#), Decoded::Junk(_)));
        assert!(matches!(decoded("message", "text"), Decoded::Junk(_)));
    }

    #[test]
    fn it_is_asked_for_all_that_it_holds_until_there_is_an_id() {
        let url = "http://127.0.0.1:7275/relay/v1/messages?subscription=a".parse().unwrap();
        let first = Hark.request(&url, &Cursor::NONE);
        assert_eq!(first.url.query(), Some("subscription=a&since=0"));
        let then = Hark.request(&url, &Cursor::of_id("7"));
        assert_eq!((&then.url, then.last_event_id.as_deref()), (&url, Some("7")));
        // With the store that it is an id of, it goes back whole.
        let then = Hark.request(&url, &Cursor::of_id("7.5f0c2a91d3b84e6f"));
        assert_eq!(then.last_event_id.as_deref(), Some("7.5f0c2a91d3b84e6f"));
    }
}
