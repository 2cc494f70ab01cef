//! What was read and what was dismissed.

use super::{outbox::part, *};
use crate::Beginning;

fn read(world: &World) -> Vec<bool> {
    let rows = world.store.messages(&Query { limit: 9, after: Some(0), ..Query::default() });
    rows.unwrap().iter().map(|row| row.read.is_some()).collect()
}

#[test]
fn backlog_is_never_unread() {
    let mut world = World::new();
    let mut backlog = message(Some("1"), "a");
    backlog.outcome = Outcome::Message(Box::new(Message::of_text("a")), Origin::Backlog);
    world.commit(&[backlog, message(Some("2"), "b")]);
    assert_eq!(read(&world), [true, false]);
}

#[test]
fn messages_are_read_once() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b"), message(Some("3"), "c")]);
    let (newly, withdrawn) = world.store.mark_read(&[2, 99], now()).unwrap();
    assert_eq!((newly, withdrawn), ([2].into(), [2].into()));
    assert_eq!(world.store.mark_read(&[2], now()).unwrap(), Default::default());
    let other = world.store.mark_all_read(Some("other"), 3, now()).unwrap();
    assert_eq!(other, Default::default());
    world.store.mark(&[part(1, 1)], Shown::Shown, None, None).unwrap();
    let (newly, withdrawn) = world.store.mark_all_read(None, 2, now()).unwrap();
    assert_eq!((newly, withdrawn), ([1].into(), [].into()));
    assert_eq!(read(&world), [true, true, false]);
}

#[test]
fn a_notification_that_was_closed_dismisses_what_it_showed_and_is_not_read() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b"), message(Some("3"), "c")]);
    world.store.mark(&[part(2, 2)], Shown::Shown, None, None).unwrap();
    world.store.mark(&[part(1, 3)], Shown::Digest, None, None).unwrap();
    assert_eq!(world.store.dismiss(&[part(1, 3)], true, now()).unwrap(), [1, 3]);
    assert_eq!(world.store.dismiss(&[part(2, 2)], false, now()).unwrap(), [2]);
    assert_eq!(world.store.dismiss(&[part(2, 2)], false, now()).unwrap(), [0_i64; 0]);
    assert!(world.store.message(2).unwrap().unwrap().dismissed.is_some());
    assert_eq!(read(&world), [false; 3]);
}

#[test]
fn what_is_unread_is_counted_up_to_a_bound() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b"), message(Some("3"), "c")]);
    let count = |world: &World, most| world.store.unread("builds", most).unwrap();
    assert_eq!((count(&world, 9), count(&world, 2)), (3, 2));
    world.store.mark_read(&[2], now()).unwrap();
    assert_eq!(count(&world, 9), 2);
    assert_eq!(world.store.unread("other", 9).unwrap(), 0);
}

#[test]
fn the_event_of_a_message_is_as_it_came() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    let event = world.store.event(1).unwrap().unwrap();
    assert_eq!((event.own_id.as_deref(), event.data.as_str()), (Some("1"), "a"));
    assert_eq!(world.store.event(2).unwrap(), None);
}

#[test]
fn the_latest_are_told_by_their_beginnings() {
    let mut world = World::new();
    let all = ["other".to_owned(), "builds".to_owned()];
    assert!(!world.store.has_unread(&all).unwrap());
    let long = "磁".repeat(300);
    world.commit(&[message(Some("1"), "a"), message(Some("2"), &long), message(Some("3"), "c")]);
    let latest = world.store.latest(2).unwrap();
    let of = |one: &Beginning| (one.id, one.subscription.clone(), one.text.chars().count());
    let wanted = [(3, "builds".to_owned(), 1), (2, "builds".to_owned(), 100)];
    assert_eq!(latest.iter().map(of).collect::<Vec<_>>(), wanted);
    assert!(world.store.has_unread(&all).unwrap());
    assert!(!world.store.has_unread(&all[..1]).unwrap(), "it is followed no more");
    world.store.mark_all_read(None, 3, now()).unwrap();
    assert!(!world.store.has_unread(&all).unwrap());
}
