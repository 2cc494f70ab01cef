//! The processors of this machine, and work that stays on one of them.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that this may run on: one at least.
pub(crate) fn all() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(None) else { return vec![0] };
    (0..CpuSet::MAX_CPU).filter(|processor| set.is_set(*processor)).collect()
}

/// Keeps this thread, and the programs that it starts from here on, on one processor. Where that may not be they run
/// on any, which is slower and no less right.
pub(crate) fn stay_on(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    _ = sched_setaffinity(None, &set);
}
