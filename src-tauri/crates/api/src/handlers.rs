//! The commands that are run for what happens, and what came of their runs. Which there are, and what they run, is
//! set in the settings file alone.

use serde::{Deserialize, Serialize};

use crate::Time;

/// A handler, as the settings file has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Handler {
    /// Its name.
    pub name: String,
    /// What it runs for; of one that takes over from another, empty.
    pub on: Vec<String>,
    /// The one subscription that it is for; null where it is for all.
    pub subscription: Option<String>,
    /// The handler that it takes over from.
    pub escalates: Option<String>,
    /// Its program, without the arguments.
    pub program: String,
    /// Whether it runs now.
    pub running: bool,
    /// Messages for which it was not run, in this run of the agent: within its cooldown, over its limit, or too
    /// many at once.
    #[cfg_attr(test, ts(type = "number"))]
    pub skipped: u64,
    /// Its latest run.
    pub last: Option<HandlerRun>,
}

/// One run of a handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HandlerRun {
    /// Increasing number; 0 of one that could not be stored.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The handler's name.
    pub handler: String,
    /// What it ran for: `lost`, `down`, `recovered`, `refused`, `mute`, `gap` or `message`.
    pub on: String,
    /// The subscription's key.
    pub subscription: String,
    /// Whether the person had asked for it.
    pub by_hand: bool,
    /// When it began.
    pub at: Time,
    /// How long it took.
    #[cfg_attr(test, ts(type = "number"))]
    pub took_ms: u64,
    /// How it has ended.
    pub ended: HandlerEnd,
    /// The exit code, or the signal's number; null where it has neither.
    pub code: Option<i32>,
    /// What it has printed; the middle of what is long is left out.
    pub output: String,
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HandlerEnd {
    /// By itself, with an exit code.
    Code,
    /// By a signal that was not Hark's.
    Signal,
    /// It took too long, and was ended.
    TimedOut,
    /// The agent stopped, and ended it.
    Stopped,
    /// It could not be started; `output` says why.
    NotStarted,
}

/// Which handler to run once, as if something had happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct RunHandler {
    /// Its name.
    pub name: String,
    /// What it is to be run for: `lost`, `down`, `recovered`, `refused`, `mute`, `gap` or `message`.
    #[serde(rename = "as")]
    pub on: String,
    /// For which subscription, by its key or name; its own, or the only one, where missing.
    #[serde(default)]
    pub subscription: Option<String>,
}

/// That a handler has begun. Its end is told by an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HandlerBegun {
    /// The handler's name.
    pub handler: String,
    /// The key of the subscription that it runs for.
    pub subscription: String,
}
