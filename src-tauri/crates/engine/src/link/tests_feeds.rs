//! What a link does where its feed differs from a plain stream: the cursor's source, what the server
//! has forgotten, gaps, rotation. In virtual time, as in `tests`.

use std::sync::Arc;

use super::{
    tests::{World, config, secs},
    *,
};
use crate::{
    feed::{HomeAssistant, Mastodon, Mercure, Ntfy},
    history::{Doubt, Entry},
};

fn of(feed: impl Feed + 'static) -> Config {
    Config { feed: Arc::new(feed), ..config() }
}

fn gaps(world: &World) -> Vec<Timestamp> {
    let since = |entry: &&Entry| match entry {
        Entry::Gap { since } => Some(*since),
        _ => None,
    };
    world.journal().iter().filter_map(since).collect()
}

fn deliveries(world: &World) -> Vec<&Delivery> {
    let mut found = Vec::new();
    for effect in &world.effects {
        if let Effect::Deliver(delivery) = effect {
            found.push(delivery);
        }
    }
    found
}

fn event(kind: &str, data: &str) -> RawEvent {
    RawEvent { kind: kind.into(), data: data.into(), own_id: None }
}

#[test]
fn a_server_that_has_forgotten_the_cursor_is_asked_for_all_it_holds_and_the_gap_is_kept() {
    let mut world = World::streaming(of(Mercure));
    world.message(ConnId(1), Some("urn:1"));
    let heard = world.now.wall;
    world.say(Input::Closed(ConnId(1), Cause::Truncated));
    world.pass(secs(1));
    world.effects.clear();
    world.say(Input::ResumedFrom(ConnId(2), "earliest".into()));
    world.say(Input::Opened(ConnId(2)));
    let forget =
        Delivery { event: RawEvent::default(), outcome: Outcome::Nothing, cursor: Some(None) };
    let wanted = [
        Effect::Journal(Entry::Gap { since: heard }),
        Effect::HangUp(ConnId(2)),
        Effect::Deliver(forget),
        Effect::Dial { conn: ConnId(3), cursor: None },
        Effect::PhaseChanged,
    ];
    assert_eq!(world.effects, wanted);

    // The answer to that is no news.
    world.say(Input::Committed(None));
    world.effects.clear();
    world.say(Input::ResumedFrom(ConnId(3), "earliest".into()));
    world.say(Input::Opened(ConnId(3)));
    assert_eq!(world.journal(), [&Entry::Opened]);
}

#[test]
fn a_server_that_goes_on_from_the_cursor_has_forgotten_nothing() {
    let mut world = World::streaming(of(Mercure));
    world.message(ConnId(1), Some("urn:1"));
    world.say(Input::Closed(ConnId(1), Cause::Truncated));
    world.pass(secs(1));
    world.effects.clear();
    world.say(Input::ResumedFrom(ConnId(2), "urn:1".into()));
    world.say(Input::Opened(ConnId(2)));
    assert_eq!(world.journal(), [&Entry::Opened]);
}

#[test]
fn a_second_connection_that_cannot_resume_is_dialled_again_beside_the_first() {
    let mut world = World::streaming(of(Mercure));
    world.message(ConnId(1), Some("urn:1"));
    world.say(Input::Hint);
    world.pass(secs(1));
    assert_eq!(world.dialled(), ConnId(2));
    world.effects.clear();
    world.say(Input::ResumedFrom(ConnId(2), "earliest".into()));
    world.say(Input::Opened(ConnId(2)));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(2))));
    assert!(!world.effects.contains(&Effect::HangUp(ConnId(1))));
    assert!(world.effects.contains(&Effect::Dial { conn: ConnId(3), cursor: None }));
    world.say(Input::Opened(ConnId(3)));
    assert!(world.journal().contains(&&Entry::Swapped { doubt: Doubt::Surroundings }));
}

