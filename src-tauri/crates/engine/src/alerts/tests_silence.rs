//! What a silence holds back, and how it is told once it is over.

use super::{
    world::{Fate, World, secs},
    *,
};
use crate::silence::{self, Hours, Until};

/// All is snoozed from now on for so long.
fn snooze(world: &mut World, span: Duration) {
    let until = Until::At(world.now.wall + span);
    let snoozes = [(silence::ALL.to_owned(), until)].into();
    world.say(Input::Silences(Silences { snoozes, ..Silences::default() }));
}

fn publish(world: &mut World, key: &'static str, urgent: bool) {
    let row = world.store();
    (row.key, row.urgent) = (key, urgent);
    let due = if urgent { Due::Urgent } else { Due::Live };
    world.say(Input::Due(key.into(), due));
}

/// The next that is sent starts with this, and is acknowledged.
fn told(world: &mut World, said: &str, number: u32) {
    let (request, sent, _) = world.sent();
    assert_eq!(sent, said);
    world.say(Input::Shown(request, Ok(number)));
}

#[test]
fn what_came_in_a_silence_is_one_digest_when_it_is_over() {
    let mut world = World::ready();
    snooze(&mut world, secs(3600));
    publish(&mut world, "news", false);
    publish(&mut world, "news", false);
    assert_eq!(world.fates(), [Fate::Held; 2]);
    world.pass(secs(3599));
    assert_eq!(world.effects, []);
    world.pass(secs(1));
    told(&mut world, "0 to 1", 1);
    world.is_done();
    publish(&mut world, "news", false);
    told(&mut world, "2", 2);
}

#[test]
fn one_alone_is_shown_as_it_is() {
    let mut world = World::ready();
    snooze(&mut world, secs(60));
    publish(&mut world, "news", false);
    world.pass(secs(60));
    told(&mut world, "0", 1);
    world.is_done();
}

#[test]
fn what_passes_is_shown_at_once_and_not_again() {
    let mut world = World::ready();
    let hours: Hours = serde_json::from_str(r#"{ "from": "00:00", "to": "08:00" }"#).unwrap();
    let silences = Silences { quiet_hours: vec![hours], ..Silences::default() };
    world.say(Input::Silences(silences));
    publish(&mut world, "news", false);
    publish(&mut world, "news", true);
    told(&mut world, "1", 1);
    assert_eq!(world.fates(), [Fate::Held, Fate::Shown]);
    world.pass(secs(8 * 3600));
    told(&mut world, "0", 2);
    world.is_done();
}

#[test]
fn what_comes_while_one_that_passes_is_under_way_is_held_back() {
    let mut world = World::ready();
    let hours: Hours = serde_json::from_str(r#"{ "from": "00:00", "to": "08:00" }"#).unwrap();
    let silences = Silences { quiet_hours: vec![hours], ..Silences::default() };
    world.say(Input::Silences(silences));
    publish(&mut world, "news", true);
    publish(&mut world, "news", false);
    told(&mut world, "0", 1);
    assert_eq!(world.fates(), [Fate::Shown, Fate::Held]);
    assert_eq!(world.effects, []);
}

#[test]
fn it_is_told_at_the_unlock_where_that_is_later() {
    let mut world = World::ready();
    snooze(&mut world, secs(60));
    publish(&mut world, "news", false);
    world.say(Input::Silences(Silences { locked: Some(true), ..Silences::default() }));
    world.pass(secs(3600));
    assert_eq!(world.fates(), [Fate::Held]);
    publish(&mut world, "news", false);
    told(&mut world, "1", 1);
    world.say(Input::Silences(Silences { locked: Some(false), ..Silences::default() }));
    told(&mut world, "0", 2);
    world.is_done();
}

#[test]
fn of_more_than_three_subscriptions_it_is_one_with_the_urgent_beside_it() {
    let mut world = World::ready();
    snooze(&mut world, secs(60));
    for key in ["a", "b", "c", "d"] {
        publish(&mut world, key, key == "c");
        publish(&mut world, key, false);
    }
    world.pass(secs(60));
    told(&mut world, "4", 1);
    told(&mut world, "7 missed", 2);
    world.pass(COUNTED_EVERY);
    world.is_done();
    assert!(!world.fates().contains(&Fate::Held));
}

#[test]
fn of_three_subscriptions_each_has_a_digest() {
    let mut world = World::ready();
    snooze(&mut world, secs(60));
    for key in ["a", "b", "c"] {
        publish(&mut world, key, false);
        publish(&mut world, key, false);
    }
    world.pass(secs(60));
    for (said, number) in [("0 to 1", 1), ("2 to 3", 2), ("4 to 5", 3)] {
        told(&mut world, said, number);
    }
    world.is_done();
}

#[test]
fn what_is_muted_is_never_told() {
    let mut world = World::ready();
    let muted = ["news".to_owned()].into();
    world.say(Input::Silences(Silences { muted, ..Silences::default() }));
    publish(&mut world, "news", true);
    publish(&mut world, "other", false);
    told(&mut world, "1", 1);
    world.say(Input::Silences(Silences::default()));
    world.is_done();
    assert_eq!(world.fates(), [Fate::Quiet, Fate::Shown]);
}

#[test]
fn a_silence_that_begins_holds_back_what_is_not_sent_yet() {
    let mut world = World::ready();
    for _ in 0..3 {
        world.store();
    }
    world.due(Due::Live);
    let (request, sent, _) = world.sent();
    assert_eq!(sent, "0");
    snooze(&mut world, secs(60));
    world.say(Input::Shown(request, Ok(1)));
    world.effects.clear();
    assert_eq!(world.fates(), [Fate::Shown, Fate::Held, Fate::Held]);
    world.pass(secs(60));
    told(&mut world, "1 to 2", 2);
}

#[test]
fn a_clock_that_is_set_back_prolongs_and_one_that_is_set_forward_ends_a_snooze_within_minutes() {
    for (set, is_over) in [(-7_200, false), (7_200, true)] {
        let mut world = World::ready();
        snooze(&mut world, secs(3600));
        publish(&mut world, "news", false);
        world.now.wall += SignedDuration::from_secs(set);
        world.pass(RECHECK);
        assert_eq!(world.effects.is_empty(), !is_over, "{set}");
    }
}

#[test]
fn what_was_held_back_before_a_restart_is_told_as_after_any_silence() {
    let mut world = World::ready();
    snooze(&mut world, secs(60));
    publish(&mut world, "news", false);
    publish(&mut world, "news", false);
    world.alerts = Alerts::default();
    world.effects.clear();
    world.say(Input::Start);
    snooze(&mut world, secs(30));
    world.connect();
    world.meet("first");
    assert_eq!(world.effects, []);
    world.pass(secs(30));
    told(&mut world, "0 to 1", 1);
}

#[test]
fn a_long_absence_is_a_digest_of_two_and_a_short_one_shows_each() {
    let now = Timestamp::UNIX_EPOCH;
    let minutes = SignedDuration::from_mins;
    assert_eq!(Due::replayed(Some(now - minutes(2)), now), Due::Replay);
    assert_eq!(Due::replayed(Some(now - minutes(3)), now), Due::Away);
    assert_eq!(Due::replayed(None, now), Due::Replay);
    let mut world = World::ready();
    world.store();
    world.store();
    world.due(Due::Away);
    told(&mut world, "0 to 1", 1);
    world.store();
    world.store();
    world.due(Due::Replay);
    told(&mut world, "2", 2);
    told(&mut world, "3", 3);
}
