//! The link in virtual time: a scripted world on one side, the real state machine on the other.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::*;
use crate::{
    backoff::{Clients, Retry},
    failure::{Cause, Class},
    feed::{Json, Nchan},
    history::{Doubt, Entry},
    wire::{Head, Ignored},
};

pub(super) fn opened(conn: ConnId) -> Input {
    Input::Arrived(conn, Arrival::Opened(Head::default()))
}

/// It opens, and its head has this header.
pub(super) fn opened_with(conn: ConnId, name: &str, value: &str) -> Input {
    let head = Head::from_iter([(name.to_owned(), value.to_owned())]);
    Input::Arrived(conn, Arrival::Opened(head))
}

pub(super) fn came(conn: ConnId, event: RawEvent) -> Input {
    Input::Arrived(conn, Arrival::Event { event, id: String::new() })
}

pub(super) fn comment(conn: ConnId, text: String) -> Input {
    Input::Arrived(conn, Arrival::Comment(text))
}

pub(super) fn closed(conn: ConnId, cause: Cause) -> Input {
    Input::Arrived(conn, Arrival::Closed(cause))
}

pub(super) fn committed(cursor: Cursor) -> Input {
    Input::Committed(Committed { cursor, ..Committed::default() })
}

/// A link and a clock that only moves when told to.
pub(super) struct World {
    pub(super) link: Link,
    pub(super) now: Moment,
    pub(super) effects: Vec<Effect>,
}

pub(super) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn config() -> Config {
    Config::plain(Arc::new(Json), Clients::Few)
}

impl World {
    pub(super) fn new(config: Config) -> Self {
        let now =
            Moment { monotonic: secs(1000), wall: Timestamp::from_second(1_700_000_000).unwrap() };
        let mut world = Self { link: Link::new(config, 42), now, effects: Vec::new() };
        world.say(Input::Start);
        world
    }

    pub(super) fn streaming(config: Config) -> Self {
        let mut world = Self::new(config);
        let conn = world.dialled();
        world.say(opened(conn));
        world.effects.clear();
        world
    }

    pub(super) fn say(&mut self, input: Input) {
        self.link.handle(input, self.now, &mut self.effects);
    }

    /// Moves to `span` from now, handing in each deadline on its way at its time.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((at, _)) = self.link.poll_deadline().filter(|(at, _)| *at <= end.monotonic) {
            self.now = self.now + at.saturating_sub(self.now.monotonic);
            self.say(Input::Deadline);
        }
        self.now = end;
    }

    pub(super) fn dialled(&self) -> ConnId {
        self.effects
            .iter()
            .rev()
            .find_map(|effect| match effect {
                Effect::Dial { conn, .. } => Some(*conn),
                _ => None,
            })
            .expect("a dial")
    }

    fn dials(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::Dial { .. })).count()
    }

    pub(super) fn journal(&self) -> Vec<&Entry> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Journal(entry) => Some(entry),
                _ => None,
            })
            .collect()
    }

    fn origins(&self) -> Vec<Origin> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Deliver(Delivery { outcome: Outcome::Message(_, origin), .. }) => {
                    Some(*origin)
                }
                _ => None,
            })
            .collect()
    }

    pub(super) fn heartbeats(&mut self, conn: ConnId, every: Duration, count: u32) {
        for _ in 0..count {
            self.pass(every);
            self.say(Input::Arrived(conn, Arrival::Alive));
            self.say(comment(conn, "ping".into()));
        }
    }

    pub(super) fn message(&mut self, conn: ConnId, own_id: Option<&str>) {
        self.say(Input::Arrived(conn, Arrival::Alive));
        let event = RawEvent {
            kind: "message".into(),
            data: "x".into(),
            own_id: own_id.map(str::to_owned),
        };
        self.say(came(conn, event));
        if let Some(id) = own_id {
            self.say(committed(Cursor::of_id(id)));
        }
    }
}

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
