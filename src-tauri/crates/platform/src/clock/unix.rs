//! Linux, and macOS, which has not been run.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// On macOS, `CLOCK_MONOTONIC` counts the time asleep (`clock_gettime(3)` there).
#[cfg(target_vendor = "apple")]
pub fn with_sleep() -> Duration {
    read(ClockId::Monotonic)
}

/// `Instant` is `CLOCK_UPTIME_RAW` on macOS, which does not count it.
#[cfg(target_vendor = "apple")]
pub fn without_sleep() -> Duration {
    use std::{sync::LazyLock, time::Instant};
    static STARTED: LazyLock<(Instant, Duration)> =
        LazyLock::new(|| (Instant::now(), with_sleep()));
    STARTED.1 + STARTED.0.elapsed()
}

#[cfg(not(target_vendor = "apple"))]
pub fn with_sleep() -> Duration {
    read(ClockId::Boottime)
}

#[cfg(not(target_vendor = "apple"))]
pub fn without_sleep() -> Duration {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
