//! What an ntfy server's JSON says: a message with its tags, attachment and actions, or a change to
//! one of a sequence (https://docs.ntfy.sh/subscribe/api/#json-message-format).

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    feed::{Decoded, emoji},
    links,
    message::{
        ACTIONS_MAX, Action, Attachment, Change, Does, Extras, HEADERS_MAX, Message, Priority,
        Sequence, TAGS_MAX, name, word,
    },
    readable::Line,
};

/// The message in an event of that kind.
pub(super) fn message(object: &Map<String, Value>) -> Message {
    let mut emojis = String::new();
    let mut tags = Vec::new();
    for tag in texts(object, "tags").take(TAGS_MAX) {
        if let Some(emoji) = emoji::of_code(tag) {
            emojis.push_str(emoji);
            emojis.push(' ');
        }
        tags.extend(word(tag));
    }
    let body = match text(object, "encoding") {
        // UnifiedPush: bytes for another program.
        Some("base64") => "(data that is no text)",
        _ => text(object, "message").unwrap_or_default(),
    };
    let topic = text(object, "topic").and_then(word);
    // The emojis stand before the title, or before the text of a message without one. Such a
    // message is known by its topic, as in ntfy's own programs.
    let (title, body) = match text(object, "title").filter(|title| !title.trim().is_empty()) {
        Some(title) => (format!("{emojis}{title}"), body.to_owned()),
        None => (topic.clone().unwrap_or_default().into(), format!("{emojis}{body}")),
    };
    let extras = extras(object);
    let attached = || extras.attachment.as_ref().map(|attached| attached.url.clone());
    Message {
        title: title.into(),
        body: body.into(),
        priority: object
            .get("priority")
            .and_then(Value::as_i64)
            .filter(|&level| level != 0)
            .map_or(Priority::NORMAL, Priority::clamped),
        time: time(object, "time"),
        url: text(object, "click").and_then(links::kept).or_else(attached),
        tags,
        topic,
        sequence: sequence(object),
        extras,
    }
}

/// A message begins a sequence of its own id, unless it names one that it goes on with.
fn sequence(object: &Map<String, Value>) -> Option<Sequence> {
    let own = text(object, "id")?;
    let named = text(object, "sequence_id").unwrap_or(own);
    let begins = named == own;
    Some(Sequence { id: in_topic(object, named)?, replaces: !begins, begins })
}

/// A sequence is one of its topic: who may write to another is not to change it.
fn in_topic(object: &Map<String, Value>, sequence: &str) -> Option<Line> {
    name(&format!("{}/{sequence}", text(object, "topic").unwrap_or_default()))
}

fn extras(object: &Map<String, Value>) -> Extras {
    let attached = object.get("attachment").and_then(Value::as_object);
    let actions = object.get("actions").and_then(Value::as_array).into_iter().flatten();
    Extras {
        icon: text(object, "icon").and_then(links::of_web),
        markdown: text(object, "content_type") == Some("text/markdown"),
        attachment: attached.and_then(|attached| {
            Some(Attachment {
                name: text(attached, "name").and_then(word).unwrap_or_default(),
                url: text(attached, "url").and_then(links::of_web)?,
                bytes: attached.get("size").and_then(Value::as_u64),
            })
        }),
        actions: actions
            .filter_map(Value::as_object)
            .filter_map(action)
            .take(ACTIONS_MAX)
            .collect(),
    }
}

/// `view`, `http` and `copy`. A `broadcast` is for programs on a phone, and is kept as what it says.
fn action(object: &Map<String, Value>) -> Option<Action> {
    let does = match text(object, "action")? {
        "view" => Does::Open { url: text(object, "url").and_then(links::kept)? },
        "http" => Does::Send {
            url: text(object, "url").and_then(links::of_web)?,
            method: text(object, "method").and_then(word).unwrap_or_else(|| "POST".into()),
            headers: headers(object)?,
            body: text(object, "body").unwrap_or_default().into(),
        },
        "copy" => Does::Copy { text: text(object, "value")?.into() },
        "broadcast" => Does::Tell { text: broadcast(object).into() },
        _ => return None,
    };
    let clear = object.get("clear").and_then(Value::as_bool).unwrap_or_default();
    Some(Action { label: text(object, "label").and_then(word)?, clear, does })
}

/// The headers of a request; none where they are too many or one is none, as without one of them it is another
/// request.
fn headers(object: &Map<String, Value>) -> Option<Vec<(Line, Line)>> {
    let all = object.get("headers").and_then(Value::as_object).into_iter().flatten();
    let all = all.take(HEADERS_MAX + 1);
    let all = all.map(|(name, value)| Some((word(name)?, value.as_str()?.into())));
    all.collect::<Option<Vec<_>>>().filter(|all| all.len() <= HEADERS_MAX)
}

/// A line for what is broadcast, and one for each thing that it says.
fn broadcast(object: &Map<String, Value>) -> String {
    let intent = text(object, "intent").unwrap_or("io.heckel.ntfy.USER_ACTION");
    let extras = object.get("extras").and_then(Value::as_object).into_iter().flatten();
    let extras = extras
        .take(HEADERS_MAX)
        .filter_map(|(name, value)| Some(format!("\n{name}={}", value.as_str()?)));
    extras.fold(intent.to_owned(), |all, extra| all + &extra)
}

