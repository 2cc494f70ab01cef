//! When a link dials and when it does not: second connections that are refused, hints, the budget,
//! ids that a server will not take, cadences that change. In virtual time.

use super::*;
use crate::{backoff, failure::Class, history::Doubt};

fn status(code: u16) -> Cause {
    Cause::Status { code, detail: None, retry_after_ms: None, streamed_before: false }
}

/// The dials so far, by their cursor's id and their reason.
fn dials(world: &World) -> Vec<(Option<String>, Reason)> {
    let dial = |effect: &Effect| match effect {
        Effect::Dial { cursor, reason, .. } => Some((cursor.id.clone(), *reason)),
        _ => None,
    };
    world.effects.iter().filter_map(dial).collect()
}

fn conn(world: &World) -> ConnId {
    match world.link.phase() {
        Phase::Streaming(stream) => stream.conn(),
        other => panic!("{other:?}"),
    }
}

fn gaps(world: &World) -> usize {
    world.journal().iter().filter(|entry| matches!(entry, Entry::Gap { .. })).count()
}

#[test]
fn a_second_connection_that_is_refused_leaves_the_first_and_is_not_tried_again() {
    for code in [401, 409, 429, 503] {
        let mut world = World::streaming(config());
        world.message(ConnId(1), Some("1"));
        world.heartbeats(ConnId(1), secs(10), 4);
        world.effects.clear();
        world.pass(Duration::from_millis(14_600));
        assert_eq!(dials(&world), [(Some("1".into()), Reason::Doubt(Doubt::Stale))]);
        world.say(closed(ConnId(2), status(code)));
        assert_eq!(world.link.phase().name(), "streaming", "{code}: the server lives");
        world.say(Input::Arrived(ConnId(1), Arrival::Alive));
        assert!(world.journal().is_empty(), "{code}: {:?}", world.journal());
        // The next doubt waits for the first connection's own end.
        world.effects.clear();
        world.pass(Duration::from_millis(14_600));
        assert_eq!(dials(&world), [], "{code}");
        world.pass(secs(6));
        assert!(matches!(world.journal()[..], [Entry::Lost { .. }]), "{code}");
        let again = dials(&world);
        assert_eq!(again, [(Some("1".into()), Reason::Retry)], "{code}: as after any loss");
    }
}

#[test]
fn a_second_connection_that_is_refused_does_not_keep_the_first_from_growing_old() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    world.say(Input::Hint(Hint::Route));
    world.pass(backoff::HINT_SPREAD);
    assert_eq!(dials(&world), [(Some("1".into()), Reason::Doubt(Doubt::Surroundings))]);
    world.say(closed(ConnId(2), status(429)));
    world.effects.clear();
    let beats = AGE_MAX.mul_f64(1.3).as_secs() / 10;
    world.heartbeats(ConnId(1), secs(10), u32::try_from(beats).unwrap());
    assert_eq!(dials(&world)[0], (Some("1".into()), Reason::Doubt(Doubt::Age)));
}

#[test]
fn a_dial_that_had_to_wait_is_given_its_whole_time() {
    let mut world = World::new(config());
    let conn = world.dialled();
    world.pass(DIAL_TIMEOUT - secs(1));
    world.say(Input::Begun(conn));
    world.pass(DIAL_TIMEOUT - secs(1));
    assert_eq!(world.link.phase().name(), "dialing");
    world.pass(secs(1));
    assert!(matches!(world.journal()[..], [Entry::DialFailed { .. }]), "{:?}", world.journal());
}

#[test]
fn a_conflict_with_the_connection_that_the_server_still_sees_is_over_soon() {
    let mut world = World::streaming(config());
    world.say(closed(ConnId(1), Cause::ConnectionReset));
    world.pass(secs(1));
    world.say(closed(ConnId(2), status(409)));
    let Phase::BackingOff { failure, until, .. } = world.link.phase() else { panic!() };
    assert_eq!(failure.class, Class::Server);
    assert!(until.since(world.now) <= secs(10));
}

#[test]
fn an_id_that_the_server_refuses_is_left_out_once_and_the_break_is_a_gap() {
    let cursor = Cursor::of_id("error");
    let mut world = World::new(Config { cursor: cursor.clone(), ..config() });
    world.say(closed(ConnId(1), status(400)));
    let wanted = [(Some("error".into()), Reason::Start), (None, Reason::Anew)];
    assert_eq!(dials(&world), wanted);
    world.say(opened(ConnId(2)));
    assert_eq!(gaps(&world), 1);
    assert!(world.effects.contains(&Effect::Deliver(Delivery::of_cursor(Cursor::NONE))));

    // Where it is not the id, the refusal is one, and the cursor stays.
    let mut world = World::new(Config { cursor: cursor.clone(), ..config() });
    world.say(closed(ConnId(1), status(400)));
    world.say(closed(ConnId(2), status(400)));
    let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
    assert_eq!(failure.class, Class::Refused);
    assert_eq!(*world.link.cursor(), cursor);
    for code in [401, 403, 429, 500] {
        let mut world = World::new(Config { cursor: cursor.clone(), ..config() });
        world.say(closed(ConnId(1), status(code)));
        assert_eq!(dials(&world).len(), 1, "{code} is not about the id");
    }
}

