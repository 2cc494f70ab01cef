//! Why an alert was not shown as it came.

use serde::{Deserialize, Serialize};

use crate::readable::Line;

/// See the module. Stored as JSON, so that a variant's name stays as it is once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its subscription was muted.
    Mute,
    /// The desktop was not to be disturbed.
    DoNotDisturb,
    /// The person had snoozed.
    Snooze,
    /// It came in quiet hours.
    QuietHours,
    /// It had waited until it was no news any more.
    Age,
    /// Its subscription was paused meanwhile.
    Paused,
    /// Its subscription was removed meanwhile.
    Removed,
    /// The notification server did not answer.
    NoAnswer,
    /// The notification server gave this reason.
    Server(Line),
}
