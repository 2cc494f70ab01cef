//! A streaming connection: its own deadlines, and the second connection that may doubt it.

use std::time::Duration;

use super::{CAUGHT_UP_FIRST, CAUGHT_UP_MAX, CAUGHT_UP_QUIET, ConnId, DIAL_TIMEOUT, Deadline, Due};
use crate::{Moment, Monotonic, failure::Cause, heartbeat::Limits, history::Doubt, policy::Origin};

/// After a swap, a line this much later proves that the new connection is not silent too.
const PROVEN_AFTER: Duration = Duration::from_secs(1);

/// The data of [`super::Phase::Streaming`].
#[derive(Clone, Debug)]
pub struct Stream {
    pub(super) conn: ConnId,
    pub(super) opened: Moment,
    pub(super) heard: Moment,
    /// Whether any line has come on it.
    pub(super) spoken: bool,
    /// When the backoff starts over; `None` once it has.
    pub(super) stable_at: Option<Monotonic>,
    /// How events that come now came; live once caught up.
    pub(super) origin: Origin,
    pub(super) caught_up_at: Option<Monotonic>,
    /// Where the cursor moves to once caught up, for a feed whose replay may be out of order.
    pub(super) held: Option<Option<String>>,
    /// When it is to be replaced whatever it does, and why.
    pub(super) replace: Option<(Monotonic, Doubt)>,
    pub(super) second: Second,
    /// What the server said about the close that is coming.
    pub(super) farewell: Option<Cause>,
}

/// The second connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// None, and one may be dialled.
    None,
    /// It is being dialled, or open without a line yet.
    Dialing { conn: ConnId, doubt: Doubt, since: Monotonic },
    /// It failed: the first has until its end to speak.
    Failed,
    /// This one was the second itself, and has not proven yet that it is not silent too.
    Unproven,
}

impl Stream {
    pub(super) fn new(
        conn: ConnId,
        now: Moment,
        origin: Origin,
        proof: Option<Duration>,
        age: Option<Duration>,
    ) -> Self {
        Self {
            conn,
            opened: now,
            heard: now,
            spoken: false,
            stable_at: proof.map(|proof| now.monotonic + proof),
            origin,
            caught_up_at: Some(now.monotonic + CAUGHT_UP_FIRST),
            held: None,
            replace: age.map(|age| (now.monotonic + age, Doubt::Age)),
            second: Second::None,
            farewell: None,
        }
    }

    /// Whether what was missed may still be arriving.
    #[must_use]
    pub fn is_catching_up(&self) -> bool {
        self.caught_up_at.is_some()
    }

    /// Which connection it is.
    #[must_use]
    pub fn conn(&self) -> ConnId {
        self.conn
    }

    /// When the connection opened.
    #[must_use]
    pub fn opened(&self) -> Moment {
        self.opened
    }

    /// When the last complete line came, or the opening.
    #[must_use]
    pub fn heard(&self) -> Moment {
        self.heard
    }

    /// The cause of an end by silence.
    pub(super) fn silence(&self, now: Moment) -> Cause {
        let silence_ms = u64::try_from(now.since(self.heard).as_millis()).unwrap_or(u64::MAX);
        Cause::MissedHeartbeat { silence_ms, mute: !self.spoken }
    }

    /// A line came. Answers the second connection that is no longer needed, if there is one.
    pub(super) fn on_alive(&mut self, now: Moment) -> Option<ConnId> {
        self.heard = now;
        if !std::mem::replace(&mut self.spoken, true) {
            self.on_event(now);
        }
        match self.second {
            Second::Dialing { conn, doubt: Doubt::Stale | Doubt::Silence, .. } => {
                self.second = Second::None;
                Some(conn)
            }
            Second::Failed => {
                self.second = Second::None;
                None
            }
            Second::Unproven if now.since(self.opened) >= PROVEN_AFTER => {
                self.second = Second::None;
                None
            }
            _ => None,
        }
    }

    /// An event came: catching up goes on, within its bound.
    pub(super) fn on_event(&mut self, now: Moment) {
        if let Some(at) = &mut self.caught_up_at {
            let latest = self.opened.monotonic + CAUGHT_UP_MAX;
            *at = (now.monotonic + CAUGHT_UP_QUIET).min(latest);
        }
    }

    /// Replaces the connection at `at` unless it would be sooner.
    pub(super) fn replace_by(&mut self, at: Monotonic, doubt: Doubt) {
        if self.replace.is_none_or(|(planned, _)| at < planned) {
            self.replace = Some((at, doubt));
        }
    }

    /// The next deadline. `may_swap`: whether a second connection may be dialled at all.
    pub(super) fn due(&self, limits: Limits, may_swap: bool) -> Option<Due> {
        let silence = |span: Option<Duration>| span.map(|span| self.heard.monotonic + span);
        let idle = self.second == Second::None;
        let stale = match self.second {
            // A second silent connection is death, not another swap.
            Second::Unproven if limits.dead.is_some() => {
                silence(limits.stale).map(|at| (at, Deadline::Dead))
            }
            Second::None if may_swap => silence(limits.stale).map(|at| (at, Deadline::Stale)),
            _ => None,
        };
        let second = match self.second {
            Second::Dialing { since, .. } => Some((since + DIAL_TIMEOUT, Deadline::DialTimeout)),
            _ => None,
        };
        let replace = self.replace.filter(|_| idle).map(|(at, _)| (at, Deadline::Replace));
        [
            silence(limits.dead).map(|at| (at, Deadline::Dead)),
            stale,
            second,
            replace,
            self.stable_at.map(|at| (at, Deadline::Stable)),
            self.caught_up_at.map(|at| (at, Deadline::CaughtUp)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}
