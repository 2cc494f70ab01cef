//! `json`: any SSE server. Data is plain text, or a JSON object whose usual fields are recognised.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Decoded, Feed, Signature, is_common_heartbeat};
use crate::{
    links,
    message::{Message, Priority, RawEvent, TAGS_MAX, word},
    readable::{Line, Text},
};

/// The feed of any SSE server; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

const TITLE: &[&str] = &["title", "subject", "summary", "heading"];
const BODY: &[&str] = &["body", "message", "text", "content", "description", "msg"];
const URL: &[&str] = &["url", "click", "link", "href", "html_url"];
const TIME: &[&str] = &["time", "timestamp", "date", "created_at", "ts"];
const TAGS: &[&str] = &["tags", "labels"];
/// A number of seconds above this would be past the year 5000, so it is milliseconds.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The size of an object up to which its members are looked through one by one.
const FEW: usize = 12;

impl Feed for Json {
    fn name(&self) -> &str {
        "json"
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        decode(&event.data).into()
    }
}

/// It has no clues: a stream is `json` where nothing speaks for another feed.
impl Signature for Json {}

/// The message in `data`. There always is one: what is not a JSON object is text.
pub(super) fn decode(data: &str) -> Message {
    match serde_json::from_str(data) {
        Ok(Value::Object(object)) => whole(fields(&object), data),
        Ok(Value::String(text)) => Message::of_text(&text),
        _ => Message::of_text(data),
    }
}

/// The message, with all of its data as the body where it would say nothing.
pub(super) fn whole(message: Message, data: &str) -> Message {
    if message.title.is_empty() && message.body.is_empty() {
        return Message { body: data.into(), ..message };
    }
    message
}

/// What the usual names hold. Title and body are empty where none of theirs is there.
pub(super) fn fields(object: &Map<String, Value>) -> Message {
    // Looking through a few costs less than hashing the name.
    let get = |name: &str| match object.len() {
        ..=FEW => object.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
        _ => object.get(name),
    };
    let all = |names: &'static [&str]| names.iter().filter_map(move |name| get(name));
    Message {
        title: Line::from(&*all(TITLE).find_map(text).unwrap_or_default()),
        body: Text::from(&*all(BODY).find_map(text).unwrap_or_default()),
        priority: get("priority").and_then(priority).unwrap_or(Priority::NORMAL),
        time: all(TIME).find_map(time),
        url: all(URL).filter_map(Value::as_str).find_map(links::kept),
        tags: all(TAGS).next().map(tags).unwrap_or_default(),
        ..Message::of_text("")
    }
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// 1 to 5, or one of the usual words for them.
pub(super) fn priority(value: &Value) -> Option<Priority> {
    match value {
        Value::Number(number) => number.as_i64().map(Priority::clamped),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "min" | "lowest" => Some(Priority::clamped(1)),
            "low" => Some(Priority::clamped(2)),
            "high" => Some(Priority::clamped(4)),
            "max" | "urgent" | "critical" | "highest" | "emergency" => Some(Priority::clamped(5)),
            word => word.parse().ok().map(Priority::clamped),
        },
        _ => None,
    }
}

/// RFC 3339, or seconds or milliseconds since 1970.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            let number = number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))?;
            if number > SECONDS_MAX {
                Timestamp::from_millisecond(number).ok()
            } else {
                Timestamp::from_second(number).ok()
            }
        }
        _ => None,
    }
}

/// A list of texts, or a text with commas.
pub(super) fn tags(value: &Value) -> Vec<Line> {
    match value {
        Value::Array(tags) => {
            tags.iter().filter_map(Value::as_str).filter_map(word).take(TAGS_MAX).collect()
        }
        Value::String(tags) => tags.split(',').filter_map(word).take(TAGS_MAX).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(data: &str) -> Message {
        let event = RawEvent { kind: "message".into(), data: data.into(), own_id: None };
        match Json.decode(&event) {
            Decoded::Message(message) => *message,
            other => panic!("{data}: {other:?}"),
        }
    }

    #[test]
    fn the_usual_fields_are_recognised() {
        let found = message(
            r#"{"title":"Build\nfailed","message":"main is red","priority":"high","tags":["ci"," x "],
                "click":"javascript:alert(1)","url":"https://ci.example/7","time":1700000000}"#,
        );
        let wanted = Message {
            title: "Build failed".into(),
            body: "main is red".into(),
            priority: Priority::clamped(4),
            time: Some("2023-11-14T22:13:20Z".parse().unwrap()),
            url: Some("https://ci.example/7".into()),
            tags: vec!["ci".into(), "x".into()],
            ..Message::of_text("")
        };
        assert_eq!(found, wanted);
    }

    #[test]
    fn plain_text_is_the_body() {
        assert_eq!(message("two\nlines"), Message::of_text("two\nlines"));
        assert_eq!(message("42").body, "42");
        assert_eq!(message(r#""quoted""#).body, "quoted");
        assert_eq!(message(r#"{"title": "cut of"#).body, r#"{"title": "cut of"#);
    }

    #[test]
    fn an_object_without_a_known_text_is_shown_as_it_is() {
        let found = message(r#"{"event_type":"state_changed","url":"https://a.example/"}"#);
        assert_eq!(found.body, r#"{"event_type":"state_changed","url":"https://a.example/"}"#);
        assert_eq!(found.url.as_deref(), Some("https://a.example/"));
    }

    #[test]
    fn odd_values_do_no_harm() {
        assert_eq!(message(r#"{"title":"t","priority":-9}"#).priority.level(), 1);
        assert_eq!(message(r#"{"title":"t","priority":1e99}"#).priority, Priority::NORMAL);
        assert_eq!(message(r#"{"title":"t","time":9e99}"#).time, None);
        assert_eq!(message(r#"{"title":"t","tags":{"a":1}}"#).tags, Vec::<Line>::new());
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(message(&deep).body.chars().count(), 20_000);
    }
}
