//! The one place where the agent reads its clocks.

use std::time::Duration;

use hark_engine::Moment;
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// Now, on both clocks of the engine.
pub fn now() -> Moment {
    Moment { monotonic: read(ClockId::Boottime), wall: Timestamp::now() }
}

/// How long this machine has slept since it started.
pub fn slept() -> Duration {
    read(ClockId::Boottime).saturating_sub(read(ClockId::Monotonic))
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
