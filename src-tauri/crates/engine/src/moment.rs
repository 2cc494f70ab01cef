//! Time as the engine sees it: handed in, never read.

use std::{ops::Add, time::Duration};

use jiff::Timestamp;

/// Time since the machine started, sleep included (`CLOCK_BOOTTIME`). Never jumps, so every
/// deadline is one of these.
pub type Monotonic = Duration;

/// One instant on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// For deadlines and durations.
    pub monotonic: Monotonic,
    /// For people and for storage; it may jump.
    pub wall: Timestamp,
}

impl Moment {
    /// How long after `earlier` this is; zero where it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// Both clocks advanced; a wall time past what a timestamp holds stays where it is.
    fn add(self, span: Duration) -> Self {
        Self {
            monotonic: self.monotonic.saturating_add(span),
            wall: self.wall.checked_add(span).unwrap_or(self.wall),
        }
    }
}
