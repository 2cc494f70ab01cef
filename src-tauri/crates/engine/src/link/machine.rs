//! The link's state and transitions. `on_*` handle one input each; [`Link::enter`] is the only way
//! to a phase. Dials and delays are in `dials`, second connections in `doubt`, events in `events`.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;

use super::{
    AGE_MAX, Committed, Config, ConnId, DIAL_TIMEOUT, Deadline, Delivery, Due, Effect, Input,
    Phase, Reason,
    stream::{Opening, Second, Stream},
};
use crate::{
    Moment,
    backoff::Retry,
    budget::Budget,
    cursor::Cursor,
    failure::{Cause, Class, Failure},
    feed::Feed,
    heartbeat::Heartbeat,
    history::{Doubt, Entry},
    policy::Origin,
    readable::Line,
    wire::{Arrival, Head},
};

/// After so many connections in a row that the server has ended soon, it is taken for one that
/// answers and does not stream.
const BRIEF_MAX: u32 = 5;
/// A deadline that is handed in so late was slept through: the process or the machine had stopped.
const FROZEN_MIN: Duration = Duration::from_secs(2);

/// The link of one subscription; see the [module](super).
#[derive(Debug)]
pub struct Link {
    pub(super) config: Config,
    pub(super) phase: Phase,
    pub(super) heartbeat: Heartbeat,
    pub(super) rng: Rng,
    pub(super) conns: u64,
    /// Losses and failed dials since the last proven health: what the backoff grows by.
    pub(super) failures: u32,
    /// Refusals in a row.
    pub(super) refusals: u32,
    /// Failed dials since the link last streamed: what the person sees.
    pub(super) dials_failed: u32,
    /// The server's last `retry:`.
    pub(super) hint: Option<Duration>,
    /// What the latest dial resumes from.
    pub(super) asked: Cursor,
    /// Whether it was dialled anew because the server had refused the id before.
    pub(super) without_refused_id: bool,
    /// Takes every dial into account.
    pub(super) budget: Budget,
    /// Whether a second connection may stand beside the first, as far as the server has shown.
    pub(super) overlaps: bool,
    /// Whether the server, or the way to it, has ended a connection since the last opening.
    pub(super) server_lost: bool,
    /// How many connections in a row have opened and soon been ended by the server, without a word of
    /// why.
    pub(super) brief: u32,
    /// Whether the journal does not say yet that the connection has opened.
    is_untold: bool,
    /// Whether the server was seen to send again what it was not asked for.
    repeats: bool,
    /// When the link was heard before the first break since its last event: what came then may be
    /// missing, should the ids turn out to be new.
    pub(super) broke: Option<jiff::Timestamp>,
    /// The same for an id that fell back and is not committed yet.
    pub(super) fell_since: Option<jiff::Timestamp>,
    /// Whether its ids are not those of one counter.
    pub(super) mixed_ids: bool,
    /// When the link was last heard, over all connections.
    pub(super) heard: Option<Moment>,
    /// Whether messages come without ids, so that a break may lose some.
    pub(super) without_ids: bool,
    /// Whether any message carried one.
    pub(super) with_ids: bool,
    /// While one event is taken apart that stands for several: the ids of these.
    pub(super) unfolded: Option<Vec<String>>,
}

pub(super) type Out<'a> = &'a mut Vec<Effect>;

