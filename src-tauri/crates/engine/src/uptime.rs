//! How long a subscription was connected of the time in which it was followed: folded entry by entry as the journal
//! is written, so that it outlives the journal's rows. It knows no days; who keeps it splits it.
//!
//! Followed is while Hark ran, awake, and the subscription was not paused. An instant of the calendar counts once,
//! also where the clock was set: as it was when the clock showed it last. A first dial counts for neither side:
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

/// Time that was told to be spent in a state, and may have to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    state: State,
    from: Timestamp,
    to: Timestamp,
}

/// So many of the latest are known, to be taken back.
const RECENT_MAX: usize = 32;

/// How a subscription stands after the entries so far. Stored as JSON, so its names stay as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Now.
    pub now: Since,
    /// What was spent before that, oldest first: a sleep, or a clock that was set, is told of when it is over, and
    /// what broke by it may have been told before.
    #[serde(default)]
    pub recent: Vec<Spent>,
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
        Self { now: Since { state: State::Absent, at }, recent: Vec::new(), lost: None }
    }

    /// Takes an entry that was written at `at`. Answers what it adds.
    pub fn take<'a>(&mut self, at: Timestamp, entry: &'a Entry) -> Vec<Told<'a>> {
        let mut told = Vec::new();
        if let Entry::ClockSet { before } = entry {
            self.clock_set(*before, at, &mut told);
            return told;
        }
        if let Entry::AgentStarted { last_alive } = entry {
            // After a crash: it is known until when that one ran, by the clock of then.
            self.becomes(State::Absent, last_alive.unwrap_or(self.now.at), &mut told);
        }
        // The clock was set while nobody looked.
        self.rewind(at, &mut told);
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
            Entry::Woke { asleep_since } => self.skip(*asleep_since, at, &mut told),
            Entry::AgentStarted { .. }
            | Entry::Rotated
            | Entry::Gap { .. }
            | Entry::Renumbered
            | Entry::Resumed
            | Entry::ClockSet { .. } => {}
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
        self.spend(at, told);
        self.now = Since { state, at };
    }

    fn ends(&mut self, at: Timestamp, told: &mut Vec<Told<'_>>) {
        if let Some(lost) = self.lost.take() {
            told.push(Told::Ended(lost, at.max(lost)));
        }
    }

    /// Spends the time until then in the present state.
    fn spend(&mut self, to: Timestamp, told: &mut Vec<Told<'_>>) {
        let Since { state, at: from } = self.now;
        if to <= from {
            return;
        }
        self.now.at = to;
        if state != State::Absent {
            told.push(Told::Spent(state, from, to));
            self.recent.push(Spent { state, from, to });
            let old = self.recent.len().saturating_sub(RECENT_MAX);
            self.recent.drain(..old);
        }
    }

    /// Nobody was there between these two: neither was it spent, as far as that was told already.
    fn skip(&mut self, from: Timestamp, to: Timestamp, told: &mut Vec<Told<'_>>) {
        self.spend(from, told);
        self.take_back(from, told);
        self.now.at = to.max(self.now.at);
    }

    /// The clock says `at`: what was told to be spent after that was told by a wrong one, or comes once more.
    fn rewind(&mut self, at: Timestamp, told: &mut Vec<Told<'_>>) {
        self.take_back(at, told);
        self.now.at = self.now.at.min(at);
        self.lost = self.lost.map(|lost| lost.min(at));
    }

    fn take_back(&mut self, from: Timestamp, told: &mut Vec<Told<'_>>) {
        for one in self.recent.iter_mut().filter(|one| one.to > from) {
            told.push(Told::Taken(one.state, one.from.max(from), one.to));
            one.to = one.from.max(from);
        }
        self.recent.retain(|one| one.to > one.from);
    }

    fn clock_set(&mut self, before: Timestamp, at: Timestamp, told: &mut Vec<Told<'_>>) {
        // An outage is as long as it was.
        let lost =
            self.lost.map(|lost| lost.checked_add(at.duration_since(before)).unwrap_or(lost));
        if at >= before {
            self.skip(before, at, told);
        } else {
            self.spend(before, told);
            self.rewind(at, told);
        }
        self.lost = lost.map(|lost| lost.min(at));
    }
}

#[cfg(test)]
#[path = "uptime/model.rs"]
mod model;

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
    fn what_broke_and_healed_before_the_sleep_is_told_of_counts_none_of_it() {
        let woke = Entry::Woke { asleep_since: at(20) };
        let entries =
            [(10, Entry::Opened), (60, lost()), (61, Entry::Opened), (62, lost()), (62, woke)];
        assert_eq!(account(&entries, 70), (10, 8, vec![1]));
    }

    #[test]
    fn a_clock_that_is_set_counts_nothing_twice_and_nothing_that_was_not() {
        let set = |before| Entry::ClockSet { before: at(before) };
        assert_eq!(account(&[(10, Entry::Opened), (120, set(20))], 130), (20, 0, vec![]));
        assert_eq!(account(&[(110, Entry::Opened), (20, set(120))], 30), (10, 0, vec![]));
        let entries = [(10, Entry::Opened), (90, lost()), (30, set(100)), (40, Entry::Opened)];
        assert_eq!(account(&entries, 50), (20 + 10, 10, vec![20]));
    }

    #[test]
    fn a_clock_that_is_set_back_spends_nothing() {
        let entries = [(50, Entry::Opened), (40, lost()), (45, Entry::Opened)];
        assert_eq!(account(&entries, 50), (5, 5, vec![5]));
    }
}
