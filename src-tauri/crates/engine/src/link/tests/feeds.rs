//! What a link does where its feed differs from a plain stream: the cursor's source, what the
//! server has forgotten, gaps, rotation. In virtual time.

use super::*;
use crate::{
    failure::Class,
    feed::{Centrifugo, DjangoEventstream, HomeAssistant, Mastodon, Mercure, Ntfy, PocketBase},
    history::Doubt,
};

/// ntfy shows by it that everything has been sent.
const KEEPALIVE: &str = r#"{"id":"sign","event":"keepalive","topic":"t"}"#;

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
    world.say(closed(ConnId(1), Cause::Truncated));
    world.pass(secs(1));
    world.effects.clear();
    world.say(opened_with(ConnId(2), "last-event-id", "earliest"));
    let forget = Delivery::of_cursor(Cursor::NONE);
    let wanted = [
        Effect::Journal(Entry::Gap { since: heard }),
        Effect::HangUp(ConnId(2)),
        Effect::Deliver(forget),
        Effect::Dial { conn: ConnId(3), cursor: Cursor::NONE, reason: Reason::Anew },
        Effect::PhaseChanged,
    ];
    assert_eq!(world.effects, wanted);

    // The answer to that is no news.
    world.say(committed(Cursor::NONE));
    world.effects.clear();
    world.say(opened_with(ConnId(3), "last-event-id", "earliest"));
    assert_eq!(world.journal(), [&Entry::Opened]);
}

#[test]
fn a_server_that_goes_on_from_the_cursor_has_forgotten_nothing() {
    let mut world = World::streaming(of(Mercure));
    world.message(ConnId(1), Some("urn:1"));
    world.say(closed(ConnId(1), Cause::Truncated));
    world.pass(secs(1));
    world.effects.clear();
    world.say(opened_with(ConnId(2), "last-event-id", "urn:1"));
    assert_eq!(world.journal(), [&Entry::Opened]);
}

#[test]
fn a_second_connection_that_cannot_resume_is_dialled_again_beside_the_first() {
    let mut world = World::streaming(of(Mercure));
    world.message(ConnId(1), Some("urn:1"));
    world.say(Input::Hint(Hint::Route));
    world.pass(secs(1));
    assert_eq!(world.dialled(), ConnId(2));
    world.effects.clear();
    world.say(opened_with(ConnId(2), "last-event-id", "earliest"));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(2))));
    assert!(!world.effects.contains(&Effect::HangUp(ConnId(1))));
    let (cursor, reason) = (Cursor::NONE, Reason::Anew);
    assert!(world.effects.contains(&Effect::Dial { conn: ConnId(3), cursor, reason }));
    world.say(opened(ConnId(3)));
    assert!(world.journal().contains(&&Entry::Swapped { doubt: Doubt::Surroundings }));
}

#[test]
fn a_clean_close_after_half_a_minute_is_a_hubs_routine_and_an_earlier_one_is_not() {
    for (life, routine) in [(29, false), (31, true)] {
        let mut world = World::streaming(of(Mercure));
        world.message(ConnId(1), Some("urn:1"));
        world.pass(secs(life));
        world.say(closed(ConnId(1), Cause::EndOfStream));
        assert_eq!(world.journal() == [&Entry::Rotated], routine, "{life} s");
    }
}

#[test]
fn a_break_of_a_feed_that_replays_nothing_is_a_gap_even_before_its_first_message() {
    let mut world = World::streaming(of(HomeAssistant));
    let heard = world.now.wall;
    world.say(closed(ConnId(1), Cause::EndOfStream));
    world.pass(secs(1));
    world.say(opened(ConnId(2)));
    assert_eq!(gaps(&world), [heard]);
}

