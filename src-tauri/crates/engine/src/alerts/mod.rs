//! The alerts: whether, when, in what order and folded into what messages are shown as notifications,
//! as a state machine.
//!
//! ```text
//!   Idle ──▶ Connecting ──▶ Meeting ──▶ (Settling) ──▶ Looking ◀────▶ Ready
//!              ▲   │         │   ▲                      │   ▲
//!         60 s │   ▼         ▼   │ 60 s, a new owner     ▼   │
//!             Offline       Absent                   Showing ─▶ Marking
//!                            ▲   it ended, or          │ ▲
//!                            └── answers nothing ──────┤ ├─ Refused (once, 1.2 s)
//!                                                      └─┴─ Doubting
//!
//!   Looking ⟷ Closing, first, where something was taken back
//!   any ── the session bus is lost ──▶ Offline
//! ```
//!
//! - The *outbox* is the alerts in the store that wait. It is not held here: an [`Effect::Look`] asks
//!   for the few that are next, and the shell answers with [`Input::Content`].
//! - One request to the notification server is under way at a time, and one more only to ask whether
//!   it still answers. What it did not answer while it answered nothing else is *unanswered*: it may
//!   still be shown, so nothing is sent before that is known (`Settling`).
//! - On the screen are at most [`PLACES`] notifications, whatever comes and of however many
//!   subscriptions, and [`URGENT_PLACES`] of the highest priority. What finds no place is *folded* into
//!   one that counts, which is brought up to date every [`COUNTED_EVERY`] and takes the place of another.
//! - What a silence keeps from being shown is *held* in the outbox. Once it is over, and the session is
//!   unlocked, that is told as what came while the person was away.
//! - A *series* is one sequence of a subscription. Of each, one notification is on the screen.
//!
//! `N` is a notification as the shell builds it; it is passed on and never looked at. Inputs come with
//! the [`Moment`](crate::Moment) at which they happened, and [`Alerts::poll_deadline`] says when to come
//! back. Nothing here may do IO, read a clock or keep a timer.

mod answers;
mod attempts;
mod button;
mod call;
mod counter;
mod held;
mod machine;
#[cfg(test)]
mod model;
mod screen;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_screen;
#[cfg(test)]
mod tests_silence;
#[cfg(test)]
mod tests_storm;
mod waiting;
mod why;
mod work;
#[cfg(test)]
mod world;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Monotonic, message::Priority, silence::Silences};

pub use button::Button;
pub use machine::Alerts;
pub use why::Why;

/// How long an answer is waited for.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Where nobody shows alerts, when that is tried again although no new server has shown up.
pub const RETRY: Duration = Duration::from_secs(60);
/// When one that was refused is sent again. KDE refuses an identical notification within a second.
pub const REFUSED_RETRY: Duration = Duration::from_millis(1200);
/// Where more alerts than this were waited for, they are one notification that counts them, but for the
/// latest of the highest priority.
pub const REPLAY_ALERTS_MAX: u32 = 3;
/// Whoever could be told nothing for longer than this was away.
pub const AWAY: SignedDuration = SignedDuration::from_mins(2);
/// Where more subscriptions than this have something to tell after that, it is one notification.
pub const DIGESTS_MAX: usize = 3;
/// At least so often it is asked whether a silence is over: the clock may have been set.
pub const RECHECK: Duration = Duration::from_secs(300);
/// When the store is asked again to hold back, or no longer, what it could not write.
pub const HOLD_RETRY: Duration = Duration::from_secs(5);
/// Alerts that no server could be shown for longer than this are no news any more.
pub const NEWS_FOR: Duration = Duration::from_secs(12 * 3600);
/// Notifications on the screen, one that counts others among them.
pub const PLACES: usize = 3;
/// Those of the highest priority, which are there until they are closed.
pub const URGENT_PLACES: usize = 3;
/// How long another one has its place: as long as desktops show one.
pub const IN_VIEW: Duration = Duration::from_secs(10);
/// How often the one that counts is brought up to date.
pub const COUNTED_EVERY: Duration = Duration::from_secs(2);
/// How many of the messages that it counts it names: the latest.
pub const NAMED_MAX: usize = 3;

/// How the alerts of a subscription are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// They came as they happened, from this id on, while others before them still wait to be told
    /// together: those from there on are shown.
    From(i64),
    /// They came as they happened: each is shown, as long as there is a place for it.
    Live,
    /// So did these, and one of them is of the highest priority.
    Urgent,
    /// They were waited for: more than [`REPLAY_ALERTS_MAX`] are one notification that counts them.
    Replay,
    /// They were waited for so long, or held back, that the person was away: more than one are one
    /// notification, and so are those of more than [`DIGESTS_MAX`] subscriptions.
    Away,
    /// The person asked for them: no silence holds them back.
    Asked,
}

impl Due {
    /// Of what was replayed, where nothing had come since then.
    #[must_use]
    pub fn replayed(since: Option<Timestamp>, now: Timestamp) -> Self {
        let is_long = |since| now.duration_since(since) > AWAY;
        if since.is_some_and(is_long) { Self::Away } else { Self::Replay }
    }
}

