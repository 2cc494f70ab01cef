//! Alerts that wait to be shown.

use hark_engine::message::Priority;

use super::*;

#[test]
fn the_outbox_holds_an_alert_until_it_is_marked() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b"), message(Some("3"), "c")]);
    world.store.mark("builds", 1, 2, Shown::Shown).unwrap();
    let world = world.reopened();
    let next = world.store.next_pending("builds", i64::MIN).unwrap().unwrap();
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
fn what_is_no_news_any_more_waits_no_longer() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    let received = world.store.message(1).unwrap().unwrap().received;
    world.store.expire(received).unwrap();
    assert_eq!(world.store.pending_count("builds").unwrap(), 1, "not of that very moment");
    world.store.expire(received + jiff::SignedDuration::from_millis(1)).unwrap();
    assert_eq!(world.store.message(1).unwrap().unwrap().shown, Shown::Old);
}

#[test]
fn of_the_urgent_the_latest_few_are_next_the_oldest_first() {
    let mut world = World::new();
    let urgent = |id: &str| {
        let mut delivery = message(Some(id), id);
        let text = Message { priority: Priority::clamped(5), ..Message::of_text(id) };
        delivery.outcome = Outcome::Message(Box::new(text), Origin::Live);
        delivery
    };
    world.commit(&[urgent("1"), urgent("2"), message(Some("3"), "x"), urgent("4")]);
    let mut next = |few| {
        let row = world.store.next_urgent("builds", few).unwrap()?;
        world.store.mark("builds", row.id, row.id, Shown::Shown).unwrap();
        Some(row.id)
    };
    assert_eq!([next(2), next(1), next(3), next(3)], [Some(2), Some(4), Some(1), None]);
    assert_eq!(world.store.urgent_count("builds").unwrap(), 0);
}
