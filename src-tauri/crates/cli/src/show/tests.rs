//! What a person sees, on terminals of two widths and in a pipe.

use hark_api::{HistoryEntry, Message, Status, Unread};
use serde_json::json;

use super::*;
use crate::look::Look;

const NOW: &str = "2026-03-02T12:00:00Z";

fn cause(class: &str, sentence: &str) -> serde_json::Value {
    json!({ "class": class, "code": "x", "sentence": sentence })
}

fn link(key: &str, phase: serde_json::Value) -> serde_json::Value {
    json!({
        "subscription": key, "name": key, "origin": "https://push.example.org", "feed": "ntfy",
        "phase": phase, "lost": null, "can_send": false, "known_since": "2026-03-01T00:00:00Z", "last_heard": "2026-03-02T11:59:52Z",
        "heartbeat": { "cadence_ms": 45_000, "source": "learned", "dead_at": "2026-03-02T12:01:05Z" },
        "messages": 4, "set_aside": 0, "dropped": 0, "silence": null,
    })
}

fn sample() -> Status {
    let streaming =
        json!({ "phase": "streaming", "since": "2026-03-02T08:00:00Z", "catching_up": false });
    let refused = "The server at https://push.example.org refuses the token (HTTP 401). Give it another one \
                   with: hark add --token-file";
    let mut builds = link("builds", streaming.clone());
    builds["name"] = "Nightly builds".into();
    let mut quiet = link("数据库", streaming);
    quiet["silence"] = json!({ "why": { "code": "mute" }, "passes": null, "until": null });
    (quiet["dropped"], quiet["set_aside"], quiet["messages"]) = (2.into(), 1.into(), 1.into());
    let mut never = link(
        "a-key-that-is-much-longer-than-any-person-would-choose",
        json!({ "phase": "dialing", "attempt": 3, "since": NOW, "cause": cause("network", "Refused.") }),
    );
    never["last_heard"] = serde_json::Value::Null;
    let value = json!({
        "agent": {
            "version": "0.1.0", "edition": 1, "pid": 4711, "started": NOW, "settings": "/s", "tray": true, "demo": false,
            "notifications": { "server": "dunst 1.9.0", "capabilities": [] }, "feeds": [], "locked": null,
        },
        "links": [
            builds,
            link("old", json!({ "phase": "paused" })),
            quiet,
            link("news", json!({
                "phase": "backing_off", "attempt": 4, "retry_at": "2026-03-02T12:00:12Z",
                "cause": cause("server", "The server at https://push.example.org closed the connection."),
            })),
            link("secret", json!({
                "phase": "backing_off", "attempt": 1, "retry_at": "2026-03-02T12:05:00Z",
                "cause": cause("refused", refused),
            })),
            never,
        ],
        "conditions": [{
            "code": "c", "severity": "warning", "subscription": null,
            "sentence": "There is no notification service on this desktop, so nothing can be shown. Messages are stored.",
        }],
        "silence": null,
    });
    serde_json::from_value(value).unwrap()
}

