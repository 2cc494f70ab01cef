//! Linux: `/proc`.

use std::{fs, time::Duration};

use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

use super::Usage;

pub(super) fn usage() -> Usage {
    let resident = fs::read_to_string("/proc/self/status").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    Usage {
        cpu: Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok(),
        resident_bytes: resident.map(|kib| kib * 1024),
        // Reading the folder opens it.
        open_files: fs::read_dir("/proc/self/fd").ok().map(|all| all.count() as u64 - 1),
        open_files_max: getrlimit(Resource::Nofile).current,
    }
}
