//! The link: the connection of one subscription, as a state machine.
//!
//! ```text
//!            start                  opened
//!   Idle ───────────▶ Dialing ───────────────▶ Streaming ⟲ swap (make before break)
//!                      ▲  │ failed                │ lost
//!             retry or │  ▼                       │
//!                hint  BackingOff ◀───────────────┘
//!
//!   any ── pause ──▶ Paused ── resume ──▶ Dialing
//!   Dialing ── 204 ──▶ Halted ── resume ──▶ Dialing
//! ```
//!
//! Inputs come with the [`Moment`](crate::Moment) at which they happened, answers are [`Effect`]s
//! that the driver carries out in order, and [`Link::poll_deadline`] says when to come back. The
//! link decides; the driver acts. Nothing here may do IO, read a clock or keep a timer.

mod doubt;
mod events;
mod machine;
#[cfg(test)]
mod model;
mod stream;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_feeds;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    Moment, Monotonic,
    backoff::{Law, Manners, Retry},
    failure::{Cause, Failure},
    feed::Feed,
    heartbeat::Expect,
    history::Entry,
    message::{Change, Message, RawEvent},
    policy::Origin,
};

pub use machine::Link;
pub use stream::Stream;

/// A dial that has no response headers after this has failed.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection is replaced after this, give or take a quarter, so that one that pings but has gone
/// deaf does not stay.
pub const AGE_MAX: Duration = Duration::from_secs(6 * 3600);
/// A connection on which nothing has come yet is waited for so long: some servers look up what was
/// missed only after they have answered.
pub const CAUGHT_UP_FIRST: Duration = Duration::from_secs(2);
/// It has caught up after so long without an event since the first line…
pub const CAUGHT_UP_QUIET: Duration = Duration::from_millis(250);
/// …and at the latest after this, however much comes.
pub const CAUGHT_UP_MAX: Duration = Duration::from_secs(30);

/// What a link is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the server speaks.
    pub feed: Arc<dyn Feed>,
    /// How it retries.
    pub law: Law,
    /// What heartbeat the person expects.
    pub expect: Expect,
    /// Whether a doubted connection is checked by a second one. Without, there is one plain
    /// connection at a time.
    pub swap: bool,
    /// The last committed cursor.
    pub cursor: Option<String>,
    /// Whether the subscription has streamed before. If not, what comes first is backlog.
    pub streamed_before: bool,
    /// When it was last heard before this link began, if it was.
    pub heard_before: Option<Timestamp>,
    /// How long the server keeps messages, as it said with the last one. See [`Feed::keeps`].
    pub kept: Option<Duration>,
    /// Whether it begins paused.
    pub paused: bool,
}

impl Config {
    /// A subscription of which nothing is set, which has streamed before and has no cursor.
    #[must_use]
    pub fn plain(feed: Arc<dyn Feed>, manners: Manners) -> Self {
        Self {
            feed,
            law: Law { retry: Retry::Mannerly, manners, spread: None },
            expect: Expect::Learn,
            swap: true,
            cursor: None,
            streamed_before: true,
            heard_before: None,
            kept: None,
            paused: false,
        }
    }
}

/// A connection's number, from 1 up, never used again on the same link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// The state of a link. Each state owns its data.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Not started.
    Idle,
    /// A connection is being made.
    Dialing {
        /// Which.
        conn: ConnId,
        /// 1 for the first dial since the link last streamed.
        attempt: u32,
        /// When it began.
        since: Moment,
    },
    /// Connected.
    Streaming(Stream),
    /// Waiting to dial again.
    BackingOff {
        /// How many dials have failed since the link last streamed.
        attempt: u32,
        /// When it dials.
        until: Moment,
        /// The delay that was drawn for it.
        delay: Duration,
        /// Why the last connection or dial ended.
        failure: Failure,
    },
    /// By the person.
    Paused,
    /// By the server, until resumed.
    Halted {
        /// What it said.
        failure: Failure,
    },
}

impl Phase {
    /// The phase's name, e.g. `backing_off`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Dialing { .. } => "dialing",
            Self::Streaming(_) => "streaming",
            Self::BackingOff { .. } => "backing_off",
            Self::Paused => "paused",
            Self::Halted { .. } => "halted",
        }
    }
}

/// What can happen to a link.
#[derive(Clone, Debug)]
pub enum Input {
    /// Begin.
    Start,
    /// The response says that it goes on from this id; said before [`Input::Opened`]. See
    /// [`Feed::resumed_from_headers`].
    ResumedFrom(ConnId, String),
    /// The response is an event stream.
    Opened(ConnId),
    /// Complete lines arrived, or 16 KiB more of a line that is still arriving.
    Alive(ConnId),
    /// A comment.
    Comment(ConnId, String),
    /// A dispatched event.
    Event(ConnId, RawEvent),
    /// A block that dispatches nothing, such as `event: ping` alone.
    Ignored {
        /// Of which connection.
        conn: ConnId,
        /// Its own id, which is a cursor even so (WHATWG HTML, 9.2.6).
        own_id: Option<String>,
        /// Its type, where it had one.
        kind: Option<String>,
    },
    /// `retry:`.
    RetryHint(ConnId, Duration),
    /// An event over the limit, of which this much is kept.
    TooLarge {
        /// Of which connection.
        conn: ConnId,
        /// The beginning, and the id where it was seen.
        event: RawEvent,
        /// Its whole size in bytes.
        bytes: u64,
    },
    /// The connection, or the dial, ended.
    Closed(ConnId, Cause),
    /// Something in the surroundings makes a dial worthwhile now.
    Hint,
    /// The person pauses.
    Pause,
    /// The person resumes, or wants a dial now.
    Resume,
    /// A delivery was committed together with this cursor.
    Committed(Option<String>),
    /// [`Link::poll_deadline`] has been reached.
    Deadline,
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Dial, resuming from the cursor.
    Dial {
        /// The number of the new connection.
        conn: ConnId,
        /// The last committed cursor.
        cursor: Option<String>,
    },
    /// Close a connection, and pass on nothing more of it.
    HangUp(ConnId),
    /// Commit what became of an event, then say [`Input::Committed`].
    Deliver(Delivery),
    /// What was missed has arrived: its alerts may be shown.
    CaughtUp,
    /// Keep this in the journal.
    Journal(Entry),
    /// The phase is another.
    PhaseChanged,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The event as it was.
    pub event: RawEvent,
    /// What it is.
    pub outcome: Outcome,
    /// The cursor after it, where it moves: the id, or `None` where the server reset it.
    pub cursor: Option<Option<String>>,
}

/// See [`Delivery`].
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A message, and how it came.
    Message(Box<Message>, Origin),
    /// Something about an earlier message.
    Changed(Change),
    /// Undecodable or too large: kept aside and counted.
    SetAside {
        /// Why.
        reason: &'static str,
        /// The event's whole size.
        bytes: u64,
    },
    /// Only the cursor moves.
    Nothing,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The dial has taken too long.
    DialTimeout,
    /// The heartbeat is late, or a server without one was silent for long: doubt the connection.
    Stale,
    /// It was silent for too long: hang up.
    Dead,
    /// Dial again.
    Retry,
    /// It has streamed long enough to start the backoff over.
    Stable,
    /// The connection is old, or the surroundings changed: replace it.
    Replace,
    /// The burst after the opening is over.
    CaughtUp,
}

/// When to come back, and why.
pub type Due = (Monotonic, Deadline);