impl Link {
    /// An idle link. `seed` is all its randomness.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let heartbeat = Heartbeat::new(config.expect, config.feed.cadence_default());
        let (has_ids, broke) = (config.has_ids, config.last_message);
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
            asked: Cursor::NONE,
            without_refused_id: false,
            budget: Budget::of_link(),
            overlaps: true,
            broke,
            fell_since: None,
            mixed_ids: false,
            server_lost: false,
            brief: 0,
            is_untold: false,
            repeats: false,
            heard: None,
            without_ids: has_ids == Some(false),
            with_ids: has_ids == Some(true),
            unfolded: None,
        }
    }

    /// The state that the link is in.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// What the server speaks, as far as it is known.
    #[must_use]
    pub fn feed(&self) -> &Arc<dyn Feed> {
        &self.config.feed
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
    pub fn cursor(&self) -> &Cursor {
        &self.config.cursor
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
        if self.poll_deadline().is_some_and(|(at, _)| now.monotonic > at + FROZEN_MIN) {
            self.heartbeat.on_pause();
        }
        match input {
            Input::Start if matches!(self.phase, Phase::Idle) => {
                self.dial(Reason::Start, now, out);
            }
            Input::Start => {}
            Input::Begun(conn) => self.on_begun(conn, now),
            Input::Arrived(conn, arrival) => self.on_arrival(conn, arrival, now, out),
            Input::Hint(hint) => self.on_hint(hint, now, out),
            Input::Pause => self.on_pause(out),
            Input::Resume => self.on_resume(now, out),
            Input::Committed(committed) => self.on_committed(committed, out),
            Input::Deadline => self.on_deadline(now, out),
        }
    }

    fn on_arrival(&mut self, conn: ConnId, arrival: Arrival, now: Moment, out: Out<'_>) {
        if self.recognise(conn, &arrival, now, out) {
            return;
        }
        match arrival {
            Arrival::Opened(head) => self.on_opened(conn, &head, now, out),
            Arrival::Alive => self.on_alive(conn, now, out),
            Arrival::Closed(cause) if self.is_backfill(conn) => {
                self.on_backfill_ended(&cause, now, out);
            }
            Arrival::Closed(cause) => self.on_closed(conn, cause, now, out),
            Arrival::Event { event, .. } if self.is_backfill(conn) => {
                self.on_backfilled(event, now, out);
            }
            // Only the first connection is listened to.
            _ if !self.is_primary(conn) => {}
            Arrival::Comment(text) => self.on_comment(&text, now),
            Arrival::Event { event, .. } => self.on_event(event, now, out),
            Arrival::Ignored(ignored) => self.on_ignored(ignored, now, out),
            Arrival::Retry(hint) => self.hint = Some(hint),
            Arrival::TooLarge { event, bytes, .. } => self.on_too_large(event, bytes, now, out),
        }
    }

    pub(super) fn is_primary(&self, conn: ConnId) -> bool {
        matches!(&self.phase, Phase::Streaming(stream) if stream.conn == conn)
    }

    /// The only way to a phase.
    pub(super) fn enter(&mut self, next: Phase, out: Out<'_>) {
        if let Phase::Streaming(stream) = &self.phase
            && let Some(conn) = stream.backfill.conn()
        {
            out.push(Effect::HangUp(conn));
        }
        self.phase = next;
        out.push(Effect::PhaseChanged);
    }

    fn on_opened(&mut self, conn: ConnId, head: &Head, now: Moment, out: Out<'_>) {
        if self.goes_on_elsewhere(conn, head, now, out) {
            return;
        }
        match &self.phase {
            Phase::Dialing { conn: dialled, .. } if *dialled == conn => {
                let missed = self.missed_since(now);
                // A server that ends each connection is one outage, until one stays.
                self.is_untold = self.brief >= BRIEF_MAX;
                if !self.is_untold {
                    out.push(Effect::Journal(Entry::Opened));
                }
                if let Some(since) = missed.filter(|_| !self.without_refused_id) {
                    out.push(Effect::Journal(Entry::Gap { since }));
                }
                if std::mem::take(&mut self.without_refused_id) {
                    // The server refuses the id, so what came after it cannot be asked for.
                    let since = self.last_heard().unwrap_or(now.wall);
                    out.push(Effect::Journal(Entry::Gap { since }));
                    out.push(Effect::Deliver(Delivery::of_cursor(Cursor::NONE)));
                }
                self.dials_failed = 0;
                let proof = Some(self.heartbeat.proof());
                self.stream_on(conn, head, proof, now, out);
            }
            // A server without heartbeat may have nothing to say, so its answer is enough.
            Phase::Streaming(stream) => match stream.second {
                Second::Dialing { conn: second, doubt, .. } if second == conn => {
                    if doubt == Doubt::Stale {
                        self.note_head(head);
                    } else {
                        self.swap(head, now, out);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Keeps what the head of the second connection says until that takes over.
    fn note_head(&mut self, head: &Head) {
        if let Phase::Streaming(stream) = &mut self.phase {
            stream.second_head = Some(head.clone());
        }
    }

    pub(super) fn stream_on(
        &mut self,
        conn: ConnId,
        head: &Head,
        proof: Option<Duration>,
        now: Moment,
        out: Out<'_>,
    ) {
        let missed = if self.config.streamed_before { Origin::Replay } else { Origin::Backlog };
        let opening = Opening {
            at: now,
            missed,
            clock: head.date(),
            begun: self.config.begun.or((!self.config.streamed_before).then_some(now.wall)),
            order: self.config.feed.order(),
            asked: self.asked.number().filter(|_| !self.mixed_ids),
            position: self.asked.id.clone(),
            may_be_anew: std::mem::take(&mut self.server_lost) && !self.repeats,
        };
        self.broke = self.broke.or(self.last_heard());
        self.heartbeat.on_opened();
        self.heard = Some(now);
        let rotates = self.config.feed.routine_close_after().is_some();
        let age =
            (self.config.swap && !rotates).then(|| AGE_MAX.mul_f64(0.75 + 0.5 * self.rng.f64()));
        self.enter(Phase::Streaming(Box::new(Stream::new(conn, opening, proof, age))), out);
        self.plan_backfill(now);
    }

    /// When the link was last heard, in this run or before it.
    pub(super) fn last_heard(&self) -> Option<jiff::Timestamp> {
        self.heard.map(|heard| heard.wall).or(self.config.heard_before)
    }

    fn on_alive(&mut self, conn: ConnId, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if stream.conn == conn {
            self.heard = Some(now);
            if let Some(second) = stream.on_alive(now) {
                out.push(Effect::HangUp(second));
            }
        } else if stream.is_second(conn) {
            let head = stream.second_head.take().unwrap_or_default();
            self.swap(&head, now, out);
        }
    }

    fn on_closed(&mut self, conn: ConnId, cause: Cause, now: Moment, out: Out<'_>) {
        let cause = match cause {
            Cause::Status { code, detail, retry_after_ms, .. } => {
                let streamed_before = self.config.streamed_before || self.heard.is_some();
                let feed = &self.config.feed;
                let in_words = |text: Line| feed.explain(code, &text).map_or(text, Into::into);
                let detail = detail.map(in_words);
                Cause::Status { code, detail, retry_after_ms, streamed_before }
            }
            cause => cause,
        };
        match &mut self.phase {
            Phase::Dialing { conn: dialled, .. } if *dialled == conn => {
                let first = self.dials_failed == 0 || cause.class() == Class::Refused;
                if first && cause.may_refuse_an_id() && !self.asked.is_none() {
                    // An id that the server never takes would keep the link out for good.
                    self.without_refused_id = true;
                    return self.dial_from(Cursor::NONE, Reason::Anew, now, out);
                }
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

    /// The streaming connection is gone.
    pub(super) fn lost(&mut self, cause: Cause, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let last_heard = stream.heard.wall;
        let has_ended = cause == Cause::EndOfStream;
        let is_brief = has_ended && stream.stable_at.is_some();
        let is_empty = !stream.had_event;
        if let Second::Dialing { conn, .. } = stream.second {
            out.push(Effect::HangUp(conn));
        }
        // Else nothing would be heard of a server that ends each connection at once.
        let held = stream.ids.release();
        self.deliver_all(held, now, out);
        // One that ends each answer has sent all that it had, and what comes next is news. Without ids the next answer
        // may hold the same again.
        if has_ended && (is_empty || self.with_ids) {
            self.backlog_is_over(out);
        }
        self.brief = if is_brief { self.brief.saturating_add(1) } else { 0 };
        self.server_lost |= cause.is_the_servers_end();
        // One that names a `retry:` means to be asked again so soon, or the person does.
        let is_meant = self.hint.is_some() || self.config.law.retry != Retry::Backoff;
        let is_none = self.brief >= BRIEF_MAX && !is_meant;
        let cause = if is_none { Cause::BriefStreams { count: self.brief } } else { cause };
        let failure = Failure::from(cause);
        if !std::mem::take(&mut self.is_untold) {
            out.push(Effect::Journal(if failure.class == Class::Routine {
                Entry::Rotated
            } else {
                Entry::Lost { failure: failure.clone(), last_heard }
            }));
        }
        out.push(Effect::CaughtUp);
        self.retry_later(failure, now, out);
    }

    fn on_committed(&mut self, committed: Committed, out: Out<'_>) {
        self.config.cursor = committed.cursor;
        self.repeats |= committed.repeated;
        let since = self.fell_since.take().or(self.broke);
        if !committed.renumbered {
            return;
        }
        self.broke = None;
        if let Phase::Streaming(stream) = &mut self.phase {
            stream.ids.on_renumbered();
        }
        out.push(Effect::Journal(Entry::Renumbered));
        // The old cursor cannot ask for the events that had the ids in between.
        if let Some(since) = since {
            out.push(Effect::Journal(Entry::Gap { since }));
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
        self.is_untold = false;
        out.push(Effect::Journal(Entry::Paused));
        self.enter(Phase::Paused, out);
    }

    fn on_resume(&mut self, now: Moment, out: Out<'_>) {
        match &self.phase {
            Phase::Paused => {
                out.push(Effect::Journal(Entry::Resumed));
                self.dial(Reason::Person, now, out);
            }
            Phase::Halted { .. } | Phase::BackingOff { .. } => {
                self.dial(Reason::Person, now, out);
            }
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
            Deadline::Retry => self.dial(Reason::Retry, now, out),
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
                (self.failures, self.refusals, self.brief) = (0, 0, 0);
                if std::mem::take(&mut self.is_untold) {
                    out.push(Effect::Journal(Entry::Opened));
                }
            }
            Deadline::CaughtUp => self.on_replay_due(now, out),
            Deadline::Ids => {
                let Phase::Streaming(stream) = &mut self.phase else { return };
                let due = stream.ids.on_due();
                self.deliver_all(due, now, out);
            }
            Deadline::Backfill => self.on_backfill_due(now, out),
        }
    }

    /// What was missed is told, and the backlog of a new subscription is over with it.
    pub(super) fn on_replay_due(&mut self, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        stream.replay.on_due(now.monotonic);
        if stream.replay.is_over() {
            let held = stream.ids.on_replayed();
            self.deliver_all(held, now, out);
        }
        if matches!(&self.phase, Phase::Streaming(stream) if stream.replay.is_over()) {
            self.backlog_is_over(out);
        }
        out.push(Effect::CaughtUp);
    }

    /// What comes from now on is no backlog of a new subscription.
    fn backlog_is_over(&mut self, out: Out<'_>) {
        if !std::mem::replace(&mut self.config.streamed_before, true) {
            out.push(Effect::BacklogOver);
        }
    }
}
