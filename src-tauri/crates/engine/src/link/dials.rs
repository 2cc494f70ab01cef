//! When the link dials, and how long it waits: every dial goes through here, with its reason and
//! the budget, and every failure of one. The law of the delays is [`crate::backoff`].

use super::{
    ConnId, Effect, Hint, Phase, Reason,
    machine::{Link, Out},
    stream::Second,
};
use crate::{
    Moment,
    backoff::{self, HINT_SPREAD, Retry},
    cursor::Cursor,
    failure::{Cause, Class, Failure},
    history::{Doubt, Entry},
};

impl Link {
    pub(super) fn dial(&mut self, reason: Reason, now: Moment, out: Out<'_>) {
        self.dial_from(self.config.cursor.clone(), reason, now, out);
    }

    pub(super) fn dial_from(&mut self, cursor: Cursor, reason: Reason, now: Moment, out: Out<'_>) {
        self.without_refused_id &= reason == Reason::Anew;
        let failure = match &self.phase {
            Phase::BackingOff { failure, .. } | Phase::Halted { failure } => Some(failure.clone()),
            Phase::Dialing { failure, .. } => failure.clone(),
            Phase::Idle | Phase::Paused | Phase::Streaming(_) => None,
        };
        let conn = self.dial_effect(cursor, reason, now, out);
        let attempt = self.dials_failed + 1;
        self.enter(Phase::Dialing { conn, attempt, since: now, failure }, out);
    }

    pub(super) fn dial_effect(
        &mut self,
        cursor: Cursor,
        reason: Reason,
        now: Moment,
        out: Out<'_>,
    ) -> ConnId {
        self.conns += 1;
        let conn = ConnId(self.conns);
        self.budget.take(now.monotonic);
        self.asked.clone_from(&cursor);
        out.push(Effect::Dial { conn, cursor, reason });
        conn
    }

    /// The time in which a dial has to be answered begins with it.
    pub(super) fn on_begun(&mut self, begun: ConnId, now: Moment) {
        match &mut self.phase {
            Phase::Dialing { conn, since, .. } if *conn == begun => *since = now,
            Phase::Streaming(stream) => {
                if let Second::Dialing { conn, since, .. } = &mut stream.second
                    && *conn == begun
                {
                    *since = now.monotonic;
                }
            }
            _ => {}
        }
    }

    pub(super) fn on_dial_timeout(&mut self, now: Moment, out: Out<'_>) {
        match &self.phase {
            Phase::Dialing { conn, .. } => {
                out.push(Effect::HangUp(*conn));
                self.dial_failed(Cause::HeadersTimeout, now, out);
            }
            Phase::Streaming(stream) => {
                let Second::Dialing { conn, doubt, .. } = stream.second else { return };
                out.push(Effect::HangUp(conn));
                self.second_failed(doubt, Cause::HeadersTimeout, now, out);
            }
            _ => {}
        }
    }

    pub(super) fn dial_failed(&mut self, cause: Cause, now: Moment, out: Out<'_>) {
        self.dials_failed = self.dials_failed.saturating_add(1);
        // It restarts, or is away: what it did before says nothing any more.
        self.brief = 0;
        self.server_lost |= cause.is_the_servers_end();
        let failure = Failure::from(cause);
        if failure.cause != Cause::NoContent {
            let attempts = self.dials_failed;
            out.push(Effect::Journal(Entry::DialFailed { failure: failure.clone(), attempts }));
        }
        self.retry_later(failure, now, out);
    }

    pub(super) fn retry_later(&mut self, failure: Failure, now: Moment, out: Out<'_>) {
        if failure.cause == Cause::NoContent {
            out.push(Effect::Journal(Entry::Halted { failure: failure.clone() }));
            return self.enter(Phase::Halted { failure }, out);
        }
        let attempt = match failure.class {
            Class::Routine => 1,
            Class::Refused | Class::Protocol => {
                self.refusals = self.refusals.saturating_add(1);
                self.refusals
            }
            Class::Local | Class::Network | Class::Server => {
                self.refusals = 0;
                self.failures = self.failures.saturating_add(1);
                self.failures
            }
        };
        let delay = self.config.law.delay(&failure.cause, attempt, self.hint, &mut self.rng);
        // The person has set a plain interval, so the budget does not lengthen it.
        let delay = match self.config.law.retry {
            Retry::Fixed(_) => delay,
            Retry::Backoff => delay.max(self.budget.wait(now.monotonic)),
        };
        let attempt = self.dials_failed;
        self.enter(Phase::BackingOff { attempt, until: now + delay, delay, failure }, out);
    }

    pub(super) fn on_hint(&mut self, hint: Hint, now: Moment, out: Out<'_>) {
        if hint == Hint::Woke {
            self.heartbeat.on_pause();
        }
        let sooner = backoff::draw(HINT_SPREAD, &mut self.rng).max(self.budget.wait(now.monotonic));
        let soon = now + sooner;
        match &mut self.phase {
            Phase::BackingOff { until, delay, failure, .. } => {
                // A server that asked for time gets it. By another route it may be another server
                // that answers, and not the portal that asked.
                let asked = failure.cause.retry_after().is_some() && hint != Hint::Route;
                if !asked && soon.monotonic < until.monotonic {
                    (*until, *delay) = (soon, sooner);
                    out.push(Effect::PhaseChanged);
                }
            }
            // While a network flaps, the budget ends the redials, so that one has the time to
            // succeed.
            Phase::Dialing { .. } if !self.budget.wait(now.monotonic).is_zero() => {}
            Phase::Dialing { conn, .. } if hint != Hint::Credential => {
                // This dial may wait for an answer over a network that is gone.
                out.push(Effect::HangUp(*conn));
                self.dial(Reason::Hint, now, out);
            }
            Phase::Streaming(stream) if hint != Hint::Credential => {
                stream.replace_by(soon.monotonic, Doubt::Surroundings);
            }
            _ => {}
        }
    }
}