#[test]
fn hints_without_end_use_up_a_budget_and_no_more() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    world.effects.clear();
    for _ in 0..600 {
        world.say(Input::Hint(Hint::Route));
        world.pass(Duration::from_millis(500));
        if let Phase::Streaming(stream) = world.link.phase()
            && let Some((_, Deadline::DialTimeout)) = world.link.poll_deadline()
            && stream.is_second(world.dialled())
        {
            let conn = world.dialled();
            world.say(opened(conn));
        }
    }
    // Five minutes: ten at once, then one in four seconds.
    let count = dials(&world).len();
    assert!((10..=86).contains(&count), "{count}");
    assert_eq!(world.link.phase().name(), "streaming");
}

#[test]
fn hints_while_it_dials_leave_a_dial_the_time_to_succeed() {
    let mut world = World::streaming(config());
    world.say(closed(ConnId(1), Cause::ConnectionReset));
    world.pass(secs(60));
    world.effects.clear();
    for _ in 0..40 {
        world.say(Input::Hint(Hint::Route));
        world.pass(Duration::from_millis(450));
    }
    // Eighteen seconds: ten at once, then one in four seconds.
    let count = dials(&world).len();
    assert!(count <= 16, "{count}");
    assert_eq!(world.link.phase().name(), "dialing");
}

#[test]
fn a_stream_that_is_not_found_for_a_moment_keeps_its_id() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    world.effects.clear();
    world.say(closed(ConnId(1), Cause::EndOfStream));
    world.pass(secs(1));
    world.say(closed(ConnId(2), status(404)));
    world.pass(secs(60));
    let dials = dials(&world);
    assert!(dials.len() > 1 && dials.iter().all(|(id, _)| id.as_deref() == Some("1")), "{dials:?}");
    assert_eq!(gaps(&world), 0);
}

#[test]
fn a_refused_id_is_left_out_of_one_dial_alone() {
    let cursor = Cursor::of_id("7");
    let mut world = World::new(Config { cursor: cursor.clone(), ..config() });
    world.say(closed(ConnId(1), status(400)));
    world.say(Input::Pause);
    world.say(Input::Resume);
    let resumed = (Some("7".into()), Reason::Person);
    assert_eq!(dials(&world).last(), Some(&resumed));
    world.say(opened(ConnId(3)));
    assert_eq!((gaps(&world), world.link.cursor()), (0, &cursor), "it is taken after all");
}

#[test]
fn a_heartbeat_that_becomes_slower_costs_a_moment_and_is_learned() {
    for has_ids in [true, false] {
        let mut world = World::streaming(config());
        world.message(ConnId(1), has_ids.then_some("1"));
        world.heartbeats(ConnId(1), secs(2), 6);
        world.effects.clear();
        // From now on one in ten seconds, for an hour. A connection that is made anew is greeted.
        let mut next = world.now + secs(10);
        while next.monotonic < world.now.monotonic + secs(3600) && next.monotonic < secs(4700) {
            let wait = next.since(world.now).min(Duration::from_millis(100));
            world.pass(wait);
            if let Phase::Dialing { conn, .. } = world.link.phase() {
                let conn = *conn;
                world.say(opened(conn));
            }
            if world.now.monotonic >= next.monotonic {
                if let Phase::Streaming(stream) = world.link.phase() {
                    let conn = stream.conn();
                    world.say(Input::Arrived(conn, Arrival::Alive));
                    world.say(comment(conn, "ping".into()));
                }
                next = next + secs(10);
            }
        }
        let count = dials(&world).len();
        assert!(count <= 4, "with ids: {has_ids}: {count} dials in an hour");
        let (cadence, _) = world.link.heartbeat().cadence().unwrap();
        assert_eq!(cadence, secs(10));
    }
}

#[test]
fn a_process_that_stood_still_learns_nothing_from_it() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("1"));
    world.heartbeats(ConnId(1), secs(2), 6);
    // Stopped for 40 s; what has arrived is read first.
    world.now = world.now + secs(40);
    world.say(Input::Arrived(ConnId(1), Arrival::Alive));
    world.say(comment(ConnId(1), "ping".into()));
    world.heartbeats(ConnId(1), secs(2), 1);
    let (cadence, _) = world.link.heartbeat().cadence().unwrap();
    assert_eq!(cadence, secs(2));
    assert_eq!(conn(&world), ConnId(1));
}

#[test]
fn a_break_before_the_first_id_is_a_gap_where_nothing_can_be_asked_for() {
    let mut world = World::streaming(Config { feed: Arc::new(Json), ..config() });
    world.say(closed(ConnId(1), Cause::EndOfStream));
    world.pass(secs(1));
    world.say(opened(ConnId(2)));
    assert_eq!(gaps(&world), 1);

    // And after a restart too, where its messages are known to carry none.
    let heard_before = Some(world.now.wall);
    let known = Config { has_ids: Some(false), heard_before, ..config() };
    let mut world = World::new(Config { cursor: Cursor::of_id("7"), ..known });
    world.say(opened(ConnId(1)));
    assert_eq!(gaps(&world), 1);
}

