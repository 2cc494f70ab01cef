//! The bounds of each subscription, in messages, bytes, age and journal rows.

use std::time::Duration;

use hark_engine::{alerts::Why, history::Entry, message::Sequence};

use super::*;

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

/// How many rows of a table there are of the subscription.
fn rows(world: &World, table: &str) -> u32 {
    let count = format!("SELECT count(*) FROM {table} WHERE subscription = 'builds'");
    world.store.connection.query_row(&count, [], |row| row.get(0)).unwrap()
}

#[test]
fn of_a_server_that_sends_nothing_but_junk_the_latest_is_kept_without_waiting_for_a_pruning() {
    let mut world = World::new();
    let junk = |n: u32| Delivery {
        event: RawEvent { data: n.to_string(), ..RawEvent::default() },
        outcome: Outcome::SetAside { reason: "it is no JSON", bytes: 1 },
        cursor: None,
        fallen: None,
    };
    for n in 0..100 {
        let committed = world.commit(&[junk(10 * n), junk(10 * n + 1), junk(10 * n + 2)]);
        assert_eq!(committed.stored.len(), 3);
        assert!(rows(&world, "set_aside") <= 264);
    }
    let newest = "SELECT head FROM set_aside ORDER BY id DESC LIMIT 1";
    let newest: String = world.store.connection.query_row(newest, [], |row| row.get(0)).unwrap();
    assert_eq!(newest, "992");
}

#[test]
fn fingerprints_without_number_are_deleted_a_part_at_a_time() {
    let mut world = World::new();
    world
        .store
        .connection
        .execute_batch(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 620000)
             INSERT INTO fingerprint (subscription, near, print, run)
             SELECT 'builds', n, randomblob(16), 0 FROM n",
        )
        .unwrap();
    for left in [520_000, 500_000, 500_000] {
        world.store.prune(now()).unwrap();
        assert_eq!(rows(&world, "fingerprint"), left);
    }
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
        world.store.hold("builds", None, &Why::Snooze).unwrap();
        for n in 0..100 {
            world.commit(&[quiet(&n.to_string())]);
        }
        let rest = held(&world);
        assert_eq!(rest.first().map(String::as_str), Some("alert"), "{rest:?}");
        assert!((2..=20).contains(&rest.len()), "{rest:?}");
        world.store.release("builds", None, now()).unwrap();
        assert_eq!(world.store.pending_count("builds").unwrap(), 1);
        let all = super::outbox::part(0, 1_000);
        world.store.mark(&[all], Shown::Shown, None, None).unwrap();
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

#[test]
fn what_is_held_is_counted_whatever_comes_and_goes() {
    let mut world = World::new();
    let counted = |world: &World| -> [(i64, i64); 2] {
        let read = |sql| {
            let row =
                world.store.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
            row.unwrap()
        };
        [
            read("SELECT count(*), coalesce(sum(bytes), 0) FROM message"),
            read("SELECT sum(messages), sum(bytes) FROM held"),
        ]
    };
    let of_job = |id: &str, text: &str| {
        let sequence = Some(Sequence { id: "job".into(), replaces: true, begins: id == "job" });
        let message = Message { sequence, ..Message::of_text(text) };
        let outcome = Outcome::Message(Box::new(message), Origin::Live);
        Delivery { outcome, ..self::message(Some(id), text) }
    };
    world.store.keep("builds", Keep { messages_max: 10, ..Keep::DEFAULT });
    // The very first that comes is gone within its commit.
    world.commit(&[of_job("job", "0 %"), of_job("2", "50 %"), of_job("3", "all of it")]);
    let [there, held] = counted(&world);
    assert_eq!((there, there.0), (held, 1));
    for n in 0..15 {
        let text = "x".repeat(n);
        world.commit(&[message(Some(&format!("m{n}")), &text), of_job(&format!("j{n}"), &text)]);
        let [there, held] = counted(&world);
        assert_eq!(there, held, "{n}");
    }
    let ids: Vec<i64> = (0..100).collect();
    world.store.delete(&ids).unwrap();
    assert_eq!(counted(&world), [(0, 0); 2]);
}
