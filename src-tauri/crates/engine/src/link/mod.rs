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
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//!
//! use hark_engine::{
//!     Moment,
//!     backoff::Clients,
//!     cursor::Cursor,
//!     failure::Cause,
//!     feed::Json,
//!     link::{Committed, Config, Deadline, Effect, Input, Link, Phase, Reason},
//!     message::RawEvent,
//!     wire::{Arrival, Head},
//! };
//!
//! let mut link = Link::new(Config::plain(Arc::new(Json), Clients::Few), 42);
//! let mut now = Moment { monotonic: Duration::ZERO, wall: "2026-01-01T00:00:00Z".parse()? };
//! let mut effects = Vec::new();
//!
//! // It begins with a dial, which has nothing to resume from yet.
//! link.handle(Input::Start, now, &mut effects);
//! let Some(Effect::Dial { conn, .. }) = effects.first().cloned() else { panic!("{effects:?}") };
//!
//! // The connection opens, and an event comes, which is to be committed.
//! link.handle(Input::Arrived(conn, Arrival::Opened(Head::default())), now, &mut effects);
//! let event = RawEvent { kind: "message".into(), data: "hello".into(), own_id: Some("7".into()) };
//! effects.clear();
//! link.handle(Input::Arrived(conn, Arrival::Event { event, id: "7".into() }), now, &mut effects);
//! let [Effect::Deliver(delivery)] = effects.as_slice() else { panic!("{effects:?}") };
//! assert_eq!(delivery.cursor, Some(Cursor::of_id("7")));
//!
//! // The driver has committed it. The cursor is where the next dial resumes from.
//! let committed = Committed { cursor: Cursor::of_id("7"), ..Committed::default() };
//! link.handle(Input::Committed(committed), now, &mut effects);
//!
//! // The server goes away. The link draws a delay and names the time of its next dial.
//! link.handle(Input::Arrived(conn, Arrival::Closed(Cause::EndOfStream)), now, &mut effects);
//! let Phase::BackingOff { until, .. } = *link.phase() else { panic!("{:?}", link.phase()) };
//! assert_eq!(link.poll_deadline(), Some((until.monotonic, Deadline::Retry)));
//!
//! now = until;
//! effects.clear();
//! link.handle(Input::Deadline, now, &mut effects);
//! let Some(Effect::Dial { cursor, reason, .. }) = effects.first() else { panic!("{effects:?}") };
//! assert_eq!((cursor, *reason), (&Cursor::of_id("7"), Reason::Retry));
//! # Ok::<(), jiff::Error>(())
//! ```

mod backfill;
mod dials;
mod doubt;
mod events;
mod ids;
mod machine;
mod recognise;
mod replay;
mod stream;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    Moment, Monotonic,
    backoff::{Clients, Law, Retry},
    cursor::Cursor,
    failure::Failure,
    feed::{Feed, Recogniser, Recognition},
    heartbeat::Expect,
    history::{Doubt, Entry},
    message::{Change, Message, RawEvent},
    policy::Origin,
    wire::Arrival,
};

pub use machine::Link;
pub use stream::Stream;

/// A dial that has no response headers after this has failed.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection is replaced after this, give or take a quarter, so that one that pings but has gone
/// deaf does not stay.
pub const AGE_MAX: Duration = Duration::from_secs(6 * 3600);
/// The latest time after the opening at which what was missed is told. It is not told earlier where
/// nothing has come yet: some servers look up what was missed only after they have answered.
pub const CAUGHT_UP_FIRST: Duration = Duration::from_secs(2);
/// A replay has paused after so long without an event of it.
pub const CAUGHT_UP_QUIET: Duration = Duration::from_millis(250);
/// After this a message without a time of its own is live, however much has come before it.
pub const CAUGHT_UP_MAX: Duration = Duration::from_secs(30);

/// What a link is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the server speaks.
    pub feed: Arc<dyn Feed>,
    /// Recognises what it speaks, where that is not known yet; `feed` is that of a plain stream then.
    pub recogniser: Option<Recogniser>,
    /// How it retries.
    pub law: Law,
    /// What heartbeat the person expects.
    pub expect: Expect,
    /// Whether a doubted connection is checked by a second one. Without, there is one plain
    /// connection at a time.
    pub swap: bool,
    /// The last committed cursor.
    pub cursor: Cursor,
    /// Whether the backlog of the subscription is over. If not, what comes first is backlog.
    pub streamed_before: bool,
    /// When the subscription began to be followed, by the wall clock: what the server published
    /// before is backlog. `None` where it is not known any more.
    pub begun: Option<Timestamp>,
    /// Whether its messages carry ids, as far as they have come.
    pub has_ids: Option<bool>,
    /// When it was last heard before this link began, if it was.
    pub heard_before: Option<Timestamp>,
    /// When its last message came, where that was before this link began.
    pub last_message: Option<Timestamp>,
    /// How long the server keeps messages, as it said with the last one. See [`Feed::keeps`].
    pub kept: Option<Duration>,
    /// Whether it begins paused.
    pub paused: bool,
}

