//! The cursor, and whether what comes is backlog, replay or live.

use super::*;
use crate::{feed::Nchan, wire::Ignored};

#[test]
fn a_dial_resumes_from_the_committed_cursor_alone() {
    let mut world = World::streaming(config());
    world.message(ConnId(1), Some("7"));
    let uncommitted =
        RawEvent { kind: "message".into(), data: "y".into(), own_id: Some("8".into()) };
    world.say(came(ConnId(1), uncommitted));
    world.say(closed(ConnId(1), Cause::Truncated));
    world.pass(secs(1));
    let (cursor, reason) = (Cursor::of_id("7"), Reason::Retry);
    let resumed = Effect::Dial { conn: ConnId(2), cursor, reason };
    assert!(world.effects.contains(&resumed), "{:?}", world.effects);
}

#[test]
fn the_id_of_a_heartbeat_is_no_cursor() {
    let mut world = World::streaming(config());
    let ping = RawEvent { kind: "ping".into(), data: "1".into(), own_id: Some("hb".into()) };
    world.say(came(ConnId(1), ping));
    assert!(!world.effects.iter().any(|effect| matches!(effect, Effect::Deliver(_))));
}

#[test]
fn an_id_that_no_header_can_carry_moves_the_cursor_only_where_a_query_can() {
    for (feed, moves) in [(Arc::new(Json) as Arc<dyn Feed>, false), (Arc::new(Nchan), true)] {
        let mut world = World::streaming(Config { feed, ..config() });
        world.message(ConnId(1), Some("a\u{1}b"));
        let cursor = world.effects.iter().find_map(|effect| match effect {
            Effect::Deliver(delivery) => Some(delivery.cursor.clone()),
            _ => None,
        });
        assert_eq!(cursor, Some(moves.then(|| Cursor::of_id("a\u{1}b"))));
    }
}

#[test]
fn a_block_with_an_id_alone_moves_the_cursor() {
    let mut world = World::streaming(config());
    world.say(Input::Arrived(ConnId(1), Arrival::Ignored(Ignored::IdAlone("9".into()))));
    let event = RawEvent { own_id: Some("9".into()), ..RawEvent::default() };
    let delivery = Delivery { event, ..Delivery::of_cursor(Cursor::of_id("9")) };
    assert_eq!(world.effects, [Effect::Deliver(delivery)]);
}

#[test]
fn a_block_that_did_not_end_moves_nothing() {
    let mut world = World::streaming(config());
    let unfinished = Ignored::Unfinished { kind: None, own_id: Some("9".into()) };
    world.say(Input::Arrived(ConnId(1), Arrival::Ignored(unfinished)));
    assert_eq!(world.effects, []);
}

#[test]
fn what_a_new_subscription_brings_at_first_is_backlog_then_live() {
    let mut world = World::streaming(Config { streamed_before: false, ..config() });
    world.message(ConnId(1), Some("1"));
    world.pass(Duration::from_millis(200));
    world.message(ConnId(1), Some("2"));
    world.pass(Duration::from_millis(300));
    world.message(ConnId(1), Some("3"));
    world.say(closed(ConnId(1), Cause::EndOfStream));
    world.pass(secs(1));
    world.say(opened(ConnId(2)));
    world.message(ConnId(2), Some("4"));
    assert_eq!(world.origins(), [Origin::Backlog, Origin::Backlog, Origin::Live, Origin::Replay]);
}

#[test]
fn a_server_that_looks_up_late_what_was_missed_is_waited_for() {
    let mut world = World::streaming(Config { streamed_before: false, ..config() });
    world.pass(Duration::from_millis(1900));
    world.message(ConnId(1), Some("1"));
    world.pass(Duration::from_millis(300));
    world.message(ConnId(1), Some("2"));
    assert_eq!(world.origins(), [Origin::Backlog, Origin::Live]);
    let mut greeted = World::streaming(Config { streamed_before: false, ..config() });
    greeted.say(Input::Arrived(ConnId(1), Arrival::Alive));
    greeted.pass(Duration::from_millis(500));
    greeted.message(ConnId(1), Some("1"));
    greeted.pass(Duration::from_millis(1500));
    greeted.message(ConnId(1), Some("2"));
    assert_eq!(greeted.origins(), [Origin::Backlog, Origin::Live], "a greeting says nothing");
}

#[test]
fn a_feed_that_never_pauses_is_live_after_half_a_minute() {
    let mut world = World::streaming(config());
    for id in 0..320 {
        world.pass(Duration::from_millis(100));
        world.message(ConnId(1), Some(&id.to_string()));
    }
    assert_eq!(world.origins().last(), Some(&Origin::Live));
}
