//! What a commit makes of its deliveries: messages, sequences, changes, what is set aside or
//! dropped.

use hark_engine::{
    message::{Change, Sequence},
    policy::Decision,
};

use super::*;

#[test]
fn message_decision_and_cursor_are_there_after_a_restart() {
    let mut world = World::new();
    let committed = world.commit(&[message(Some("1"), "a"), message(Some("2"), "b")]);
    assert_eq!(committed.stored, [Stored::New(1), Stored::New(2)]);
    assert_eq!(committed.link.cursor.id.as_deref(), Some("2"));
    let mut world = world.reopened();
    let begun = world.store.begin("builds", "https://a.example/b", now()).unwrap();
    assert_eq!((begun.cursor, begun.streamed), (Cursor::of_id("2"), false));
    assert_eq!((begun.at, begun.has_ids), (Some(now()), Some(true)));
    assert_eq!(world.bodies(), ["a", "b"]);
}

#[test]
fn what_is_set_aside_keeps_its_beginning_and_passes_the_cursor() {
    let mut world = World::new();
    let event =
        RawEvent { kind: "message".into(), data: "ä".repeat(5000), own_id: Some("9".into()) };
    let outcome = Outcome::SetAside { reason: "too large", bytes: 9_000_000 };
    let committed = world.commit(&[Delivery {
        event,
        outcome,
        cursor: Some(Cursor::of_id("9")),
        fallen: None,
    }]);
    assert_eq!(committed.stored, [Stored::SetAside]);
    assert_eq!(committed.link.cursor, Cursor::of_id("9"));
    let (bytes, head): (i64, String) = world
        .store
        .connection
        .query_row("SELECT bytes, head FROM set_aside", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((bytes, head.len()), (9_000_000, 4096));
}

/// A message of the sequence `job`, at this second.
fn of_job(id: &str, text: &str, second: i64, replaces: bool) -> Delivery {
    let message = Message {
        time: Some(Timestamp::from_second(second).unwrap()),
        sequence: Some(Sequence { id: "job".into(), replaces, begins: id == "job" }),
        ..Message::of_text(text)
    };
    let outcome = Outcome::Message(Box::new(message), Origin::Live);
    Delivery { outcome, ..self::message(Some(id), text) }
}

#[test]
fn an_update_takes_the_place_of_the_message_before_it() {
    let mut world = World::new();
    world.commit(&[of_job("job", "0 %", 10, false), message(Some("2"), "other")]);
    let stored =
        world.commit(&[of_job("3", "50 %", 20, true), of_job("4", "100 %", 30, true)]).stored;
    let replaced = |id, earlier| Stored::Replaced { id, earlier };
    assert_eq!(stored, [replaced(3, 1), replaced(4, 3)]);
    assert_eq!(world.bodies(), ["other", "100 %"]);
    assert_eq!(world.store.pending_count("builds").unwrap(), 2);
}

#[test]
fn what_was_replaced_before_it_came_is_not_brought_back() {
    let mut world = World::new();
    world.commit(&[of_job("3", "100 %", 30, true)]);
    let late = [of_job("2", "50 %", 20, true), of_job("job", "0 %", 10, false)];
    assert_eq!(world.commit(&late).stored, [Stored::Duplicate, Stored::Duplicate]);
    assert_eq!(world.bodies(), ["100 %"]);
    // Another that merely bears the name is a message of its own.
    assert_eq!(world.commit(&[of_job("9", "early", 10, false)]).stored, [Stored::New(2)]);
}

#[test]
fn a_change_reaches_the_messages_of_its_sequence_alone() {
    let mut world = World::new();
    world.commit(&[of_job("job", "a", 10, false), message(Some("2"), "other")]);
    let change = |id: &str, change| Delivery {
        outcome: Outcome::Changed(change),
        ..message(Some(id), "change")
    };
    let read = change("3", Change::Read("job".into()));
    let committed = world.commit(std::slice::from_ref(&read));
    assert_eq!(committed.stored, [Stored::Changed(vec![1])]);
    assert_eq!(committed.link.cursor.id.as_deref(), Some("3"));
    assert_eq!(world.store.message(1).unwrap().unwrap().shown, Shown::Withdrawn);
    assert_eq!(world.store.pending_count("builds").unwrap(), 1);
    assert_eq!(world.commit(&[read]).stored, [Stored::Duplicate]);
    let deleted =
        [change("4", Change::Deleted("job".into())), change("5", Change::Deleted("x".into()))];
    let stored = world.commit(&deleted).stored;
    assert_eq!(stored, [Stored::Changed(vec![1]), Stored::Changed(vec![])]);
    assert_eq!(world.bodies(), ["other"]);

    // One that came before its message comes again behind it, and one that had its effect does not.
    let late = change("9", Change::Deleted("late".into()));
    let mut of_late = of_job("8", "late", 40, false);
    if let Outcome::Message(message, _) = &mut of_late.outcome {
        message.sequence = Some(Sequence { id: "late".into(), replaces: false, begins: true });
    }
    assert_eq!(world.commit(std::slice::from_ref(&late)).stored, [Stored::Changed(vec![])]);
    let stored = world.commit(&[of_late, late.clone()]).stored;
    assert_eq!(stored, [Stored::New(3), Stored::Changed(vec![3])]);
    assert_eq!(world.commit(&[late]).stored, [Stored::Duplicate]);
    assert_eq!(world.bodies(), ["other"]);
}

#[test]
fn a_message_says_which_rule_decided_and_a_dropped_one_is_counted() {
    let rules: Vec<Rule> = serde_json::from_value(serde_json::json!([
        { "name": "noise", "text": "noise", "then": "drop" },
        { "text": "later", "then": "quiet", "priority": 2, "sound": "bell" },
    ]))
    .unwrap();
    let mut world = World::new();
    let sent =
        [message(Some("1"), "noise"), message(Some("2"), "later"), message(Some("3"), "now")];
    let committed = world.commit_by(&sent, &rules);
    assert_eq!(committed.stored, [Stored::Dropped, Stored::New(1), Stored::New(2)]);
    assert_eq!(committed.link.cursor.id.as_deref(), Some("3"));
    assert_eq!(world.commit_by(&sent[..1], &rules).stored, [Stored::Duplicate]);
    let mut world = world.reopened();
    assert_eq!(world.store.dropped("builds").unwrap(), 1);
    let quiet = world.store.message(1).unwrap().unwrap();
    assert_eq!((quiet.decision, quiet.shown), (Decision::Quiet, Shown::No));
    assert_eq!((quiet.rule.as_deref(), quiet.sound.as_deref()), (Some("rule 2"), Some("bell")));
    assert_eq!(quiet.message.priority.level(), 2);
    let shown = world.store.message(2).unwrap().unwrap();
    assert_eq!((shown.decision, shown.rule), (Decision::Alert, None));
    // A changed source starts anew, its count as well.
    world.store.begin("builds", "https://a.example/other", now()).unwrap();
    assert_eq!(world.store.dropped("builds").unwrap(), 0);
}

#[test]
fn the_latest_events_are_as_they_came() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(None, "b")]);
    let latest = |skipped| world.store.latest_event("builds", skipped).unwrap();
    assert_eq!(latest(0), Some(message(None, "b").event));
    assert_eq!(latest(1), Some(message(Some("1"), "a").event));
    assert_eq!(latest(2), None);
}