/// A change to the message of the sequence that it names.
pub(super) fn changed(object: &Map<String, Value>, change: impl FnOnce(Line) -> Change) -> Decoded {
    match text(object, "sequence_id").and_then(|id| in_topic(object, id)) {
        Some(id) => Decoded::Change(change(id)),
        None => Decoded::Junk("it changes a message and does not say which"),
    }
}

/// A time of that name, in seconds.
pub(super) fn time(object: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    Timestamp::from_second(object.get(name)?.as_i64()?).ok()
}

fn texts<'a>(object: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    let all = object.get(name).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str)
}

/// A text of that name.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        feed::{Feed, Ntfy},
        message::RawEvent,
    };

    fn decoded(data: &str) -> Message {
        match Ntfy.decode(&RawEvent { kind: "message".into(), data: data.into(), own_id: None }) {
            Decoded::Message(message) => *message,
            other => panic!("{data}: {other:?}"),
        }
    }

    #[test]
    fn odd_values_do_no_harm() {
        let odd = decoded(
            r#"{"id":1,"event":"message","topic":"t","title":["x"],"message":7,"priority":"9",
                "time":9e99,"tags":"warning","click":"javascript:alert(1)","attachment":[]}"#,
        );
        let plain = Message { title: "t".into(), topic: Some("t".into()), ..Message::of_text("") };
        assert_eq!(odd, plain);
        assert_eq!(decoded(r#"{"event":"message","priority":99}"#).priority.level(), 5);
        assert_eq!(decoded(r#"{"event":"message","priority":0}"#).priority, Priority::NORMAL);
        let many = format!(r#"{{"event":"message","tags":["{}"]}}"#, ["tagged"; 500].join("\",\""));
        assert_eq!(decoded(&many).tags.len(), TAGS_MAX);
    }

    #[test]
    fn a_message_goes_on_with_the_sequence_that_it_names() {
        let of = |data: &str| decoded(data).sequence;
        let sequence =
            |id: &str, replaces| Some(Sequence { id: id.into(), replaces, begins: !replaces });
        let first = sequence("t/wze9zgqK41", false);
        assert_eq!(of(r#"{"id":"wze9zgqK41","event":"message","topic":"t"}"#), first);
        let named = r#"{"id":"wze9zgqK41","event":"message","topic":"t","sequence_id":"job 7"}"#;
        assert_eq!(of(named), sequence("t/job 7", true));
        let own = r#"{"id":"wze9zgqK41","topic":"t","event":"message","sequence_id":"wze9zgqK41"}"#;
        assert_eq!(of(own), first);
        assert_eq!(of(r#"{"event":"message"}"#), None);
        let long = format!(
            r#"{{"id":"wze9zgqK41","event":"message","sequence_id":"{}"}}"#,
            "x".repeat(300)
        );
        assert_eq!(of(&long), None, "cut off, it could be another's");
    }

    #[test]
    fn what_comes_with_a_message_is_kept() {
        let extras = decoded(
            r##"{"id":"wze9zgqK41","event":"message","topic":"t","message":"*hi*",
                "content_type":"text/markdown","icon":"https://a.example/i.png",
                "attachment":{"name":"a.jpg","type":"image/jpeg","size":337,"url":"https://a.example/f"},
                "actions":[
                  {"id":"1","action":"view","label":"Open","url":"https://a.example/x","clear":true},
                  {"id":"2","action":"http","label":"Close","url":"https://a.example/y",
                   "method":"PUT","headers":{"X-A":"b"},"body":"{}"},
                  {"id":"3","action":"copy","label":"Copy","value":"123"},
                  {"id":"4","action":"broadcast","label":"For a phone","extras":{"cmd":"pic"}},
                  {"id":"5","action":"view","label":"No","url":"javascript:alert(1)"}]}"##,
        )
        .extras;
        let url = |path: &str| format!("https://a.example/{path}");
        let action = |label: &str, clear, does| Action { label: label.into(), clear, does };
        let wanted = Extras {
            icon: Some(url("i.png")),
            markdown: true,
            attachment: Some(Attachment { name: "a.jpg".into(), url: url("f"), bytes: Some(337) }),
            actions: vec![
                action("Open", true, Does::Open { url: url("x") }),
                action(
                    "Close",
                    false,
                    Does::Send {
                        url: url("y"),
                        method: "PUT".into(),
                        headers: vec![("X-A".into(), "b".into())],
                        body: "{}".into(),
                    },
                ),
                action("Copy", false, Does::Copy { text: "123".into() }),
                action(
                    "For a phone",
                    false,
                    Does::Tell { text: "io.heckel.ntfy.USER_ACTION\ncmd=pic".into() },
                ),
            ],
        };
        assert_eq!(extras, wanted);
        let kept = serde_json::to_string(&wanted).unwrap();
        assert_eq!(serde_json::from_str::<Extras>(&kept).unwrap(), wanted);
        assert_eq!(serde_json::to_string(&Extras::default()).unwrap(), "{}");
    }

    #[test]
    fn a_request_without_one_of_its_headers_is_none() {
        let is_one = |headers: &str| {
            let text = format!(
                r#"{{"action":"http","label":"x","url":"https://a.example/","headers":{headers}}}"#
            );
            super::action(&serde_json::from_str(&text).unwrap()).is_some()
        };
        assert!(is_one(r#"{"X-A":"b"}"#));
        for odd in [r#"{"X-A":7}"#, r#"{"":"b"}"#, r#"{"X-A":"b","X-B":null}"#] {
            assert!(!is_one(odd), "{odd}");
        }
    }
}
