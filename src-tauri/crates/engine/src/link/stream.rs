//! A streaming connection: its own deadlines, and the second connection that may doubt it.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    ConnId, DIAL_TIMEOUT, Deadline, Due,
    backfill::{Backfill, Fill},
    ids::Ids,
    replay::Replay,
};
use crate::{
    Moment, Monotonic, failure::Cause, feed::Order, heartbeat::Limits, history::Doubt,
    policy::Origin, wire::Head,
};

/// After a swap, a line this long after it proves that the new connection is not silent too.
const PROVEN_AFTER: Duration = Duration::from_secs(1);

/// The data of [`super::Phase::Streaming`].
#[derive(Clone, Debug)]
pub struct Stream {
    pub(super) conn: ConnId,
    pub(super) opened: Moment,
    pub(super) heard: Moment,
    /// When a second connection last showed that the server lives.
    pub(super) heard_of: Option<Monotonic>,
    /// Whether any line has come on it.
    pub(super) spoken: bool,
    /// When the backoff starts over; `None` once it has.
    pub(super) stable_at: Option<Monotonic>,
    /// How what arrives came, and where the cursor may go.
    pub(super) replay: Replay,
    /// Its ids, where they are those of a counter.
    pub(super) ids: Ids,
    /// Where it stands, where its feed puts that together of several ids. See
    /// [`Feed::position`](crate::feed::Feed::position).
    pub(super) position: Option<String>,
    /// Whether an event has come on it.
    pub(super) had_event: bool,
    /// Whether the server has said how to tell it what to send.
    pub(super) is_named: bool,
    /// When it is too old.
    pub(super) ages_at: Option<Monotonic>,
    /// When the connection is to be replaced, whatever it does, and why.
    pub(super) replace: Option<(Monotonic, Doubt)>,
    pub(super) second: Second,
    /// What the second's head says, where it has opened and not taken over yet.
    pub(super) second_head: Option<Head>,
    /// What the server said about the close that is coming.
    pub(super) farewell: Option<Cause>,
    pub(super) backfill: Backfill,
    pub(super) fill: Fill,
}

/// What is known when a connection opens.
pub(super) struct Opening {
    pub(super) at: Moment,
    /// What a message is that was missed: backlog or replay.
    pub(super) missed: Origin,
    /// The server's clock.
    pub(super) clock: Option<Timestamp>,
    /// When the subscription began to be followed.
    pub(super) begun: Option<Timestamp>,
    pub(super) order: Order,
    /// The number after which the connection resumes.
    pub(super) asked: Option<u64>,
    pub(super) position: Option<String>,
    /// Whether the server may have restarted and is not known to repeat.
    pub(super) may_be_anew: bool,
}

/// The second connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// None, and one may be dialled.
    None,
    /// It is being dialled, or open without a line yet.
    Dialing { conn: ConnId, doubt: Doubt, since: Monotonic },
    /// It failed: the first has until its own deadline to speak.
    Failed,
    /// This connection was the second one itself, and has not yet proven that it is not silent too.
    Unproven,
}

impl Stream {
    pub(super) fn new(
        conn: ConnId,
        opening: Opening,
        proof: Option<Duration>,
        age: Option<Duration>,
    ) -> Self {
        let Opening { at: now, missed, clock, begun, order, asked, position, may_be_anew } =
            opening;
        Self {
            conn,
            opened: now,
            heard: now,
            heard_of: None,
            spoken: false,
            stable_at: proof.map(|proof| now.monotonic + proof),
            replay: Replay::new(now, missed, order, clock, begun),
            ids: Ids::new(asked, may_be_anew),
            position,
            had_event: false,
            is_named: false,
            ages_at: age.map(|age| now.monotonic + age),
            replace: age.map(|age| (now.monotonic + age, Doubt::Age)),
            second: Second::None,
            second_head: None,
            farewell: None,
            backfill: Backfill::None,
            fill: Fill::default(),
        }
    }

    /// Whether what was missed may still be arriving.
    #[must_use]
    pub fn is_catching_up(&self) -> bool {
        self.replay.is_catching_up()
    }

    /// Whether this is the second connection.
    pub(super) fn is_second(&self, conn: ConnId) -> bool {
        matches!(self.second, Second::Dialing { conn: second, .. } if second == conn)
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
        self.spoken = true;
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

    /// Replaces the connection at `at`, or at the time already set where that is sooner.
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
            // Without a heartbeat nothing would prove that.
            Second::None | Second::Unproven if may_swap => {
                let checked = self.heard_of.max(Some(self.heard.monotonic));
                let stale = checked.zip(limits.stale).map(|(from, span)| from + span);
                stale.map(|at| (at, Deadline::Stale))
            }
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
            self.replay.due().map(|at| (at, Deadline::CaughtUp)),
            self.ids.due().map(|at| (at, Deadline::Ids)),
            self.backfill.due().map(|at| (at, Deadline::Backfill)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}
