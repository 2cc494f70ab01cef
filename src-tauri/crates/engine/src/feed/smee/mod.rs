//! `smee`: a channel of smee.io or of one's own server (https://github.com/probot/smee.io), which
//! passes webhooks on to a developer.
//!
//! An event is the webhook's headers in lower case, its `body`, and a `timestamp` in milliseconds.
//! `ready` comes first and `ping` every 30 s. Nothing is replayed, and the stream's own ids begin at 0
//! on every connection: a delivery is known by its webhook's own.

mod github;
mod signature;

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Decoded, Feed, beginning, is_common_heartbeat, json};
use crate::message::{Message, RawEvent};

/// The feed of smee.io; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smee;

/// The headers that name a delivery: GitHub's, Gitea's, GitLab's.
const DELIVERIES: &[&str] = &["x-github-delivery", "x-gitea-delivery", "x-gitlab-event-uuid"];
/// The headers that say what happened, of other servers than GitHub: GitLab, Gitea, Bitbucket.
const EVENTS: &[&str] = &["x-gitlab-event", "x-gitea-event", "x-event-key"];

impl Feed for Smee {
    fn name(&self) -> &str {
        "smee"
    }

    fn called(&self) -> &str {
        "smee.io"
    }

    fn resumes_from(&self, _id: &str) -> bool {
        false
    }

    fn replays(&self) -> bool {
        false
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    fn ids(&self) -> String {
        self.name().to_owned()
    }

    fn identify(&self, event: &mut RawEvent) {
        event.own_id = first(&beginning::read(&event.data), DELIVERIES).map(str::to_owned);
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if event.kind == "ready" || is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        let Ok(webhook @ Value::Object(_)) = serde_json::from_str::<Value>(&event.data) else {
            return Decoded::Junk("it is no webhook");
        };
        let Some(body) = webhook.get("body") else { return Decoded::Nothing };
        let time = webhook.get("timestamp").and_then(json::time);
        let github = webhook.get("x-github-event").and_then(Value::as_str);
        let message = match github {
            Some(event) => github::message(event, body),
            None => other(first(&webhook, EVENTS), body),
        };
        Message { time, ..message }.into()
    }
}

/// The webhook of another server: what its usual names hold, under what it calls the event.
fn other(event: Option<&str>, body: &Value) -> Message {
    let message = match body {
        Value::Object(body) => json::fields(body),
        Value::String(text) => Message::of_text(text),
        _ => json::fields(&Map::new()),
    };
    let message = match event {
        Some(event) if message.title.is_empty() => Message { title: event.into(), ..message },
        _ => message,
    };
    json::whole(message, &body.to_string())
}

fn first<'a>(webhook: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| webhook.get(*name)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> RawEvent {
        RawEvent { kind: "message".into(), data: data.into(), own_id: Some("0".into()) }
    }

    #[test]
    fn a_delivery_is_known_by_its_webhooks_id_and_not_by_the_streams() {
        let id = |data: &str| {
            let mut event = event(data);
            Smee.identify(&mut event);
            event.own_id
        };
        assert_eq!(id(r#"{"x-github-delivery":"72d3162e"}"#).as_deref(), Some("72d3162e"));
        assert_eq!(id(r#"{"x-gitea-delivery":"a","body":{"cut":"o"#).as_deref(), Some("a"));
        assert_eq!(id(r#"{"body":{}}"#), None);
    }

    #[test]
    fn what_is_no_webhook_of_github_is_shown_all_the_same() {
        let message = |data: &str| match Smee.decode(&event(data)) {
            Decoded::Message(message) => *message,
            other => panic!("{data}: {other:?}"),
        };
        let gitlab = message(r#"{"x-gitlab-event":"Push Hook","body":{"message":"Fix it"}}"#);
        assert_eq!((&*gitlab.title, &*gitlab.body), ("Push Hook", "Fix it"));
        assert_eq!(message(r#"{"body":"plain"}"#).body, "plain");
        assert_eq!(message(r#"{"body":{"a":1}}"#).body, r#"{"a":1}"#);
        assert_eq!(Smee.decode(&event(r#"{"host":"smee.io"}"#)), Decoded::Nothing);
        assert!(matches!(Smee.decode(&event("text")), Decoded::Junk(_)));
    }
}
