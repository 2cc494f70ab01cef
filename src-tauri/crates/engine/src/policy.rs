//! What is to be done with a message: shown, or stored quietly and why.

use serde::{Deserialize, Serialize};

/// A replay of more messages than this is one notification that counts them.
pub const REPLAY_ALERTS_MAX: usize = 5;

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was there before the first connection of a new subscription.
    Backlog,
    /// It was replayed after an interruption.
    Replay,
    /// It came as it happened.
    Live,
}

/// Whether a message is shown. Stored, so a variant's name stays as it is once released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// As a notification.
    Alert,
    /// Not: it is backlog.
    Backlog,
}

/// Decides about a message that came in this way.
#[must_use]
pub fn decide(origin: Origin) -> Decision {
    match origin {
        Origin::Backlog => Decision::Backlog,
        Origin::Replay | Origin::Live => Decision::Alert,
    }
}
