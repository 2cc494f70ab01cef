//! Streams in the form that each server documents, decoded to whole messages. `golden/FEED.sse` names
//! its source in a comment in the first line, which is not part of the stream; `golden/FEED.snap` is
//! what a person would read of it, and `cargo xtask generate` writes it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fmt::Write, fs, path::Path, sync::Arc};

use hark_engine::{
    feed::{self, Decoded, Feed, Mapped, Standing},
    message::{
        ACTIONS_MAX, BODY_CHARS_MAX, Change, NAME_CHARS_MAX, RawEvent, TAGS_MAX, TITLE_CHARS_MAX,
        WORD_CHARS_MAX,
    },
    policy::{self, Origin},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

/// Every feed, and one that is described by data in all of its parts.
fn feeds() -> Vec<Arc<dyn Feed>> {
    let form = json!({
        "title": ["{/title} {/topic}", "/data/new_state"], "body": "/message", "url": "/url",
        "topic": "/topic", "tags": ["/tags", "/data"], "priority": "/priority",
        "priorities": { "high": 5 }, "time": "/time", "id": "/id", "sequence": "/event_type",
        "heartbeat": { "at": "/event", "equals": "keepalive" },
        "message": { "at": "", "exists": true },
        "update": { "at": "/message", "matches": "(?i)a+b" },
    });
    let mapped = Mapped::new("mapped", serde_json::from_value(form).unwrap());
    let coded = feed::NAMES.iter().map(|name| feed::by_name(name).unwrap());
    coded.chain([Arc::new(mapped) as Arc<dyn Feed>]).collect()
}

/// The events that one stands for, as the link has them.
fn unfolded(feed: &dyn Feed, event: RawEvent, position: &mut Option<String>) -> Vec<RawEvent> {
    let standing = Standing { position: position.as_deref(), is_first: position.is_none() };
    let events = feed.unfold(&event, standing).unwrap_or_else(|| vec![event]);
    for id in events.iter().filter_map(|event| event.own_id.as_deref()) {
        *position = feed.position(position.as_deref(), &[id]);
    }
    events
}

/// What the blocks of a stream mean, in order.
fn read(feed: &dyn Feed, stream: &str) -> String {
    let mut out = String::new();
    let mut position = None;
    let mut event: Option<RawEvent> = None;
    for line in stream.lines().skip(1).chain([""]) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        if line.is_empty() {
            let came = event.take();
            for event in came.into_iter().flat_map(|event| unfolded(feed, event, &mut position)) {
                describe(feed, event, &mut out);
            }
            continue;
        }
        if name.is_empty() {
            writeln!(out, "comment {value:?}: {:?}\n", feed.farewell(value)).unwrap();
            continue;
        }
        let event = event.get_or_insert_with(RawEvent::default);
        match name {
            "event" => value.clone_into(&mut event.kind),
            "id" => event.own_id = Some(value.to_owned()),
            "data" => event.data = [event.data.as_str(), value, "\n"].concat(),
            _ => {}
        }
    }
    out
}

fn describe(feed: &dyn Feed, mut event: RawEvent, out: &mut String) {
    if let Some(data) = event.data.strip_suffix('\n') {
        event.data = data.to_owned();
    }
    if event.kind.is_empty() {
        event.kind = "message".to_owned();
    }
    feed.identify(&mut event);
    let decoded = feed.decode(&event);
    let cursor = event.own_id.as_deref().filter(|id| {
        let names = !decoded.is_sign_of_life();
        names && feed.resumes_from(id)
    });
    writeln!(out, "id {:?}, cursor {cursor:?}", event.own_id).unwrap();
    writeln!(out, "{decoded:#?}\n").unwrap();
}

