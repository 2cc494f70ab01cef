//! The link against a reference model, in seeded random runs: inputs, faults and clock jumps in any
//! order. The model knows only what the driver was told to do, and checks what must always hold.
//!
//! `HARK_SOAK_RUNS` sets how many runs; a failure prints its seed, and `HARK_SOAK_SEED` repeats it.

use std::{collections::BTreeMap, env, panic};

use fastrand::Rng;

use super::*;
use crate::{
    backoff::{RETRY_AFTER_MAX, Retry, SPREAD_MAX},
    failure::Class,
    feed::{Decoded, Nchan, Recogniser},
    wire::Ignored,
};

const RUNS: u64 = 100_000;
const STEPS: usize = 60;

/// A feed that leaves out what is published while a connection is made.
#[derive(Debug)]
struct LeavesOut;

impl Feed for LeavesOut {
    fn name(&self) -> &str {
        "json"
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        Json.decode(event)
    }

    fn backfill_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }
}

/// What the model knows of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conn {
    Dialled,
    Open,
}

struct Model {
    link: Link,
    law: Law,
    swap: bool,
    rng: Rng,
    now: Moment,
    /// Connections that stand or are being made.
    live: BTreeMap<ConnId, Conn>,
    gone: Vec<ConnId>,
    /// The last connection on which something was asked for once more.
    backfill: Option<ConnId>,
    committed: Cursor,
    /// Cursors of deliveries that are not committed yet, in order.
    uncommitted: Vec<Option<Cursor>>,
    events: u64,
    dials: u64,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let now = Moment {
            monotonic: Duration::from_secs(rng.u64(0..1_000_000)),
            wall: Timestamp::from_second(rng.i64(0..2_000_000_000)).unwrap(),
        };
        let law = Law {
            retry: if rng.u8(..) < 40 {
                Retry::Fixed(Duration::from_secs(5))
            } else {
                Retry::Backoff
            },
            clients: if rng.bool() { Clients::Few } else { Clients::Many },
            spread: rng.bool().then(|| Duration::from_millis(rng.u64(0..5000))),
        };
        let committed = if rng.bool() { Cursor::of_id("0") } else { Cursor::NONE };
        let swap = rng.u8(0..4) > 0;
        let is_unknown = rng.u8(0..4) == 0;
        let feed: Arc<dyn Feed> = match rng.u8(0..3) {
            _ if is_unknown => Arc::new(Json),
            0 => Arc::new(Json),
            1 => Arc::new(LeavesOut),
            _ => Arc::new(Nchan),
        };
        let at = "https://a.example/x".parse().unwrap();
        let config = Config {
            feed,
            recogniser: is_unknown.then(|| Recogniser::new(&at)),
            law,
            expect: match rng.u8(0..4) {
                0 => Expect::Timeout(Duration::from_millis(rng.u64(1..60_000))),
                1 => Expect::Cadence(Duration::from_millis(rng.u64(1..60_000))),
                _ => Expect::Learn,
            },
            swap,
            cursor: committed.clone(),
            streamed_before: rng.bool(),
            begun: None,
            has_ids: None,
            heard_before: None,
            last_message: None,
            kept: None,
            paused: rng.u8(0..8) == 0,
        };
        let link = Link::new(config, seed);
        let (live, gone, uncommitted) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self {
            link,
            law,
            swap,
            rng,
            now,
            live,
            gone,
            backfill: None,
            committed,
            uncommitted,
            events: 0,
            dials: 0,
        }
    }

    fn say(&mut self, input: Input) {
        match &input {
            Input::Arrived(conn, Arrival::Closed(_)) if self.live.remove(conn).is_some() => {
                self.gone.push(*conn);
            }
            Input::Arrived(conn, Arrival::Opened(_)) => {
                if let Some(state) = self.live.get_mut(conn) {
                    *state = Conn::Open;
                }
            }
            _ => {}
        }
        let mut effects = Vec::new();
        self.link.handle(input, self.now, &mut effects);
        for effect in effects {
            match effect {
                Effect::Dial { conn, cursor, reason } => {
                    let anew = reason == Reason::Anew && cursor.is_none();
                    assert!(anew || cursor == self.committed, "it resumes from what was committed");
                    assert!(!self.gone.contains(&conn), "a connection's number is used once");
                    assert!(self.live.insert(conn, Conn::Dialled).is_none());
                    self.dials += 1;
                }
                Effect::Backfill { conn, .. } => {
                    assert!(!self.gone.contains(&conn), "a connection's number is used once");
                    assert!(self.live.insert(conn, Conn::Dialled).is_none());
                    assert!(self.backfill.replace(conn).is_none_or(|it| self.gone.contains(&it)));
                }
                Effect::HangUp(conn) => {
                    assert!(self.live.remove(&conn).is_some(), "{conn:?} stood");
                    self.gone.push(conn);
                }
                Effect::Deliver(delivery) => self.uncommitted.push(delivery.cursor),
                Effect::CaughtUp
                | Effect::BacklogOver
                | Effect::Journal(_)
                | Effect::Recognised(_)
                | Effect::Subscribe(..)
                | Effect::PhaseChanged => {}
            }
        }
        self.check();
    }

    /// The driver commits what it has, or what a crash of the store leaves of it.
    fn commit(&mut self) {
        if self.uncommitted.is_empty() {
            return;
        }
        for cursor in self.uncommitted.drain(..).flatten() {
            self.committed = cursor;
        }
        let cursor = self.committed.clone();
        let renumbered = self.rng.u8(0..20) == 0;
        let repeated = self.rng.bool();
        self.say(Input::Committed(Committed { cursor, renumbered, repeated }));
    }

    /// What must hold after every input.
    fn check(&self) {
        assert_eq!(*self.link.cursor(), self.committed);
        let beside = self.backfill.filter(|conn| self.live.contains_key(conn));
        assert!(self.live.len() <= 2 + usize::from(beside.is_some()), "{:?}", self.live);
        match self.link.phase() {
            Phase::Idle | Phase::Paused | Phase::Halted { .. } => {
                assert!(self.live.is_empty(), "{:?} holds no connection", self.link.phase());
            }
            Phase::BackingOff { until, failure, .. } => {
                assert!(self.live.is_empty(), "backing off holds no connection");
                assert_ne!(failure.cause, Cause::NoContent);
                let delay = until.since(self.now);
                assert!(delay <= self.longest(failure), "{delay:?} after {failure:?}");
            }
            Phase::Dialing { conn, .. } => {
                assert_eq!(self.live.len(), 1);
                assert_eq!(self.live.get(conn), Some(&Conn::Dialled));
            }
            Phase::Streaming(stream) => {
                assert_eq!(self.live.get(&stream.conn), Some(&Conn::Open));
            }
        }
        if let Some((at, deadline)) = self.link.poll_deadline() {
            let latest = self.now.monotonic + RETRY_AFTER_MAX * 2;
            assert!(at <= latest, "{deadline:?} comes within two days");
        }
    }

    /// The longest delay that the law allows after a failure.
    fn longest(&self, failure: &Failure) -> Duration {
        if let Retry::Fixed(interval) = self.law.retry {
            let asked = failure.cause.retry_after().unwrap_or_default();
            return interval.max(asked.min(RETRY_AFTER_MAX));
        }
        if let Some(wait) = failure.cause.retry_after() {
            return wait.min(RETRY_AFTER_MAX) + SPREAD_MAX.max(wait / 2);
        }
        match failure.class {
            Class::Refused | Class::Protocol => Duration::from_secs(15 * 60).mul_f64(1.2),
            Class::Routine => Duration::from_secs(1),
            Class::Local | Class::Network | Class::Server => SPREAD_MAX * 2,
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        for turn in 0.. {
            let Some((at, _)) = self.link.poll_deadline().filter(|(at, _)| *at <= end.monotonic)
            else {
                break;
            };
            self.now = self.now + at.saturating_sub(self.now.monotonic);
            self.say(Input::Deadline);
            self.commit();
            let due = self.link.poll_deadline().is_some_and(|(at, _)| at <= self.now.monotonic);
            assert!(!due, "a deadline that was handed in is over");
            assert!(turn < 100_000, "no storm of deadlines");
        }
        self.now = end;
    }

    fn any_conn(&mut self) -> Option<ConnId> {
        let all: Vec<_> = self.live.keys().copied().collect();
        if self.rng.u8(0..20) == 0 && !self.gone.is_empty() {
            return self.rng.choice(&self.gone).copied();
        }
        self.rng.choice(all)
    }

    fn cause(&mut self) -> Cause {
        let code = *self.rng.choice(&[400, 401, 404, 429, 500, 503]).unwrap();
        let retry_after_ms = self.rng.bool().then(|| self.rng.u64(0..10_000_000_000));
        let causes = [
            Cause::NoRoute,
            Cause::ConnectionRefused,
            Cause::NameNotResolved,
            Cause::EndOfStream,
            Cause::Truncated,
            Cause::NoContent,
            Cause::ContentType { found: "text/html".into() },
            Cause::NotStored { detail: "full".into() },
            Cause::Status { code, detail: None, retry_after_ms, streamed_before: false },
        ];
        self.rng.choice(causes).unwrap()
    }

    fn event(&mut self) -> RawEvent {
        self.events += 1;
        let own_id = match self.rng.u8(0..8) {
            0 => None,
            1 => Some(String::new()),
            2 => Some(format!("{}\u{1}", self.events)),
            _ => Some(self.events.to_string()),
        };
        let data =
            if self.rng.u8(0..6) == 0 { "ping".to_owned() } else { format!("m{}", self.events) };
        RawEvent { kind: "message".into(), data, own_id }
    }

    fn step(&mut self) {
        let Some(conn) = self.any_conn() else { return self.step_without_connection() };
        let choice = self.rng.u8(0..16);
        // Nothing is read from a connection before its head.
        let choice = if self.live.get(&conn) == Some(&Conn::Dialled) && (3..=10).contains(&choice) {
            0
        } else {
            choice
        };
        match choice {
            0..=2 => self.say(opened(conn)),
            3..=5 => {
                self.say(Input::Arrived(conn, Arrival::Alive));
                let event = self.event();
                self.say(came(conn, event));
            }
            6 | 7 => {
                self.say(Input::Arrived(conn, Arrival::Alive));
                self.say(comment(conn, "ping".into()));
            }
            8 => {
                let own_id = self.event().own_id;
                let ignored = match own_id {
                    Some(id) if self.rng.bool() => Ignored::IdAlone(id),
                    own_id => Ignored::Unfinished { kind: None, own_id },
                };
                self.say(Input::Arrived(conn, Arrival::Ignored(ignored)));
            }
            9 => {
                let event = self.event();
                let large = Arrival::TooLarge { event, bytes: 9, limit: 8 };
                self.say(Input::Arrived(conn, large));
            }
            10 => {
                let hint = Duration::from_millis(self.rng.u64(..));
                self.say(Input::Arrived(conn, Arrival::Retry(hint)));
            }
            11 | 12 => {
                let cause = self.cause();
                self.say(closed(conn, cause));
            }
            _ => self.step_without_connection(),
        }
    }

    fn step_without_connection(&mut self) {
        match self.rng.u8(0..10) {
            0 => {
                let hints = [Hint::Woke, Hint::Route, Hint::Credential];
                let hint = *self.rng.choice(&hints).unwrap();
                self.say(Input::Hint(hint));
            }
            1 => self.say(Input::Pause),
            2 | 3 => self.say(Input::Resume),
            4 => self.now.wall = Timestamp::from_second(self.rng.i64(0..4_000_000_000)).unwrap(),
            5 => {
                let span = Duration::from_secs(self.rng.u64(0..4_000));
                self.pass(span);
            }
            _ => {
                let span = Duration::from_millis(self.rng.u64(0..40_000));
                self.pass(span);
            }
        }
    }

    /// Whatever has happened, the link dials again: by itself, or when the person or a hint asks.
    fn comes_back(&mut self) {
        self.commit();
        let before = self.dials;
        match self.link.phase() {
            Phase::Paused | Phase::Halted { .. } => self.say(Input::Resume),
            Phase::Dialing { .. } => return,
            // One plain connection without a heartbeat may stand for good: that is what was asked.
            Phase::Streaming(_) if !self.swap => self.say(Input::Hint(Hint::Route)),
            _ => {}
        }
        let end = self.now + RETRY_AFTER_MAX * 2;
        while self.dials == before {
            let due = self.link.poll_deadline().filter(|(at, _)| *at <= end.monotonic);
            let Some((at, _)) = due else { panic!("stuck in {:?}", self.link.phase()) };
            self.pass(at.saturating_sub(self.now.monotonic));
        }
    }
}

fn run(seed: u64) {
    let mut model = Model::new(seed);
    model.say(Input::Start);
    for _ in 0..STEPS {
        model.step();
        if model.rng.u8(0..4) > 0 {
            model.commit();
        }
    }
    model.comes_back();
}

#[test]
fn whatever_happens_the_link_keeps_its_promises() {
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("HARK_SOAK_SEED") {
        return run(seed);
    }
    for seed in 0..number("HARK_SOAK_RUNS").unwrap_or(RUNS) {
        if panic::catch_unwind(|| run(seed)).is_err() {
            panic!("seed {seed}; repeat it with HARK_SOAK_SEED={seed}");
        }
    }
}
