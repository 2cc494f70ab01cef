//! The link's transitions. `on_*` handle one input each; [`Link::enter`] is the only way to a phase.

use std::time::Duration;

use fastrand::Rng;

use super::{
    AGE_MAX, Config, ConnId, DIAL_TIMEOUT, Deadline, Delivery, Due, Effect, Input, Outcome, Phase,
    stream::{Second, Stream},
};
use crate::{
    Moment,
    backoff::{self, HINT_SPREAD},
    failure::{Cause, Class, Failure},
    heartbeat::Heartbeat,
    history::{Doubt, Entry},
    message::RawEvent,
    policy::Origin,
};

/// See the [module](super).
#[derive(Debug)]
pub struct Link {
    pub(super) config: Config,
    pub(super) phase: Phase,
    pub(super) heartbeat: Heartbeat,
    rng: Rng,
    conns: u64,
    /// Losses and failed dials since the last proven health: what the backoff grows by.
    failures: u32,
    /// Refusals in a row.
    refusals: u32,
    /// Failed dials since the link last streamed: what the person sees.
    dials_failed: u32,
    /// The server's last `retry:`.
    hint: Option<Duration>,
    /// What the latest dial resumes from.
    pub(super) asked: Option<String>,
    /// When the link was last heard, over all connections.
    pub(super) heard: Option<Moment>,
    /// Whether messages come without ids, so that a break may lose some.
    pub(super) without_ids: bool,
    /// Whether any message carried one.
    pub(super) with_ids: bool,
}

pub(super) type Out<'a> = &'a mut Vec<Effect>;