impl Config {
    /// A subscription of which nothing is set, which has streamed before and has no cursor.
    #[must_use]
    pub fn plain(feed: Arc<dyn Feed>, clients: Clients) -> Self {
        Self {
            feed,
            recogniser: None,
            law: Law { retry: Retry::Backoff, clients, spread: None },
            expect: Expect::Learn,
            swap: true,
            cursor: Cursor::NONE,
            streamed_before: true,
            begun: None,
            has_ids: None,
            heard_before: None,
            last_message: None,
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
    /// Before [`Input::Start`].
    Idle,
    /// A connection is being made.
    Dialing {
        /// The connection's number.
        conn: ConnId,
        /// 1 for the first dial since the link last streamed.
        attempt: u32,
        /// When it began.
        since: Moment,
        /// Why the connection or dial before it ended, where one did.
        failure: Option<Failure>,
    },
    /// A connection stands.
    Streaming(Box<Stream>),
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
    /// The person has paused it.
    Paused,
    /// The server asked not to be dialled again (204); it stays so until [`Input::Resume`].
    Halted {
        /// What the server said.
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
    /// The link is to begin.
    Start,
    /// A dial begins only now: it has waited for what had to be kept before it.
    Begun(ConnId),
    /// A connection brought this.
    Arrived(ConnId, Arrival),
    /// Something in the surroundings makes a dial worthwhile now.
    Hint(Hint),
    /// The person pauses.
    Pause,
    /// The person resumes, or wants a dial now.
    Resume,
    /// Deliveries were committed.
    Committed(Committed),
    /// [`Link::poll_deadline`] has been reached.
    Deadline,
}

/// What makes a dial worthwhile now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The computer woke.
    Woke,
    /// The way to this link's server has changed.
    Route,
    /// What the last dial was refused for may be in order now, such as a token that was printed
    /// anew.
    Credential,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The cursor after it.
    pub cursor: Cursor,
    /// Whether the ids began anew in it.
    pub renumbered: bool,
    /// Whether what had an id that fell back had come before, as far as its text tells.
    pub repeated: bool,
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Dial, resuming from the cursor.
    Dial {
        /// The number of the new connection.
        conn: ConnId,
        /// What it resumes from: the last committed cursor, or nothing.
        cursor: Cursor,
        /// Why it is dialled.
        reason: Reason,
    },
    /// Ask on a connection beside the one that streams for what the server holds since a time of its own. See
    /// [`Feed::request_backfill`].
    Backfill {
        /// The number of the new connection.
        conn: ConnId,
        /// The server's time.
        since: Timestamp,
    },
    /// Close a connection, and pass on nothing more of it.
    HangUp(ConnId),
    /// Commit what became of an event, then say [`Input::Committed`].
    Deliver(Delivery),
    /// What was missed has arrived: its alerts may be shown.
    CaughtUp,
    /// The backlog of a new subscription is over.
    BacklogOver,
    /// Keep this in the journal.
    Journal(Entry),
    /// Tell the server what to send on this connection, which it knows by this id. See
    /// [`Feed::subscribe`].
    Subscribe(ConnId, String),
    /// It is known from now on what the server speaks. Comes before anything is delivered.
    Recognised(Recognition),
    /// The phase, or the time of its next dial, has changed.
    PhaseChanged,
}

/// Why the link dials. Every dial has a reason, and takes from the link's budget whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The link begins.
    Start,
    /// The delay after a failure is over.
    Retry,
    /// The surroundings gave a hint.
    Hint,
    /// The person asked for it.
    Person,
    /// The connection that stands is in doubt.
    Doubt(Doubt),
    /// The server has forgotten the cursor, or refuses its id, or was not known before: it is asked
    /// for what it holds.
    Anew,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The event as it was.
    pub event: RawEvent,
    /// What it is.
    pub outcome: Outcome,
    /// The cursor after it, where it moves; [`Cursor::NONE`] where the server reset it.
    pub cursor: Option<Cursor>,
    /// Set where its id falls back behind the cursor: whether the counter began anew.
    pub fallen: Option<Renumbering>,
}

impl Delivery {
    /// A delivery that moves the cursor and nothing else.
    #[must_use]
    pub fn of_cursor(cursor: Cursor) -> Self {
        Self {
            event: RawEvent::default(),
            outcome: Outcome::Nothing,
            cursor: Some(cursor),
            fallen: None,
        }
    }
}

/// Whether the counter of an id that falls back began anew, or the server repeats what it has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renumbering {
    /// The store decides. It is a repetition where this event has come before, or the last of those
    /// that follow it with the same mark in one commit; else the counter began anew.
    Perhaps,
    /// The counter began anew.
    Surely,
}

/// What an event is, once decoded; see [`Delivery`].
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A message, and how it came.
    Message(Box<Message>, Origin),
    /// Something about an earlier message.
    Changed(Change),
    /// Undecodable or too large: kept aside and counted.
    SetAside {
        /// What is wrong with it, in a few words.
        reason: &'static str,
        /// The event's whole size in bytes.
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
    /// The delay is over: dial again.
    Retry,
    /// It has streamed long enough to start the backoff over.
    Stable,
    /// The connection is old, or the surroundings changed: replace it.
    Replace,
    /// The replay has paused: what was missed is to be told.
    CaughtUp,
    /// Ids that fell back have waited for long enough.
    Ids,
    /// What was published while the connection was made is to be asked for once more, or that has taken too long.
    Backfill,
}

/// When to come back, and why.
pub type Due = (Monotonic, Deadline);
