//! One connection's replay: how what arrives came, and where the cursor may go with it.
//!
//! The server's own times tell backlog, replay and live apart where its feed has them. Without
//! them, what comes in one go after the opening was missed, and what comes later is live. This
//! decides only how a message is shown. The cursor needs a proof: a feed that replays in the order
//! of publication gives one with each event; where live and replayed events are mixed, the cursor
//! stays behind until the feed shows that everything has come ([`Decoded::Idle`]).
//!
//! [`Decoded::Idle`]: crate::feed::Decoded::Idle

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{CAUGHT_UP_FIRST, CAUGHT_UP_MAX, CAUGHT_UP_QUIET};
use crate::{Moment, Monotonic, cursor::Cursor, feed::Order, policy::Origin};

/// A message's time that is further ahead of the server's clock than this is not its publication's.
const AHEAD_MAX: SignedDuration = SignedDuration::from_secs(60);

/// What was missed is told at most this long after its first message, however much more comes.
const TOLD_FIRST: Duration = Duration::from_millis(500);
/// An event this long after the one before it does not come in one go with it.
const APART_MIN: Duration = Duration::from_millis(100);

/// The replay of one connection; see the module.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    opened: Moment,
    /// What a message is that was published before the connection: backlog or replay.
    missed: Origin,
    /// What the server's clock showed at the opening, in whole seconds.
    clock: Option<Timestamp>,
    /// How long before the opening the subscription began, where that is known.
    followed_for: Option<SignedDuration>,
    /// Whether a message without a time of its own is live by now.
    is_over: bool,
    /// When what was missed is to be told, or the replay is over.
    due: Option<Monotonic>,
    /// The latest time at which what was missed is told.
    latest: Monotonic,
    /// When the last event came that was not live.
    last: Option<Monotonic>,
    /// Whether each event is a cursor.
    is_proven: bool,
    /// Where the cursor moves once everything has come.
    held: Option<Cursor>,
}

impl Replay {
    /// The replay of a connection that opens. `begun` is when the subscription began to be
    /// followed, by this machine's wall clock; without it nothing is backlog by its time.
    pub(super) fn new(
        opened: Moment,
        missed: Origin,
        order: Order,
        clock: Option<Timestamp>,
        begun: Option<Timestamp>,
    ) -> Self {
        let latest = opened.monotonic + CAUGHT_UP_FIRST;
        Self {
            opened,
            missed,
            clock,
            // If this machine's clock was ahead at the beginning, the time says nothing.
            followed_for: begun
                .map(|begun| opened.wall.duration_since(begun))
                .filter(|span| !span.is_negative()),
            is_over: false,
            due: Some(latest),
            latest,
            last: None,
            is_proven: order == Order::Published,
            held: None,
        }
    }

    /// Whether what was missed may still be arriving.
    pub(super) fn is_catching_up(&self) -> bool {
        self.due.is_some()
    }

    /// Whether what comes now without a time is live.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// When [`Replay::on_due`] is to be called.
    pub(super) fn due(&self) -> Option<Monotonic> {
        self.due
    }

    /// What the server's clock showed at the opening.
    pub(super) fn clock(&self) -> Option<Timestamp> {
        self.clock
    }

    /// The server's first word tells its clock.
    pub(super) fn on_greeting(&mut self, clock: Option<Timestamp>) {
        self.clock = clock.or(self.clock);
    }

    /// How an event came: by the time of its publication where its feed knows it, else by its
    /// message's own, else by when it came.
    pub(super) fn origin(
        &mut self,
        published: Option<Timestamp>,
        own: Option<Timestamp>,
        now: Moment,
    ) -> Origin {
        let origin = self.classify(published, own, now);
        if origin != Origin::Live {
            self.on_missed(now.monotonic);
        }
        origin
    }

    /// The same of an event that is none of this replay.
    pub(super) fn classify(
        &self,
        published: Option<Timestamp>,
        own: Option<Timestamp>,
        now: Moment,
    ) -> Origin {
        match (self.clock, published) {
            (Some(clock), Some(published)) => self.by_time(clock, published, now.monotonic),
            (clock, _) if self.is_over || self.is_after(clock, own, now) => Origin::Live,
            _ => self.missed,
        }
    }

    /// Both times are whole seconds of the server's clock. A message of the same second as the
    /// opening is live unless it comes in one go with what was missed.
    fn by_time(&self, clock: Timestamp, published: Timestamp, now: Monotonic) -> Origin {
        let (second, clock_second) = (published.as_second(), clock.as_second());
        let before = self.last.unwrap_or(self.opened.monotonic);
        let is_apart = self.is_over || now >= before + APART_MIN;
        if second > clock_second || (second == clock_second && is_apart) {
            return Origin::Live;
        }
        let begun = self.followed_for.and_then(|span| clock.checked_sub(span).ok());
        match begun {
            Some(begun) if published.as_second() < begun.as_second() => Origin::Backlog,
            _ => Origin::Replay,
        }
    }

    /// Whether a message says by its own time that it was published after the opening. Its time may
    /// also be that of what it tells of, so an earlier one says nothing.
    fn is_after(&self, clock: Option<Timestamp>, own: Option<Timestamp>, now: Moment) -> bool {
        let (Some(clock), Some(own)) = (clock, own) else { return false };
        let passed = SignedDuration::try_from(now.since(self.opened)).unwrap_or_default();
        let ahead = own.duration_since(clock);
        !ahead.is_negative() && ahead <= passed.saturating_add(AHEAD_MAX)
    }

    /// What was missed is told once it pauses, and at most [`CAUGHT_UP_FIRST`] after the opening or
    /// the last time that it was told.
    fn on_missed(&mut self, now: Monotonic) {
        if self.last.replace(now).is_none() {
            self.latest = self.latest.min(now + TOLD_FIRST);
        }
        if self.due.is_none() {
            let first = self.opened.monotonic + CAUGHT_UP_FIRST;
            self.latest = if now < first { first } else { now + CAUGHT_UP_FIRST };
        }
        self.due = Some((now + CAUGHT_UP_QUIET).min(self.latest));
    }

    /// The due time has come: what was missed is to be told.
    pub(super) fn on_due(&mut self, now: Monotonic) {
        let is_quiet = self.last.is_none_or(|last| now >= last + CAUGHT_UP_QUIET);
        if is_quiet || now >= self.opened.monotonic + CAUGHT_UP_MAX {
            self.is_over = true;
            self.due = None;
        } else {
            self.latest = now + CAUGHT_UP_FIRST;
            self.due = self.last.map(|last| (last + CAUGHT_UP_QUIET).min(self.latest));
        }
    }

    /// The server shows that everything has come. Answers where the cursor moves now.
    pub(super) fn on_idle(&mut self) -> Option<Cursor> {
        self.is_proven = true;
        self.held.take()
    }

    /// Where the cursor moves with an event, if it may already.
    pub(super) fn moved(&mut self, cursor: Cursor) -> Option<Cursor> {
        if self.is_proven {
            return Some(cursor);
        }
        self.held = Some(cursor);
        None
    }
}