impl Link {
    /// An idle link. `seed` is all its randomness.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let heartbeat = Heartbeat::new(config.expect, config.feed.cadence_default());
        Self {
            phase: if config.paused { Phase::Paused } else { Phase::Idle },
            config,
            heartbeat,
            rng: Rng::with_seed(seed),
            conns: 0,
            failures: 0,
            refusals: 0,
            dials_failed: 0,
            hint: None,
            asked: None,
            heard: None,
            without_ids: false,
            with_ids: false,
        }
    }

    /// The state.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// What is known of the heartbeat.
    #[must_use]
    pub fn heartbeat(&self) -> &Heartbeat {
        &self.heartbeat
    }

    /// When a complete line last arrived.
    #[must_use]
    pub fn heard(&self) -> Option<Moment> {
        self.heard
    }

    /// The last committed cursor.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.config.cursor.as_deref()
    }

    /// When to hand in [`Input::Deadline`], and what for.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Due> {
        match &self.phase {
            Phase::Idle | Phase::Paused | Phase::Halted { .. } => None,
            Phase::Dialing { since, .. } => {
                Some((since.monotonic + DIAL_TIMEOUT, Deadline::DialTimeout))
            }
            Phase::BackingOff { until, .. } => Some((until.monotonic, Deadline::Retry)),
            Phase::Streaming(stream) => stream.due(self.heartbeat.limits(), self.config.swap),
        }
    }

    /// Takes one input and appends what is to be done, in order.
    pub fn handle(&mut self, input: Input, now: Moment, out: Out<'_>) {
        match input {
            Input::Start if matches!(self.phase, Phase::Idle) => self.dial(now, out),
            Input::Start => {}
            Input::ResumedFrom(conn, id) => self.on_resumed_from(conn, &id, now, out),
            Input::Opened(conn) => self.on_opened(conn, now, out),
            Input::Alive(conn) => self.on_alive(conn, now, out),
            Input::Comment(conn, text) => self.on_comment(conn, &text, now),
            Input::Event(conn, event) => self.on_event(conn, event, now, out),
            Input::Ignored { conn, own_id, kind } => self.on_ignored(conn, own_id, kind, now, out),
            Input::RetryHint(conn, hint) => {
                if self.is_primary(conn) {
                    self.hint = Some(hint);
                }
            }
            Input::TooLarge { conn, event, bytes } => {
                if self.is_primary(conn) {
                    let mut event = event;
                    self.config.feed.identify(&mut event);
                    let outcome = Outcome::SetAside { reason: "too large", bytes };
                    self.deliver(event, outcome, out);
                }
            }
            Input::Closed(conn, cause) => self.on_closed(conn, cause, now, out),
            Input::Hint => self.on_hint(now, out),
            Input::Pause => self.on_pause(out),
            Input::Resume => self.on_resume(now, out),
            Input::Committed(cursor) => self.config.cursor = cursor,
            Input::Deadline => self.on_deadline(now, out),
        }
    }

    pub(super) fn is_primary(&self, conn: ConnId) -> bool {
        matches!(&self.phase, Phase::Streaming(stream) if stream.conn == conn)
    }

    /// The only way to a phase.
    pub(super) fn enter(&mut self, next: Phase, out: Out<'_>) {
        self.phase = next;
        out.push(Effect::PhaseChanged);
    }

    pub(super) fn dial(&mut self, now: Moment, out: Out<'_>) {
        self.dial_from(self.config.cursor.clone(), now, out);
    }

    pub(super) fn dial_from(&mut self, cursor: Option<String>, now: Moment, out: Out<'_>) {
        let conn = self.dial_effect(cursor, out);
        self.enter(Phase::Dialing { conn, attempt: self.dials_failed + 1, since: now }, out);
    }

    pub(super) fn dial_effect(&mut self, cursor: Option<String>, out: Out<'_>) -> ConnId {
        self.conns += 1;
        let conn = ConnId(self.conns);
        self.asked.clone_from(&cursor);
        out.push(Effect::Dial { conn, cursor });
        conn
    }

    fn on_opened(&mut self, conn: ConnId, now: Moment, out: Out<'_>) {
        match &self.phase {
            Phase::Dialing { conn: dialled, .. } if *dialled == conn => {
                let origin =
                    if self.config.streamed_before { Origin::Replay } else { Origin::Backlog };
                let missed = self.missed_since(now);
                self.dials_failed = 0;
                self.config.streamed_before = true;
                out.push(Effect::Journal(Entry::Opened));
                if let Some(since) = missed {
                    out.push(Effect::Journal(Entry::Gap { since }));
                }
                let proof = Some(self.heartbeat.proof());
                self.stream_on(conn, origin, proof, now, out);
            }
            // A server without heartbeat may have nothing to say: that it answers is enough.
            Phase::Streaming(Stream {
                second: Second::Dialing { conn: second, doubt, .. },
                ..
            }) if *second == conn && *doubt != Doubt::Stale => {
                self.swap(now, out);
            }
            _ => {}
        }
    }

    pub(super) fn stream_on(
        &mut self,
        conn: ConnId,
        origin: Origin,
        proof: Option<Duration>,
        now: Moment,
        out: Out<'_>,
    ) {
        self.heartbeat.on_opened();
        self.heard = Some(now);
        let rotates = self.config.feed.routine_close_after().is_some();
        let age =
            (self.config.swap && !rotates).then(|| AGE_MAX.mul_f64(0.75 + 0.5 * self.rng.f64()));
        self.enter(Phase::Streaming(Stream::new(conn, now, origin, proof, age)), out);
    }

    fn on_alive(&mut self, conn: ConnId, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if stream.conn == conn {
            self.heard = Some(now);
            if let Some(second) = stream.on_alive(now) {
                out.push(Effect::HangUp(second));
            }
        } else if matches!(stream.second, Second::Dialing { conn: second, .. } if second == conn) {
            self.swap(now, out);
        }
    }

    fn on_closed(&mut self, conn: ConnId, cause: Cause, now: Moment, out: Out<'_>) {
        let cause = match cause {
            Cause::Status { code, detail, retry_after_ms, .. } => {
                let streamed_before = self.config.streamed_before;
                let feed = &self.config.feed;
                let detail = detail.map(|text| feed.explain(code, &text).unwrap_or(text));
                Cause::Status { code, detail, retry_after_ms, streamed_before }
            }
            cause => cause,
        };
        match &mut self.phase {
            Phase::Dialing { conn: dialled, .. } if *dialled == conn => {
                self.dial_failed(cause, now, out);
            }
            Phase::Streaming(stream) if stream.conn == conn => {
                let cause = match (cause, stream.farewell.take()) {
                    (Cause::EndOfStream, Some(farewell)) => farewell,
                    (Cause::EndOfStream, None) if self.is_routine(now) => Cause::Rotation,
                    (cause, _) => cause,
                };
                self.lost(cause, now, out);
            }
            Phase::Streaming(stream) => match stream.second {
                Second::Dialing { conn: second, doubt, .. } if second == conn => {
                    self.second_failed(doubt, cause, now, out);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn is_routine(&self, now: Moment) -> bool {
        let Phase::Streaming(stream) = &self.phase else { return false };
        self.config.feed.routine_close_after().is_some_and(|life| now.since(stream.opened) >= life)
    }

    fn dial_failed(&mut self, cause: Cause, now: Moment, out: Out<'_>) {
        self.dials_failed = self.dials_failed.saturating_add(1);
        let failure = Failure::from(cause);
        if failure.cause != Cause::NoContent {
            let attempts = self.dials_failed;
            out.push(Effect::Journal(Entry::DialFailed { failure: failure.clone(), attempts }));
        }
        self.retry_later(failure, now, out);
    }

    /// The streaming connection is gone.
    pub(super) fn lost(&mut self, cause: Cause, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let last_heard = stream.heard.wall;
        if let Second::Dialing { conn, .. } = stream.second {
            out.push(Effect::HangUp(conn));
        }
        let failure = Failure::from(cause);
        out.push(Effect::Journal(if failure.class == Class::Routine {
            Entry::Rotated
        } else {
            Entry::Lost { failure: failure.clone(), last_heard }
        }));
        out.push(Effect::CaughtUp);
        self.retry_later(failure, now, out);
    }

    fn retry_later(&mut self, failure: Failure, now: Moment, out: Out<'_>) {
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
        let attempt = self.dials_failed;
        self.enter(Phase::BackingOff { attempt, until: now + delay, delay, failure }, out);
    }

    fn on_hint(&mut self, now: Moment, out: Out<'_>) {
        let sooner = backoff::draw(HINT_SPREAD, &mut self.rng);
        let soon = now + sooner;
        match &mut self.phase {
            Phase::BackingOff { until, delay, failure, .. } => {
                // A server that asked for time gets it whatever the network does.
                let asked = failure.cause.retry_after().is_some();
                if !asked && soon.monotonic < until.monotonic {
                    (*until, *delay) = (soon, sooner);
                    out.push(Effect::PhaseChanged);
                }
            }
            Phase::Dialing { conn, .. } => {
                // What this dial waits for may have gone with the old network.
                out.push(Effect::HangUp(*conn));
                self.dial(now, out);
            }
            Phase::Streaming(stream) => stream.replace_by(soon.monotonic, Doubt::Surroundings),
            Phase::Idle | Phase::Paused | Phase::Halted { .. } => {}
        }
    }

    fn on_pause(&mut self, out: Out<'_>) {
        match &self.phase {
            Phase::Paused => return,
            Phase::Dialing { conn, .. } => out.push(Effect::HangUp(*conn)),
            Phase::Streaming(stream) => {
                out.push(Effect::HangUp(stream.conn));
                if let Second::Dialing { conn, .. } = stream.second {
                    out.push(Effect::HangUp(conn));
                }
                out.push(Effect::CaughtUp);
            }
            Phase::Idle | Phase::BackingOff { .. } | Phase::Halted { .. } => {}
        }
        out.push(Effect::Journal(Entry::Paused));
        self.enter(Phase::Paused, out);
    }

    fn on_resume(&mut self, now: Moment, out: Out<'_>) {
        match &self.phase {
            Phase::Paused => {
                out.push(Effect::Journal(Entry::Resumed));
                self.dial(now, out);
            }
            Phase::Halted { .. } | Phase::BackingOff { .. } => self.dial(now, out),
            Phase::Idle | Phase::Dialing { .. } | Phase::Streaming(_) => {}
        }
    }

    fn on_deadline(&mut self, now: Moment, out: Out<'_>) {
        while let Some((at, deadline)) = self.poll_deadline() {
            if at > now.monotonic {
                return;
            }
            self.on_due(deadline, now, out);
        }
    }

    fn on_due(&mut self, deadline: Deadline, now: Moment, out: Out<'_>) {
        match deadline {
            Deadline::Retry => self.dial(now, out),
            Deadline::DialTimeout => self.on_dial_timeout(now, out),
            Deadline::Dead => self.on_silence(now, out),
            Deadline::Stale => {
                let known = self.heartbeat.cadence().is_some();
                self.doubt(if known { Doubt::Stale } else { Doubt::Silence }, now, out);
            }
            Deadline::Replace => {
                let Phase::Streaming(stream) = &mut self.phase else { return };
                let Some((_, doubt)) = stream.replace.take() else { return };
                self.doubt(doubt, now, out);
            }
            Deadline::Stable => {
                let Phase::Streaming(stream) = &mut self.phase else { return };
                stream.stable_at = None;
                self.failures = 0;
                self.refusals = 0;
            }
            Deadline::CaughtUp => {
                let Phase::Streaming(stream) = &mut self.phase else { return };
                stream.caught_up_at = None;
                stream.origin = Origin::Live;
                if let Some(cursor) = stream.held.take() {
                    let (event, outcome) = (RawEvent::default(), Outcome::Nothing);
                    out.push(Effect::Deliver(Delivery { event, outcome, cursor: Some(cursor) }));
                }
                out.push(Effect::CaughtUp);
            }
        }
    }

    fn on_dial_timeout(&mut self, now: Moment, out: Out<'_>) {
        match &self.phase {
            Phase::Dialing { conn, .. } => {
                out.push(Effect::HangUp(*conn));
                self.dial_failed(Cause::HeadersTimeout, now, out);
            }
            Phase::Streaming(Stream { second: Second::Dialing { conn, doubt, .. }, .. }) => {
                let (conn, doubt) = (*conn, *doubt);
                out.push(Effect::HangUp(conn));
                self.second_failed(doubt, Cause::HeadersTimeout, now, out);
            }
            _ => {}
        }
    }
}
