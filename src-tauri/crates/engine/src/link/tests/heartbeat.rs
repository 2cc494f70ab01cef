//! Connections in doubt: late heartbeats, silence, age, and the second connection that checks them.

use super::*;
use crate::{backoff::Retry, history::Doubt};

#[test]
fn a_late_heartbeat_is_checked_by_a_second_connection_that_takes_over() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    world.heartbeats(ConnId(1), secs(10), 4);
    world.effects.clear();
    world.pass(Duration::from_millis(14_400));
    assert_eq!(world.dials(), 0);
    world.pass(Duration::from_millis(200));
    assert_eq!(world.dialled(), ConnId(2));
    world.say(opened(ConnId(2)));
    assert!(world.journal().is_empty(), "not before its first line");
    world.say(Input::Arrived(ConnId(2), Arrival::Alive));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    assert_eq!(world.journal(), [&Entry::Swapped { doubt: Doubt::Stale }]);
    assert_eq!(world.link.phase().name(), "streaming");
}

#[test]
fn a_first_connection_that_speaks_again_keeps_its_place() {
    let mut world = World::streaming(config());
    world.heartbeats(ConnId(1), secs(10), 4);
    world.pass(Duration::from_millis(14_600));
    world.effects.clear();
    world.say(Input::Arrived(ConnId(1), Arrival::Alive));
    assert_eq!(world.effects, [Effect::HangUp(ConnId(2))]);
}

#[test]
fn silence_past_the_deadline_is_death_journalled_with_its_reason() {
    let mut world = World::streaming(config());
    world.heartbeats(ConnId(1), secs(10), 4);
    world.effects.clear();
    world.pass(Duration::from_millis(20_050));
    let lost = world.journal().into_iter().find_map(|entry| match entry {
        Entry::Lost { failure, .. } => Some(failure.cause.clone()),
        _ => None,
    });
    assert_eq!(lost, Some(Cause::MissedHeartbeat { silence_ms: 20_000, mute: false }));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(2))));
}

#[test]
fn a_second_silent_connection_is_death_not_another_swap() {
    let mut world = World::streaming(config());
    world.heartbeats(ConnId(1), secs(10), 4);
    world.pass(Duration::from_millis(14_600));
    world.say(opened(ConnId(2)));
    world.say(Input::Arrived(ConnId(2), Arrival::Alive));
    world.effects.clear();
    // What was learned may be wrong, so the second has twice the time.
    world.pass(Duration::from_millis(26_900));
    assert!(world.journal().is_empty());
    world.pass(Duration::from_millis(200));
    assert_eq!(world.dials(), 0);
    assert!(matches!(world.journal()[..], [Entry::Lost { .. }]));
}

#[test]
fn a_plain_timeout_closes_after_exactly_that_silence_and_redials() {
    let expect = Expect::Timeout(secs(30));
    let law = Law { retry: Retry::Fixed(secs(5)), ..config().law };
    let mut world = World::streaming(Config { expect, law, swap: false, ..config() });
    world.pass(secs(29));
    assert!(world.journal().is_empty());
    world.pass(secs(1));
    assert!(matches!(world.journal()[..], [Entry::Lost { failure, .. }]
        if failure.cause == Cause::MissedHeartbeat { silence_ms: 30_000, mute: true }));
    world.pass(secs(5));
    assert_eq!(world.dialled(), ConnId(2));
}

#[test]
fn messages_without_ids_are_never_overlapped_and_a_break_is_a_gap() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), None);
    world.heartbeats(ConnId(1), secs(10), 4);
    world.effects.clear();
    world.pass(Duration::from_millis(14_600));
    let hung_up = world.effects.iter().position(|effect| *effect == Effect::HangUp(ConnId(1)));
    let dialled = world.effects.iter().position(|effect| matches!(effect, Effect::Dial { .. }));
    assert!(hung_up.unwrap() < dialled.unwrap());
    world.say(opened(ConnId(2)));
    assert!(world.journal().iter().any(|entry| matches!(entry, Entry::Gap { .. })));
}

#[test]
fn a_server_without_heartbeat_is_checked_after_five_minutes_of_silence() {
    let mut world = World::streaming(config());
    world.pass(secs(299));
    assert_eq!(world.dials(), 0);
    world.pass(secs(2));
    world.say(opened(ConnId(2)));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    assert_eq!(world.journal(), [&Entry::Swapped { doubt: Doubt::Silence }]);
    world.effects.clear();
    world.pass(secs(599));
    assert_eq!(world.dials(), 0, "the next check comes later");
}

#[test]
fn a_check_that_cannot_connect_shows_that_the_first_is_dead() {
    let mut world = World::streaming(config());
    world.pass(secs(301));
    world.say(closed(ConnId(2), Cause::ConnectTimeout));
    assert_eq!(world.link.phase().name(), "backing_off");
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
}

#[test]
fn an_old_connection_is_replaced_before_it_is_left() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    for _ in 0..(8 * 360) {
        let conn = match world.link.phase() {
            Phase::Streaming(stream) => stream.conn,
            other => panic!("{other:?}"),
        };
        world.heartbeats(conn, secs(10), 1);
        if world.dials() == 1 {
            break;
        }
    }
    let age = world.now.since(Moment { monotonic: secs(1000), ..world.now });
    assert!(age >= AGE_MAX.mul_f64(0.75) && age <= AGE_MAX.mul_f64(1.25) + secs(10), "{age:?}");
    world.say(opened(ConnId(2)));
    world.say(Input::Arrived(ConnId(2), Arrival::Alive));
    assert!(world.journal().contains(&&Entry::Swapped { doubt: Doubt::Age }));
}
