//! A connection in doubt: the second one that is dialled beside it, and who of the two stays.

use super::{
    Effect, Phase,
    machine::{Link, Out},
    stream::Second,
};
use crate::{
    Moment, backoff,
    failure::Cause,
    heartbeat::Source,
    history::{Doubt, Entry},
    policy::Origin,
};

impl Link {
    /// Whether a second connection may stand beside the first: with messages that carry no ids it
    /// would show them twice.
    pub(super) fn may_overlap(&self) -> bool {
        self.config.swap && !self.without_ids
    }

    /// Dials a second connection; where two may not stand side by side, the first goes first.
    pub(super) fn doubt(&mut self, doubt: Doubt, now: Moment, out: Out<'_>) {
        if self.may_overlap() {
            let conn = self.dial_effect(self.config.cursor.clone(), out);
            if let Phase::Streaming(stream) = &mut self.phase {
                stream.second = Second::Dialing { conn, doubt, since: now.monotonic };
            }
            return;
        }
        let Phase::Streaming(stream) = &self.phase else { return };
        out.push(Effect::HangUp(stream.conn));
        let last_heard = stream.heard.wall;
        out.push(Effect::Journal(match doubt {
            Doubt::Stale => Entry::Lost { failure: stream.silence(now).into(), last_heard },
            Doubt::Surroundings => {
                Entry::Lost { failure: Cause::NetworkChanged.into(), last_heard }
            }
            Doubt::Age | Doubt::Silence => Entry::Swapped { doubt },
        }));
        if doubt == Doubt::Silence {
            self.heartbeat.on_check();
        }
        out.push(Effect::CaughtUp);
        self.dial(now, out);
    }

    /// The second connection takes the place of the first.
    pub(super) fn swap(&mut self, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let Second::Dialing { conn, doubt, .. } = stream.second else { return };
        // Life that was already proven stays proven.
        let proof = stream.stable_at.map(|at| at.saturating_sub(now.monotonic));
        out.push(Effect::HangUp(stream.conn));
        out.push(Effect::Journal(Entry::Swapped { doubt }));
        // One that was late may have been dead since it was last heard.
        if let Some(since) = self.missed_since(now).filter(|_| doubt == Doubt::Stale) {
            out.push(Effect::Journal(Entry::Gap { since }));
        }
        if doubt == Doubt::Silence {
            self.heartbeat.on_check();
        }
        self.stream_on(conn, Origin::Replay, proof, now, out);
        if let (Phase::Streaming(stream), Doubt::Stale) = (&mut self.phase, doubt) {
            stream.second = Second::Unproven;
            stream.spoken = true;
        }
    }

    /// The second connection could not be made, which is news of the first too.
    pub(super) fn second_failed(&mut self, doubt: Doubt, cause: Cause, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        stream.second = Second::Failed;
        match doubt {
            // It has until its deadline to speak.
            Doubt::Stale => {}
            Doubt::Age => {
                stream.second = Second::None;
                stream.replace = Some((now.monotonic + backoff::SPREAD_MAX / 6, Doubt::Age));
            }
            // Nothing else would ever show that it is dead, and dialling anew loses nothing.
            Doubt::Silence | Doubt::Surroundings => {
                out.push(Effect::HangUp(stream.conn));
                self.lost(cause, now, out);
            }
        }
    }

    /// Silent for too long.
    pub(super) fn on_silence(&mut self, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let cause = stream.silence(now);
        out.push(Effect::HangUp(stream.conn));
        if !matches!(self.heartbeat.cadence(), Some((_, Source::Timeout))) {
            self.heartbeat.on_death();
        }
        self.lost(cause, now, out);
    }
}
