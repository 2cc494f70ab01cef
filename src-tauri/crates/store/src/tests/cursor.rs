//! The cursor, duplicates and runs of ids.

use hark_engine::link::Renumbering;

use super::*;

#[test]
fn another_source_starts_anew_but_keeps_the_messages() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    world.store.has_streamed("builds").unwrap();
    let anew = ResumePoint { at: Some(now()), ..ResumePoint::default() };
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

/// The same with an id that has fallen back.
fn fallen(id: &str, text: &str, fallen: Renumbering) -> Delivery {
    Delivery { fallen: Some(fallen), ..message(Some(id), text) }
}

#[test]
fn ids_that_begin_anew_are_another_run_and_equal_texts_in_it_are_other_messages() {
    let mut world = World::new();
    let three = || ["1", "2", "3"].map(|id| message(Some(id), "done"));
    world.commit(&three());
    let mut anew = three();
    anew[0].fallen = Some(Renumbering::Surely);
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
    let again = ["1", "2", "3"].map(|id| fallen(id, id, Renumbering::Perhaps));
    let committed = world.commit(&again);
    assert_eq!(committed.stored, [const { Stored::Duplicate }; 3]);
    assert!(committed.link.repeated && !committed.link.renumbered);
    assert_eq!(committed.link.cursor, Cursor::of_id("3"), "it is not led back");
    let committed = world.commit(&[fallen("1", "other", Renumbering::Perhaps)]);
    assert_eq!(committed.stored, [Stored::New(4)]);
    assert!(committed.link.renumbered);
    assert_eq!(committed.link.cursor, Cursor::of_id("1"));
    let same = world.commit(&[fallen("1", "yet another", Renumbering::Perhaps)]);
    assert_eq!(same.stored, [Stored::New(5)]);
    assert!(same.link.renumbered, "the same number for another event");
}

#[test]
fn of_several_that_may_be_repeated_the_last_tells() {
    let perhaps = |id: &str, text: &str| fallen(id, text, Renumbering::Perhaps);
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
fn a_source_of_another_name_is_the_same_one() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    let source = "https://a.example/b ntfy";
    world.store.rename_source("builds", source).unwrap();
    let known = world.store.begin("builds", source, now()).unwrap();
    assert_eq!(known.cursor, Cursor::of_id("1"));
    let other = world.store.begin("builds", "https://a.example/b", now()).unwrap();
    assert!(other.cursor.is_none(), "its old name is another source now");
}

#[test]
fn what_came_before_fingerprints_were_kept_by_time_is_known_still() {
    let mut world = World::new();
    let events = || ["7", "8"].map(|id| message(Some(id), id));
    world.commit(&events());
    world.store.connection.execute("UPDATE fingerprint SET near = 0", []).unwrap();
    assert_eq!(world.commit(&events()).stored, [const { Stored::Duplicate }; 2]);
    let again = world.commit(&[fallen("7", "7", Renumbering::Perhaps)]);
    assert_eq!((again.stored, again.link.repeated), (vec![Stored::Duplicate], true));
    let other_run = world.commit(&[fallen("7", "7", Renumbering::Surely)]);
    assert_eq!(other_run.stored, [Stored::New(3)], "its run is another");
}

/// What one commit of 200 events writes, in pages, where 100,000 fingerprints are there that stand anywhere.
#[test]
fn few_pages_are_written_for_many_events_whose_ids_are_random() {
    let mut world = World::new();
    world
        .store
        .connection
        .execute_batch(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
             INSERT INTO fingerprint (subscription, near, print, run)
             SELECT 'builds', 0, randomblob(16), 0 FROM n;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    let events: Vec<Delivery> = (0_i64..200)
        .map(|n| {
            let id = format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()));
            message(Some(&id), &format!("{{\"time\":{}}}", 1_700_000_000_000 + n))
        })
        .collect();
    assert!(world.commit(&events).stored.iter().all(|it| matches!(it, Stored::New(_))));
    let pages: u32 = world
        .store
        .connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
        .unwrap();
    assert!(pages < 80, "{pages} pages");
}
