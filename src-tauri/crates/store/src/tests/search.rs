//! Finding messages, in the order of when they were sent.

use hark_engine::{message::Priority, readable::Line};

use super::*;

fn sent(id: &str, at: i64, text: &str) -> Delivery {
    let mut delivery = message(Some(id), text);
    let mut one = Message::of_text(text);
    one.time = Some(Timestamp::from_second(at).unwrap());
    delivery.outcome = Outcome::Message(Box::new(one), Origin::Live);
    delivery
}

fn asked(words: &str) -> Query {
    Query { limit: 100, words: Words::of(words), ..Query::default() }
}

/// All that a query finds, however often it has to be asked.
fn all(store: &Store, mut query: Query) -> Vec<i64> {
    let mut ids = Vec::new();
    loop {
        let found = store.find(&query).unwrap();
        ids.extend(found.ids);
        match found.reached {
            Some(place) if query.after.is_some() => query.after = Some(place.id),
            Some(place) => query.before = Some(place),
            None => return ids,
        }
    }
}

fn indexed(mut world: World) -> World {
    while world.store.index().unwrap() {}
    world
}

#[test]
fn messages_stand_by_when_they_were_sent_and_never_after_they_came() {
    let mut world = World::new();
    let now = now().as_second();
    world.commit(&[
        sent("1", now - 5, "b"),
        sent("2", now - 9, "a"),
        sent("3", now + 3_600, "from a clock that is ahead"),
        sent("4", now - 5, "c"),
        message(Some("5"), "without a time"),
    ]);
    let query = Query { limit: 2, ..Query::default() };
    assert_eq!(all(&world.store, query), [5, 3, 4, 1, 2]);
    let since = Timestamp::from_second(now - 5).ok();
    assert_eq!(all(&world.store, Query { limit: 9, since, ..Query::default() }), [5, 3, 4, 1]);
    let after = Query { limit: 2, after: Some(1), ..Query::default() };
    assert_eq!(all(&world.store, after), [2, 3, 4, 5]);
    let row = world.store.message(3).unwrap().unwrap();
    assert_eq!(row.at().as_second(), now);
}

#[test]
fn what_holds_all_the_words_is_found_whether_the_index_knows_it_yet_or_not() {
    let mut world = World::new();
    let mut tagged = Message::of_text("Disk full");
    (tagged.tags, tagged.topic) = (vec!["warning".into()], Some("Servers".into()));
    let mut with_tags = message(Some("1"), "");
    with_tags.outcome = Outcome::Message(Box::new(tagged), Origin::Live);
    world.commit(&[
        with_tags,
        message(Some("2"), "Nightly BACKUP finished"),
        message(Some("3"), "数据库备份完成"),
        message(Some("4"), "Straße gesperrt: ÄRGER \"100%\" a_b"),
        message(Some("5"), "abc x bcd"),
    ]);
    let found = |world: &World, text: &str| all(&world.store, asked(text));
    let check = |world: &World, when: &str| {
        for (text, ids) in [
            ("backup", &[2][..]),
            ("finished night", &[2]),
            ("ackup FIN", &[2]),
            ("备份", &[3]),
            ("备份完", &[3]),
            ("份", &[3]),
            ("warn servers", &[1]),
            ("ärger", &[4]),
            ("STRASSE", &[]),
            ("straße", &[4]),
            ("\"100%\"", &[4]),
            ("a_b", &[4]),
            ("axb", &[]),
            // All three of its trigrams are in the fifth, but not it.
            ("abcd", &[]),
            ("is", &[2, 1]),
            ("backup disk", &[]),
            ("nothing like it", &[]),
        ] {
            assert_eq!(found(world, text), ids, "{text} {when}");
        }
    };
    check(&world, "before it is indexed");
    let mut world = indexed(world);
    check(&world, "after");
    assert_eq!(world.store.searchable(), 5);
    world.commit(&[message(Some("6"), "another backup")]);
    assert_eq!(found(&world, "backup"), [6, 2]);
    let world = indexed(world);
    assert_eq!(found(&world, "backup"), [6, 2]);
    assert_eq!(Words::of(" \n"), None);
}

#[test]
fn the_nearest_above_a_message_come_first() {
    let mut world = World::new();
    let now = now().as_second();
    let texts = [("1", 5), ("2", 9), ("3", 1), ("4", 5), ("5", 7)];
    let sent = texts.map(|(id, ago)| sent(id, now - ago, &format!("backup {id}")));
    world.commit(&sent);
    let order = [3, 4, 1, 5, 2];
    let check = |world: &World, what: &str| {
        for (at, id) in order.into_iter().enumerate() {
            let above = world.store.message(id).unwrap().map(|row| Place { at: row.at(), id });
            let nearest: Vec<i64> = order[..at].iter().rev().take(2).copied().collect();
            for words in [None, Words::of("backup")] {
                let query = Query { limit: 2, above, words, ..Query::default() };
                assert_eq!(world.store.find(&query).unwrap().ids, nearest, "{what}, {id}");
            }
        }
    };
    check(&world, "before it is indexed");
    check(&indexed(world), "after");
}

