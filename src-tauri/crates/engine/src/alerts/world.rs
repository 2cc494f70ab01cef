//! What the tests of the alerts drive: the real state machine with a store of a few rows, in virtual time.

use std::{collections::VecDeque, ops::RangeInclusive};

use jiff::Timestamp;

use super::*;
use crate::Moment;

/// What became of a row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pending,
    Held,
    Quiet,
    Shown,
    Digest,
    Folded,
    Refused,
    Withdrawn,
    Old,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) key: &'static str,
    pub(super) urgent: bool,
    pub(super) sequence: Option<&'static str>,
    pub(super) url: Option<&'static str>,
    pub(super) received: Timestamp,
    pub(super) fate: Fate,
}

/// The alerts with a store, and a clock that only moves when told to. A row's id is its place in the
/// store, and its notification is that id as text; that of a digest has the first and the last, and that
/// which counts what found no place says how many, and after a `|` each of its parts.
pub(super) struct World {
    pub(super) alerts: Alerts<String>,
    pub(super) now: Moment,
    pub(super) rows: Vec<Row>,
    pub(super) is_writable: bool,
    /// Ids that could not be marked, so that they may be sent once more.
    pub(super) unmarked: Vec<i64>,
    /// How long those of the highest priority stay.
    pub(super) stays: Option<Duration>,
    /// What the store knows to be on the screen.
    pub(super) showing: Vec<Showing>,
    /// What the store has not answered, in order.
    pub(super) effects: VecDeque<Effect<String>>,
}

pub(super) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn vanished() -> Failure {
    Failure::Vanished("It ended.".into())
}

pub(super) fn refused() -> Failure {
    Failure::Refused("No.".into())
}

impl World {
    pub(super) fn new() -> Self {
        let now = Moment { monotonic: secs(1000), wall: Timestamp::UNIX_EPOCH };
        let mut world = Self {
            alerts: Alerts::default(),
            now,
            rows: Vec::new(),
            is_writable: true,
            unmarked: Vec::new(),
            stays: None,
            showing: Vec::new(),
            effects: VecDeque::new(),
        };
        world.say(Input::Start);
        world
    }

    /// With a server that has been met and nothing to do.
    pub(super) fn ready() -> Self {
        let mut world = Self::new();
        world.connect();
        world.meet("first");
        assert_eq!(world.alerts.poll_deadline(), None);
        world
    }

    pub(super) fn say(&mut self, input: Input<String>) {
        let mut effects = Vec::new();
        self.alerts.handle(input, self.now, &mut effects);
        for effect in effects {
            match effect {
                Effect::Look(look) => {
                    let content = self.look(look);
                    self.say(Input::Content(content));
                }
                Effect::Expire(before) => {
                    let waits = |row: &&mut Row| row.fate == Fate::Pending && row.received < before;
                    self.rows.iter_mut().filter(waits).for_each(|row| row.fate = Fate::Old);
                }
                Effect::Mark { parts, outcome, showing } => {
                    for Part { subscription, first, last } in parts {
                        match self.is_writable {
                            true => self.mark(&subscription, first..=last, &outcome),
                            false => self.unmarked.extend(first..=last),
                        }
                    }
                    if self.is_writable
                        && let Some(showing) = showing
                    {
                        self.showing.retain(|it| it.number != showing.number);
                        self.showing.push(showing);
                    }
                    self.say(Input::Marked(self.is_writable));
                }
                Effect::Hold { subscription, .. } if !self.is_writable => {
                    self.say(Input::NotHeld(subscription));
                }
                Effect::Hold { subscription, passes, for_good, .. } => {
                    let below = |row: &Row| passes.is_none() || !row.urgent;
                    let fate = if for_good { Fate::Quiet } else { Fate::Held };
                    let rows = self.rows.iter_mut().filter(|row| row.key == subscription);
                    rows.filter(|row| matches!(row.fate, Fate::Pending | Fate::Held) && below(row))
                        .filter(|row| for_good || row.fate == Fate::Pending)
                        .for_each(|row| row.fate = fate);
                }
                Effect::Release { subscription, .. } if !self.is_writable => {
                    self.say(Input::NotHeld(subscription));
                }
                Effect::Release { subscription, from } => {
                    let now = self.now.wall;
                    for row in self.rows.iter_mut().filter(|row| row.key == subscription) {
                        if row.fate == Fate::Held && (from.is_none() || row.urgent) {
                            (row.fate, row.received) = (Fate::Pending, now);
                        }
                    }
                }
                Effect::Forget(number) => self.showing.retain(|it| it.number != number),
                effect => self.effects.push_back(effect),
            }
        }
    }

