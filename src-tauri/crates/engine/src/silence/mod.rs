//! Silence: what the person and the desktop have said about when alerts are not to be shown as they come.
//!
//! A value and its questions: the shell fills [`Silences`] in and asks it with a time. Nothing is
//! remembered between two questions, so a clock that was set is right with the next one. Nothing here may do
//! IO, read a clock or find out the time zone.

mod hours;
mod instants;
mod lock;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
pub mod when;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};

use crate::{alerts::Why, message::Priority};

pub use hours::{Days, HOURS_MAX, Hours, Passes, TimeOfDay, problem};
pub use lock::Lock;

/// The key under which a snooze is one of all subscriptions.
pub const ALL: &str = "";
/// The longest snooze; what is to be silent for longer is muted.
pub const SNOOZE_MAX: Duration = Duration::from_secs(31 * 86_400);
/// How many silences that pass into each other are looked through for their end; beyond that they have none.
const JOINED_MAX: usize = 32;

/// What keeps the alerts of a subscription from being shown as they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// What it is.
    pub why: Why,
    /// This priority and higher is shown nevertheless; none is where there is none.
    pub passes: Option<Priority>,
    /// Until when, where that is known. Quiet hours that pass into others end with the last of them.
    pub until: Option<Timestamp>,
}

/// Until when a snooze is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Until this time.
    At(Timestamp),
    /// Until the session is unlocked. It is in force for as long as it is there: who learns of that takes it
    /// away.
    Unlocked,
}

/// All that the person and the desktop have said about silence. The default is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Silences {
    /// The quiet hours, at most [`HOURS_MAX`].
    pub quiet_hours: Vec<Hours>,
    /// Where the person is: by which the days and times of the quiet hours are meant.
    pub zone: TimeZone,
    /// The keys of the subscriptions that are muted.
    pub muted: BTreeSet<String>,
    /// The snoozes by the subscription's key, and by [`ALL`].
    pub snoozes: BTreeMap<String, Until>,
    /// Whether the desktop is not to disturb; none where that is not known.
    pub do_not_disturb: Option<bool>,
    /// Whether the session is locked; none where that is not known.
    pub locked: Option<bool>,
}

impl Default for Silences {
    fn default() -> Self {
        Self {
            quiet_hours: Vec::new(),
            zone: TimeZone::UTC,
            muted: BTreeSet::new(),
            snoozes: BTreeMap::new(),
            do_not_disturb: None,
            locked: None,
        }
    }
}

impl Silences {
    /// What is in force for a subscription now, the strictest first: mute, do-not-disturb, snooze, quiet
    /// hours. For [`ALL`]: what is in force for every one.
    #[must_use]
    pub fn of(&self, key: &str, now: Timestamp) -> Option<Silence> {
        let whole = |why| Some(Silence { why, passes: None, until: None });
        if self.muted.contains(key) {
            return whole(Why::Mute);
        }
        if self.do_not_disturb == Some(true) {
            return whole(Why::DoNotDisturb);
        }
        match [key, ALL].into_iter().filter_map(|key| self.snoozed(key, now)).max() {
            Some(Until::Unlocked) => whole(Why::Snooze),
            Some(Until::At(at)) => {
                Some(Silence { why: Why::Snooze, passes: None, until: Some(at) })
            }
            None => self.in_quiet_hours(now),
        }
    }

    /// Whether what was held back of a subscription may be told now: no silence is in force, and the session
    /// is not locked as far as that is known.
    #[must_use]
    pub fn releases(&self, key: &str, now: Timestamp) -> bool {
        self.locked != Some(true) && self.of(key, now).is_none()
    }

    /// When the answers may change by time alone.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let snoozes = self.snoozes.values().filter_map(|until| match until {
            Until::At(at) => Some(*at),
            Until::Unlocked => None,
        });
        let edges = self.quiet_hours.iter().filter_map(|hours| hours.next_edge(&self.zone, now));
        snoozes.filter(|at| *at > now).chain(edges).min()
    }

    /// Until when the person has snoozed this key itself, where that is not over.
    #[must_use]
    pub fn snoozed(&self, key: &str, now: Timestamp) -> Option<Until> {
        self.snoozes.get(key).copied().filter(|until| *until > Until::At(now))
    }

    fn in_quiet_hours(&self, now: Timestamp) -> Option<Silence> {
        let at =
            |at| self.quiet_hours.iter().filter_map(move |it| it.end(&self.zone, at).zip(Some(it)));
        let passes =
            at(now).map(|(_, hours)| hours.passes).max_by_key(|passes| passes.strictness())?;
        let mut until = at(now).map(|(end, _)| end).max();
        for _ in 0..JOINED_MAX {
            let last = until?;
            match at(last).map(|(end, _)| end).max() {
                Some(later) => until = Some(later),
                None => {
                    return Some(Silence { why: Why::QuietHours, passes: passes.least(), until });
                }
            }
        }
        // There is always one.
        Some(Silence { why: Why::QuietHours, passes: passes.least(), until: None })
    }
}
