//! macOS, which has not been run: `task_info`, and the folder of the process's own files (`fd(4)`).

use std::{fs, time::Duration};

use memory_stats::memory_stats;
use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

use super::Usage;

pub(super) fn usage() -> Usage {
    Usage {
        cpu: Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok(),
        resident_bytes: memory_stats().map(|stats| stats.physical_mem as u64),
        // Reading the folder opens it.
        open_files: fs::read_dir("/dev/fd").ok().map(|all| (all.count() as u64).saturating_sub(1)),
        open_files_max: getrlimit(Resource::Nofile).current,
    }
}
