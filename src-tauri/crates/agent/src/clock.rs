//! The one place where the agent reads its clocks.
//!
//! The engine wants a monotonic clock that counts the time asleep. Only Linux's has been run.

use std::time::Duration;

use hark_engine::Moment;
use jiff::Timestamp;

/// Now, on both clocks of the engine.
pub fn now() -> Moment {
    Moment { monotonic: platform::with_sleep(), wall: Timestamp::now() }
}

/// How long this machine has slept, since it or this process started. The difference of two readings
/// is what counts.
pub fn slept() -> Duration {
    platform::with_sleep().saturating_sub(platform::without_sleep())
}

#[cfg(unix)]
mod platform {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// On macOS, `CLOCK_MONOTONIC` counts the time asleep (`clock_gettime(3)` there).
    #[cfg(target_vendor = "apple")]
    pub fn with_sleep() -> Duration {
        read(ClockId::Monotonic)
    }

    /// `Instant` is `CLOCK_UPTIME_RAW` there, which does not.
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
}

/// On Windows `Instant` is the performance counter, which goes on while the computer sleeps. There is no
/// other to compare it with: a late tick tells of a wake (`surroundings/elsewhere`).
#[cfg(windows)]
mod platform {
    use std::{
        sync::LazyLock,
        time::{Duration, Instant},
    };

    pub fn with_sleep() -> Duration {
        static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
        STARTED.elapsed()
    }

    pub fn without_sleep() -> Duration {
        with_sleep()
    }
}
