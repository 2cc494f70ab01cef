//! The store's promises, each on a database of its own in a folder that goes away.

use std::{fs, path::PathBuf, time::Duration};

use hark_engine::{
    cursor::Cursor,
    failure::{Cause, Failure},
    history::Entry,
    link::{Delivery, Fallen, Outcome},
    message::{Change, Message, RawEvent, Sequence},
    policy::{self, Decision, Origin, Rule},
};
use jiff::Timestamp;

use super::*;

struct World {
    folder: tempfile::TempDir,
    store: Store,
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("hark.db"), now()).unwrap().store;
        store.begin("builds", "https://a.example/b", now()).unwrap();
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("hark.db")
    }

    fn reopened(mut self) -> Self {
        let path = self.path();
        drop(self.store);
        self.store = Store::open(&path, now()).unwrap().store;
        self
    }

    fn commit(&mut self, deliveries: &[Delivery]) -> Committed {
        self.commit_by(deliveries, &[])
    }

    fn commit_by(&mut self, deliveries: &[Delivery], rules: &[Rule]) -> Committed {
        let decide = |message: &Message, event: &RawEvent, origin| {
            policy::decide(rules, message, event, origin)
        };
        self.store.commit("builds", deliveries, now(), decide).unwrap()
    }

    fn bodies(&self) -> Vec<String> {
        let query = Query { limit: 1000, after: Some(0), ..Query::default() };
        self.store
            .messages(&query)
            .unwrap()
            .into_iter()
            .map(|row| row.message.body.into())
            .collect()
    }
}

fn message(id: Option<&str>, text: &str) -> Delivery {
    let own_id = id.map(str::to_owned);
    Delivery {
        cursor: own_id.as_deref().map(Cursor::of_id),
        fallen: None,
        event: RawEvent { kind: "message".into(), data: text.into(), own_id },
        outcome: Outcome::Message(Box::new(Message::of_text(text)), Origin::Live),
    }
}

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
fn another_source_starts_anew_but_keeps_the_messages() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    world.store.has_streamed("builds").unwrap();
    let anew = Begun { at: Some(now()), ..Begun::default() };
    assert_eq!(world.store.begin("builds", "https://a.example/other", now()).unwrap(), anew);
    assert_eq!(world.commit(&[message(Some("1"), "a")]).stored, [Stored::New(2)]);
    assert_eq!(world.bodies(), ["a", "a"]);
}

#[test]
fn a_source_that_comes_back_brings_nothing_twice() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    world.store.begin("builds", "https://a.example/other", now()).unwrap();
    world.store.begin("builds", "https://a.example/b", now()).unwrap();
    assert_eq!(world.commit(&[message(Some("1"), "a")]).stored, [Stored::Duplicate]);
    world.store.forget("builds").unwrap();
    let begun = world.store.begin("builds", "https://a.example/b", now()).unwrap();
    assert!(begun.cursor.is_none() && !begun.streamed);
    assert_eq!(world.commit(&[message(Some("1"), "a")]).stored, [Stored::Duplicate]);
}

#[test]
fn the_same_own_id_and_content_is_a_duplicate_and_nothing_else_is() {
    let mut world = World::new();
    let stored = world
        .commit(&[
            message(Some("1"), "a"),
            message(Some("1"), "a"),
            message(Some("1"), "changed"),
            message(None, "a"),
            message(None, "a"),
        ])
        .stored;
    use Stored::{Duplicate, New};
    assert_eq!(stored, [New(1), Duplicate, New(2), New(3), New(4)]);
}

#[test]
fn a_duplicate_still_moves_the_cursor_and_so_does_an_id_alone() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b")]);
    assert_eq!(world.commit(&[message(Some("1"), "a")]).link.cursor, Cursor::of_id("1"));
    let reset = Delivery {
        event: RawEvent { own_id: Some(String::new()), ..RawEvent::default() },
        outcome: Outcome::Nothing,
        cursor: Some(Cursor::NONE),
        fallen: None,
    };
    assert_eq!(world.commit(&[reset]).link.cursor, Cursor::NONE);
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