/// One sequence of a subscription's messages: of each, the latest is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The subscription's key.
    pub subscription: String,
    /// The sequence's id, as the server gave it.
    pub sequence: String,
}

/// A request's number, from 1 up, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request(pub u64);

/// Messages of one subscription, from an id to an id of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The subscription's key.
    pub subscription: String,
    /// The id of the first.
    pub first: i64,
    /// The id of the last, which is that of the first where it is one message.
    pub last: i64,
}

/// A notification of messages that wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert<N> {
    /// Of which; there is at least one part, and one part alone but where it counts.
    pub parts: Vec<Part>,
    /// What is sent.
    pub notification: N,
    /// Of how many messages.
    pub count: u32,
    /// Whether it is of a message of the highest priority.
    pub urgent: bool,
    /// Its priority; of several the highest.
    pub priority: Priority,
    /// After how long it is closed where nobody does it; never where it is none.
    pub stays: Option<Duration>,
    /// What a click opens, where the server passes clicks on.
    pub url: Option<String>,
    /// The sequence of which it shows the latest.
    pub sequence: Option<String>,
}

/// A notification that a server has acknowledged and not closed yet. Kept beside the messages, so that it
/// is known after a restart of the agent as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showing {
    /// The server, as [`Input::Met`] named it.
    pub server: String,
    /// The server's number for it.
    pub number: u32,
    /// Of which messages; at least one part.
    pub parts: Vec<Part>,
    /// Of how many.
    pub count: u32,
    /// The id of the latest.
    pub id: i64,
    /// What a click opens, where that is not its message.
    pub url: Option<String>,
    /// What it shows the latest of.
    pub series: Option<Series>,
    /// When it is closed where nobody does it; never where it is none.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What a notification counts for which there was no place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Of each subscription the messages, and how many of them, in the order in which they were first
    /// counted.
    pub counts: Vec<(Part, u32)>,
    /// How many of them are of the highest priority.
    pub urgent: u32,
    /// Whether they came while the person was away.
    pub missed: bool,
    /// The ids of the latest, at most [`NAMED_MAX`], the newest first.
    pub latest: Vec<i64>,
}

impl Folded {
    /// How many messages.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// Counts messages of a subscription, of which these are the latest, the newest first.
    pub fn add(&mut self, part: Part, count: u32, urgent: u32, latest: &[i64]) {
        match self.counts.iter_mut().find(|(it, _)| it.subscription == part.subscription) {
            Some((known, known_count)) => {
                known.first = known.first.min(part.first);
                known.last = known.last.max(part.last);
                *known_count += count;
            }
            None => self.counts.push((part, count)),
        }
        self.urgent += urgent;
        self.latest.extend(latest);
        self.latest.sort_unstable_by(|one, other| other.cmp(one));
        self.latest.truncate(NAMED_MAX);
    }
}

/// What the shell is to look for in the outbox. Each names a subscription by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The notifications that this server still shows, as it was named: [`Content::Showing`].
    Showing(String),
    /// The subscriptions of which something waits or is held back: [`Content::Subscriptions`].
    Subscriptions,
    /// How many alerts wait: [`Content::Count`].
    Count(String),
    /// The oldest from this id on: [`Content::Alert`].
    Oldest(String, i64),
    /// Of those of the highest priority, the oldest of the latest so many: [`Content::Alert`].
    Urgent(String, u32),
    /// Of which of these sequences an alert waits: [`Content::Sequences`].
    Sequences(String, Vec<String>),
    /// All, as one notification that counts them; they came while the person was away, or else late:
    /// [`Content::Alert`].
    Digest(String, bool),
    /// All of these, as one notification that counts them and what was counted before:
    /// [`Content::Folded`].
    Folded(Vec<String>, Folded),
}

/// What the outbox holds. Where it cannot be read it holds nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<N> {
    /// Notifications, the oldest first.
    Showing(Vec<Showing>),
    /// Keys of subscriptions.
    Subscriptions {
        /// Those of which something waits.
        pending: Vec<String>,
        /// Those of which something is held back.
        held: Vec<String>,
    },
    /// How many alerts.
    Count(u32),
    /// An alert, where one waits.
    Alert(Option<Alert<N>>),
    /// Ids of sequences.
    Sequences(Vec<String>),
    /// The notification and all that it counts, where anything of that waits.
    Folded(Option<(Alert<N>, Folded)>),
}

/// Why the notification server has not done what it was asked. A text is a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is there and refuses this one.
    Refused(String),
    /// Nobody is there: nothing was delivered.
    Absent(String),
    /// It was there, and went away before it answered.
    Vanished(String),
    /// It is there and has not answered within [`ANSWER_TIMEOUT`].
    Silent,
}

/// Why nobody shows alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no session bus, and so nobody to wait for.
    NoBus,
    /// The bus says that no notification server runs.
    NoServer,
    /// It failed at what it was asked.
    Failure(Failure),
}

