//! `mastodon`: `/api/v1/streaming/user/notification` and its neighbours
//! (https://docs.joinmastodon.org/methods/streaming/).
//!
//! `:)` comes at once and `:thump` every 15 s. Nothing is replayed, so every break is a gap; but
//! posts and notifications have ids in their JSON, by which one that came twice is known.

mod signature;

use std::time::Duration;

use serde_json::Value;

use super::{Decoded, Feed, beginning, html, is_common_heartbeat};
use crate::{
    links,
    message::{Message, RawEvent},
};

/// The feed of Mastodon; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mastodon;

impl Feed for Mastodon {
    fn name(&self) -> &str {
        "mastodon"
    }

    fn called(&self) -> &str {
        "Mastodon"
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

    /// Its words for a request without a token that it takes (its `streaming/errors.js`; with
    /// `Error: ` before them earlier).
    fn explain(&self, status: u16, detail: &str) -> Option<String> {
        let said = detail.strip_prefix("Error: ").unwrap_or(detail);
        let is_own = ["Missing access token", "Invalid access token"].contains(&said);
        let words = "this is Mastodon: its streams, as that of your notifications at \
                     /api/v1/streaming/user/notification, want an access token, which it makes in your \
                     preferences under Development";
        (status == 401 && is_own).then(|| words.to_owned())
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

/// Every type of the documentation's entity `Notification` as of Mastodon 4.5; of one that came since, its
/// name.
fn notification(value: &Value) -> Message {
    let who = who(value.get("account"));
    let of = |name: &str| value.get(name).unwrap_or(&Value::Null);
    let (status, report) = (of("status"), of("report"));
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
        "quoted_update" => format!("{who} edited a post that you quoted"),
        "admin.sign_up" => format!("{who} has signed up"),
        "admin.report" => format!("{who} reported {}", self::who(report.get("target_account"))),
        "moderation_warning" => warned(text(of("moderation_warning"), "action")).to_owned(),
        "severed_relationships" => {
            format!("You are cut off from {}", text(of("event"), "target_name"))
        }
        "annual_report" => "Your year on Mastodon is summed up".to_owned(),
        kind if value.get("account").is_none() => kind.replace(['_', '.'], " "),
        kind => format!("{who}: {}", kind.replace(['_', '.'], " ")),
    };
    let body = match kind {
        "admin.report" => text(report, "comment").to_owned(),
        "moderation_warning" => text(of("moderation_warning"), "text").to_owned(),
        "severed_relationships" => severed(of("event")),
        _ => words(status),
    };
    let url = link(status).or_else(|| link(value.get("account")?));
    message(value, &title, &body, url)
}

/// What a moderator has done to one's account (entity `AccountWarning`).
fn warned(action: &str) -> &'static str {
    match action {
        "disable" => "A moderator has disabled your account",
        "mark_statuses_as_sensitive" => "A moderator has marked posts of yours as sensitive",
        "delete_statuses" => "A moderator has removed posts of yours",
        "sensitive" => "Your posts are marked as sensitive from now on",
        "silence" => "A moderator has limited your account",
        "suspend" => "A moderator has suspended your account",
        _ => "A moderator has sent you a warning",
    }
}

/// Why follows in both directions have ended, and how many (entity `RelationshipSeveranceEvent`).
fn severed(event: &Value) -> String {
    let count = |name: &str| event.get(name).and_then(Value::as_u64).unwrap_or_default();
    let why = match text(event, "type") {
        "domain_block" => "A moderator has blocked that server.",
        "user_domain_block" => "You have blocked that server.",
        "account_suspension" => "A moderator has suspended that account.",
        _ => "",
    };
    let (followers, following) = (count("followers_count"), count("following_count"));
    format!("{why} Gone: followers {followers}, followed by you {following}.").trim().to_owned()
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
    [text(value, "url"), text(value, "uri")].into_iter().find_map(links::of_web)
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
    fn every_notification_is_in_words() {
        let told = |value: Value| {
            let found = notification(&value);
            (found.title.to_string(), found.body.to_string())
        };
        let by = serde_json::json!({ "acct": "eve@a.example", "display_name": "Eve" });
        for (kind, wanted) in [
            ("mention", "Eve (@eve@a.example) mentioned you"),
            ("quoted_update", "Eve (@eve@a.example) edited a post that you quoted"),
            ("admin.sign_up", "Eve (@eve@a.example) has signed up"),
            ("poll", "A poll has ended"),
            ("annual_report", "Your year on Mastodon is summed up"),
            ("moderation_warning", "A moderator has sent you a warning"),
            ("yet.to_come", "Eve (@eve@a.example): yet to come"),
        ] {
            let (title, _) = told(serde_json::json!({ "type": kind, "account": by }));
            assert_eq!(title, wanted);
        }
        let report = serde_json::json!({ "type": "admin.report", "account": by, "report": {
            "comment": "spam", "target_account": { "acct": "mallory" } } });
        assert_eq!(told(report), ("Eve (@eve@a.example) reported @mallory".into(), "spam".into()));
        let warning = serde_json::json!({ "type": "moderation_warning", "account": by,
            "moderation_warning": { "action": "silence", "text": "Read the rules." } });
        let limited = "A moderator has limited your account";
        assert_eq!(told(warning), (limited.into(), "Read the rules.".into()));
        let severed = serde_json::json!({ "type": "severed_relationships", "event": {
            "type": "domain_block", "target_name": "bad.example", "followers_count": 2,
            "following_count": 1 } });
        let (title, body) = told(severed);
        assert_eq!(title, "You are cut off from bad.example");
        assert_eq!(
            body,
            "A moderator has blocked that server. Gone: followers 2, followed by you 1."
        );
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
