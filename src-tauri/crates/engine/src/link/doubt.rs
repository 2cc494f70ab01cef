//! A connection in doubt: the second one that is dialled beside it, and which of the two stays.

use super::{
    Effect, Phase, Reason,
    machine::{Link, Out},
    stream::Second,
};
use crate::{
    Moment, backoff,
    failure::Cause,
    heartbeat::Source,
    history::{Doubt, Entry},
    wire::Head,
};

impl Link {
    /// Dials a second connection. Where two may not stand side by side, the first is hung up
    /// before: messages without ids would be shown twice, and some servers refuse a second
    /// connection.
    pub(super) fn doubt(&mut self, doubt: Doubt, now: Moment, out: Out<'_>) {
        let wait = self.budget.wait(now.monotonic);
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let waits_for_its_end = doubt == Doubt::Stale && !self.without_ids;
        if waits_for_its_end && (!self.overlaps || !wait.is_zero()) {
            // The first may still be heard, and its own deadline comes soon.
            stream.second = Second::Failed;
            return;
        }
        if !wait.is_zero() {
            return stream.replace_by(now.monotonic + wait, doubt);
        }
        if self.config.swap && self.overlaps && !self.without_ids {
            let cursor = self.config.cursor.clone();
            let conn = self.dial_effect(cursor, Reason::Doubt(doubt), now, out);
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
        if doubt == Doubt::Stale {
            self.heartbeat.on_late();
        }
        out.push(Effect::CaughtUp);
        self.dial(Reason::Doubt(doubt), now, out);
    }

    /// The second connection takes the place of the first.
    pub(super) fn swap(&mut self, head: &Head, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let Second::Dialing { conn, doubt, .. } = stream.second else { return };
        // What has been proven stays proven.
        let proof = stream.stable_at.map(|at| at.saturating_sub(now.monotonic));
        out.push(Effect::HangUp(stream.conn));
        out.push(Effect::Journal(Entry::Swapped { doubt }));
        // The first was late, so it may have been dead since it was last heard.
        if let Some(since) = self.missed_since(now).filter(|_| doubt == Doubt::Stale) {
            out.push(Effect::Journal(Entry::Gap { since }));
        }
        // What was missed on the first is told before what the second brings.
        out.push(Effect::CaughtUp);
        match doubt {
            Doubt::Silence => self.heartbeat.on_check(),
            Doubt::Stale => self.heartbeat.on_late(),
            Doubt::Age | Doubt::Surroundings => {}
        }
        self.stream_on(conn, head, proof, now, out);
        if let (Phase::Streaming(stream), Doubt::Stale) = (&mut self.phase, doubt) {
            stream.second = Second::Unproven;
            stream.spoken = true;
        }
    }

    /// The second connection could not be made, which may say something of the first too.
    pub(super) fn second_failed(&mut self, doubt: Doubt, cause: Cause, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        stream.second_head = None;
        // A server that answers lives, whatever it says, and the way to it works.
        let answers = cause.is_an_answer();
        self.overlaps &= !answers;
        stream.second = match doubt {
            // The first has until its deadline to speak.
            Doubt::Stale => Second::Failed,
            _ => Second::None,
        };
        match doubt {
            Doubt::Stale => {}
            Doubt::Age => {
                stream.replace = Some((now.monotonic + backoff::SPREAD_MAX / 6, Doubt::Age));
            }
            Doubt::Silence if answers => {
                stream.heard_of = Some(now.monotonic);
                self.heartbeat.on_check();
            }
            // That it is to be replaced for its age stands.
            Doubt::Surroundings if answers => {
                let again = now.monotonic + backoff::SPREAD_MAX / 6;
                stream.replace = stream.ages_at.map(|at| (at.max(again), Doubt::Age));
            }
            // Nothing else would show that the first is dead, and to dial anew loses nothing.
            Doubt::Silence | Doubt::Surroundings => {
                out.push(Effect::HangUp(stream.conn));
                self.lost(cause, now, out);
            }
        }
    }

    /// The connection was silent for too long.
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
