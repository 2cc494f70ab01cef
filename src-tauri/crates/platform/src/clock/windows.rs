//! Windows, which has been run under Wine and not been put to sleep. `Instant` is the performance counter there, which goes on while the
//! computer sleeps. There is no other clock to compare it with: a late tick tells of a wake
//! (`changes/elsewhere`).

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