#[test]
fn what_was_deleted_is_not_found_and_the_index_holds_nothing_of_it() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "backup one"), message(Some("2"), "backup two")]);
    let mut world = indexed(world);
    world.commit(&[message(Some("3"), "backup three")]);
    assert_eq!(world.store.delete(&[1, 3, 99]).unwrap(), [1, 3]);
    let world = indexed(world);
    assert_eq!(all(&world.store, asked("backup")), [2]);
    let rows: i64 = world
        .store
        .connection
        .query_row(
            "SELECT count(*) FROM message_text WHERE message_text MATCH '\"one\"'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(rows, 0);
    // A replay brings back nothing that was deleted.
    let mut world = world.reopened();
    let again = world.commit(&[message(Some("1"), "backup one")]);
    assert_eq!(again.stored, [Stored::Duplicate]);
}

#[test]
fn of_a_word_that_many_hold_the_latest_are_found_first_and_all_in_the_end() {
    let mut world = World::new();
    let many: Vec<_> = (0..5_000)
        .map(|n| message(Some(&n.to_string()), if n % 2 == 0 { "common ground" } else { "other" }))
        .collect();
    for some in many.chunks(500) {
        world.commit(some);
    }
    let rare = message(Some("rare"), "a rare word");
    world.commit(&[rare]);
    let world = indexed(world);
    let first = world.store.find(&Query { limit: 3, ..asked("common") }).unwrap();
    assert_eq!(first.ids, [4_999, 4_997, 4_995]);
    let ids = all(&world.store, asked("common"));
    assert!(ids.len() == 2_500 && ids.is_sorted_by(|a, b| a > b));
    assert_eq!(all(&world.store, asked("rare")), [5_001]);
    // Not even two characters are looked for in all of them at once.
    let looked = world.store.find(&asked("zz")).unwrap();
    assert!(looked.ids.is_empty() && looked.reached.is_some());
    assert_eq!(all(&world.store, asked("zz")), [0_i64; 0]);
}

#[test]
fn subscription_and_priority_narrow_what_is_found() {
    let mut world = World::new();
    let mut urgent = Message::of_text("backup failed");
    urgent.priority = Priority::clamped(5);
    let mut one = message(Some("1"), "");
    one.outcome = Outcome::Message(Box::new(urgent), Origin::Live);
    world.commit(&[one, message(Some("2"), "backup failed")]);
    let world = indexed(world);
    let query = |key: &str, level| Query {
        subscription: Some(key.into()),
        priority: Some(Priority::clamped(level)),
        ..asked("backup")
    };
    assert_eq!(all(&world.store, query("builds", 1)), [2, 1]);
    assert_eq!(all(&world.store, query("builds", 4)), [1]);
    assert_eq!(all(&world.store, query("other", 1)), [0_i64; 0]);
    let plan: String = world
        .store
        .connection
        .query_row(
            "EXPLAIN QUERY PLAN SELECT id, at FROM message WHERE priority >= 4 AND priority >= ?
             ORDER BY at DESC, id DESC LIMIT 9",
            [5],
            |row| row.get("detail"),
        )
        .unwrap();
    assert!(plan.contains("message_urgent"), "{plan}");
}

#[test]
fn a_tag_is_found_as_a_whole_and_what_is_unread_and_older_by_itself() {
    let mut world = World::new();
    let now = now().as_second();
    let tagged = |id: &str, at: i64, tags: &[&str]| {
        let mut delivery = sent(id, at, "disk of nas and disk");
        let Outcome::Message(message, _) = &mut delivery.outcome else { unreachable!() };
        message.tags = tags.iter().map(|tag| Line::from(*tag)).collect();
        delivery
    };
    world.commit(&[
        tagged("1", now - 4, &["disk"]),
        tagged("2", now - 3, &["disks", "nas"]),
        tagged("3", now - 2, &["a\"b", "disk full"]),
        tagged("4", now - 1, &[]),
    ]);
    let by = |tag: &str| Query { limit: 9, tag: Some(tag.into()), ..Query::default() };
    for indexed_first in [false, true] {
        if indexed_first {
            while world.store.index().unwrap() {}
        }
        for (tag, ids) in [
            ("disk", &[1][..]),
            ("nas", &[2]),
            ("disk full", &[3]),
            ("a\"b", &[3]),
            ("Disk", &[]),
            ("is", &[]),
        ] {
            assert_eq!(all(&world.store, by(tag)), ids, "{tag} {indexed_first}");
        }
        assert_eq!(all(&world.store, Query { words: Words::of("nas"), ..by("disk") }), [1]);
    }
    let backlog = |query: &Query| all(&world.store, query.clone());
    let until = Timestamp::from_second(now - 2).ok();
    assert_eq!(backlog(&Query { limit: 9, until, ..Query::default() }), [2, 1]);
    let unread = Query { limit: 9, unread: true, ..Query::default() };
    assert_eq!(all(&world.store, unread.clone()), [4, 3, 2, 1]);
    world.store.mark_read(&[4, 2], Timestamp::now()).unwrap();
    assert_eq!(all(&world.store, unread.clone()), [3, 1]);
    assert_eq!(all(&world.store, Query { tag: Some("disk".into()), ..unread }), [1]);
}