/// What an alert becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server acknowledged it.
    Shown,
    /// The server acknowledged the notification that counts it.
    Digest,
    /// So did it with the one that counts what found no place.
    Folded,
    /// It is given up, for this reason. After [`Failure::Silent`] it may have been shown, but twice is
    /// worse than perhaps.
    Refused(Failure),
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Input<N> {
    /// Begin.
    Start,
    /// [`Effect::Connect`] has found a session bus, or none.
    Connected(Request, bool),
    /// The session bus is lost, and all on it.
    Disconnected,
    /// The alerts of a subscription are due, by its key.
    Due(String, Due),
    /// What is on the screen of this series is to be closed.
    Withdrawn(Series),
    /// What the person and the desktop say of silence is this now.
    Silences(Silences),
    /// The bus says that another notification server is there, or that none is.
    Owner(bool),
    /// [`Effect::Ask`] was answered: with a name for the server that no other one ever has, on whatever
    /// bus.
    Met(Request, Result<String, Failure>),
    /// [`Effect::Show`] was answered: with the server's number for the notification.
    Shown(Request, Result<u32, Failure>),
    /// [`Effect::Close`] was answered, in whatever way: one that cannot be closed stays.
    Closed(Request),
    /// The notification of this number is no longer on the screen; the person closed it, or not.
    Left(u32, bool),
    /// The person has read these messages.
    Read(Vec<i64>),
    /// The person clicked on the notification of this number.
    Clicked(u32),
    /// The person pressed this button of the notification of this number.
    Pressed(u32, Button),
    /// The person answered the message of the notification of this number with this text.
    Replied(u32, String),
    /// What a button was for is done, and the notification of this number is to be closed.
    Cleared(u32),
    /// [`Effect::Hold`] or [`Effect::Release`] of the subscription with this key could not be written.
    /// It is tried again.
    NotHeld(String),
    /// The answer to [`Effect::Look`].
    Content(Content<N>),
    /// The answer to [`Effect::Mark`]: whether it was written.
    Marked(bool),
    /// [`Alerts::poll_deadline`] has been reached.
    Deadline,
}

/// What the shell has to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<N> {
    /// Connect to the session bus, in the place of an earlier connection.
    Connect(Request),
    /// Ask the notification server who it is. Where the bus can start one, it does.
    Ask(Request),
    /// Send a notification. Its answer is waited for until the next one is sent, however long that is.
    Show {
        /// The number of this request.
        request: Request,
        /// What is sent.
        notification: N,
        /// The number of the notification that it replaces, as far as is known still on the screen.
        replaces: Option<u32>,
    },
    /// Close the notification of this number.
    Close(Request, u32),
    /// Take out of the outbox what was received before this: it is history, and no news.
    Expire(Timestamp),
    /// Hold back what waits of a subscription.
    Hold {
        /// Its key.
        subscription: String,
        /// This priority and higher is not held back.
        passes: Option<Priority>,
        /// By what.
        why: Why,
        /// Whether it is never told.
        for_good: bool,
    },
    /// What was held back of a subscription waits again.
    Release {
        /// Its key.
        subscription: String,
        /// From this priority on; all where there is none.
        from: Option<Priority>,
    },
    /// Look into the outbox, then say [`Input::Content`].
    Look(Look),
    /// Write down what those alerts became that still wait, then say [`Input::Marked`].
    Mark {
        /// Which.
        parts: Vec<Part>,
        /// What they became.
        outcome: Outcome,
        /// The notification that shows them now.
        showing: Option<Showing>,
    },
    /// The notification of this number is to be remembered no longer.
    Forget(u32),
    /// Write down that the person closed a notification of these messages.
    Dismissed {
        /// Which.
        parts: Vec<Part>,
        /// Whether it only counted them.
        counted: bool,
    },
    /// Open this, as the person clicked.
    Open(Target),
    /// Send this text to where the message came from.
    Reply {
        /// The message's id.
        message: i64,
        /// The server's number for its notification.
        number: u32,
        /// The text.
        text: String,
    },
    /// Do what this button of the message's notification is for, as the person pressed it.
    Act {
        /// The id of the message, which may be gone by now.
        message: i64,
        /// The number of the notification.
        number: u32,
        /// The button.
        button: Button,
    },
    /// The server that answered last shows the alerts.
    Available,
    /// Nobody does, for this reason.
    Unavailable(Reason),
    /// Whether there is nobody to wait for. If so, what waits is marked as such.
    Nobody(bool),
}

/// What a click opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This URL of the message of this id; that message in Hark where the URL is not to be opened at once.
    Url(String, i64),
    /// The message of this id, in Hark.
    Message(i64),
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The request that is under way has taken too long.
    Answer,
    /// What a server was sent before it froze is not answered although it answers again.
    Settle,
    /// Send once more what was refused.
    Refused,
    /// Look once more for a session bus or a server.
    Retry,
    /// Bring the notification that counts up to date.
    Count,
    /// A silence may be over.
    Silence,
    /// Close what has stayed for as long as it is to.
    Stay,
}

/// When to come back, and why.
pub type Timer = (Monotonic, Deadline);