fn looks() -> [(&'static str, Look); 3] {
    [("80", Some(80)), ("120", Some(120)), ("pipe", None)]
        .map(|(name, columns)| (name, Look::of(columns, false, NOW)))
}

#[test]
fn a_status_fits_where_it_is_shown_and_has_the_worst_first() {
    for (name, look) in looks() {
        let text = status(&sample(), &[], None, &look);
        insta::assert_snapshot!(format!("status-{name}"), text);
        let unread = Unread { subscription: "builds".into(), messages: 2 };
        let text = status(&sample(), &[unread], Some("builds"), &look);
        insta::assert_snapshot!(format!("status-one-{name}"), text);
    }
    let mut status = sample();
    assert!(!is_well(&status.links));
    status.links.retain(|link| ["builds", "old", "数据库"].contains(&&*link.subscription));
    assert!(is_well(&status.links));
}

#[test]
fn messages_and_history_are_lines() {
    let message = |id: i64, priority: u8, time: &str, shown: &str| -> Message {
        let value = json!({
            "id": id, "server_id": null, "subscription": "builds", "title": "Build 7",
            "body": "failed\nafter 3 min", "priority": priority, "time": time, "received": NOW, "url": null,
            "tags": [], "topic": null, "icon": null, "markdown": false, "attachment": null, "actions": [],
            "decision": "alert", "rule": null, "shown": shown, "why": { "code": "snooze" }, "read": null,
            "dismissed": null,
        });
        serde_json::from_value(value).unwrap()
    };
    let history = json!([
        {
            "kind": "outage", "id": 1, "subscription": "builds", "last_heard": "2026-03-02T02:51:50Z",
            "noticed": "2026-03-02T02:52:00Z", "recovered": "2026-03-02T02:53:05Z", "ended_by": "streaming",
            "duration_ms": 65_000, "attempts": 10, "gap": true, "caught_up": 3, "latest": cause("network", "Then it refused connections."),
            "cause": cause("server", "The server at https://push.example.org closed the connection."),
        },
        {
            "kind": "outage", "id": 2, "subscription": "news", "last_heard": null,
            "noticed": "2026-03-01T02:52:00Z", "recovered": null, "ended_by": null, "duration_ms": 90_000_000,
            "attempts": 1, "gap": false, "caught_up": 0, "latest": null, "cause": cause("network", "It does not answer."),
        },
        {
            "kind": "outage", "id": 4, "subscription": "old", "last_heard": "2026-03-01T01:50:00Z",
            "noticed": "2026-03-01T01:50:00Z", "recovered": "2026-03-01T01:50:05Z", "ended_by": "pause",
            "duration_ms": 5_000, "attempts": 2, "gap": false, "caught_up": 0, "latest": null,
            "cause": cause("network", "It does not answer."),
        },
        { "kind": "span", "id": 3, "span": "asleep", "subscription": null, "from": "2026-03-02T03:00:00Z",
          "to": "2026-03-02T07:00:00Z" },
    ]);
    let history: Vec<HistoryEntry> = serde_json::from_value(history).unwrap();
    for (name, look) in looks() {
        let mut text: String = history.iter().map(|found| entry(found, &look)).collect();
        for one in [
            message(1, 3, "2026-03-01T09:00:00Z", "shown"),
            message(2, 5, "2026-03-02T11:59:52Z", "held"),
        ] {
            text += &(super::message(&one, &look, false) + "\n");
        }
        insta::assert_snapshot!(format!("lines-{name}"), text);
        // One that is printed as it comes is printed before it is shown.
        let coming = message(1, 3, "2026-03-01T09:00:00Z", "pending");
        let unshown = |comes| super::message(&coming, &look, comes).contains("not shown yet");
        assert!(unshown(false) && !unshown(true));
    }
}

#[test]
fn what_the_doctor_has_found_has_a_tick_or_what_to_do() {
    use hark_doctor::{
        Mark,
        here::{Check, Group},
    };
    let check = |group, of: Option<&str>, about, mark, seen: &str, advice: Option<&str>| Check {
        group,
        subscription: of.map(str::to_owned),
        about,
        mark,
        seen: seen.to_owned(),
        advice: advice.map(str::to_owned),
    };
    let (desktop, files, server) = (Group::Desktop, Group::Files, Group::Subscription);
    let down =
        "https://push.example.org refused the connection: no server listens there. Is it running?";
    let checks = [
        check(desktop, None, "session bus", Mark::Ok, "It answers.", None),
        check(
            desktop,
            None,
            "notifications",
            Mark::Ok,
            "dunst 1.9.0 shows them; it can: actions, body, body-hyperlinks, body-markup, icon-static, x-canonical.",
            None,
        ),
        check(
            desktop,
            None,
            "tray",
            Mark::Warning,
            "The desktop shows no icons of programs.",
            Some(
                "On GNOME, install the extension AppIndicator; without it, hark open shows the window.",
            ),
        ),
        check(files, None, "settings", Mark::Ok, "They can be read: 2 subscriptions.", None),
        check(
            files,
            None,
            "database",
            Mark::Unknown,
            "No agent is running. Only an agent looks into it.",
            None,
        ),
        check(server, Some("builds"), "dns", Mark::Ok, "The name was found.", None),
        check(server, Some("builds"), "tcp", Mark::Ok, "It takes connections.", None),
        check(
            server,
            Some("builds"),
            "resume",
            Mark::Unknown,
            "No event with an id came to come back to.",
            None,
        ),
        check(server, Some("news"), "dns", Mark::Ok, "The name was found.", None),
        check(server, Some("news"), "tcp", Mark::Wrong, down, None),
        check(server, Some("news"), "tls", Mark::Unknown, "It did not come to that.", None),
        check(server, Some("old"), "visit", Mark::Ok, "It is paused, and was not visited.", None),
    ];
    for (name, look) in looks() {
        insta::assert_snapshot!(format!("doctor-{name}"), doctor(&checks, &look));
    }
}

#[test]
fn a_length_has_the_two_units_that_matter() {
    for (ms, text) in [
        (0, "0.0 s"),
        (5_250, "5.2 s"),
        (59_999, "59 s"),
        (61_000, "1 min 1 s"),
        (3_660_000, "1 h 1 min"),
        (90_000_000, "1 d 1 h"),
    ] {
        assert_eq!(length(ms), text);
    }
}

#[test]
fn a_preview_is_one_short_line_however_long_the_message() {
    let (title, body) = ("Log".to_owned(), "line\n".repeat(4_000));
    let shown = preview(&Preview { title, body, priority: 3, time: None });
    assert!(shown.starts_with("  Log: line ⏎ line") && shown.ends_with('…'), "{shown}");
    assert!(shown.chars().count() <= 202 && !shown.contains('\n'), "{shown}");
}

#[test]
fn a_time_is_local() {
    let time: Time = "2026-03-01T02:10:05Z".parse().unwrap();
    let zone = TimeZone::fixed(jiff::tz::offset(9));
    assert_eq!(at(time, &zone), "2026-03-01 11:10:05");
}

#[test]
fn the_relay_says_where_it_is_and_who_follows() {
    let relay = |value: serde_json::Value| {
        let relay = serde_json::from_value(value).unwrap();
        super::relay::relay(&relay, &Look::of(Some(80), false, NOW))
    };
    let off = json!({
        "at": null, "listens": false, "problem": null, "token_file": null, "read_only_token_file": null,
        "origins": [], "clients": [], "clients_max": 256,
    });
    assert_eq!(relay(off.clone()), "The relay is off. Turn it on with: hark relay on\n");
    let mut on = off;
    (on["at"], on["listens"]) = ("http://127.0.0.1:7275".into(), true.into());
    (on["token_file"], on["origins"]) = ("/t".into(), json!(["https://dash.example"]));
    on["clients"] = json!([
        { "since": "2026-03-02T11:00:00Z", "agent": "curl/8\u{1b}[31m", "origin": null, "reached": 7, "sent": 3 },
        { "since": "2026-03-02T11:59:00Z", "agent": "x", "origin": "https://dash.example", "reached": 9, "sent": 0 },
    ]);
    let wanted = "listens at http://127.0.0.1:7275\n\
                  \x20   token    hark relay token, or --read-only for messages alone\n\
                  \x20   page     https://dash.example\n\
                  \x20   clients  2 of 256\n\
                  \x20       curl/8[31m, since 1 h ago: 3 messages, up to 7\n\
                  \x20       https://dash.example, since 1 min ago: 0 messages, up to 9\n";
    assert_eq!(relay(on.clone()), wanted);
    (on["listens"], on["problem"]) = (false.into(), "The relay cannot listen.".into());
    assert!(
        relay(on).starts_with("does not listen at http://127.0.0.1:7275\n    The relay cannot")
    );
}