#[test]
fn a_clean_close_after_half_a_minute_is_a_hubs_routine_and_an_earlier_one_is_not() {
    for (life, routine) in [(29, false), (31, true)] {
        let mut world = World::streaming(of(Mercure));
        world.message(ConnId(1), Some("urn:1"));
        world.pass(secs(life));
        world.say(Input::Closed(ConnId(1), Cause::EndOfStream));
        assert_eq!(world.journal() == [&Entry::Rotated], routine, "{life} s");
    }
}

#[test]
fn a_break_of_a_feed_that_replays_nothing_is_a_gap_even_before_its_first_message() {
    let mut world = World::streaming(of(HomeAssistant));
    let heard = world.now.wall;
    world.say(Input::Closed(ConnId(1), Cause::EndOfStream));
    world.pass(secs(1));
    world.say(Input::Opened(ConnId(2)));
    assert_eq!(gaps(&world), [heard]);
}

#[test]
fn posts_with_ids_may_overlap_and_are_no_cursor() {
    let mut world = World::streaming(of(Mastodon));
    world.say(Input::Event(ConnId(1), event("update", r#"{"id":"108","content":"x"}"#)));
    let posted = deliveries(&world)[0].clone();
    assert_eq!((posted.event.own_id.as_deref(), posted.cursor), (Some("108"), None));
    world.heartbeats(ConnId(1), secs(15), 4);
    let heard = world.now.wall;
    world.pass(secs(21));
    assert_eq!(world.dialled(), ConnId(2));
    assert!(!world.effects.contains(&Effect::HangUp(ConnId(1))), "make before break");
    world.say(Input::Opened(ConnId(2)));
    world.say(Input::Alive(ConnId(2)));
    assert_eq!(gaps(&world), [heard], "the late one may have been dead all the while");
}

#[test]
fn an_id_in_the_json_is_the_cursor_and_that_of_a_heartbeat_is_not() {
    let mut world = World::streaming(of(Ntfy));
    world.pass(secs(3));
    for (kind, id, what) in [
        ("open", "aaaaaaaaaaaa", "open"),
        ("message", "bbbbbbbbbbbb", "message"),
        ("poll_request", "cccccccccccc", "poll_request"),
        ("message_delete", "dddddddddddd", "message_delete"),
        ("keepalive", "eeeeeeeeeeee", "keepalive"),
        ("message", "all", "message"),
    ] {
        let data = format!(r#"{{"id":"{id}","event":"{what}","topic":"t","message":"m"}}"#);
        world.say(Input::Event(ConnId(1), event(kind, &data)));
    }
    let found: Vec<_> = deliveries(&world)
        .into_iter()
        .map(|delivery| (delivery.event.own_id.as_deref().unwrap(), delivery.cursor.is_some()))
        .collect();
    let wanted =
        [("bbbbbbbbbbbb", true), ("cccccccccccc", true), ("dddddddddddd", true), ("all", false)];
    assert_eq!(found, wanted);
    assert_eq!(deliveries(&world)[1].outcome, Outcome::Nothing);
}

#[test]
fn the_cursor_waits_for_the_end_of_a_replay_that_may_be_out_of_order() {
    let mut world = World::streaming(of(Ntfy));
    let message = |id: &str| {
        event("message", &format!(r#"{{"id":"{id}","event":"message","topic":"t","message":"m"}}"#))
    };
    world.say(Input::Event(ConnId(1), message("newnewnewnew")));
    world.say(Input::Event(ConnId(1), message("oldoldoldold")));
    assert!(deliveries(&world).iter().all(|delivery| delivery.cursor.is_none()));
    world.effects.clear();
    world.pass(secs(3));
    let moved = Some(Some("oldoldoldold".to_owned()));
    let (event, outcome) = (RawEvent::default(), Outcome::Nothing);
    let wanted = [Effect::Deliver(Delivery { event, outcome, cursor: moved }), Effect::CaughtUp];
    assert_eq!(world.effects, wanted);
    world.say(Input::Event(ConnId(1), message("livelivelive")));
    assert_eq!(deliveries(&world)[1].cursor, Some(Some("livelivelive".into())));

    // One that ends before says nothing of where it was.
    let mut world = World::streaming(of(Ntfy));
    world.say(Input::Event(ConnId(1), message("newnewnewnew")));
    world.say(Input::Closed(ConnId(1), Cause::Truncated));
    world.pass(secs(60));
    assert!(world.effects.contains(&Effect::Dial { conn: ConnId(2), cursor: None }));
}

#[test]
fn an_event_that_is_too_large_is_passed_by_the_id_in_its_beginning() {
    let mut world = World::streaming(of(Ntfy));
    world.pass(secs(3));
    let head = event("message", r#"{"id":"bbbbbbbbbbbb","event":"message","message":"xxx"#);
    world.say(Input::TooLarge { conn: ConnId(1), event: head, bytes: 5 << 20 });
    assert_eq!(deliveries(&world)[0].cursor, Some(Some("bbbbbbbbbbbb".into())));
}

#[test]
fn a_break_is_a_gap_only_where_it_is_longer_than_the_server_keeps_messages() {
    let hours = |n: u64| secs(n * 3600);
    for (off, gap) in [(hours(11), false), (hours(13), true)] {
        let mut world = World::streaming(of(Ntfy));
        let heard = world.now.wall;
        world.say(Input::Pause);
        world.pass(off);
        world.say(Input::Resume);
        world.say(Input::Opened(ConnId(2)));
        assert_eq!(gaps(&world), if gap { vec![heard] } else { vec![] }, "{off:?}");

        // The same where the agent did not run in between.
        let heard_before = Some(heard);
        let mut world = World::new(Config { heard_before, ..of(Ntfy) });
        world.now = world.now + off;
        world.say(Input::Opened(ConnId(1)));
        assert_eq!(gaps(&world), if gap { vec![heard] } else { vec![] }, "{off:?}");
    }
}

#[test]
fn how_long_messages_are_kept_is_learned_from_them() {
    let heard_before = |hours: u64, kept| {
        let mut world = World::new(Config { kept, ..of(Ntfy) });
        world.say(Input::Opened(ConnId(1)));
        let at = world.now.wall.as_second();
        let data = format!(
            r#"{{"id":"aaaaaaaaaaaa","time":{at},"expires":{},"event":"message"}}"#,
            at + 2 * 3600
        );
        if kept.is_none() {
            world.say(Input::Event(ConnId(1), event("message", &data)));
        }
        world.say(Input::Pause);
        world.pass(secs(hours * 3600));
        world.effects.clear();
        world.say(Input::Resume);
        world.say(Input::Opened(ConnId(2)));
        gaps(&world).len()
    };
    assert_eq!((heard_before(1, None), heard_before(3, None)), (0, 1));
    let day = Some(secs(86_400));
    assert_eq!((heard_before(23, day), heard_before(25, day)), (0, 1));
}

#[test]
fn a_change_to_an_earlier_message_is_delivered_and_moves_the_cursor() {
    let mut world = World::streaming(of(Ntfy));
    world.pass(secs(3));
    let data = r#"{"id":"bbbbbbbbbbbb","event":"message_delete","sequence_id":"job"}"#;
    world.say(Input::Event(ConnId(1), event("message_delete", data)));
    let delivered = deliveries(&world)[0];
    assert_eq!(delivered.outcome, Outcome::Changed(Change::Deleted("/job".into())));
    assert_eq!(delivered.cursor, Some(Some("bbbbbbbbbbbb".into())));
}

#[test]
fn a_new_subscription_has_missed_nothing() {
    let mut world = World::new(Config { streamed_before: false, ..of(HomeAssistant) });
    world.say(Input::Opened(ConnId(1)));
    assert_eq!(world.journal(), [&Entry::Opened]);
}

#[test]
fn a_refusal_is_told_in_the_feeds_words() {
    let mut world = World::new(of(Ntfy));
    let refusal = Cause::Status {
        code: 429,
        detail: Some("42903 limit reached: too many active subscriptions, please be nice".into()),
        retry_after_ms: None,
        streamed_before: false,
    };
    world.say(Input::Closed(ConnId(1), refusal));
    let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
    let sentence = failure.cause.sentence("https://ntfy.example");
    assert!(sentence.contains("several topics can share one"), "{sentence}");
}
