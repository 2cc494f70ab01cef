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
    assert_eq!(world.origins(), [Origin::Replay, Origin::Live]);
    for effect in &world.effects {
        let Effect::Deliver(delivery) = effect else { panic!("{effect:?}") };
        assert_eq!(delivery.cursor, None);
        assert!(delivery.event.own_id.is_some(), "by it what has come already is known");
    }
    world.effects.clear();
    world.say(closed(ConnId(2), Cause::EndOfStream));
    assert_eq!(world.effects, [], "the link is as it was");
    assert!(matches!(world.link.phase(), Phase::Streaming(stream) if stream.conn == ConnId(1)));
    world.heartbeats(ConnId(1), secs(45), 80);
    assert_eq!(asked(&world), [], "once for each connection");
}

#[test]
fn where_it_fails_it_is_asked_for_a_few_times_more_from_the_same_time() {
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

    // The next connection asks for all of it.
    world.say(closed(ConnId(1), Cause::Truncated));
    world.pass(secs(10));
    let next = world.dialled();
    world.say(opened(next));
    world.say(came(next, of_ntfy("open", "sign", 4_000)));
    world.heartbeats(next, secs(1), 20);
    assert_eq!(asked(&world).iter().map(|it| it.1).collect::<Vec<_>>(), [OPENED]);
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
