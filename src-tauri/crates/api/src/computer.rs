//! What Hark does on this computer by itself: whether it starts with the desktop, and whether it relays.

use serde::{Deserialize, Serialize};

/// How the agent starts with the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Autostart {
    /// It does not.
    Off,
    /// By an entry of the desktop's own: a file, or a value of the registry.
    Entry,
    /// By the user's unit of systemd.
    Unit,
    /// By both, of which the second finds that an agent runs already.
    Both,
}

/// Whether something is to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Wanted {
    /// Whether it is.
    pub on: bool,
}
