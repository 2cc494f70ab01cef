//! What each server is sent, whole: those that people run, by the name and the capabilities that they give
//! themselves, and one that shows a title alone.

use std::fmt::Write as _;

use hark_engine::message::{Action, Does, Extras, Priority};

use super::*;

/// Name and capabilities, as the servers of 2023 to 2026 answer.
const SERVERS: [(&str, &[&str]); 7] = [
    (
        "gnome-shell 43.9",
        &["actions", "body", "body-markup", "icon-static", "persistence", "sound"],
    ),
    (
        "Plasma 5.27.5",
        &[
            "body",
            "body-hyperlinks",
            "body-markup",
            "body-images",
            "icon-static",
            "actions",
            "persistence",
            "inline-reply",
            "x-kde-urls",
            "x-kde-origin-name",
            "x-kde-display-appname",
            "inhibitions",
        ],
    ),
    ("dunst 1.9.0", &["actions", "body", "body-hyperlinks", "icon-static", "x-dunst-stack-tag"]),
    (
        "mako 0.0.0",
        &["body", "body-markup", "actions", "icon-static", "x-canonical-private-synchronous"],
    ),
    (
        "Xfce Notify Daemon 0.7.3",
        &["actions", "body", "body-hyperlinks", "body-markup", "icon-static", "sound"],
    ),
    ("Windows", &["actions", "body", "inline-reply", "persistence", "sound"]),
    ("tiny 1", &[]),
];

fn row(message: Message) -> MessageRow {
    MessageRow { sound: Some("bell".into()), ..tests::row(message) }
}

fn plain() -> Message {
    Message { title: "Disk <full>".into(), ..Message::of_text("/var at 97 % & rising\n\nsda1") }
}

fn rich() -> Message {
    let action = |label: &str, does| Action { label: label.into(), clear: false, does };
    let actions = vec![
        action("Open door", Does::Open { url: "https://door.example/".into() }),
        action("Copy code", Does::Copy { text: "1234".into() }),
    ];
    Message {
        title: "Release".into(),
        url: Some("https://ci.example/7".into()),
        priority: Priority::clamped(5),
        extras: Extras { markdown: true, actions, ..Extras::default() },
        ..Message::of_text("# v2 is **out**\n- `a < b`\n- [notes](https://a.example)")
    }
}

/// A notification as it is sent.
fn sent(toast: &Toast) -> String {
    let Toast { notification: it, manner, url, .. } = toast;
    let mut out = format!("  title    {}\n", it.summary);
    for line in it.body.lines() {
        let _ = writeln!(out, "  body     {line}");
    }
    for action in it.actions.chunks(2) {
        let _ = writeln!(out, "  button   {}", action.join(": "));
    }
    let Manner { urgency, passing, sound, follows_link, .. } = manner;
    let passing = if *passing { ", passing" } else { "" };
    let follows = if *follows_link { ", follows its link" } else { "" };
    let _ = writeln!(out, "  manner   {urgency:?}, sound {sound:?}{passing}{follows}");
    let _ = writeln!(out, "  link     {url:?}");
    out
}

#[test]
fn each_server_is_sent_what_it_can_show() {
    let now = Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    let mut all = String::new();
    for (server, capabilities) in SERVERS {
        let names: Vec<String> = capabilities.iter().map(|name| (*name).to_owned()).collect();
        let can = Capabilities::of(server, &names);
        let of = |message, hides| {
            let source = Source { name: "Builds", of_several: true, hides, replies: true };
            of_message(source, row(message), &now, can, Language::English)
        };
        let latest = [("Builds".to_owned(), rich()), ("Door".to_owned(), plain())];
        let names = ["Builds".to_owned(), "Door".to_owned()];
        let counted =
            Counted { names: &names, count: 9, urgent: 1, missed: false, latest: &latest };
        let _ = writeln!(all, "== {server}");
        for (what, toast) in [
            ("a plain message", of(plain(), false)),
            ("one with everything", of(rich(), false)),
            ("one that is hidden", of(rich(), true)),
            ("a digest", of_digest("Builds", (7, 1, true), &[rich()], can, Language::English)),
            ("one that counts", of_folded(counted, can, Language::English)),
        ] {
            let _ = write!(all, "{what}\n{}", sent(&toast));
        }
    }
    insta::assert_snapshot!(all);
}
