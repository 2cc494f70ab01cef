//! When to try again what could not be kept because the database was locked or its disk full.

use std::time::Duration;

/// The first wait; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5);

/// How long to wait after an attempt that failed; `before` is how long the last wait was.
#[must_use]
pub fn retry_after(before: Option<Duration>) -> Duration {
    before.map_or(FIRST, |before| (before * 2).min(LONGEST))
}
