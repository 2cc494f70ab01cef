//! How much is kept of what a subscription has brought.

use std::time::Duration;

/// How much is kept of one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// How many messages.
    pub messages_max: u32,
    /// How many bytes they take together, with the events that they came as. A single message that
    /// is larger stays for as long as it is the newest.
    pub bytes_max: i64,
    /// How old a message may be.
    pub age_max: Duration,
    /// How many rows of the journal.
    pub journal_rows_max: u32,
}

impl Keep {
    /// The bounds where the person has set none.
    pub const DEFAULT: Self = Self {
        messages_max: 20_000,
        bytes_max: 64 << 20,
        age_max: Duration::from_secs(365 * 86_400),
        journal_rows_max: 5_000,
    };
}

impl Default for Keep {
    fn default() -> Self {
        Self::DEFAULT
    }
}
