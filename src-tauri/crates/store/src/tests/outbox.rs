//! Alerts that wait to be shown.

use hark_engine::{
    alerts::{Part, Showing, Why},
    message::Priority,
};

use super::*;

pub(super) fn part(first: i64, last: i64) -> Part {
    Part { subscription: "builds".into(), first, last }
}

fn mark(world: &mut World, first: i64, last: i64, shown: Shown) {
    world.store.mark(&[part(first, last)], shown, None, None).unwrap();
}

#[test]
fn the_outbox_holds_an_alert_until_it_is_marked() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), message(Some("2"), "b"), message(Some("3"), "c")]);
    mark(&mut world, 1, 2, Shown::Shown);
    let world = world.reopened();
    let next = world.store.next_pending("builds", i64::MIN).unwrap().unwrap();
    assert_eq!((world.store.pending_count("builds").unwrap(), next.id), (1, 3));
    assert_eq!(world.store.subscriptions_waiting(false).unwrap(), ["builds"]);
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
    let row = world.store.message(1).unwrap().unwrap();
    assert_eq!((row.shown, row.why), (Shown::Old, Some(Why::Age)));
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
        world.store.mark(&[part(row.id, row.id)], Shown::Shown, None, None).unwrap();
        Some(row.id)
    };
    assert_eq!([next(2), next(1), next(3), next(3)], [Some(2), Some(4), Some(1), None]);
    assert_eq!(world.store.urgent_count("builds").unwrap(), 0);
}

fn urgent(id: &str) -> Delivery {
    let mut delivery = message(Some(id), id);
    let text = Message { priority: Priority::clamped(5), ..Message::of_text(id) };
    delivery.outcome = Outcome::Message(Box::new(text), Origin::Live);
    delivery
}

#[test]
fn what_a_silence_holds_back_waits_apart_until_it_is_released_and_then_is_news() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), urgent("2")]);
    let held = world.store.hold("builds", Some(Priority::clamped(5)), &Why::QuietHours);
    assert_eq!(held.unwrap(), [1]);
    assert_eq!(world.store.next_pending("builds", i64::MIN).unwrap().unwrap().id, 2);
    assert_eq!(world.store.subscriptions_waiting(true).unwrap(), ["builds"]);
    let again = world.store.hold("builds", Some(Priority::clamped(5)), &Why::QuietHours);
    assert_eq!(again.unwrap(), [0_i64; 0], "it is held already");
    let received = world.store.message(1).unwrap().unwrap().received;
    let later = received + jiff::SignedDuration::from_hours(20);
    world.store.expire(later).unwrap();
    assert_eq!(world.store.message(1).unwrap().unwrap().shown, Shown::Held);
    assert_eq!(world.store.release("builds", None, later).unwrap(), [1]);
    world.store.expire(later).unwrap();
    let row = world.store.message(1).unwrap().unwrap();
    assert_eq!((row.shown, row.why), (Shown::Pending, Some(Why::QuietHours)));
}

#[test]
fn what_is_kept_quiet_for_good_is_not_released() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), urgent("2")]);
    world.store.hold("builds", Some(Priority::clamped(5)), &Why::Snooze).unwrap();
    assert_eq!(world.store.keep_quiet("builds", &Why::Mute).unwrap(), [2, 1]);
    assert_eq!(world.store.release("builds", None, now()).unwrap(), [0_i64; 0]);
    assert_eq!(world.store.subscriptions_waiting(true).unwrap(), [""; 0]);
}

#[test]
fn a_notification_is_kept_with_what_its_message_became_and_forgotten_with_its_server() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    let showing = Showing {
        server: ":1.7 of a bus".into(),
        number: 9,
        parts: vec![part(1, 1)],
        count: 1,
        id: 1,
        url: None,
        series: None,
        until: None,
    };
    world.store.mark(&[part(1, 1)], Shown::Shown, None, Some(&showing)).unwrap();
    let mut world = world.reopened();
    assert_eq!(world.store.showing(":1.7 of a bus").unwrap(), std::slice::from_ref(&showing));
    world.store.no_longer_shows(9).unwrap();
    assert_eq!(world.store.showing(":1.7 of a bus").unwrap(), []);
    world.store.mark(&[], Shown::Shown, None, Some(&showing)).unwrap();
    assert_eq!(world.store.showing(":1.8 of a bus").unwrap(), []);
    assert_eq!(world.store.showing(":1.7 of a bus").unwrap(), []);
}

#[test]
fn what_passes_a_later_silence_is_released_alone() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a"), urgent("2")]);
    assert_eq!(world.store.hold("builds", None, &Why::Snooze).unwrap(), [1, 2]);
    let urgent = Some(Priority::clamped(5));
    assert_eq!(world.store.release("builds", urgent, now()).unwrap(), [2]);
    assert_eq!(world.store.message(1).unwrap().unwrap().shown, Shown::Held);
}

#[test]
fn what_is_held_back_outlives_a_run_without_anybody_to_show_it_to() {
    let mut world = World::new();
    world.commit(&[message(Some("1"), "a")]);
    world.store.hold("builds", None, &Why::Snooze).unwrap();
    world.commit(&[message(Some("2"), "b")]);
    assert_eq!(world.store.set_nobody(true).unwrap(), [2]);
    assert_eq!(world.store.message(1).unwrap().unwrap().shown, Shown::Held);
}
