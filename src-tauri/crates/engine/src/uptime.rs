//! How long a subscription was connected of the time in which it was followed: folded entry by entry as the journal
//! is written, so that it outlives the journal's rows. It knows no days; who keeps it splits it.
//!
//! Followed is while Hark ran, awake, and the subscription was not paused. A first dial counts for neither side:
//! it becomes an outage once it has failed, and so a link is down for exactly as long as the history's outages say.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, history::Entry};

/// How a link is, as far as that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not followed, or not known yet.
    #[default]
    Absent,
    /// Connected.
    Live,
    /// Lost.
    Down,
}

/// A state and since when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The state.
    pub state: State,
    /// When it began.
    pub at: Timestamp,
}

/// How a subscription stands after the entries so far. Stored as JSON, so its names stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Now.
    pub now: Since,
    /// Before that: a sleep is told of when it is over, and what broke by it may have been told before.
    pub before: Option<Since>,
    /// Since when an outage lasts; a pause, not a restart of Hark, ends it.
    pub lost: Option<Timestamp>,
}

/// What an entry adds to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// Time that was spent in a state.
    Spent(State, Timestamp, Timestamp),
    /// Time that was told to be spent so, and was not.
    Taken(State, Timestamp, Timestamp),
    /// An outage began.
    Begun(Timestamp, &'a Failure),
    /// An outage ended, which had begun at the first of these.
    Ended(Timestamp, Timestamp),
}

impl Standing {
    /// Of a subscription of which nothing is known.
    #[must_use]
    pub fn unknown(at: Timestamp) -> Self {
        Self { now: Since { state: State::Absent, at }, before: None, lost: None }
    }

