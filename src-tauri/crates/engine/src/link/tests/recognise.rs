//! A server of which it is not known yet what it speaks, in virtual time.

use super::*;
use crate::feed::Recogniser;

fn unknown(at: &str) -> Config {
    let recogniser = Some(Recogniser::new(&at.parse().unwrap()));
    Config { recogniser, streamed_before: false, ..config() }
}

fn event(kind: &str, data: &str) -> RawEvent {
    RawEvent { kind: kind.into(), data: data.into(), own_id: None }
}

fn recognised(world: &World) -> Vec<&'static str> {
    let feed = |effect: &Effect| match effect {
        Effect::Recognised(recognition) => Some(recognition.feed),
        _ => None,
    };
    world.effects.iter().filter_map(feed).collect()
}

#[test]
fn a_plain_stream_is_known_by_its_first_event_which_is_delivered() {
    let mut world = World::streaming(unknown("https://a.example/events"));
    assert!(world.link.is_unknown());
    world.pass(secs(3));
    world.message(ConnId(1), Some("1"));
    assert_eq!(recognised(&world), ["json"]);
    assert_eq!(world.origins().len(), 1, "{:?}", world.effects);
    let place = |wanted: fn(&Effect) -> bool| world.effects.iter().position(wanted);
    let known = place(|effect| matches!(effect, Effect::Recognised(_)));
    assert!(known < place(|effect| matches!(effect, Effect::Deliver(_))));
    assert_eq!(world.dials(), 0, "it was asked as it is asked: no other connection");
    world.message(ConnId(1), Some("2"));
    assert_eq!(recognised(&world).len(), 1, "once");
}

#[test]
fn one_that_is_asked_otherwise_is_asked_anew_and_nothing_is_delivered_before() {
    let mut world = World::streaming(unknown("https://a.example/topic/sse"));
    world.say(came(ConnId(1), event("open", r#"{"id":"a","event":"open","topic":"topic"}"#)));
    assert_eq!(recognised(&world), ["ntfy"]);
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    let dial = Effect::Dial { conn: ConnId(2), cursor: Cursor::NONE, reason: Reason::Anew };
    assert!(world.effects.contains(&dial), "with `since`, which was not asked for: {dial:?}");
    assert_eq!(world.origins(), []);
    assert_eq!(world.link.feed().name(), "ntfy");
}

#[test]
fn a_greeting_is_enough_and_its_feeds_heartbeat_is_expected() {
    let mut world = World::streaming(unknown("https://a.example/events"));
    world.say(came(ConnId(1), event("stream-open", "")));
    assert_eq!(recognised(&world), ["django-eventstream"]);
    assert_eq!(world.link.heartbeat().cadence().map(|(every, _)| every), Some(secs(20)));
    assert_eq!((world.dials(), world.origins().len()), (0, 0));
    let since_opening = world.now.monotonic;
    let Phase::Streaming(stream) = world.link.phase() else { panic!("{:?}", world.link.phase()) };
    assert_eq!((stream.conn(), stream.opened().monotonic), (ConnId(1), since_opening));
}

#[test]
fn what_does_not_answer_stays_unknown_and_is_dialled_as_any_other() {
    let mut world = World::new(unknown("https://a.example/events"));
    for _ in 0..5 {
        let conn = world.dialled();
        world.say(closed(conn, Cause::ConnectionRefused));
        world.pass(secs(120));
    }
    assert!(world.link.is_unknown());
    let conn = world.dialled();
    world.say(opened(conn));
    world.message(conn, None);
    assert_eq!(recognised(&world), ["json"]);
}

#[test]
fn a_second_connection_that_doubts_a_silent_one_ends_when_that_speaks() {
    let mut world = World::streaming(unknown("https://a.example/events"));
    while world.dials() == 0 {
        world.pass(secs(1));
    }
    let second = world.dialled();
    assert_ne!(second, ConnId(1));
    world.effects.clear();
    world.message(ConnId(1), Some("1"));
    assert!(world.effects.contains(&Effect::HangUp(second)), "{:?}", world.effects);
    assert_eq!(recognised(&world), ["json"]);
}
