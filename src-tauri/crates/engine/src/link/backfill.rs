//! Backfill: what a server may have left out, since it was published while the connection was made, is asked for once
//! more on a connection of its own, some time after the opening. What has come already is dropped where it is
//! committed. See [`Feed::backfill_after`](crate::feed::Feed::backfill_after).

use std::time::Duration;

use super::{
    ConnId, DIAL_TIMEOUT, Delivery, Effect, Phase,
    events::kept,
    machine::{Link, Out},
};
use crate::{Moment, Monotonic, failure::Cause, message::RawEvent};

/// Where it failed it is asked for again after this, give or take a quarter.
const AGAIN: Duration = Duration::from_secs(60);
/// After so many failures it waits for the next opening.
const TRIES_MAX: u32 = 3;

/// The backfill of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backfill {
    /// It has come, or none is wanted.
    None,
    /// It is to be asked for, after so many failures.
    Due { at: Monotonic, failed: u32 },
    /// It is coming.
    Coming { conn: ConnId, since: Monotonic, failed: u32 },
}

impl Backfill {
    /// When there is something to be done.
    pub(super) fn due(self) -> Option<Monotonic> {
        match self {
            Self::None => None,
            Self::Due { at, .. } => Some(at),
            Self::Coming { since, .. } => Some(since + DIAL_TIMEOUT),
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

impl Link {
    /// A connection has opened: it is to be asked for later. Spread, since after a server's restart all its clients
    /// are at this.
    pub(super) fn plan_backfill(&mut self, now: Moment) {
        let Some(after) = self.config.feed.backfill_after() else { return };
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
                return self.on_backfill_ended(&Cause::HeadersTimeout, now);
            }
        };
        let wait = self.budget.wait(now.monotonic);
        if !wait.is_zero() {
            stream.backfill = Backfill::Due { at: now.monotonic + wait, failed };
            return;
        }
        let opened = stream.replay.clock().unwrap_or(stream.opened.wall);
        let since = *self.unfilled_since.get_or_insert(opened);
        self.budget.take(now.monotonic);
        self.conns += 1;
        let conn = ConnId(self.conns);
        stream.backfill = Backfill::Coming { conn, since: now.monotonic, failed };
        out.push(Effect::Backfill { conn, since });
    }

    /// Whether a connection is that of the backfill.
    pub(super) fn is_backfill(&self, conn: ConnId) -> bool {
        matches!(&self.phase, Phase::Streaming(stream) if stream.backfill.conn() == Some(conn))
    }

    /// An event of it. It says nothing of the connection that streams, and the cursor stays where that has it.
    pub(super) fn on_backfilled(&mut self, mut event: RawEvent, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let feed = &*self.config.feed;
        let decoded = feed.decode(&event);
        let Some(outcome) = kept(feed, &mut stream.replay, &event, decoded, now) else { return };
        feed.identify(&mut event);
        out.push(Effect::Deliver(Delivery { event, outcome, cursor: None, fallen: None }));
    }

    /// It has ended: the server ends it once all has been sent.
    pub(super) fn on_backfill_ended(&mut self, cause: &Cause, now: Moment) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let Backfill::Coming { failed, .. } = stream.backfill else { return };
        stream.backfill = match (cause, failed + 1) {
            (Cause::EndOfStream, _) => {
                self.unfilled_since = None;
                Backfill::None
            }
            (_, TRIES_MAX..) => Backfill::None,
            (_, failed) => {
                let wait = AGAIN.mul_f64(0.75 + 0.5 * self.rng.f64());
                Backfill::Due { at: now.monotonic + wait, failed }
            }
        };
    }
}