#[test]
fn the_outbox_holds_an_alert_until_it_is_marked() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b"), message(Some("3"), "c")]);
    world.store.mark("builds", 1, 2, Shown::Shown).unwrap();
    let world = world.reopened();
    let next = world.store.next_pending("builds").unwrap().unwrap();
    assert_eq!((world.store.pending_count("builds").unwrap(), next.id), (1, 3));
    assert_eq!(world.store.pending_subscriptions().unwrap(), ["builds"]);
    assert_eq!(world.store.message(1).unwrap().unwrap().shown, Shown::Shown);
}

#[test]
fn backlog_is_never_in_the_outbox() {
    let mut world = World::new();
    let mut backlog = message(Some("1"), "a");
    backlog.outcome = Outcome::Message(Box::new(Message::of_text("a")), Origin::Backlog);
    world.commit(&[backlog]);
    assert_eq!(world.store.pending_count("builds").unwrap(), 0);
}

#[test]
fn a_long_outage_is_two_rows_however_often_it_dials() {
    let mut world = World::new();
    let failure = Failure::from(Cause::ConnectionRefused);
    for attempts in 1..=50 {
        let entry = Entry::DialFailed { failure: failure.clone(), attempts };
        world.store.journal(Some("builds"), now(), &entry).unwrap();
    }
    world.store.journal(Some("builds"), now(), &Entry::Opened).unwrap();
    let rows = world.store.journal_rows(Some("builds"), 100).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].entry, Entry::DialFailed { failure, attempts: 50 });
}

#[test]
fn garbage_is_set_aside_whole_and_a_new_database_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hark.db");
    let garbage = "not a database ".repeat(1000);
    for n in 0..2 {
        fs::write(&path, &garbage).unwrap();
        let opened = Store::open(&path, now()).unwrap();
        let aside = opened.set_aside.expect("set aside");
        assert_eq!(fs::read_to_string(aside).unwrap(), garbage);
        drop(opened.store);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), n + 2);
    }
}

#[test]
fn a_damaged_or_foreign_database_is_set_aside_too() {
    let world = World::new();
    let root: i64 = world
        .store
        .connection
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = 'message'", [], |row| {
            row.get(0)
        })
        .unwrap();
    world.store.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let path = world.path();
    drop(world.store);
    let mut bytes = fs::read(&path).unwrap();
    let page = usize::try_from(root - 1).unwrap() * 4096;
    bytes[page..page + 4096].fill(0xff);
    fs::write(&path, bytes).unwrap();
    assert!(Store::open(&path, now()).unwrap().set_aside.is_some());

    let foreign = world.folder.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE message (x)").unwrap();
    drop(other);
    assert!(Store::open(&foreign, now()).unwrap().set_aside.is_some());
}