    /// Takes an entry that was written at `at`. Answers what it adds.
    pub fn take<'a>(&mut self, at: Timestamp, entry: &'a Entry) -> Vec<Told<'a>> {
        let mut told = Vec::new();
        match entry {
            Entry::Opened | Entry::Swapped { .. } => {
                self.ends(at, &mut told);
                self.becomes(State::Live, at, &mut told);
            }
            Entry::Lost { failure, .. }
            | Entry::DialFailed { failure, .. }
            | Entry::Halted { failure } => {
                if self.lost.is_none() {
                    self.lost = Some(at);
                    told.push(Told::Begun(at, failure));
                }
                self.becomes(State::Down, at, &mut told);
            }
            Entry::Paused | Entry::Removed => {
                self.ends(at, &mut told);
                self.becomes(State::Absent, at, &mut told);
            }
            Entry::AgentStopped => self.becomes(State::Absent, at, &mut told),
            Entry::AgentStarted { last_alive } => {
                // After a crash: it is known until when that one ran.
                self.becomes(State::Absent, last_alive.unwrap_or(self.now.at), &mut told);
            }
            Entry::Woke { asleep_since } => self.slept(*asleep_since, at, &mut told),
            Entry::Rotated | Entry::Gap { .. } | Entry::Renumbered | Entry::Resumed => {}
        }
        told
    }

    /// What was spent since the last entry, and is not told yet.
    #[must_use]
    pub fn so_far(&self, now: Timestamp) -> Told<'static> {
        Told::Spent(self.now.state, self.now.at, now.max(self.now.at))
    }

    fn becomes(&mut self, state: State, at: Timestamp, told: &mut Vec<Told<'_>>) {
        if self.now.state == state {
            return;
        }
        // A clock that was set back spends nothing.
        let at_least = at.max(self.now.at);
        if self.now.state != State::Absent {
            told.push(Told::Spent(self.now.state, self.now.at, at_least));
        }
        self.before = Some(self.now);
        self.now = Since { state, at };
    }

    fn ends(&mut self, at: Timestamp, told: &mut Vec<Told<'_>>) {
        if let Some(lost) = self.lost.take() {
            told.push(Told::Ended(lost, at.max(lost)));
        }
    }

    fn slept(&mut self, from: Timestamp, at: Timestamp, told: &mut Vec<Told<'_>>) {
        if let Some(before) = self.before
            && before.state != State::Absent
            && from < self.now.at
        {
            told.push(Told::Taken(before.state, from.max(before.at), self.now.at));
        }
        if self.now.state != State::Absent {
            told.push(Told::Spent(self.now.state, self.now.at, from.max(self.now.at)));
        }
        self.now.at = at.max(self.now.at);
        self.before = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Cause;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lost() -> Entry {
        Entry::Lost { failure: Cause::EndOfStream.into(), last_heard: at(0) }
    }

    /// Seconds live, seconds down, and the length of each outage that ended, after these entries and until `end`.
    fn account(entries: &[(i64, Entry)], end: i64) -> (i64, i64, Vec<i64>) {
        let mut standing = Standing::unknown(at(0));
        let (mut live, mut down, mut outages) = (0, 0, Vec::new());
        let mut add = |told: Told<'_>| match told {
            Told::Spent(State::Live, from, to) => live += to.as_second() - from.as_second(),
            Told::Spent(State::Down, from, to) => down += to.as_second() - from.as_second(),
            Told::Taken(State::Live, from, to) => live -= to.as_second() - from.as_second(),
            Told::Taken(State::Down, from, to) => down -= to.as_second() - from.as_second(),
            Told::Ended(from, to) => outages.push(to.as_second() - from.as_second()),
            _ => {}
        };
        for (second, entry) in entries {
            standing.take(at(*second), entry).into_iter().for_each(&mut add);
        }
        add(standing.so_far(at(end)));
        (live, down, outages)
    }

    #[test]
    fn a_link_is_live_until_it_is_lost_and_down_until_it_is_back() {
        let entries = [(10, Entry::Opened), (50, lost()), (60, Entry::Opened)];
        assert_eq!(account(&entries, 100), (80, 10, vec![10]));
    }

    #[test]
    fn a_first_dial_counts_once_it_has_failed() {
        let failed = Entry::DialFailed { failure: Cause::ConnectionRefused.into(), attempts: 1 };
        assert_eq!(account(&[], 100), (0, 0, vec![]));
        let entries = [(10, failed.clone()), (20, failed), (30, Entry::Opened)];
        assert_eq!(account(&entries, 40), (10, 20, vec![20]));
    }

    #[test]
    fn what_is_paused_or_removed_is_not_followed_and_a_pause_ends_an_outage() {
        let entries = [
            (10, Entry::Opened),
            (20, lost()),
            (30, Entry::Paused),
            (70, Entry::Resumed),
            (71, Entry::Opened),
            (80, Entry::Removed),
        ];
        assert_eq!(account(&entries, 100), (19, 10, vec![10]));
    }

    #[test]
    fn while_hark_does_not_run_nothing_counts_though_an_outage_goes_on() {
        let start = |last| Entry::AgentStarted { last_alive: Some(at(last)) };
        let failed = Entry::DialFailed { failure: Cause::ConnectionRefused.into(), attempts: 1 };
        let entries = [
            (10, Entry::Opened),
            (20, Entry::AgentStopped),
            (30, start(20)),
            (31, Entry::Opened),
            // It crashed at 45, and the link was lost at 40.
            (40, lost()),
            (60, start(45)),
            (61, failed),
            (65, Entry::Opened),
        ];
        assert_eq!(account(&entries, 70), (10 + 9 + 5, 5 + 4, vec![25]));
    }

    #[test]
    fn a_sleep_is_not_followed_also_where_what_it_broke_was_told_first() {
        let woke = Entry::Woke { asleep_since: at(20) };
        assert_eq!(account(&[(10, Entry::Opened), (60, woke.clone())], 70), (20, 0, vec![]));
        let told_first = [(10, Entry::Opened), (60, lost()), (60, woke), (62, Entry::Opened)];
        assert_eq!(account(&told_first, 70), (18, 2, vec![2]));
    }

    #[test]
    fn a_clock_that_is_set_back_spends_nothing() {
        let entries = [(50, Entry::Opened), (40, lost()), (45, Entry::Opened)];
        assert_eq!(account(&entries, 50), (5, 5, vec![5]));
    }
}
