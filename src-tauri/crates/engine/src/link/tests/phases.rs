//! From phase to phase: losses, hints, pauses, what the server refuses, and the backoff between.

use super::*;
use crate::{failure::Class, feed::Nchan, history::Doubt};

#[test]
fn a_clean_end_is_an_outage_and_the_link_comes_back() {
    let mut world = World::streaming(Config { cursor: Cursor::of_id("7"), ..config() });
    world.say(closed(ConnId(1), Cause::EndOfStream));
    let Phase::BackingOff { until, .. } = world.link.phase() else {
        panic!("{:?}", world.link.phase())
    };
    assert!(until.since(world.now) <= secs(1));
    assert!(matches!(world.journal()[..], [Entry::Lost { .. }]));
    world.pass(secs(1));
    assert_eq!(world.dialled(), ConnId(2));
    world.say(opened(ConnId(2)));
    assert_eq!(world.journal().last(), Some(&&Entry::Opened));
    assert_eq!(world.link.phase().name(), "streaming");
}

#[test]
fn a_hint_dials_within_a_second_but_not_against_the_servers_own_word() {
    let mut world = World::new(config());
    for _ in 0..9 {
        let conn = world.dialled();
        world.say(closed(conn, Cause::ConnectTimeout));
        world.pass(secs(10));
    }
    let conn = world.dialled();
    world.say(closed(conn, Cause::NoRoute));
    world.say(Input::Hint(Hint::Route));
    world.effects.clear();
    world.pass(secs(1));
    assert_eq!(world.dials(), 1);

    let busy = Cause::Status {
        code: 429,
        detail: None,
        retry_after_ms: Some(60_000),
        streamed_before: false,
    };
    let conn = world.dialled();
    world.say(closed(conn, busy));
    world.say(Input::Hint(Hint::Woke));
    world.effects.clear();
    world.pass(secs(59));
    assert_eq!(world.dials(), 0);

    let portal = Cause::Status {
        code: 503,
        detail: None,
        retry_after_ms: Some(86_400_000),
        streamed_before: false,
    };
    world.pass(secs(60));
    world.say(closed(world.dialled(), portal));
    world.say(Input::Hint(Hint::Route));
    world.effects.clear();
    world.pass(secs(10));
    assert_eq!(world.dials(), 1, "by another way another one answers than the portal");
}

#[test]
fn a_hint_while_streaming_makes_before_it_breaks() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    world.say(Input::Hint(Hint::Route));
    world.effects.clear();
    world.pass(secs(1));
    assert_eq!(world.dialled(), ConnId(2));
    assert!(!world.effects.contains(&Effect::HangUp(ConnId(1))));
    world.say(opened(ConnId(2)));
    assert_eq!(world.journal(), [&Entry::Swapped { doubt: Doubt::Surroundings }]);
}

#[test]
fn http_204_alone_stops_until_resumed() {
    let mut world = World::new(config());
    world.say(closed(ConnId(1), Cause::NoContent));
    assert_eq!(world.link.phase().name(), "halted");
    world.say(Input::Hint(Hint::Route));
    world.pass(secs(1_000_000));
    assert_eq!(world.dials(), 1);
    world.say(Input::Resume);
    assert_eq!(world.dials(), 2);
}

#[test]
fn a_404_is_a_refusal_at_first_and_a_restarting_proxy_later() {
    let not_found =
        Cause::Status { code: 404, detail: None, retry_after_ms: None, streamed_before: false };
    for (streamed_before, class) in [(false, Class::Refused), (true, Class::Server)] {
        let mut world = World::new(Config { streamed_before, ..config() });
        world.say(closed(ConnId(1), not_found.clone()));
        let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
        assert_eq!(failure.class, class);
    }
}

#[test]
fn the_backoff_starts_over_only_after_proven_health() {
    let mut world = World::new(config());
    for _ in 0..20 {
        let conn = world.dialled();
        world.say(opened(conn));
        world.pass(secs(3));
        world.say(closed(conn, Cause::EndOfStream));
        world.pass(secs(10));
    }
    let waits = |world: &mut World| {
        let conn = world.dialled();
        world.say(opened(conn));
        world.say(closed(conn, Cause::EndOfStream));
        let Phase::BackingOff { until, .. } = world.link.phase() else { panic!() };
        let wait = until.since(world.now);
        world.pass(wait);
        wait
    };
    let flapping = (0..20).map(|_| waits(&mut world)).max().unwrap();
    assert!(flapping > secs(5), "{flapping:?}");
    let conn = world.dialled();
    world.say(opened(conn));
    world.pass(secs(61));
    world.say(closed(conn, Cause::EndOfStream));
    let Phase::BackingOff { until, .. } = world.link.phase() else { panic!() };
    assert!(until.since(world.now) <= secs(1));
}

#[test]
fn headers_that_never_come_fail_the_dial() {
    let mut world = World::new(config());
    world.pass(DIAL_TIMEOUT);
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
    assert_eq!(failure.cause, Cause::HeadersTimeout);
}

#[test]
fn a_pause_hangs_up_and_a_resume_dials() {
    let mut world = World::streaming(config());
    world.say(Input::Pause);
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    world.say(Input::Pause);
    world.say(Input::Hint(Hint::Route));
    world.pass(secs(100_000));
    assert_eq!(world.journal(), [&Entry::Paused]);
    world.say(Input::Resume);
    assert_eq!(world.dialled(), ConnId(2));
    assert_eq!(world.journal(), [&Entry::Paused, &Entry::Resumed]);
}

#[test]
fn what_comes_late_from_a_connection_that_was_hung_up_is_not_heard() {
    let mut world = World::streaming(config());
    world.say(closed(ConnId(1), Cause::EndOfStream));
    world.effects.clear();
    world.message(ConnId(1), Some("9"));
    world.say(opened(ConnId(1)));
    world.say(closed(ConnId(1), Cause::EndOfStream));
    assert_eq!(world.effects, []);
}

#[test]
fn an_nchan_farewell_is_the_reason_of_the_close() {
    let mut world = World::streaming(Config { feed: Arc::new(Nchan), ..config() });
    world.say(comment(ConnId(1), "410: Gone".into()));
    world.say(closed(ConnId(1), Cause::EndOfStream));
    let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
    assert_eq!(failure.cause.code(), "farewell");
    assert_eq!(failure.class, Class::Server, "it may be back at once, and is no refusal");
}