#[test]
fn every_feed_reads_its_servers_documented_stream() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for name in feed::NAMES {
        let path = folder.join(name).with_extension("sse");
        let stream = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}: a feed has one", path.display()));
        let source = stream.lines().next().and_then(|line| line.strip_prefix(": "));
        assert!(
            source.is_some_and(|source| source.split_whitespace().count() >= 3),
            "{name}: the first line says in words where it is from"
        );
        let read = read(&*feed::by_name(name).unwrap(), &stream);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(*name, read));
    }
}

/// A feed answers to an event, and to all that it stands for, within its bounds.
fn check_all(feed: &dyn Feed, mut event: RawEvent) {
    for position in [None, Some(r#"["1@E/news","5@F/alerts"]"#), Some("1@E/")] {
        for event in unfolded(feed, event.clone(), &mut position.map(str::to_owned)) {
            check(feed, &event);
        }
    }
    feed.unfold_too_large(&event);
    feed.identify(&mut event);
    check(feed, &event);
}

/// A feed answers, within its bounds.
fn check(feed: &dyn Feed, event: &RawEvent) {
    let message = match feed.decode(event) {
        Decoded::Message(message) => message,
        Decoded::Change(Change::Read(sequence) | Change::Deleted(sequence)) => {
            return assert!(sequence.chars().count() <= NAME_CHARS_MAX, "{feed:?}");
        }
        _ => return,
    };
    assert!(message.title.chars().count() <= TITLE_CHARS_MAX, "{feed:?}");
    assert!(message.body.chars().count() <= BODY_CHARS_MAX, "{feed:?}");
    assert!(message.tags.len() <= TAGS_MAX, "{feed:?}");
    assert!(message.extras.actions.len() <= ACTIONS_MAX, "{feed:?}");
    let words = message.tags.iter().chain(&message.topic);
    let words = words.chain(message.extras.attachment.as_ref().map(|attached| &attached.name));
    for word in words.chain(message.extras.actions.iter().map(|action| &action.label)) {
        assert!(word.chars().count() <= WORD_CHARS_MAX, "{feed:?}: {word}");
        assert!(!word.chars().any(char::is_control), "{feed:?}: {word:?}");
    }
    let sequence = message.sequence.as_ref().map(|sequence| sequence.id.chars().count());
    assert!(sequence.is_none_or(|chars| chars <= NAME_CHARS_MAX), "{feed:?}");
    let all = format!("{}{}", message.title, message.body);
    let plain = |c: char| !c.is_control() || c == '\n' || c == '\t';
    assert!(all.chars().all(plain) && !all.contains('\u{202e}'), "{feed:?}");
}

#[test]
fn the_fuzzers_corpus_is_decoded_within_bounds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fuzz/corpus/feed");
    let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 10, "a corpus");
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let (kind, data) = text.split_once('\n').unwrap_or(("message", &text));
        for feed in feeds() {
            let mut event = RawEvent { kind: kind.into(), data: data.into(), own_id: None };
            feed.identify(&mut event);
            check(&*feed, &event);
        }
    }
}

/// A form, a rule and an event's data, each in a line of its own: all of these seeds are read.
#[test]
fn the_fuzzers_forms_and_rules_are_read_and_held_to_the_bounds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fuzz/corpus/matching");
    let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 3, "a corpus");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let [form, rule, data] = text.splitn(3, '\n').collect::<Vec<_>>()[..] else {
            panic!("{}", file.display())
        };
        let feed = Mapped::new("own", serde_json::from_str(form).unwrap());
        let rule = serde_json::from_str(rule).unwrap();
        let event = RawEvent { kind: "message".into(), data: data.into(), own_id: None };
        check(&feed, &event);
        let Decoded::Message(message) = feed.decode(&event) else { panic!("{}", file.display()) };
        drop(policy::decide(&[rule], &message, &event, Origin::Live));
    }
}