    fn pending<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (i64, &'a Row)> {
        let rows = (0..).zip(&self.rows);
        rows.filter(move |(_, row)| row.key == key && row.fate == Fate::Pending)
    }

    fn look(&mut self, look: Look) -> Content<String> {
        let part = |row: &Row, first: i64, last: i64| Part {
            subscription: row.key.to_owned(),
            first,
            last,
        };
        let alert = |(id, row): (i64, &Row)| Alert {
            parts: vec![part(row, id, id)],
            notification: id.to_string(),
            count: 1,
            urgent: row.urgent,
            priority: Priority::clamped(if row.urgent { 5 } else { 3 }),
            stays: self.stays.filter(|_| row.urgent),
            url: row.url.map(str::to_owned),
            sequence: row.sequence.map(str::to_owned),
        };
        let of_all = |parts: Vec<Part>, notification: String, count: usize| Alert {
            parts,
            notification,
            count: count as u32,
            urgent: false,
            priority: Priority::NORMAL,
            stays: None,
            url: None,
            sequence: None,
        };
        match look {
            Look::Showing(server) => {
                self.showing.retain(|it| it.server == server);
                Content::Showing(self.showing.clone())
            }
            Look::Subscriptions => {
                let mut keys: Vec<_> = self.rows.iter().map(|row| row.key).collect();
                keys.sort_unstable();
                keys.dedup();
                let of = |fate: Fate| {
                    let has = |key: &&str| {
                        self.rows.iter().any(|row| row.key == *key && row.fate == fate)
                    };
                    keys.iter().copied().filter(has).map(str::to_owned).collect()
                };
                Content::Subscriptions { pending: of(Fate::Pending), held: of(Fate::Held) }
            }
            Look::Count(key) => Content::Count(self.pending(&key).count() as u32),
            Look::Oldest(key, from) => {
                Content::Alert(self.pending(&key).find(|(id, _)| *id >= from).map(alert))
            }
            Look::Urgent(key, latest) => {
                let urgent: Vec<_> = self.pending(&key).filter(|(_, row)| row.urgent).collect();
                let first = urgent.len().saturating_sub(latest as usize);
                Content::Alert(urgent.get(first).copied().map(alert))
            }
            Look::Sequences(key, mut sequences) => {
                let waits = |it: &String| {
                    self.pending(&key).any(|(_, row)| row.sequence == Some(it.as_str()))
                };
                sequences.retain(waits);
                Content::Sequences(sequences)
            }
            Look::Digest(key, _) => {
                let all: Vec<_> = self.pending(&key).collect();
                let ends = all.first().zip(all.last());
                Content::Alert(ends.map(|((first, row), (last, _))| {
                    of_all(vec![part(row, *first, *last)], format!("{first} to {last}"), all.len())
                }))
            }
            Look::Folded(keys, mut folded) => {
                let mut parts = Vec::new();
                for key in &keys {
                    let all: Vec<_> = self.pending(key).collect();
                    let Some(((first, row), (last, _))) = all.first().zip(all.last()) else {
                        continue;
                    };
                    let urgent = all.iter().filter(|(_, row)| row.urgent).count() as u32;
                    let latest: Vec<i64> = all.iter().rev().take(3).map(|(id, _)| *id).collect();
                    let part = part(row, *first, *last);
                    folded.add(part.clone(), all.len() as u32, urgent, &latest);
                    parts.push(part);
                }
                let of = |part: &Part| format!("{} to {}", part.first, part.last);
                let ranges: Vec<String> = parts.iter().map(of).collect();
                let urgent = if folded.urgent > 0 { " urgent" } else { "" };
                let meanwhile = if folded.missed { "missed" } else { "more" };
                let said = format!("{} {meanwhile}|{}{urgent}", folded.count(), ranges.join("|"));
                let is_any = !parts.is_empty();
                Content::Folded(is_any.then(|| (of_all(parts, said, 0), folded)))
            }
        }
    }

