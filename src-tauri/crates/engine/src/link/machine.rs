//! The link's transitions. `on_*` handle one input each; [`Link::enter`] is the only way to a phase.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;

use super::{
    AGE_MAX, Config, ConnId, DIAL_TIMEOUT, Deadline, Delivery, Due, Effect, Input, Outcome, Phase,
    stream::{Second, Stream},
};
use crate::{
    Moment,
    backoff::{self, HINT_SPREAD},
    failure::{Cause, Class, Failure},
    feed::Decoded,
    heartbeat::{Heartbeat, Source},
    history::{Doubt, Entry},
    message::RawEvent,
    policy::Origin,
};

/// See the [module](super).
#[derive(Debug)]
pub struct Link {
    config: Config,
    phase: Phase,
    heartbeat: Heartbeat,
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
    asked: Option<String>,
    /// When the link was last heard, over all connections.
    heard: Option<Moment>,
    /// Whether messages come without ids, so that a break may lose some.
    without_ids: bool,
}

type Out<'a> = &'a mut Vec<Effect>;

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

    fn is_primary(&self, conn: ConnId) -> bool {
        matches!(&self.phase, Phase::Streaming(stream) if stream.conn == conn)
    }

    /// Whether a second connection may stand beside the first: with messages that carry no ids it
    /// would show them twice.
    fn may_overlap(&self) -> bool {
        self.config.swap && !self.without_ids
    }

    /// The only way to a phase.
    fn enter(&mut self, next: Phase, out: Out<'_>) {
        self.phase = next;
        out.push(Effect::PhaseChanged);
    }

    fn dial(&mut self, now: Moment, out: Out<'_>) {
        self.dial_from(self.config.cursor.clone(), now, out);
    }

    fn dial_from(&mut self, cursor: Option<String>, now: Moment, out: Out<'_>) {
        let conn = self.dial_effect(cursor, out);
        self.enter(Phase::Dialing { conn, attempt: self.dials_failed + 1, since: now }, out);
    }

    fn dial_effect(&mut self, cursor: Option<String>, out: Out<'_>) -> ConnId {
        self.conns += 1;
        let conn = ConnId(self.conns);
        self.asked.clone_from(&cursor);
        out.push(Effect::Dial { conn, cursor });
        conn
    }

    /// Another id than the one that was asked for: the server has forgotten that one. What it still
    /// holds is asked for anew, and what had gone before that is lost.
    fn on_resumed_from(&mut self, conn: ConnId, id: &str, now: Moment, out: Out<'_>) {
        let is_second =
            match &self.phase {
                Phase::Dialing { conn: dialled, .. } if *dialled == conn => false,
                Phase::Streaming(Stream {
                    second: Second::Dialing { conn: second, .. }, ..
                }) if *second == conn => true,
                _ => return,
            };
        if self.asked.as_deref().is_none_or(|asked| asked == id) {
            return;
        }
        let since = self.heard.map(|heard| heard.wall).or(self.config.heard_before);
        out.push(Effect::Journal(Entry::Gap { since: since.unwrap_or(now.wall) }));
        out.push(Effect::HangUp(conn));
        let (event, outcome) = (RawEvent::default(), Outcome::Nothing);
        out.push(Effect::Deliver(Delivery { event, outcome, cursor: Some(None) }));
        if !is_second {
            return self.dial_from(None, now, out);
        }
        let next = self.dial_effect(None, out);
        if let Phase::Streaming(Stream { second: Second::Dialing { conn, .. }, .. }) =
            &mut self.phase
        {
            *conn = next;
        }
    }

    /// Since when messages may be missing for good after a break, as far as this side can know.
    fn missed_since(&self, now: Moment) -> Option<Timestamp> {
        let (since, span) = match (self.heard, self.config.heard_before) {
            (Some(heard), _) => (heard.wall, now.since(heard)),
            (None, Some(before)) => (before, now.wall.duration_since(before).unsigned_abs()),
            (None, None) => return None,
        };
        let Config { feed, cursor, .. } = &self.config;
        let forgotten = feed.kept().is_some_and(|kept| span > kept);
        let unnamed = cursor.is_none() && feed.misses_without_cursor();
        (self.without_ids || unnamed || forgotten).then_some(since)
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

    fn stream_on(
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

    /// The second connection takes the place of the first.
    fn swap(&mut self, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let Second::Dialing { conn, doubt, .. } = stream.second else { return };
        // Life that was already proven stays proven.
        let proof = stream.stable_at.map(|at| at.saturating_sub(now.monotonic));
        out.push(Effect::HangUp(stream.conn));
        out.push(Effect::Journal(Entry::Swapped { doubt }));
        if doubt == Doubt::Silence {
            self.heartbeat.on_check();
        }
        self.stream_on(conn, Origin::Replay, proof, now, out);
        if let (Phase::Streaming(stream), Doubt::Stale) = (&mut self.phase, doubt) {
            stream.second = Second::Unproven;
            stream.spoken = true;
        }
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

    fn on_comment(&mut self, conn: ConnId, text: &str, now: Moment) {
        let farewell = self.config.feed.farewell(text);
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if stream.conn == conn {
            stream.farewell = farewell;
            self.heartbeat.on_heartbeat(now.monotonic);
        }
    }

    fn on_event(&mut self, conn: ConnId, mut event: RawEvent, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if stream.conn != conn {
            return;
        }
        let outcome = match self.config.feed.decode(&event) {
            // Its id is no cursor: it names no message.
            Decoded::Heartbeat => return self.heartbeat.on_heartbeat(now.monotonic),
            Decoded::Message(message) => Outcome::Message(message, stream.origin),
            Decoded::Nothing => Outcome::Nothing,
            Decoded::Junk(reason) => {
                let bytes = event.data.len() as u64;
                Outcome::SetAside { reason, bytes }
            }
        };
        self.config.feed.identify(&mut event);
        stream.on_event(now);
        self.heartbeat.on_message();
        if outcome != Outcome::Nothing {
            self.without_ids = event.own_id.is_none() && self.config.cursor.is_none();
            self.deliver(event, outcome, out);
        } else if self.moved_cursor(event.own_id.as_deref()).is_some() {
            let event = RawEvent { own_id: event.own_id, ..RawEvent::default() };
            self.deliver(event, outcome, out);
        }
    }

    fn deliver(&mut self, event: RawEvent, outcome: Outcome, out: Out<'_>) {
        let mut cursor = self.moved_cursor(event.own_id.as_deref());
        if let Phase::Streaming(stream) = &mut self.phase
            && self.config.feed.replays_out_of_order()
            && stream.caught_up_at.is_some()
            && cursor.is_some()
        {
            stream.held = cursor.take();
        }
        out.push(Effect::Deliver(Delivery { event, outcome, cursor }));
    }

    /// Where the cursor moves with an id, if it does.
    fn moved_cursor(&self, own_id: Option<&str>) -> Option<Option<String>> {
        match own_id {
            None => None,
            Some("") => Some(None),
            // Else the last one that can be sent stays.
            Some(id) => self.config.feed.resumes_from(id).then(|| Some(id.to_owned())),
        }
    }

    fn on_ignored(
        &mut self,
        conn: ConnId,
        own_id: Option<String>,
        kind: Option<String>,
        now: Moment,
        out: Out<'_>,
    ) {
        if !self.is_primary(conn) {
            return;
        }
        match (own_id, kind) {
            (Some(id), None) => {
                if self.moved_cursor(Some(&id)).is_some() {
                    let event = RawEvent { own_id: Some(id), ..RawEvent::default() };
                    self.deliver(event, Outcome::Nothing, out);
                }
            }
            // `event: ping` without data.
            (_, Some(_)) => self.heartbeat.on_heartbeat(now.monotonic),
            (None, None) => {}
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

    /// The second connection could not be made, which is news of the first too.
    fn second_failed(&mut self, doubt: Doubt, cause: Cause, now: Moment, out: Out<'_>) {
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
    fn lost(&mut self, cause: Cause, now: Moment, out: Out<'_>) {
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

    /// Silent for too long.
    fn on_silence(&mut self, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let cause = stream.silence(now);
        out.push(Effect::HangUp(stream.conn));
        if !matches!(self.heartbeat.cadence(), Some((_, Source::Timeout))) {
            self.heartbeat.on_death();
        }
        self.lost(cause, now, out);
    }

    /// Dials a second connection; where two may not stand side by side, the first goes first.
    fn doubt(&mut self, doubt: Doubt, now: Moment, out: Out<'_>) {
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
}