#[test]
fn posts_with_ids_may_overlap_and_are_no_cursor() {
    let mut world = World::streaming(of(Mastodon));
    world.say(came(ConnId(1), event("update", r#"{"id":"108","content":"x"}"#)));
    let posted = deliveries(&world)[0].clone();
    assert_eq!((posted.event.own_id.as_deref(), posted.cursor), (Some("108"), None));
    world.heartbeats(ConnId(1), secs(15), 4);
    let heard = world.now.wall;
    world.pass(secs(21));
    assert_eq!(world.dialled(), ConnId(2));
    assert!(!world.effects.contains(&Effect::HangUp(ConnId(1))), "make before break");
    world.say(opened(ConnId(2)));
    world.say(Input::Arrived(ConnId(2), Arrival::Alive));
    assert_eq!(gaps(&world), [heard], "the late one may have been dead all the while");
}

#[test]
fn an_id_in_the_json_is_the_cursor_and_that_of_a_heartbeat_is_not() {
    let mut world = World::streaming(of(Ntfy));
    world.pass(secs(3));
    world.say(came(ConnId(1), event("keepalive", KEEPALIVE)));
    for (kind, id, what) in [
        ("open", "aaaaaaaaaaaa", "open"),
        ("message", "bbbbbbbbbbbb", "message"),
        ("poll_request", "cccccccccccc", "poll_request"),
        ("message_delete", "dddddddddddd", "message_delete"),
        ("keepalive", "eeeeeeeeeeee", "keepalive"),
        ("message", "all", "message"),
    ] {
        let data = format!(r#"{{"id":"{id}","event":"{what}","topic":"t","message":"m"}}"#);
        world.say(came(ConnId(1), event(kind, &data)));
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
fn the_cursor_waits_for_the_proof_that_a_mixed_replay_has_ended() {
    let mut world = World::streaming(of(Ntfy));
    let message = |id: &str, time: i64| {
        let time = 1_700_000_000 + time;
        let data =
            format!(r#"{{"id":"{id}","time":{time},"event":"message","topic":"t","message":"m"}}"#);
        event("message", &data)
    };
    let sign =
        |kind: &str| event(kind, &format!(r#"{{"id":"sign","time":1700000000,"event":"{kind}"}}"#));
    let cursor = |id: &str, time: i64| {
        let time = Timestamp::from_second(1_700_000_000 + time).ok();
        Cursor { id: Some(id.into()), time }
    };
    world.say(came(ConnId(1), sign("open")));
    world.say(came(ConnId(1), message("newnewnewnew", 1)));
    world.say(came(ConnId(1), message("oldoldoldold", -60)));
    world.say(came(ConnId(1), message("nownownownow", 0)));
    world.pass(secs(20));
    world.say(came(ConnId(1), message("oldestoldest", -90)));
    let origins: Vec<_> = deliveries(&world)
        .iter()
        .map(|delivery| match &delivery.outcome {
            Outcome::Message(_, origin) => *origin,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        origins,
        [Origin::Live, Origin::Replay, Origin::Replay, Origin::Replay],
        "by their own times"
    );
    assert!(
        deliveries(&world).iter().all(|delivery| delivery.cursor.is_none()),
        "a pause of whatever length proves nothing"
    );
    world.effects.clear();
    world.say(came(ConnId(1), sign("keepalive")));
    let moved = Effect::Deliver(Delivery::of_cursor(cursor("oldestoldest", -90)));
    assert_eq!(world.effects, [moved]);
    world.say(came(ConnId(1), message("livelivelive", 19)));
    assert_eq!(deliveries(&world)[1].cursor, Some(cursor("livelivelive", 19)));

    // One that ends before says nothing of where it was.
    let mut world = World::streaming(of(Ntfy));
    world.say(came(ConnId(1), message("newnewnewnew", 0)));
    world.say(closed(ConnId(1), Cause::Truncated));
    world.pass(secs(60));
    let (cursor, reason) = (Cursor::NONE, Reason::Retry);
    assert!(world.effects.contains(&Effect::Dial { conn: ConnId(2), cursor, reason }));
}

#[test]
fn an_event_that_is_too_large_is_passed_by_the_id_in_its_beginning() {
    let mut world = World::streaming(of(Ntfy));
    world.pass(secs(3));
    let head = event("message", r#"{"id":"bbbbbbbbbbbb","event":"message","message":"xxx"#);
    world.say(came(ConnId(1), event("keepalive", KEEPALIVE)));
    let large = Arrival::TooLarge { event: head, bytes: 5 << 20, limit: 4 << 20 };
    world.say(Input::Arrived(ConnId(1), large));
    assert_eq!(deliveries(&world)[0].cursor, Some(Cursor::of_id("bbbbbbbbbbbb")));

    // Where its time was cut off, it is resumed by the server's time at the opening.
    let mut world = World::streaming(of(Ntfy));
    let open = r#"{"id":"sign","time":1790000000,"event":"open","topic":"t"}"#;
    world.say(came(ConnId(1), event("open", open)));
    world.say(came(ConnId(1), event("keepalive", KEEPALIVE)));
    let head = event("message", r#"{"id":"bbbbbbbbbbbb","event":"message","message":"xxx"#);
    let large = Arrival::TooLarge { event: head, bytes: 5 << 20, limit: 4 << 20 };
    world.say(Input::Arrived(ConnId(1), large));
    let time = Timestamp::from_second(1_790_000_000).ok();
    let id = Some("bbbbbbbbbbbb".into());
    assert_eq!(deliveries(&world)[0].cursor, Some(Cursor { id, time }));
}

#[test]
fn a_reset_is_a_gap_since_it_was_last_heard_and_goes_on_from_its_id() {
    let reset = |id: Option<&str>| RawEvent {
        own_id: id.map(str::to_owned),
        ..event("stream-reset", r#"{"channels":["news"]}"#)
    };
    let mut world = World::streaming(of(DjangoEventstream));
    world.say(came(ConnId(1), reset(Some("news:0"))));
    assert_eq!(world.journal(), [] as [&Entry; 0], "nothing was asked for that could be missing");

    world.message(ConnId(1), Some("news:1"));
    let heard = world.now.wall;
    world.say(closed(ConnId(1), Cause::EndOfStream));
    world.pass(secs(9));
    let conn = world.dialled();
    world.effects.clear();
    world.say(opened(conn));
    world.pass(secs(1));
    world.say(came(conn, reset(Some("news:9"))));
    assert!(world.journal().contains(&&Entry::Gap { since: heard }), "{:?}", world.journal());
    let moved = Effect::Deliver(Delivery::of_cursor(Cursor::of_id("news:9")));
    assert!(world.effects.contains(&moved), "{:?}", world.effects);
    assert_eq!(world.origins(), [], "it is no message");

    world.effects.clear();
    world.say(came(conn, reset(None)));
    let moved = Effect::Deliver(Delivery::of_cursor(Cursor::NONE));
    assert!(world.effects.contains(&moved), "without an id there is nothing to go on from");
}

#[test]
fn a_server_that_is_told_what_to_send_is_told_so_on_each_connection() {
    let greeting = |id: &str| event("PB_CONNECT", &format!(r#"{{"clientId":"{id}"}}"#));
    let mut world = World::streaming(of(PocketBase::default()));
    for name in ["first", "again", "and again"] {
        world.say(came(ConnId(1), greeting(name)));
    }
    let told = world.effects.iter().filter(|it| matches!(it, Effect::Subscribe(..)));
    let first = Effect::Subscribe(ConnId(1), "first".into());
    assert_eq!(told.collect::<Vec<_>>(), [&first], "once, whatever it says then");
    assert_eq!(deliveries(&world), [] as [&Delivery; 0], "it is no message, and no cursor");
    // It closes after 5 minutes without an event, which is its routine.
    world.pass(secs(300));
    world.say(closed(ConnId(1), Cause::EndOfStream));
    assert_eq!(world.journal(), [&Entry::Rotated]);
    world.pass(secs(9));
    let conn = world.dialled();
    world.say(opened(conn));
    world.say(came(conn, greeting("second")));
    assert!(world.effects.contains(&Effect::Subscribe(conn, "second".into())));
    // A refusal of that is the connection's end.
    let refusal =
        Cause::Status { code: 403, detail: None, retry_after_ms: None, streamed_before: false };
    world.say(closed(conn, refusal));
    let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
    assert_eq!(failure.class, Class::Refused);
}

#[test]
fn an_error_on_the_stream_is_why_it_ended_and_its_id_no_cursor() {
    let error = RawEvent {
        own_id: Some("error".into()),
        ..event("stream-error", r#"{"condition":"forbidden","text":"Permission denied"}"#)
    };
    let mut world = World::streaming(of(DjangoEventstream));
    world.say(came(ConnId(1), error));
    assert!(world.effects.contains(&Effect::HangUp(ConnId(1))));
    let Phase::BackingOff { failure, delay, .. } = world.link.phase() else {
        panic!("{:?}", world.link.phase())
    };
    assert_eq!(failure.class, Class::Refused);
    assert!(*delay >= secs(20), "what is refused is not stormed: {delay:?}");
    let sentence = failure.cause.sentence("News");
    assert!(sentence.contains("Permission denied (forbidden)"), "{sentence}");
    assert_eq!(deliveries(&world), [] as [&Delivery; 0]);
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
        world.say(opened(ConnId(2)));
        assert_eq!(gaps(&world), if gap { vec![heard] } else { vec![] }, "{off:?}");

        // The same where the agent did not run in between.
        let heard_before = Some(heard);
        let mut world = World::new(Config { heard_before, ..of(Ntfy) });
        world.now = world.now + off;
        world.say(opened(ConnId(1)));
        assert_eq!(gaps(&world), if gap { vec![heard] } else { vec![] }, "{off:?}");
    }
}

#[test]
fn how_long_messages_are_kept_is_learned_from_them() {
    let heard_before = |hours: u64, kept| {
        let mut world = World::new(Config { kept, ..of(Ntfy) });
        world.say(opened(ConnId(1)));
        let at = world.now.wall.as_second();
        let data = format!(
            r#"{{"id":"aaaaaaaaaaaa","time":{at},"expires":{},"event":"message"}}"#,
            at + 2 * 3600
        );
        if kept.is_none() {
            world.say(came(ConnId(1), event("message", &data)));
        }
        world.say(Input::Pause);
        world.pass(secs(hours * 3600));
        world.effects.clear();
        world.say(Input::Resume);
        world.say(opened(ConnId(2)));
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
    world.say(came(ConnId(1), event("keepalive", KEEPALIVE)));
    let data = r#"{"id":"bbbbbbbbbbbb","event":"message_delete","sequence_id":"job"}"#;
    world.say(came(ConnId(1), event("message_delete", data)));
    let delivered = deliveries(&world)[0];
    assert_eq!(delivered.outcome, Outcome::Changed(Change::Deleted("/job".into())));
    assert_eq!(delivered.cursor, Some(Cursor::of_id("bbbbbbbbbbbb")));
}

#[test]
fn a_new_subscription_has_missed_nothing() {
    let mut world = World::new(Config { streamed_before: false, ..of(HomeAssistant) });
    world.say(opened(ConnId(1)));
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
    world.say(closed(ConnId(1), refusal));
    let Phase::BackingOff { failure, .. } = world.link.phase() else { panic!() };
    let sentence = failure.cause.sentence("https://ntfy.example");
    assert!(sentence.contains("several topics can share one"), "{sentence}");
}

#[test]
fn of_several_channels_each_has_its_place_in_the_cursor() {
    let connect =
        |subs: &str| event("message", &format!(r#"{{"connect":{{"client":"c","subs":{subs}}}}}"#));
    let told = |channel: &str, offset: u64| {
        event(
            "message",
            &format!(r#"{{"channel":"{channel}","pub":{{"data":"x","offset":{offset}}}}}"#),
        )
    };
    let cursors = |world: &World| -> Vec<String> {
        let all = deliveries(world);
        all.iter().filter_map(|it| it.cursor.clone()?.id).collect()
    };
    let mut world = World::streaming(of(Centrifugo::default()));
    let conn = ConnId(1);
    world.say(came(
        conn,
        connect(r#"{"a":{"epoch":"E","recovered":true},"b":{"epoch":"F","offset":4}}"#),
    ));
    world.say(came(conn, told("b", 5)));
    world.say(came(conn, told("a", 1)));
    let both = r#"["1@E/a","5@F/b"]"#;
    assert_eq!(cursors(&world), [r#"["0@E/a","4@F/b"]"#, r#"["0@E/a","5@F/b"]"#, both]);
    let ids: Vec<_> =
        deliveries(&world).iter().map(|it| it.event.own_id.clone().unwrap()).collect();
    assert_eq!(ids[1..], ["5@F/b", "1@E/a"]);
    world.say(committed(Cursor::of_id(both)));
    world.say(closed(conn, Cause::EndOfStream));
    world.pass(secs(60));
    let conn = world.dialled();
    world.say(opened(conn));
    world.effects.clear();
    // Of one all is there. Of the other the server has begun anew: a gap, and it is asked for what it holds.
    let missed = r#"{"a":{"epoch":"E","recovered":true,"offset":1,"publications":[{"data":"x","offset":2}]},
                     "b":{"epoch":"G","offset":3}}"#;
    world.say(came(conn, connect(missed)));
    assert!(matches!(world.journal().as_slice(), [Entry::Gap { .. }]), "{:?}", world.journal());
    assert!(world.effects.contains(&Effect::HangUp(conn)));
    let dial = world.effects.iter().find_map(|effect| match effect {
        Effect::Dial { cursor, reason, .. } => Some((cursor.id.clone(), *reason)),
        _ => None,
    });
    assert_eq!(dial, Some((Some("1@E/a".into()), Reason::Anew)));
    let conn = world.dialled();
    world.say(opened(conn));
    world.effects.clear();
    let held = r#"{"a":{"epoch":"E","recovered":true,"offset":1,"publications":[{"data":"x","offset":2}]},
                   "b":{"epoch":"G","recovered":true,"publications":[{"data":"y","offset":1}]}}"#;
    world.say(came(conn, connect(held)));
    assert_eq!(world.journal(), [] as [&Entry; 0], "it is told once");
    let moved = cursors(&world);
    assert_eq!(moved, [r#"["2@E/a","1@G/b"]"#], "once for all that came together");
    let after_all = deliveries(&world).last().unwrap().cursor.is_some();
    assert!(after_all, "behind what it stands for");
}

#[test]
fn who_wants_to_be_asked_anew_without_end_is_waited_for() {
    let connect = |epoch: &str| {
        event(
            "message",
            &format!(r#"{{"connect":{{"subs":{{"a":{{"epoch":"{epoch}","offset":1}}}}}}}}"#),
        )
    };
    let mut world = World::streaming(of(Centrifugo::default()));
    for _ in 0..1_000 {
        let conn = if world.dials() == 0 { ConnId(1) } else { world.dialled() };
        world.say(opened(conn));
        world.say(came(conn, connect("E")));
        world.say(came(conn, connect("F")));
        if let Phase::BackingOff { failure, .. } = world.link.phase() {
            assert!(matches!(failure.cause, Cause::StreamError { .. }), "{failure:?}");
        }
        world.pass(Duration::from_millis(100));
    }
    // 100 s: ten at once, then no more than one in four seconds.
    assert!(world.dials() <= 35, "{} dials", world.dials());
}

#[test]
fn what_is_too_large_to_come_is_asked_for_once() {
    let mut world = World::streaming(of(Centrifugo::default()));
    let too_large = |conn| {
        let data = r#"{"connect":{"client":"c","subs":{"a":{"publi"#.into();
        let event = RawEvent { kind: "message".into(), data, own_id: None };
        Input::Arrived(conn, Arrival::TooLarge { event, bytes: 9 << 20, limit: 1 << 20 })
    };
    world.say(too_large(ConnId(1)));
    let conn = world.dialled();
    assert_ne!(conn, ConnId(1));
    world.say(opened(conn));
    world.effects.clear();
    world.say(came(
        conn,
        event("message", r#"{"connect":{"client":"c","subs":{"a":{"epoch":"E","offset":7}}}}"#),
    ));
    assert!(matches!(world.journal().as_slice(), [Entry::Gap { .. }]), "{:?}", world.journal());
    assert_eq!(world.dials(), 0);
}
