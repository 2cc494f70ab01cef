//! The alerts in seeded random runs: messages, answers, failures and ends of servers in any order. What
//! must hold: nothing that a living server may still show is sent to it again, no more has a place on the
//! screen than there are, every alert ends as one thing once a server is well, and what is remembered is
//! bounded.
//!
//! `HARK_SOAK_RUNS` sets how many runs; a failure prints its seed, and `HARK_SOAK_SEED` repeats it.

use std::{env, ops::RangeInclusive, panic};

use fastrand::Rng;

use super::{
    world::{Fate, Row, World, secs, vanished},
    *,
};
use crate::{
    Moment,
    silence::{self, Hours, Until},
};

const RUNS: u64 = 20_000;
const STEPS: usize = 120;
const KEYS: [&str; 3] = ["a", "b", "c"];
/// Of each key, its own.
const SEQUENCES: [&str; 2] = ["x", "y"];

/// What the server was asked beside a notification.
#[derive(Clone, Copy, Debug)]
enum Question {
    Connect(Request),
    Who(Request),
    Close(Request),
}

/// What a notification takes on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Urgent,
    Other,
    /// It counts something urgent.
    Stays,
}

/// What the server was sent.
struct Sent {
    request: Request,
    /// The server that Hark had met then.
    server: Option<u32>,
    /// Of which rows.
    ids: Vec<RangeInclusive<i64>>,
    replaces: Option<u32>,
    kind: Kind,
    /// What was told to be gone since.
    gone: Vec<u32>,
}

