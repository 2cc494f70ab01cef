//! What was published while the connection was made is asked for once more. In virtual time.

use super::*;
use crate::feed::Ntfy;

/// The server's clock at the opening, 5 minutes behind this computer's.
const OPENED: i64 = 1_700_000_000 - 300;

fn asked(world: &World) -> Vec<(ConnId, i64)> {
    let asked = |effect: &Effect| match effect {
        Effect::Backfill { conn, since } => Some((*conn, since.as_second())),
        _ => None,
    };
    world.effects.iter().filter_map(asked).collect()
}

fn of_ntfy(kind: &str, id: &str, after: i64) -> RawEvent {
    let time = OPENED + after;
    let data =
        format!(r#"{{"id":"{id}","time":{time},"event":"{kind}","topic":"t","message":"m"}}"#);
    RawEvent { kind: "message".into(), data, own_id: None }
}

/// A link that streams with ntfy, and has been told everything.
fn world() -> World {
    let mut world = World::new(Config { feed: Arc::new(Ntfy), ..config() });
    world.say(opened(ConnId(1)));
    world.say(came(ConnId(1), of_ntfy("open", "sign", 0)));
    world.effects.clear();
    world
}

#[test]
fn what_was_left_out_comes_some_time_after_the_opening_and_leaves_the_cursor() {
    let mut world = world();
    world.pass(Duration::from_millis(9_999));
    assert_eq!(asked(&world), []);
    world.pass(secs(10));
    assert_eq!(asked(&world), [(ConnId(2), OPENED)], "by the server's clock");
    world.effects.clear();

    world.say(opened(ConnId(2)));
    world.say(came(ConnId(2), of_ntfy("message", "beforebefore", -20)));
    world.say(came(ConnId(2), of_ntfy("message", "afterwardsaf", 1)));
    world.say(came(ConnId(2), of_ntfy("keepalive", "sign", 2)));
    assert_eq!(world.effects, [], "until it is whole");
    world.say(closed(ConnId(2), Cause::EndOfStream));
    assert_eq!(world.origins(), [Origin::Replay, Origin::Live]);
    let [first, second, Effect::CaughtUp] = &world.effects[..] else {
        panic!("{:?}", world.effects)
    };
    for effect in [first, second] {
        let Effect::Deliver(delivery) = effect else { panic!("{effect:?}") };
        assert_eq!(delivery.cursor, None);
        assert!(delivery.event.own_id.is_some(), "by it what has come already is known");
    }
    world.effects.clear();
    assert!(matches!(world.link.phase(), Phase::Streaming(stream) if stream.conn == ConnId(1)));
    world.heartbeats(ConnId(1), secs(45), 80);
    assert_eq!(asked(&world), [], "once for each connection");
}

#[test]
fn where_it_fails_it_is_asked_for_a_few_times_more() {
    let mut world = world();
    let refused =
        || Cause::Status { code: 429, detail: None, retry_after_ms: None, streamed_before: true };
    for number in 0..3 {
        world.effects.clear();
        while asked(&world).is_empty() {
            assert!(world.now.monotonic < secs(2000), "{number}");
            world.heartbeats(ConnId(1), secs(1), 1);
        }
        let [(conn, OPENED)] = asked(&world)[..] else { panic!("{number}: {:?}", world.effects) };
        match number {
            0 => world.say(closed(conn, refused())),
            // No head comes.
            1 => world.heartbeats(ConnId(1), secs(1), 30),
            _ => world.say(closed(conn, Cause::Truncated)),
        }
        assert_eq!(world.effects.contains(&Effect::HangUp(conn)), number == 1);
    }
    world.effects.clear();
    world.heartbeats(ConnId(1), secs(1), 600);
    assert_eq!(asked(&world), []);
    assert_eq!(world.journal(), [] as [&Entry; 0], "it says nothing of the stream");
}

/// An event of a sequence.
fn of_sequence(kind: &str, id: &str, sequence: &str, after: i64) -> RawEvent {
    let time = OPENED + after;
    let data = format!(
        r#"{{"id":"{id}","time":{time},"event":"{kind}","topic":"t","sequence_id":"{sequence}","message":"m"}}"#
    );
    RawEvent { kind: kind.into(), data, own_id: None }
}

#[test]
fn of_each_sequence_only_the_newest_counts() {
    let mut world = world();
    world.pass(secs(20));
    world.effects.clear();
    for (kind, id, sequence, after) in [
        // A deletion must not take away what came after it.
        ("message_delete", "delete000001", "disk", 1),
        ("message", "disk00000002", "disk", 2),
        // Nor may an update undo its successor.
        ("message", "job000000001", "job", 1),
        ("message", "job000000002", "job", 3),
        // Nor what was deleted come back.
        ("message", "gone00000001", "gone", 1),
        ("message_delete", "gone00000002", "gone", 2),
        // Which of these is the last is not known.
        ("message", "tied00000001", "tied", 2),
        ("message", "tied00000002", "tied", 2),
    ] {
        world.say(came(ConnId(2), of_sequence(kind, id, sequence, after)));
    }
    world.say(closed(ConnId(2), Cause::EndOfStream));
    let came: Vec<&str> = world
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Deliver(delivery) => delivery.event.own_id.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(came, ["disk00000002", "job000000002", "gone00000002"]);
}

#[test]
fn half_of_it_and_a_flood_are_not_taken() {
    let mut world = world();
    world.pass(secs(20));
    world.effects.clear();
    world.say(came(ConnId(2), of_ntfy("message", "afterwardsaf", 1)));
    world.say(closed(ConnId(2), Cause::Truncated));
    assert_eq!(world.effects, []);
    world.effects.clear();
    while asked(&world).is_empty() {
        world.heartbeats(ConnId(1), secs(1), 1);
    }
    world.effects.clear();
    for number in 0..=2_000 {
        world.say(came(ConnId(3), of_ntfy("message", &format!("flood{number:07}"), 1)));
    }
    assert_eq!(world.effects, [Effect::HangUp(ConnId(3))]);
    world.effects.clear();
    world.heartbeats(ConnId(1), secs(1), 600);
    assert_eq!((asked(&world), world.origins()), (vec![], vec![]));
}

#[test]
fn one_plain_connection_asks_for_nothing() {
    let mut world = World::new(Config { feed: Arc::new(Ntfy), swap: false, ..config() });
    world.say(opened(ConnId(1)));
    world.pass(secs(30));
    assert_eq!(asked(&world), []);
}

#[test]
fn it_ends_with_the_connection_that_it_is_for() {
    for way in [closed(ConnId(1), Cause::Truncated), Input::Pause] {
        let mut world = world();
        world.pass(secs(20));
        let [(conn, _)] = asked(&world)[..] else { panic!("{:?}", world.effects) };
        world.say(opened(conn));
        world.effects.clear();
        world.say(way);
        assert!(world.effects.contains(&Effect::HangUp(conn)), "{:?}", world.effects);
        world.effects.clear();
        world.say(came(conn, of_ntfy("message", "latelatelate", 3)));
        assert_eq!(world.origins(), []);
    }
}
