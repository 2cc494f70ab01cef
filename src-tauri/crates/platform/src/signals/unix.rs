//! Linux and macOS: POSIX signals. Only Linux has been run.

use std::{fs, io};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::signal::unix::{self, SignalKind};

use super::Signal;

pub(super) type Interrupts = unix::Signal;

pub(super) fn interrupts() -> io::Result<Interrupts> {
    unix::signal(SignalKind::interrupt())
}

/// Those that come.
pub(super) struct Coming(Signals);

impl Coming {
    pub(super) fn of(wanted: &[Signal]) -> io::Result<Self> {
        // A process started by `nohup` is to stay. A shell's `&` in a script has SIGINT ignored as well, but
        // whoever sends that by name wants it to end.
        let stays = |signal: &i32| *signal == SIGHUP && is_ignored(SIGHUP);
        let numbers = wanted.iter().map(|signal| match signal {
            Signal::Interrupt => SIGINT,
            Signal::Terminate => SIGTERM,
            Signal::HangUp => SIGHUP,
        });
        Signals::new(numbers.filter(|signal| !stays(signal))).map(Self)
    }

    /// Calls this for each, without end.
    pub(super) fn each(mut self, mut on_each: impl FnMut(Signal)) {
        for number in self.0.forever() {
            on_each(match number {
                SIGHUP => Signal::HangUp,
                SIGINT => Signal::Interrupt,
                _ => Signal::Terminate,
            });
        }
    }
}

/// Whether this process was started with a signal ignored. Where the system does not say, it was not: so on macOS,
/// where what `nohup` has started ends with its terminal.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}