    fn mark(&mut self, key: &str, ids: RangeInclusive<i64>, outcome: &Outcome) {
        for (id, row) in (0..).zip(&mut self.rows) {
            if row.key == key && row.fate == Fate::Pending && ids.contains(&id) {
                row.fate = match outcome {
                    Outcome::Shown => Fate::Shown,
                    Outcome::Digest => Fate::Digest,
                    Outcome::Folded => Fate::Folded,
                    Outcome::Refused(_) => Fate::Refused,
                };
            }
        }
    }

    /// Keeps an alert of `news` in the outbox, without a word.
    pub(super) fn store(&mut self) -> &mut Row {
        let (urgent, sequence, url) = (false, None, None);
        let received = self.now.wall;
        self.rows.push(Row { key: "news", urgent, sequence, url, received, fate: Fate::Pending });
        self.rows.last_mut().unwrap()
    }

    pub(super) fn due(&mut self, due: Due) {
        self.say(Input::Due("news".into(), due));
    }

    pub(super) fn series(&mut self, sequence: &'static str) {
        self.store().sequence = Some(sequence);
        self.due(Due::Live);
    }

    /// The message of this sequence was read elsewhere.
    pub(super) fn withdraw(&mut self, sequence: &'static str) {
        for row in &mut self.rows {
            if row.sequence == Some(sequence) && row.fate == Fate::Pending {
                row.fate = Fate::Withdrawn;
            }
        }
        let (subscription, sequence) = ("news".into(), sequence.into());
        self.say(Input::Withdrawn(Series { subscription, sequence }));
    }

    /// Moves to `span` from now, handing in each deadline on its way at its time.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((at, _)) = self.alerts.poll_deadline().filter(|(at, _)| *at <= end.monotonic)
        {
            self.now = self.now + at.saturating_sub(self.now.monotonic);
            self.say(Input::Deadline);
        }
        self.now = end;
    }

    pub(super) fn connect(&mut self) {
        let Some(Effect::Connect(request)) = self.effects.pop_front() else { panic!("no connect") };
        self.say(Input::Connected(request, true));
        assert_eq!(self.effects.pop_front(), Some(Effect::Nobody(false)));
    }

    pub(super) fn asked(&mut self) -> Request {
        match self.effects.pop_front() {
            Some(Effect::Ask(request)) => request,
            other => panic!("it asks nobody: {other:?}"),
        }
    }

    /// The server of this name answers who it is.
    pub(super) fn meet(&mut self, owner: &str) {
        let request = self.asked();
        self.say(Input::Met(request, Ok(owner.into())));
        assert_eq!(self.effects.pop_front(), Some(Effect::Available));
    }

    /// What is sent, and in the place of which number.
    pub(super) fn sent(&mut self) -> (Request, String, Option<u32>) {
        match self.effects.pop_front() {
            Some(Effect::Show { request, notification, replaces }) => {
                let said = notification.split('|').next().unwrap().to_owned();
                (request, said, replaces)
            }
            other => panic!("nothing is sent: {other:?}"),
        }
    }

    /// The next that is sent is this one, and is answered.
    pub(super) fn shows(&mut self, notification: &str, answer: Result<u32, Failure>) {
        let (request, sent, _) = self.sent();
        assert_eq!(sent, notification);
        self.say(Input::Shown(request, answer));
    }

    /// What is closed. It is answered.
    pub(super) fn closes(&mut self) -> u32 {
        match self.effects.pop_front() {
            Some(Effect::Close(request, number)) => {
                self.say(Input::Closed(request));
                number
            }
            other => panic!("nothing is closed: {other:?}"),
        }
    }

    pub(super) fn is_told_gone(&mut self) -> Reason {
        match self.effects.pop_front() {
            Some(Effect::Unavailable(reason)) => reason,
            other => panic!("it is not told: {other:?}"),
        }
    }

    /// Nothing is to be done any more, and nothing waits.
    pub(super) fn is_done(&self) {
        assert_eq!(self.effects, []);
        assert_eq!(self.alerts.poll_deadline(), None);
    }

    pub(super) fn fates(&self) -> Vec<Fate> {
        self.rows.iter().map(|row| row.fate).collect()
    }
}
