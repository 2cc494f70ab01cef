//! Handlers: which of the commands that the person has set runs when.
//!
//! A handler runs for what its subscriptions' links go through, or for their messages. It runs one at a time,
//! no sooner again than its cooldown, and so often an hour at most. Another one may take over where it has
//! failed several times. Pure: who hears of the links brings what happened and the time, and runs what is
//! answered; what is run, and how, is not known here.

mod machine;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
pub mod variables;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Moment, failure::Failure, history::Entry};

pub use machine::Handlers;

/// How long a link has to stand until its problem is over, and what has failed at it counts anew.
pub const STABLE: Duration = Duration::from_secs(10);
/// So long lies at least between two runs for one problem, whatever the cooldown.
pub const REPEAT_LEAST: Duration = Duration::from_secs(1);
/// How many messages may wait for one handler. One more is left out, and counted.
pub const MESSAGES_MAX: usize = 100;
/// What `at_most` is counted over.
pub const HOUR: Duration = Duration::from_secs(3600);

/// What a handler runs for. Stored, so a variant's name stays as it is once released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A connection that stood was lost.
    Lost,
    /// A connection could not be made, whether or not one had been lost.
    Down,
    /// The server, or a rule of ours, says no.
    Refused,
    /// A connection was given up because nothing was heard on it for too long.
    Mute,
    /// It is connected again.
    Recovered,
    /// Messages may have been missed for good.
    Gap,
    /// A message was stored that is not of before the subscription.
    Message,
}

impl On {
    /// All, in the order in which they are explained.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Down,
        Self::Recovered,
        Self::Refused,
        Self::Mute,
        Self::Gap,
        Self::Message,
    ];

    /// Its word in the settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Down => "down",
            Self::Refused => "refused",
            Self::Mute => "mute",
            Self::Recovered => "recovered",
            Self::Gap => "gap",
            Self::Message => "message",
        }
    }

    /// The one that has this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|on| on.word() == word)
    }

    /// Whether it lasts until the link stands again.
    #[must_use]
    pub fn is_problem(self) -> bool {
        matches!(self, Self::Lost | Self::Down | Self::Refused | Self::Mute)
    }
}

/// When a handler runs, as the person has set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name, which no other has.
    pub name: String,
    /// What it runs for; of one that takes over, empty.
    pub on: Vec<On>,
    /// The one subscription that it is for; all where missing.
    pub subscription: Option<String>,
    /// Only once it has lasted for so long.
    pub after: Duration,
    /// It begins no sooner again than so long after it began.
    pub cooldown: Duration,
    /// It begins at most so often within an hour.
    pub at_most: u32,
    /// Whether it runs again, each cooldown, for as long as the problem lasts.
    pub repeat: bool,
    /// The handler that it takes over from.
    pub escalates: Option<Escalates>,
}

/// When a handler takes over from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalates {
    /// The other's name.
    pub handler: String,
    /// After so many of its runs have failed at one problem.
    pub after_failures: u32,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// These are the handlers from now on.
    Plans(Vec<Plan>),
    /// A link has gone through this; without a key, the agent has.
    Entry(Option<&'a str>, &'a Entry),
    /// A message of this subscription was stored, under this id.
    Message(&'a str, i64),
    /// The latest run of this handler has ended, well or not.
    Ended(&'a str, bool),
    /// [`Handlers::poll_deadline`] has been reached.
    Deadline,
}

/// A run that is to begin now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The handler's name.
    pub name: String,
    /// What it runs for.
    pub on: On,
    /// The subscription's key.
    pub key: String,
    /// Since when that is so.
    pub since: Moment,
    /// Why, where it is a problem.
    pub failure: Option<Failure>,
    /// The message's id, where it is one.
    pub message: Option<i64>,
    /// Whether the person has asked for it.
    pub by_hand: bool,
}

/// Why a handler is not run by hand: its latest run has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// How a run has ended. Stored as JSON, so a variant's name stays as it is once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// By itself, with this exit code.
    Code(i32),
    /// By a signal that was not Hark's.
    Signal(i32),
    /// It took too long, and was ended.
    TimedOut,
    /// The agent stopped, and ended it.
    Stopped,
    /// It could not be started, for this reason.
    NotStarted(String),
}

impl RunEnd {
    /// Whether it did what it was for.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Code(0))
    }
}
