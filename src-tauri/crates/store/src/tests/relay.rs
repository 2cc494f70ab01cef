//! What the relay's clients are told who come back.

use hark_engine::{
    link::Outcome,
    message::{Change, Sequence},
};

use super::*;

fn ids(page: &Page) -> Vec<i64> {
    page.messages.iter().map(|message| message.row.id).collect()
}

fn of_sequence(id: &str, sequence: &str) -> Delivery {
    let sequence = Sequence { id: sequence.into(), replaces: true, begins: false };
    let text = Message { sequence: Some(sequence), ..Message::of_text(id) };
    Delivery { outcome: Outcome::Message(Box::new(text), Origin::Live), ..message(Some(id), id) }
}

#[test]
fn messages_come_in_the_order_of_their_ids_behind_any_id_as_they_came() {
    let mut world = World::new();
    for n in 1..=5 {
        world.commit(&[message(Some(&n.to_string()), &format!("text {n}"))]);
    }
    world.store.delete(&[3]).unwrap();
    let page = world.store.relayed(1, &Filter::default()).unwrap();
    assert_eq!((ids(&page), page.reached, page.is_full), (vec![2, 4, 5], 5, false));
    let first = &page.messages[0];
    assert_eq!((&*first.kind, &*first.data), ("message", "text 2"));
    assert_eq!(first.row.server_id.as_deref(), Some("2"));
    assert_eq!(ids(&world.store.relayed(5, &Filter::default()).unwrap()), [0_i64; 0]);
    world.store.delete(&[5]).unwrap();
    assert_eq!(world.store.newest_ever().unwrap(), 5, "an id is given once");
}

#[test]
fn only_what_is_wanted_comes_and_a_page_says_how_far_it_looked() {
    let mut world = World::new();
    let topic = |id: &str, topic: &str| {
        let text = Message { topic: Some(topic.into()), ..Message::of_text(id) };
        let outcome = Outcome::Message(Box::new(text), Origin::Live);
        Delivery { outcome, ..message(Some(id), id) }
    };
    world.commit(&[topic("1", "a"), topic("2", "b"), message(Some("3"), "none")]);
    let of = |subscriptions: &[&str], topics: &[&str]| Filter {
        subscriptions: subscriptions.iter().map(|it| (*it).to_owned()).collect(),
        topics: topics.iter().map(|it| (*it).to_owned()).collect(),
        without: None,
    };
    for (filter, wanted) in [
        (of(&[], &[]), &[1, 2, 3][..]),
        (of(&["builds"], &[]), &[1, 2, 3]),
        (of(&["other"], &[]), &[]),
        (of(&[], &["b", "c"]), &[2]),
        (Filter { without: Some("builds"), ..Filter::default() }, &[]),
        (Filter { without: Some("builds"), ..of(&["builds"], &[]) }, &[1, 2, 3]),
    ] {
        let page = world.store.relayed(0, &filter).unwrap();
        assert_eq!((&*ids(&page), page.reached), (wanted, 3), "{filter:?}");
    }
}

#[test]
fn a_page_is_bounded_in_rows_and_bytes_and_the_next_goes_on() {
    let mut world = World::new();
    let large = "x".repeat(100_000);
    for n in 0..10 {
        world.commit(&[message(Some(&n.to_string()), &format!("{n} {large}"))]);
    }
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = world.store.relayed(after, &Filter::default()).unwrap();
        assert!(page.messages.len() < 5, "{}", page.messages.len());
        all.extend(ids(&page));
        after = page.reached;
        if !page.is_full {
            break;
        }
    }
    assert_eq!(all, (1..=10).collect::<Vec<_>>());
    let small: Vec<_> =
        (0..600).map(|n| message(Some(&format!("s{n}")), &format!("small {n}"))).collect();
    world.commit(&small);
    let page = world.store.relayed(10, &Filter::default()).unwrap();
    assert!(page.is_full && page.messages.len() == 512, "{}", page.messages.len());
}

#[test]
fn what_went_to_make_room_is_a_gap_for_who_comes_from_before_it() {
    let mut world = World::new();
    assert_eq!(world.store.pruned_behind(0).unwrap(), []);
    world.store.keep("builds", Keep { messages_max: 10, ..Keep::DEFAULT });
    for n in 1..=11 {
        world.commit(&[message(Some(&n.to_string()), &n.to_string())]);
    }
    assert_eq!(world.store.pruned_behind(0).unwrap(), [("builds".to_owned(), 1)]);
    assert_eq!(world.store.pruned_behind(1).unwrap(), []);
    world.store.prune(now() + std::time::Duration::from_secs(400 * 86_400)).unwrap();
    assert_eq!(world.store.pruned_behind(10).unwrap(), [("builds".to_owned(), 11)]);
    let reopened = world.reopened();
    assert_eq!(reopened.store.pruned_behind(10).unwrap(), [("builds".to_owned(), 11)]);
}

#[test]
fn what_is_gone_otherwise_is_told_to_who_may_not_know_it() {
    let mut world = World::new();
    world.commit(&[
        message(Some("1"), "one"),
        of_sequence("2", "door"),
        message(Some("3"), "three"),
    ]);
    world.store.delete(&[1, 1, 99]).unwrap();
    world.commit(&[of_sequence("4", "door")]);
    let deleted = Outcome::Changed(Change::Deleted("door".into()));
    world.commit(&[Delivery { outcome: deleted, ..message(Some("5"), "gone") }]);
    let all = world.store.removals(0, 10).unwrap();
    let told: Vec<_> = all.iter().map(|one| (one.message, one.newest)).collect();
    assert_eq!(told, [(1, 3), (2, 4), (4, 4)]);
    assert!(all.iter().all(|one| one.subscription == "builds"));
    assert_eq!(world.store.newest_removal().unwrap(), 3);
    // Who saw message 3 last may or may not know what happened before message 4 came.
    for (seen, known) in [(0, 0), (3, 0), (4, 1), (5, 3)] {
        assert_eq!(world.store.removals_known_at(seen).unwrap(), known, "{seen}");
    }
}
