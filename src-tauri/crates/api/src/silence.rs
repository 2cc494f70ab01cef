//! Silence: why messages are not shown as they come, and how a person has it or ends it.

use serde::{Deserialize, Serialize};

use crate::{Time, Why};

/// What keeps messages from being shown as they come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Silence {
    /// What it is: mute, the desktop's do-not-disturb, a snooze or quiet hours; the strictest where there are
    /// several.
    pub why: Why,
    /// This priority and higher is shown nevertheless; null where none is.
    pub passes: Option<u8>,
    /// Until when; null where that is not known. A snooze without a time is until the session is unlocked.
    pub until: Option<Time>,
}

/// A snooze to begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct Snooze {
    /// The subscription's key or name; all of them where missing.
    #[serde(default)]
    pub subscription: Option<String>,
    /// Until when.
    pub until: SnoozeUntil,
}

/// Until when a snooze is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SnoozeUntil {
    /// For so many minutes, at most 31 days.
    Minutes(u32),
    /// Until this time, at most 31 days ahead.
    Time(Time),
    /// Until 8:00 of the next morning, by the agent's time zone.
    Morning,
    /// Until the session is unlocked, where that is known ([`crate::AgentInfo::locked`]).
    Unlocked,
}

/// A snooze that has begun, in the place of an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Snoozed {
    /// The subscription's key; null where it is all.
    pub subscription: Option<String>,
    /// Until when; null where it is until the session is unlocked.
    pub until: Option<Time>,
}

/// The snoozes that were ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Woken {
    /// The keys of the subscriptions that were snoozed by themselves.
    pub subscriptions: Vec<String>,
    /// Whether all were snoozed together.
    pub all: bool,
    /// What is silent all the same.
    pub still: Option<Silence>,
}
