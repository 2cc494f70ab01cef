//! Windows: `GetProcessTimes` and the working set. Its handles are of many kinds, and it sets them no limit that
//! could be near.

use cpu_time::ProcessTime;
use memory_stats::memory_stats;

use super::Usage;

pub(super) fn usage() -> Usage {
    Usage {
        cpu: ProcessTime::try_now().ok().map(|time| time.as_duration()),
        resident_bytes: memory_stats().map(|stats| stats.physical_mem as u64),
        ..Usage::default()
    }
}