#[test]
fn a_first_connection_that_drops_in_its_backlog_alerts_none_of_the_rest() {
    let mut world = World::streaming(Config { streamed_before: false, ..config() });
    world.message(ConnId(1), Some("1"));
    world.say(closed(ConnId(1), Cause::Truncated));
    world.pass(secs(1));
    world.say(opened(ConnId(2)));
    world.message(ConnId(2), Some("2"));
    assert_eq!(world.origins(), [Origin::Backlog, Origin::Backlog]);
    assert!(!world.effects.contains(&Effect::BacklogOver));
    world.pass(Duration::from_millis(250));
    assert!(world.effects.contains(&Effect::BacklogOver));
}

#[test]
fn where_each_answer_is_ended_the_first_is_the_backlog_and_what_comes_next_is_news() {
    for (first, second, origins) in [
        (Some(Some("1")), Some("2"), &[Origin::Backlog, Origin::Replay][..]),
        (None, Some("1"), &[Origin::Replay]),
        (None, None, &[Origin::Replay]),
        // Without ids the next answer may hold the same again.
        (Some(None), None, &[Origin::Backlog, Origin::Backlog]),
    ] {
        let mut world = World::streaming(Config { streamed_before: false, ..config() });
        if let Some(id) = first {
            world.message(ConnId(1), id);
        }
        world.say(closed(ConnId(1), Cause::EndOfStream));
        world.pass(secs(1));
        world.say(opened(ConnId(2)));
        world.message(ConnId(2), second);
        world.say(closed(ConnId(2), Cause::EndOfStream));
        assert_eq!(world.origins(), origins);
        let over = world.effects.iter().filter(|effect| **effect == Effect::BacklogOver).count();
        assert_eq!(over, usize::from(origins.contains(&Origin::Replay)));
    }
}

#[test]
fn messages_without_a_pause_are_told_within_two_seconds_and_then_again() {
    let mut world = World::streaming(config());
    let mut told = Vec::new();
    for id in 0..60 {
        world.pass(Duration::from_millis(100));
        world.message(ConnId(1), Some(&id.to_string()));
        if world.effects.contains(&Effect::CaughtUp) {
            told.push(id);
            world.effects.clear();
        }
    }
    assert_eq!(told, [5, 25, 45]);
}

#[test]
fn a_server_that_ends_each_connection_soon_is_one_outage_and_asked_once_a_minute() {
    let mut world = World::streaming(config());
    for _ in 0..40 {
        let Phase::Streaming(stream) = world.link.phase() else { break };
        let conn = stream.conn();
        world.message(conn, None);
        world.pass(secs(2));
        world.say(closed(conn, Cause::EndOfStream));
        let Phase::BackingOff { until, .. } = *world.link.phase() else { panic!() };
        world.pass(until.since(world.now));
        world.say(opened(world.dialled()));
    }
    let Some(Effect::Journal(Entry::Lost { failure, .. })) =
        world.effects.iter().rev().find(|it| matches!(it, Effect::Journal(Entry::Lost { .. })))
    else {
        panic!("{:?}", world.journal())
    };
    assert_eq!(failure.cause, Cause::BriefStreams { count: 5 });
    let lost = |entry: &&&Entry| matches!(entry, Entry::Lost { .. });
    assert_eq!(world.journal().iter().filter(lost).count(), 5, "the fifth is the last one told");
    assert!(world.now.monotonic > secs(1000) + secs(35 * 48), "about a minute apart");

    // One that stays ends the outage.
    world.effects.clear();
    world.pass(secs(60));
    assert_eq!(world.journal(), [&Entry::Opened]);
}

#[test]
fn a_server_that_restarts_or_says_when_to_come_back_is_none_that_ends_each_connection() {
    for (hint, is_away) in [(true, false), (false, true)] {
        let mut world = World::streaming(config());
        for _ in 0..20 {
            let Phase::Streaming(stream) = world.link.phase() else { panic!() };
            let conn = stream.conn();
            if hint {
                world.say(Input::Arrived(conn, Arrival::Retry(secs(3))));
            }
            world.say(closed(conn, Cause::EndOfStream));
            for refused in [is_away, false] {
                let Phase::BackingOff { until, failure, .. } = world.link.phase().clone() else {
                    panic!()
                };
                assert!(!matches!(failure.cause, Cause::BriefStreams { .. }), "{hint} {is_away}");
                world.pass(until.since(world.now));
                let conn = world.dialled();
                if refused {
                    world.say(closed(conn, Cause::ConnectionRefused));
                } else if matches!(world.link.phase(), Phase::Dialing { .. }) {
                    world.say(opened(conn));
                    break;
                }
            }
        }
    }
}