struct Model {
    world: World,
    rng: Rng,
    /// Which server has the name; none while it is `None`.
    server: Option<u32>,
    servers: u32,
    /// Which one has said last who it is.
    answered: Option<u32>,
    /// Which one was met last.
    met: Option<u32>,
    /// What was sent and not answered.
    sent: Option<Sent>,
    /// What the server shows: the number, since when, and as what.
    screen: Vec<(u32, Moment, Kind)>,
    asked: Option<Question>,
    numbers: u32,
    silences: Silences,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut model = Self {
            world: World::new(),
            rng: Rng::with_seed(seed),
            server: None,
            servers: 0,
            answered: None,
            met: None,
            sent: None,
            screen: Vec::new(),
            asked: None,
            numbers: 0,
            silences: Silences::default(),
        };
        model.take_effects();
        model
    }

    fn say(&mut self, input: Input<String>) {
        self.world.say(input);
        self.take_effects();
    }

    /// Takes what is to be done, and holds it to the promises.
    fn take_effects(&mut self) {
        while let Some(effect) = self.world.effects.pop_front() {
            match effect {
                Effect::Connect(request) => self.asked = Some(Question::Connect(request)),
                Effect::Ask(request) => self.asked = Some(Question::Who(request)),
                Effect::Close(request, number) => {
                    self.asked = Some(Question::Close(request));
                    self.screen.retain(|(known, ..)| *known != number);
                }
                Effect::Show { request, notification, replaces } => {
                    let ids = ids(&notification);
                    self.check_sent(&ids);
                    self.check_silence(&ids);
                    let is_one = !notification.contains(" to ");
                    let row = &self.world.rows[*ids[0].start() as usize];
                    let kind = match notification.contains('|') {
                        true if notification.contains("urgent") => Kind::Stays,
                        false if is_one && row.urgent => Kind::Urgent,
                        _ => Kind::Other,
                    };
                    let server = self.met;
                    self.sent =
                        Some(Sent { request, server, ids, replaces, kind, gone: Vec::new() });
                }
                Effect::Available if self.met != self.answered => {
                    // What it was sent before it was known to be another one is forgotten.
                    self.screen.clear();
                    self.met = self.answered;
                }
                Effect::Open(_)
                | Effect::Act { .. }
                | Effect::Reply { .. }
                | Effect::Available
                | Effect::Unavailable(_)
                | Effect::Nobody(_)
                | Effect::Dismissed { .. } => {}
                Effect::Look(_)
                | Effect::Mark { .. }
                | Effect::Expire(_)
                | Effect::Hold { .. }
                | Effect::Release { .. }
                | Effect::Forget(_) => {
                    panic!("the store has answered these")
                }
            }
        }
        let alerts = &self.world.alerts;
        assert!(alerts.waiting.len() <= KEYS.len() + 512 && alerts.screen.len() <= 256);
        if let Some((at, deadline)) = alerts.poll_deadline() {
            assert!(at <= self.world.now.monotonic + RECHECK, "{deadline:?} comes soon");
        }
    }

    fn check_sent(&self, parts: &[RangeInclusive<i64>]) {
        let Some(Sent { ids: before, .. }) = &self.sent else { return };
        // A range also holds ids of other subscriptions.
        let key = |ids: &RangeInclusive<i64>| self.world.rows[*ids.start() as usize].key;
        for (before, ids) in before.iter().flat_map(|one| parts.iter().map(move |two| (one, two))) {
            if key(before) != key(ids) {
                continue;
            }
            for id in before.clone().filter(|id| ids.contains(id)) {
                let row = &self.world.rows[id as usize];
                let waits = row.key == key(ids) && row.fate == Fate::Pending;
                assert!(!waits || self.world.unmarked.contains(&id), "{id} may still be shown");
            }
        }
    }

    /// Nothing is sent of what a silence holds back.
    fn check_silence(&self, parts: &[RangeInclusive<i64>]) {
        for ids in parts {
            let of_part = &self.world.rows[*ids.start() as usize];
            let Some(silence) = self.silences.of(of_part.key, self.world.now.wall) else {
                continue;
            };
            for id in ids.clone() {
                let row = &self.world.rows[id as usize];
                let is_of_it = row.key == of_part.key && row.fate == Fate::Pending;
                let passes = silence.passes.is_some() && row.urgent;
                assert!(
                    !is_of_it || passes || self.world.unmarked.contains(&id),
                    "{id}: {silence:?}"
                );
            }
        }
    }

    /// The person or the desktop says something else of silence.
    fn silence(&mut self) {
        let until = self.world.now.wall + Duration::from_secs(self.rng.u64(1..3_000));
        let key = (*self.rng.choice(KEYS).unwrap()).to_owned();
        let silences = &mut self.silences;
        match self.rng.u8(0..9) {
            7 | 8 => silences.quiet_hours = vec![always(self.rng.bool())],
            0 => drop(silences.snoozes.insert(key, Until::At(until))),
            1 => drop(silences.snoozes.insert(silence::ALL.to_owned(), Until::At(until))),
            2 => silences.do_not_disturb = Some(true),
            3 => drop(silences.muted.insert(key)),
            4 => silences.locked = Some(self.rng.bool()),
            _ => *silences = Silences::default(),
        }
        self.say(Input::Silences(self.silences.clone()));
    }

    /// The server shows what it was sent, in the place of what that replaces.
    fn put(&mut self, number: u32, replaces: Option<u32>, kind: Kind) {
        self.screen.retain(|(known, ..)| *known != number && Some(*known) != replaces);
        let now = self.world.now;
        self.screen.push((number, now, kind));
        let urgent = self.screen.iter().filter(|(.., kind)| *kind == Kind::Urgent).count();
        assert!(urgent <= URGENT_PLACES, "{:?}", self.screen);
        let in_view = |(_, at, kind): &&(u32, Moment, Kind)| {
            let is_in_view = now.monotonic < at.monotonic + IN_VIEW;
            *kind == Kind::Stays || *kind == Kind::Other && is_in_view
        };
        let others = self.screen.iter().filter(in_view).count();
        assert!(others <= PLACES, "{:?}", self.screen);
    }

    fn publish(&mut self) {
        let key = self.rng.choice(KEYS).unwrap();
        for _ in 0..self.rng.u8(1..9) {
            let sequence = self.rng.choice(SEQUENCES).filter(|_| self.rng.bool());
            let url = Some("https://a.example/").filter(|_| self.rng.bool());
            let urgent = self.rng.u8(0..4) == 0;
            let received = self.world.now.wall;
            self.world.rows.push(Row { key, urgent, sequence, url, received, fate: Fate::Pending });
        }
        let due = *self
            .rng
            .choice(&[
                Due::Live,
                Due::From(self.world.rows.len() as i64 - 2),
                Due::Urgent,
                Due::Replay,
                Due::Away,
            ])
            .unwrap();
        self.say(Input::Due(key.into(), due));
    }

    fn withdraw(&mut self) {
        let (key, sequence) = (self.rng.choice(KEYS).unwrap(), self.rng.choice(SEQUENCES).unwrap());
        for row in &mut self.world.rows {
            if row.key == key && row.sequence == Some(sequence) && row.fate == Fate::Pending {
                row.fate = Fate::Withdrawn;
            }
        }
        let (subscription, sequence) = (key.into(), sequence.into());
        self.say(Input::Withdrawn(Series { subscription, sequence }));
    }

    /// The server answers what it was sent last.
    fn answer_sent(&mut self, answer: Result<(), Failure>) {
        let Some(Sent { request, server, replaces, kind, gone, .. }) = self.sent.take() else {
            return;
        };
        self.numbers += 1;
        let number = self.rng.u32(1..=self.numbers);
        // What an earlier server shows is on no screen any more.
        if answer.is_ok() && server == self.server && self.world.alerts.awaits(request) {
            self.put(number, replaces, kind);
            self.screen.retain(|(known, ..)| !gone.contains(known) || *known != number);
        }
        self.say(Input::Shown(request, answer.map(|()| number)));
    }

    /// The server, or the bus, answers what it was asked beside that.
    fn answer_asked(&mut self) {
        match self.asked.take() {
            None => {}
            Some(Question::Connect(request)) => self.say(Input::Connected(request, true)),
            Some(Question::Close(request)) => self.say(Input::Closed(request)),
            Some(Question::Who(request)) => {
                let absent = || Failure::Absent("None.".into());
                let answer = self.server.map(|server| server.to_string()).ok_or_else(absent);
                self.answered = self.server.or(self.answered);
                self.say(Input::Met(request, answer));
            }
        }
    }

    fn start_server(&mut self) {
        self.servers += 1;
        self.screen.clear();
        self.server = Some(self.servers);
        self.say(Input::Owner(true));
    }

    /// The server ends: the bus says so before or after it answers for it.
    fn end_server(&mut self) {
        if self.server.take().is_none() {
            return;
        }
        self.screen.clear();
        let is_told_first = self.rng.bool();
        if is_told_first {
            self.say(Input::Owner(false));
        }
        self.answer_sent(Err(vanished()));
        if let Some(Question::Who(request)) = self.asked {
            self.asked = None;
            self.say(Input::Met(request, Err(vanished())));
        }
        if !is_told_first {
            self.say(Input::Owner(false));
        }
    }

    fn step(&mut self) {
        match self.rng.u8(0..26) {
            0..=4 => self.publish(),
            5 | 6 => self.withdraw(),
            7..=12 if self.server.is_some() => self.answer_sent(Ok(())),
            13 if self.server.is_some() => {
                self.answer_sent(Err(Failure::Refused("No.".into())));
            }
            7..=17 => self.answer_asked(),
            18 => self.end_server(),
            19 => self.start_server(),
            24 => self.silence(),
            20 => self.world.is_writable = !self.world.is_writable,
            21 => {
                let number = self.rng.u32(0..=self.numbers);
                let input = if self.rng.bool() {
                    let is_unknown = self.screen.iter().all(|(known, ..)| *known != number);
                    let sent = self.sent.as_mut().filter(|_| is_unknown);
                    sent.into_iter().for_each(|sent| sent.gone.push(number));
                    self.screen.retain(|(known, ..)| *known != number);
                    Input::Left(number, self.rng.bool())
                } else {
                    Input::Clicked(number)
                };
                self.say(input);
            }
            22 if self.rng.u8(0..4) == 0 => {
                (self.sent, self.asked) = (None, None);
                self.screen.clear();
                self.say(Input::Disconnected);
            }
            _ => {
                let span = Duration::from_millis(self.rng.u64(0..20_000));
                self.pass(span);
            }
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.world.now + span;
        for turn in 0.. {
            let due = self.world.alerts.poll_deadline();
            let Some((at, _)) = due.filter(|(at, _)| *at <= end.monotonic) else { break };
            self.world.now = self.world.now + at.saturating_sub(self.world.now.monotonic);
            self.say(Input::Deadline);
            assert!(turn < 1_000, "no storm of deadlines");
        }
        self.world.now = end;
    }

    /// Where a server is well and the store can be written, every alert comes to its end.
    fn all_is_well(&mut self) {
        self.world.is_writable = true;
        self.silences = Silences::default();
        self.say(Input::Silences(Silences::default()));
        self.start_server();
        for key in KEYS {
            self.say(Input::Due(key.into(), Due::Replay));
        }
        for turn in 0.. {
            assert!(turn < 10_000, "it goes on for ever");
            match (&self.asked, &self.sent, self.world.alerts.poll_deadline()) {
                (Some(_), ..) => self.answer_asked(),
                (None, Some(_), _) => self.answer_sent(Ok(())),
                (None, None, Some((at, _))) => {
                    self.pass(at.saturating_sub(self.world.now.monotonic));
                }
                (None, None, None) => break,
            }
        }
        let waits = |row: &&Row| matches!(row.fate, Fate::Pending | Fate::Held);
        let waiting = self.world.rows.iter().filter(waits).count();
        assert_eq!(waiting, 0, "{:?}", self.world.alerts);
        self.pass(secs(3600));
        assert!(self.sent.is_none() && self.asked.is_none(), "nothing is sent without need");
    }
}

/// The rows that a notification is about. See [`World`].
fn ids(notification: &str) -> Vec<RangeInclusive<i64>> {
    let parts = notification.split('|').skip(usize::from(notification.contains('|')));
    let range = |part: &str| {
        let part = part.trim_end_matches(" urgent");
        let (first, last) = part.split_once(" to ").unwrap_or((part, part));
        first.parse().unwrap()..=last.parse().unwrap()
    };
    parts.map(range).collect()
}

fn run(seed: u64) {
    let mut model = Model::new(seed);
    for _ in 0..STEPS {
        model.step();
    }
    model.all_is_well();
}

#[test]
fn every_alert_comes_to_one_end_whatever_the_servers_do() {
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

/// Quiet hours that are always, which the urgent passes, or nothing.
fn always(passes: bool) -> Hours {
    let passes = if passes { "5" } else { "\"none\"" };
    let text = format!(r#"{{ "from": "00:00", "to": "24:00", "passes": {passes} }}"#);
    serde_json::from_str(&text).unwrap()
}
