//! Windows, which has been run under Wine and not been put to sleep. `Instant` is the performance counter there,
//! which goes on while the computer sleeps; the unbiased interrupt time stands still
//! (`QueryUnbiasedInterruptTime`).

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

/// When this process asked first, and what the clock that stands still showed then.
static STARTED: LazyLock<(Instant, Duration)> = LazyLock::new(|| (Instant::now(), awake()));

pub fn with_sleep() -> Duration {
    STARTED.0.elapsed()
}

pub fn without_sleep() -> Duration {
    let (started, then) = *STARTED;
    match awake().checked_sub(then) {
        Some(awake) if !then.is_zero() => awake,
        // It is not told: as if it never slept.
        _ => started.elapsed(),
    }
}

/// For how long the computer has been awake since it started, in steps of some milliseconds; zero where it does
/// not say.
fn awake() -> Duration {
    let hundreds_of_ns = winsafe::QueryUnbiasedInterruptTime().unwrap_or_default();
    Duration::from_nanos(hundreds_of_ns.saturating_mul(100))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn both_clocks_go_on_while_the_computer_is_awake() {
        let before = (with_sleep(), without_sleep());
        while without_sleep() == before.1 {
            thread::yield_now();
        }
        assert!(with_sleep() > before.0);
    }
}
