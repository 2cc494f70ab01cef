//! The one place where Hark reads its clocks. The engine wants a monotonic clock that counts the time
//! asleep.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::time::Duration;

use hark_engine::Moment;
use jiff::Timestamp;

/// Now, on both clocks of the engine.
pub fn now() -> Moment {
    Moment { monotonic: system::with_sleep(), wall: Timestamp::now() }
}

/// How long this machine has slept, since it or this process started. The difference of two readings
/// is what counts.
pub fn slept() -> Duration {
    system::with_sleep().saturating_sub(system::without_sleep())
}