#[test]
fn a_newer_database_is_refused_and_left_as_it_is() {
    let world = World::new();
    world.store.connection.pragma_update(None, "user_version", 99).unwrap();
    let path = world.path();
    drop(world.store);
    let error = Store::open(&path, now()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date_and_a_copy_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hark.db");
    let first = open::try_open(&path, &[include_str!("migrations/0001_first.sql")]).unwrap();
    first.connection.execute_batch(include_str!("migrations/fixtures/1.sql")).unwrap();
    drop(first);
    let mut opened = Store::open(&path, now()).unwrap();
    assert!(opened.set_aside.is_none());
    let query = Query { limit: 10, ..Query::default() };
    let rows = opened.store.messages(&query).unwrap();
    let decisions: Vec<_> = rows.iter().map(|row| (row.decision, row.shown)).collect();
    let wanted = [
        (Decision::Backlog, Shown::No),
        (Decision::Alert, Shown::Pending),
        (Decision::Alert, Shown::Shown),
    ];
    assert_eq!(decisions, wanted);
    let first = &rows[2];
    assert_eq!(first.message.title, "Build 7");
    assert_eq!((&first.rule, &first.message.sequence, &first.message.topic), (&None, &None, &None));
    assert_eq!(opened.store.pending_count("builds").unwrap(), 1);
    assert_eq!(opened.store.dropped("builds").unwrap(), 0);
    let decide = |_: &Message, _: &RawEvent, _| unreachable!();
    assert_eq!(
        opened.store.commit("builds", [], now(), decide).unwrap().link.cursor.id.as_deref(),
        Some("1700000000:0")
    );
    let copy = PathBuf::from(format!("{}.before-schema-{SCHEMA_VERSION}", path.display()));
    let copy = rusqlite::Connection::open(copy).unwrap();
    let version = copy.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(version, 1);
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

#[test]
fn an_unwritable_folder_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let error = Store::open(&blocked.join("hark.db"), now()).unwrap_err();
    assert!(error.to_string().contains("file/hark.db"), "{error}");
}

#[test]
fn what_is_over_a_bound_goes_with_the_next_commit_and_a_replay_brings_nothing_back() {
    let mut world = World::new();
    let all: Vec<_> = (0..30).map(|n| message(Some(&n.to_string()), &n.to_string())).collect();
    world.store.keep("builds", Keep { messages_max: 20, ..Keep::DEFAULT });
    assert_eq!(world.commit(&all[..20]).pruned, [0_i64; 0]);
    // Alerts that wait are history by then, too.
    assert_eq!(world.commit(&all[20..21]).pruned, [1, 2]);
    world.commit(&all[21..]);
    assert!(world.bodies().len() <= 20, "{:?}", world.bodies());
    assert_eq!(world.bodies().last().map(String::as_str), Some("29"));
    assert!(world.commit(&all).stored.iter().all(|stored| *stored == Stored::Duplicate));
    world.store.prune(now() + Duration::from_secs(366 * 86_400)).unwrap();
    assert!(world.bodies().is_empty(), "they are too old");
}

#[test]
fn a_bound_in_bytes_holds_whatever_part_of_an_event_is_large() {
    let mut world = World::new();
    world.store.keep("builds", Keep { bytes_max: 1 << 20, ..Keep::DEFAULT });
    for n in 0..30 {
        let mut large = message(Some(&"7".repeat(n + 1)), &"x".repeat(200_000));
        large.event.kind = "k".repeat(1 << 20);
        world.commit(&[large]);
    }
    assert!((1..6).contains(&world.bodies().len()), "{}", world.bodies().len());
    let held: i64 = world
        .store
        .connection
        .query_row("SELECT sum(length(raw_kind) + length(raw_data)) FROM message", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(held <= 1 << 20, "{held}");
}

/// One with a text of so many bytes, which a message holds twice: as it came and as it is read.
fn sized(id: &str, bytes: usize) -> Delivery {
    message(Some(id), &format!("{id} {}", "x".repeat(bytes / 2)))
}

/// The ids of the wire of what is held.
fn held(world: &World) -> Vec<String> {
    let query = Query { limit: 1000, after: Some(0), ..Query::default() };
    let rows = world.store.messages(&query).unwrap();
    rows.into_iter().filter_map(|row| row.server_id).collect()
}

#[test]
fn one_message_over_the_bound_stays_and_costs_no_other_one() {
    let mut world = World::new();
    world.store.keep("builds", Keep { bytes_max: 20_000, ..Keep::DEFAULT });
    for id in ["1", "2", "3"] {
        assert!(world.commit(&[sized(id, 1_000)]).pruned.is_empty());
    }
    let committed = world.commit(&[sized("large", 60_000)]);
    assert_eq!((committed.stored, committed.pruned), (vec![Stored::New(4)], vec![]));
    assert_eq!(held(&world), ["1", "2", "3", "large"]);
    world.store.prune(now()).unwrap();
    assert_eq!(held(&world), ["1", "2", "3", "large"], "it is the newest still");
    let committed = world.commit(&[sized("4", 1_000)]);
    assert_eq!((committed.stored, committed.pruned), (vec![Stored::New(5)], vec![4]));
    assert_eq!(held(&world), ["1", "2", "3", "4"]);
}

#[test]
fn a_bound_holds_within_one_newest_message() {
    let mut world = World::new();
    for bytes_max in [0, 1, 2_000, 20_000] {
        world.store.keep("builds", Keep { bytes_max, ..Keep::DEFAULT });
        for n in 0..60 {
            let bytes = [500, 3_000, 12_000, 30_000][n % 4];
            let id = format!("{bytes_max}.{n}");
            world.commit(&[sized(&format!("{id}a"), 700), sized(&id, bytes)]);
            assert_eq!(held(&world).last(), Some(&id), "what has just come is there");
            let all: i64 = world
                .store
                .connection
                .query_row("SELECT sum(bytes) FROM message", [], |row| row.get(0))
                .unwrap();
            let newest = i64::try_from(bytes).unwrap() + 100;
            assert!(all <= bytes_max + newest, "{id}: {all} bytes");
        }
        world.store.prune(now()).unwrap();
        assert!(!held(&world).is_empty());
    }
}

#[test]
fn an_alert_that_waits_outlives_what_is_not_to_be_shown() {
    let quiet = |id: &str| {
        let outcome = Outcome::Message(Box::new(Message::of_text(id)), Origin::Backlog);
        Delivery { outcome, ..sized(id, 1_000) }
    };
    for keep in
        [Keep { messages_max: 10, ..Keep::DEFAULT }, Keep { bytes_max: 10_000, ..Keep::DEFAULT }]
    {
        let mut world = World::new();
        world.store.keep("builds", keep);
        world.commit(&[quiet("before"), sized("alert", 1_000)]);
        for n in 0..100 {
            world.commit(&[quiet(&n.to_string())]);
        }
        let rest = held(&world);
        assert_eq!(rest.first().map(String::as_str), Some("alert"), "{rest:?}");
        assert!((2..=20).contains(&rest.len()), "{rest:?}");
        assert_eq!(world.store.pending_count("builds").unwrap(), 1);
        world.store.mark("builds", 0, 1_000, Shown::Shown).unwrap();
        for n in 100..200 {
            world.commit(&[quiet(&n.to_string())]);
        }
        assert!(!held(&world).contains(&"alert".to_owned()), "shown, it is as old as it is");
    }
}

#[test]
fn journals_that_grow_in_step_are_all_bounded() {
    let mut world = World::new();
    let keep = Keep { journal_rows_max: 10, ..Keep::DEFAULT };
    for key in ["a", "b"] {
        world.store.keep(key, keep);
    }
    for _ in 0..500 {
        for key in ["a", "b"] {
            world.store.journal(Some(key), now(), &Entry::Rotated).unwrap();
        }
    }
    let rows = world.store.journal_rows(None, 10_000).unwrap();
    for key in ["a", "b"] {
        let count = rows.iter().filter(|row| row.subscription.as_deref() == Some(key)).count();
        assert!(count < 10 + 64, "{key}: {count}");
    }
}

#[test]
fn a_chatty_subscription_takes_no_other_ones_room() {
    let mut world = World::new();
    let decide =
        |message: &Message, event: &RawEvent, origin| policy::decide(&[], message, event, origin);
    world.commit(&[message(Some("1"), "quiet")]);
    world.store.keep("chatty", Keep { messages_max: 10, journal_rows_max: 5, ..Keep::DEFAULT });
    world.store.begin("chatty", "https://a.example/c", now()).unwrap();
    world.store.journal(Some("builds"), now(), &Entry::Opened).unwrap();
    for n in 0..200 {
        let one = message(Some(&n.to_string()), "chat");
        world.store.commit("chatty", [&one], now(), decide).unwrap();
        world.store.journal(Some("chatty"), now(), &Entry::Rotated).unwrap();
    }
    world.store.prune(now()).unwrap();
    assert_eq!(world.store.count("builds").unwrap(), 1);
    assert!(world.store.count("chatty").unwrap() <= 10);
    let rows = world.store.journal_rows(None, 1_000).unwrap();
    let of = |key: &str| rows.iter().filter(|row| row.subscription.as_deref() == Some(key)).count();
    assert_eq!((of("builds"), of("chatty")), (1, 5));
}

/// The same with an id that has fallen back.
fn fallen(id: &str, text: &str, fallen: Fallen) -> Delivery {
    Delivery { fallen: Some(fallen), ..message(Some(id), text) }
}

#[test]
fn ids_that_begin_anew_are_another_run_and_equal_texts_in_it_are_other_messages() {
    let mut world = World::new();
    let three = || ["1", "2", "3"].map(|id| message(Some(id), "done"));
    world.commit(&three());
    let mut anew = three();
    anew[0].fallen = Some(Fallen::Surely);
    let committed = world.commit(&anew);
    assert_eq!(committed.stored, [Stored::New(4), Stored::New(5), Stored::New(6)]);
    assert!(committed.link.renumbered);
    assert_eq!(committed.link.cursor, Cursor::of_id("3"));
    // In the new run a repetition is one.
    assert_eq!(world.commit(&three()).stored, [const { Stored::Duplicate }; 3]);
    let mut world = world.reopened();
    assert_eq!(world.commit(&three()).stored, [const { Stored::Duplicate }; 3]);
}

#[test]
fn an_id_that_may_be_repeated_is_judged_by_its_text() {
    let mut world = World::new();
    world.commit(&["1", "2", "3"].map(|id| message(Some(id), id)));
    let again = ["1", "2", "3"].map(|id| fallen(id, id, Fallen::Perhaps));
    let committed = world.commit(&again);
    assert_eq!(committed.stored, [const { Stored::Duplicate }; 3]);
    assert!(committed.link.repeated && !committed.link.renumbered);
    assert_eq!(committed.link.cursor, Cursor::of_id("3"), "it is not led back");
    let committed = world.commit(&[fallen("1", "other", Fallen::Perhaps)]);
    assert_eq!(committed.stored, [Stored::New(4)]);
    assert!(committed.link.renumbered);
    assert_eq!(committed.link.cursor, Cursor::of_id("1"));
    let same = world.commit(&[fallen("1", "yet another", Fallen::Perhaps)]);
    assert_eq!(same.stored, [Stored::New(5)]);
    assert!(same.link.renumbered, "the same number for another event");
}

#[test]
fn of_several_that_may_be_repeated_the_last_tells() {
    let perhaps = |id: &str, text: &str| fallen(id, text, Fallen::Perhaps);
    let mut world = World::new();
    world.commit(&["2", "3"].map(|id| message(Some(id), id)));
    // The first is not known any more, or was of another counter.
    let again = world.commit(&[perhaps("1", "1"), perhaps("2", "2"), perhaps("3", "3")]);
    assert_eq!(again.stored, [Stored::New(3), Stored::Duplicate, Stored::Duplicate]);
    assert!(!again.link.renumbered);
    assert_eq!(again.link.cursor, Cursor::of_id("3"), "it is not led back");
    // Two of a new counter look like those of the old one.
    let anew = ["1", "2", "3"].map(|id| perhaps(id, if id == "3" { "other" } else { id }));
    let anew = world.commit(&anew);
    assert_eq!(anew.stored, [Stored::New(4), Stored::New(5), Stored::New(6)]);
    assert!(anew.link.renumbered);
}

#[test]
fn whether_messages_carry_ids_is_known_after_a_restart() {
    let mut world = World::new();
    let has_ids = |world: &mut World| {
        world.store.begin("builds", "https://a.example/b", now()).unwrap().has_ids
    };
    assert_eq!(has_ids(&mut world), None);
    world.commit(&[message(None, "a")]);
    let mut world = world.reopened();
    assert_eq!(has_ids(&mut world), Some(false));
    world.commit(&[message(Some("1"), "b"), message(None, "c")]);
    assert_eq!(has_ids(&mut world), Some(true));
}

#[test]
fn where_nobody_is_there_to_show_alerts_none_waits() {
    let mut world = World::new();
    world.commit(&[message(None, "waits")]);
    world.store.set_nobody(true).unwrap();
    world.commit(&[message(Some("1"), "a")]);
    world.store.set_nobody(false).unwrap();
    world.commit(&[message(Some("2"), "b")]);
    assert_eq!(world.store.pending_count("builds").unwrap(), 1);
    let rows = world.store.messages(&Query { limit: 9, ..Query::default() }).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.shown).collect::<Vec<_>>(),
        [Shown::Pending, Shown::Nobody, Shown::Nobody]
    );
}

#[test]
fn refusals_that_differ_in_their_text_alone_are_one_run_in_the_journal() {
    let mut world = World::new();
    for attempts in 1..50 {
        let detail = Some(format!("request {attempts} refused").into());
        let cause =
            Cause::Status { code: 503, detail, retry_after_ms: None, streamed_before: true };
        let entry = Entry::DialFailed { failure: cause.into(), attempts };
        world.store.journal(Some("builds"), now(), &entry).unwrap();
    }
    let rows = world.store.journal_rows(Some("builds"), 100).unwrap();
    assert!(
        matches!(&rows[..], [row] if matches!(row.entry, Entry::DialFailed { attempts: 49, .. }))
    );
}

#[test]
fn an_agents_own_word_says_when_it_last_ran() {
    let mut world = World::new();
    world.commit(&[message(None, "a")]);
    let later = now() + Duration::from_secs(180);
    world.store.alive(later).unwrap();
    assert_eq!(world.reopened().store.last_alive().unwrap(), Some(later));
}
