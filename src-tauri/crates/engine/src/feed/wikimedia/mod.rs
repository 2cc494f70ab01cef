//! `wikimedia`: EventStreams, `/v2/stream/a,b`
//! (https://wikitech.wikimedia.org/wiki/Event_Platform/EventStreams).
//!
//! An id is a JSON array, one position for each Kafka topic and partition, and goes back as it came
//! in `Last-Event-ID`. Without one the stream begins now. Canary events keep a quiet stream alive
//! and are to be left out (`meta.domain` is `canary`).

mod signature;

use jiff::Timestamp;
use serde_json::Value;

use super::{Decoded, Feed, is_common_heartbeat, json};
use crate::{
    links,
    message::{Message, RawEvent},
};

/// The feed of EventStreams; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wikimedia;

impl Feed for Wikimedia {
    fn name(&self) -> &str {
        "wikimedia"
    }

    fn called(&self) -> &str {
        "Wikimedia EventStreams"
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        if event.kind == "error" {
            return Decoded::Junk("the server tells of an error");
        }
        let Ok(value @ Value::Object(_)) = serde_json::from_str(&event.data) else {
            return Decoded::Junk("it is no JSON object");
        };
        if value.pointer("/meta/domain").and_then(Value::as_str) == Some("canary") {
            return Decoded::Nothing;
        }
        message(&value, &event.data).into()
    }
}

fn message(value: &Value, data: &str) -> Message {
    let first = |pointers: &[&str]| {
        let found = pointers.iter().find_map(|pointer| value.pointer(pointer)?.as_str());
        found.map(str::trim).filter(|text| !text.is_empty())
    };
    let time: Option<Timestamp> = first(&["/meta/dt", "/dt"]).and_then(|at| at.parse().ok());
    let url = first(&["/title_url", "/meta/uri"]).and_then(links::of_web);
    let title = first(&["/title", "/page_title", "/page/page_title"]);
    let Some(title) = title else {
        let plain = json::decode(data);
        return Message { time: time.or(plain.time), url: url.or(plain.url), ..plain };
    };
    let by = first(&["/user", "/performer/user_text"]);
    let kind = first(&["/type", "/page_change_kind"]);
    let what = first(&["/comment", "/revision/comment"]);
    let wiki = first(&["/server_name", "/meta/domain", "/wiki", "/database"]);
    let head: Vec<&str> = [kind, by, wiki].into_iter().flatten().collect();
    let body = match what {
        Some(what) => format!("{}\n{what}", head.join(" · ")),
        None => head.join(" · "),
    };
    Message {
        title: title.replace('_', " ").into(),
        body: body.into(),
        time,
        url,
        ..Message::of_text("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Request;

    #[test]
    fn its_json_id_goes_back_as_it_came() {
        let id =
            r#"[{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1532031066001}]"#;
        assert!(Wikimedia.resumes_from(id));
        let url = "https://stream.wikimedia.org/v2/stream/recentchange".parse().unwrap();
        let wanted = Request { last_event_id: Some(id.into()), ..Request::plain(&url) };
        assert_eq!(Wikimedia.request(&url, &crate::cursor::Cursor::of_id(id)), wanted);
    }

    #[test]
    fn canaries_and_what_is_no_event_are_no_messages() {
        let decode = |kind: &str, data: &str| {
            let (kind, data) = (kind.into(), data.into());
            Wikimedia.decode(&RawEvent { kind, data, own_id: None })
        };
        assert_eq!(
            decode("message", r#"{"meta":{"domain":"canary"},"title":"x"}"#),
            Decoded::Nothing
        );
        assert!(matches!(decode("error", "{\"a\":1}"), Decoded::Junk(_)));
        assert!(matches!(decode("message", "hello"), Decoded::Junk(_)));
        assert!(matches!(decode("message", r#"{"meta":7,"type":[]}"#), Decoded::Message(_)));
    }
}