/// JSON with the names that feeds look for, in every wrong place.
fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "id",
        "event",
        "topic",
        "message",
        "title",
        "tags",
        "priority",
        "time",
        "click",
        "encoding",
        "attachment",
        "sequence_id",
        "subscription",
        "icon",
        "markdown",
        "actions",
        "headers",
        "method",
        "value",
        "clear",
        "extras",
        "intent",
        "name",
        "label",
        "action",
        "expires",
        "url",
        "event_type",
        "data",
        "old_state",
        "new_state",
        "state",
        "attributes",
        "friendly_name",
        "entity_id",
        "service",
        "service_data",
        "notification_id",
        "time_fired",
        "account",
        "status",
        "reblog",
        "content",
        "acct",
        "display_name",
        "type",
        "created_at",
        "meta",
        "domain",
        "dt",
        "page",
        "body",
        "x-github-event",
        "workflow_run",
        "conclusion",
        "repository",
        "full_name",
        "record",
        "clientId",
        "condition",
        "connect",
        "subs",
        "pub",
        "data",
        "publications",
        "recovered",
        "epoch",
        "offset",
        "channel",
        "disconnect",
        "stands",
    ];
    const TEXTS: &[&str] = &[
        "",
        "message",
        "open",
        "state_changed",
        "mention",
        "canary",
        "workflow_run",
        "push",
        "delete",
        "warning",
        "base64",
        "<p>&amp;",
        "2026-01-02T03:04:05Z",
        "https://a.example/",
        "\u{202e}\u{1b}[31m",
        "&#x110000;<",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(TEXTS).prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(NAMES), inner), 0..8).prop_map(|pairs| {
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_a_feed_panic_or_exceed_its_bounds(
        kind in select(&[
            "message", "notification", "update", "announcement", "conversation", "PB_CONNECT",
            "removed", "gap", "status", "stream-error",
        ]),
        value in any_json(),
        text in ".*",
    ) {
        for data in [value.to_string(), json!({ "event": "message", "x": value }).to_string(), text] {
            for feed in feeds() {
                let event = RawEvent { kind: kind.into(), data: data.clone(), own_id: None };
                check_all(&*feed, event);
            }
        }
    }
}

/// Whatever comes, a feed answers, within its bounds and in no long time.
#[test]
fn no_input_makes_a_feed_panic_or_exceed_its_bounds() {
    let long = "x".repeat(200_000);
    let deep = "[".repeat(10_000);
    let texts = [
        "",
        "ping",
        "null",
        "undefined",
        "{}",
        "[]",
        "7",
        "\u{0}",
        "{\"",
        &deep,
        &long,
        r#"{"a":{"b":[1,2,{"c":null}]}}"#,
        &format!(r#"{{"event":"message","topic":"{long}","title":"{long}","tags":["{long}"]}}"#),
        &format!(r#"{{"event_type":"x","data":{{"a":"{long}"}}}}"#),
        &format!(
            r#"{{"event":"message","id":"{long}","sequence_id":"{long}","attachment":{{"name":"{long}","url":"http://a/"}},"actions":[{{"action":"view","label":"{long}","url":"http://a/"}}]}}"#
        ),
        &format!(r#"{{"event":"message_delete","sequence_id":"{long}"}}"#),
        &format!(
            r#"{{"account":{{"display_name":"{long}"}},"content":"{}"}}"#,
            "<".repeat(200_000)
        ),
        &format!(r#"{{"content":"{}"}}"#, "&".repeat(200_000)),
        &format!(r#"{{"title":"{long}","comment":"{long}","meta":{{"dt":"x","uri":"::"}}}}"#),
        "{\"title\":\"\u{202e}evil\u{1b}[31m\",\"body\":\"a\u{7}b\"}",
    ];
    let kinds =
        ["message", "open", "update", "notification", "conversation", "announcement", "error"];
    for feed in feeds() {
        for text in texts {
            for kind in kinds {
                let event = RawEvent { kind: kind.into(), data: text.to_owned(), own_id: None };
                check_all(&*feed, event);
            }
            feed.farewell(&text[..text.floor_char_boundary(100_000)]);
            feed.explain(500, text);
        }
    }
}
