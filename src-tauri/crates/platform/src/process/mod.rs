//! What this process takes of its machine, for whoever watches it. What a system does not tell is left out.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use std::time::Duration;

/// What this process takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The time that processors have spent on it.
    pub cpu: Option<Duration>,
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
    system::usage()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_memory_files_and_a_past() {
        let _one = std::fs::File::open(std::env::current_exe().unwrap());
        let began = std::time::Instant::now();
        // Windows counts what has passed by its clock's tick of 16 ms.
        while usage().cpu == Some(Duration::ZERO) && began.elapsed() < Duration::from_secs(20) {
            std::hint::spin_loop();
        }
        let usage = usage();
        assert!(usage.cpu.is_some_and(|cpu| cpu > Duration::ZERO), "{usage:?}");
        assert!(usage.resident_bytes.is_some_and(|bytes| bytes > 100_000), "{usage:?}");
        if cfg!(unix) {
            assert!(usage.open_files.is_some_and(|files| files > 3), "{usage:?}");
            assert!(usage.open_files_max >= usage.open_files, "{usage:?}");
        } else {
            assert_eq!((usage.open_files, usage.open_files_max), (None, None));
        }
    }
}
