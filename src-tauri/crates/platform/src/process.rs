//! What this process takes of its machine, for whoever watches it. Linux tells it in `/proc`; elsewhere what is
//! not known is left out.

use std::{fs, time::Duration};

use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

/// What this process takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The time that processors have spent on it.
    pub cpu: Duration,
    /// Memory that it has now (RSS). Bytes.
    pub resident_bytes: Option<u64>,
    /// Files, sockets and pipes that it holds open.
    pub open_files: Option<u64>,
    /// How many it may.
    pub open_files_max: Option<u64>,
}

/// What this process takes now.
#[must_use]
pub fn usage() -> Usage {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(cpu.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(cpu.tv_nsec).unwrap_or_default();
    let resident = fs::read_to_string("/proc/self/status").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    Usage {
        cpu: Duration::new(seconds, nanoseconds),
        resident_bytes: resident.map(|kib| kib * 1024),
        // Reading the folder opens it.
        open_files: fs::read_dir("/proc/self/fd").ok().map(|all| all.count() as u64 - 1),
        open_files_max: getrlimit(Resource::Nofile).current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_memory_files_and_a_past() {
        let _one = fs::File::open("/proc/self/status");
        let usage = usage();
        assert!(usage.cpu > Duration::ZERO);
        assert!(usage.resident_bytes.is_some_and(|bytes| bytes > 100_000), "{usage:?}");
        assert!(usage.open_files.is_some_and(|files| files > 3), "{usage:?}");
        assert!(usage.open_files_max >= usage.open_files, "{usage:?}");
    }
}
