//! `mastodon`: `/api/v1/streaming/user/notification` and its neighbours
//! (https://docs.joinmastodon.org/methods/streaming/).
//!
//! `:)` comes at once and `:thump` every 15 s. Nothing is replayed, so every break is a gap; but
//! posts and notifications have ids in their JSON, by which one that came twice is known.

mod signature;

use std::time::Duration;

use serde_json::Value;

use super::{Decoded, Feed, beginning, html, is_common_heartbeat};
use crate::message::{Message, RawEvent, openable};

/// The feed of Mastodon; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mastodon;

impl Feed for Mastodon {
    fn name(&self) -> &str {
        "mastodon"
    }

    fn resumes_from(&self, _id: &str) -> bool {
        false
    }

    fn replays(&self) -> bool {
        false
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(15))
    }

    fn ids(&self) -> String {
        self.name().to_owned()
    }

    fn identify(&self, event: &mut RawEvent) {
        if let Some(id) = beginning::id(&event.data) {
            event.own_id = Some(id);
        }
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        let read = match event.kind.as_str() {
            "notification" => notification,
            "update" => post,
            "conversation" => conversation,
            "announcement" => announcement,
            // For programs: deletions, edits, filters, reactions, and what is to come.
            _ => return Decoded::Nothing,
        };
        match serde_json::from_str(&event.data) {
            Ok(value @ Value::Object(_)) => read(&value).into(),
            _ => Decoded::Junk("it is no JSON object"),
        }
    }
}

fn notification(value: &Value) -> Message {
    let who = who(value.get("account"));
    let kind = text(value, "type");
    let title = match kind {
        "mention" => format!("{who} mentioned you"),
        "status" => format!("{who} posted"),
        "reblog" => format!("{who} boosted your post"),
        "favourite" => format!("{who} favourited your post"),
        "follow" => format!("{who} follows you"),
        "follow_request" => format!("{who} asks to follow you"),
        "poll" => "A poll has ended".to_owned(),
        "update" => format!("{who} edited a post"),
        "quote" => format!("{who} quoted your post"),
        kind if value.get("account").is_none() => kind.replace('_', " "),
        kind => format!("{who}: {}", kind.replace('_', " ")),
    };
    let status = value.get("status").unwrap_or(&Value::Null);
    let url = link(status).or_else(|| link(value.get("account")?));
    message(value, &title, &words(status), url)
}

fn post(value: &Value) -> Message {
    let (by, shown) = match value.get("reblog").filter(|boosted| boosted.is_object()) {
        Some(boosted) => {
            let by =
                format!("{} boosted {}", who(value.get("account")), who(boosted.get("account")));
            (by, boosted)
        }
        None => (who(value.get("account")), value),
    };
    message(value, &by, &words(shown), link(shown))
}

fn conversation(value: &Value) -> Message {
    let last = value.get("last_status").unwrap_or(&Value::Null);
    message(last, &who(last.get("account")), &words(last), link(last))
}

fn announcement(value: &Value) -> Message {
    let at = Value::from(serde_json::Map::from_iter([(
        "created_at".to_owned(),
        value.get("published_at").cloned().unwrap_or_default(),
    )]));
    message(&at, "Announcement", &html::plain(text(value, "content")), None)
}

fn message(dated: &Value, title: &str, body: &str, url: Option<String>) -> Message {
    Message {
        title: title.into(),
        body: body.into(),
        time: text(dated, "created_at").parse().ok(),
        url,
        ..Message::of_text("")
    }
}

/// `Name (@user@server)`.
fn who(account: Option<&Value>) -> String {
    let account = account.unwrap_or(&Value::Null);
    match (text(account, "display_name").trim(), text(account, "acct")) {
        ("", "") => "Somebody".to_owned(),
        ("", acct) => format!("@{acct}"),
        (name, "") => name.to_owned(),
        (name, acct) => format!("{name} (@{acct})"),
    }
}

/// What a post says; of one behind a content warning the warning alone.
fn words(status: &Value) -> String {
    match text(status, "spoiler_text") {
        "" => html::plain(text(status, "content")),
        warning => warning.to_owned(),
    }
}

fn link(value: &Value) -> Option<String> {
    [text(value, "url"), text(value, "uri")].into_iter().find_map(openable)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, data: &str) -> RawEvent {
        RawEvent { kind: kind.into(), data: data.into(), own_id: None }
    }

    #[test]
    fn what_is_for_programs_is_passed_over() {
        for (kind, data) in [
            ("delete", "108914327388663283"),
            ("filters_changed", "undefined"),
            ("announcement.delete", "1"),
            ("status.update", r#"{"id":"109348677773283527"}"#),
            ("notifications_merged", "1"),
            ("message", "hello"),
        ] {
            assert_eq!(Mastodon.decode(&event(kind, data)), Decoded::Nothing, "{kind}");
        }
    }

    #[test]
    fn odd_values_do_no_harm() {
        for kind in ["notification", "update", "conversation", "announcement"] {
            for data in ["{\"account\":7}", r#"{"status":[],"reblog":{},"last_status":null}"#] {
                let decoded = Mastodon.decode(&event(kind, data));
                assert!(matches!(decoded, Decoded::Message(_)), "{kind} {data}");
            }
            for data in ["7", "undefined", &"[".repeat(10_000)] {
                let decoded = Mastodon.decode(&event(kind, data));
                assert!(matches!(decoded, Decoded::Junk(_)), "{kind} {data}");
            }
        }
    }

    #[test]
    fn a_post_behind_a_warning_shows_the_warning() {
        let data =
            r#"{"account":{"acct":"a"},"spoiler_text":"the film's end","content":"<p>x</p>"}"#;
        let Decoded::Message(message) = Mastodon.decode(&event("update", data)) else { panic!() };
        assert_eq!((message.title.as_str(), message.body.as_str()), ("@a", "the film's end"));
    }
}
