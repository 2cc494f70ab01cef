//! Backfill: what a server may have left out, since it was published while the connection was made, is asked for once
//! more on a connection of its own, some time after the opening. It is collected until it is whole, and of each
//! sequence only the newest is delivered: what comes so late must not undo what has come since. What has come already
//! is dropped where it is committed. See [`Feed::backfill_after`](crate::feed::Feed::backfill_after).

use std::{collections::BTreeMap, mem, time::Duration};

use jiff::Timestamp;

use super::{
    ConnId, DIAL_TIMEOUT, Delivery, Effect, Outcome, Phase,
    machine::{Link, Out},
};
use crate::{
    Moment, Monotonic,
    failure::Cause,
    feed::Decoded,
    message::{Change, RawEvent},
    policy::Origin,
    readable::Line,
};

/// Where it failed it is asked for again after this, give or take a quarter.
const AGAIN: Duration = Duration::from_secs(60);
/// After so many failures it is given up.
const TRIES_MAX: u32 = 3;
/// What is more is given up: of a flood, half a minute is not asked for twice.
const EVENTS_MAX: usize = 2_000;
const BYTES_MAX: usize = 4 << 20;

/// The backfill of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backfill {
    /// It has come, or none is wanted.
    None,
    /// It is to be asked for, after so many failures.
    Due { at: Monotonic, failed: u32 },
    /// It is coming; something of it last came at `heard`.
    Coming { conn: ConnId, heard: Monotonic, failed: u32 },
}

impl Backfill {
    /// When there is something to be done.
    pub(super) fn due(self) -> Option<Monotonic> {
        match self {
            Self::None => None,
            Self::Due { at, .. } => Some(at),
            Self::Coming { heard, .. } => Some(heard + DIAL_TIMEOUT),
        }
    }

    /// The connection that it comes on.
    pub(super) fn conn(self) -> Option<ConnId> {
        match self {
            Self::Coming { conn, .. } => Some(conn),
            Self::None | Self::Due { .. } => None,
        }
    }
}

/// What has come of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Fill {
    events: Vec<Filled>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Filled {
    sequence: Option<Line>,
    published: Option<Timestamp>,
    event: RawEvent,
    outcome: Outcome,
}

impl Fill {
    /// The newest of each sequence. Where the newest are of one second, which of them is the last is not known.
    fn newest(self) -> Vec<Filled> {
        let mut newest = BTreeMap::<String, (Option<Timestamp>, u32)>::new();
        for Filled { sequence, published, .. } in &self.events {
            let Some(sequence) = sequence else { continue };
            let (last, count) =
                newest.entry(sequence.as_str().to_owned()).or_insert((*published, 0));
            if *published > *last {
                (*last, *count) = (*published, 0);
            }
            *count += u32::from(*published == *last);
        }
        let is_newest = |it: &Filled| {
            let of = it.sequence.as_ref().and_then(|sequence| newest.get(sequence.as_str()));
            of.is_none_or(|of| *of == (it.published, 1))
        };
        self.events.into_iter().filter(is_newest).collect()
    }
}

impl Link {
    /// A connection has opened: it is to be asked for later. Spread, since after a server's restart all its clients
    /// are at this. Where one plain connection is wanted, there is none.
    pub(super) fn plan_backfill(&mut self, now: Moment) {
        let after = self.config.feed.backfill_after();
        let Some(after) = after.filter(|_| self.config.swap) else { return };
        let at = now.monotonic + after.mul_f64(1.0 + self.rng.f64());
        if let Phase::Streaming(stream) = &mut self.phase {
            stream.backfill = Backfill::Due { at, failed: 0 };
        }
    }

    /// Asks for it, or ends one that takes too long.
    pub(super) fn on_backfill_due(&mut self, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let failed = match stream.backfill {
            Backfill::None => return,
            Backfill::Due { failed, .. } => failed,
            Backfill::Coming { conn, .. } => {
                out.push(Effect::HangUp(conn));
                return self.on_backfill_ended(&Cause::HeadersTimeout, now, out);
            }
        };
        let wait = self.budget.wait(now.monotonic);
        if !wait.is_zero() {
            stream.backfill = Backfill::Due { at: now.monotonic + wait, failed };
            return;
        }
        self.budget.take(now.monotonic);
        self.conns += 1;
        let conn = ConnId(self.conns);
        let since = stream.replay.clock().unwrap_or(stream.opened.wall);
        stream.backfill = Backfill::Coming { conn, heard: now.monotonic, failed };
        out.push(Effect::Backfill { conn, since });
    }

    /// Whether a connection is that on which something is asked for once more, beside the one that streams.
    #[must_use]
    pub fn is_backfill(&self, conn: ConnId) -> bool {
        matches!(&self.phase, Phase::Streaming(stream) if stream.backfill.conn() == Some(conn))
    }

    /// An event of it.
    pub(super) fn on_backfilled(&mut self, mut event: RawEvent, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let Backfill::Coming { conn, heard, .. } = &mut stream.backfill else { return };
        *heard = now.monotonic;
        let feed = &*self.config.feed;
        let published = feed.published(&event);
        let (sequence, outcome) = match feed.decode(&event) {
            Decoded::Message(message) => {
                let sequence = message.sequence.as_ref().map(|it| it.id.clone());
                let origin = stream.replay.classify(published, message.time, now);
                (sequence, Outcome::Message(message, origin))
            }
            Decoded::Change(change) => {
                let (Change::Read(sequence) | Change::Deleted(sequence)) = &change;
                (Some(sequence.clone()), Outcome::Changed(change))
            }
            _ => return,
        };
        feed.identify(&mut event);
        // By its id alone it is known whether it has come already.
        if event.own_id.is_none() {
            return;
        }
        stream.fill.bytes += event.data.len();
        stream.fill.events.push(Filled { sequence, published, event, outcome });
        if stream.fill.events.len() > EVENTS_MAX || stream.fill.bytes > BYTES_MAX {
            out.push(Effect::HangUp(*conn));
            stream.backfill = Backfill::None;
            stream.fill = Fill::default();
        }
    }

    /// It has ended: the server ends it once all has been sent. It says nothing of the connection that streams, and
    /// the cursor stays where that has it.
    pub(super) fn on_backfill_ended(&mut self, cause: &Cause, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let Backfill::Coming { failed, .. } = stream.backfill else { return };
        let fill = mem::take(&mut stream.fill);
        stream.backfill = match (cause, failed + 1) {
            (Cause::EndOfStream, _) | (_, TRIES_MAX..) => Backfill::None,
            (_, failed) => {
                let wait = AGAIN.mul_f64(0.75 + 0.5 * self.rng.f64());
                Backfill::Due { at: now.monotonic + wait, failed }
            }
        };
        if *cause != Cause::EndOfStream {
            return;
        }
        let mut was_missed = false;
        for Filled { event, outcome, .. } in fill.newest() {
            was_missed |= matches!(&outcome, Outcome::Message(_, it) if *it != Origin::Live);
            out.push(Effect::Deliver(Delivery { event, outcome, cursor: None, fallen: None }));
        }
        if was_missed {
            out.push(Effect::CaughtUp);
        }
    }
}
