//! The signals that end the agent, or a command that runs until stopped. A thread of its own receives them,
//! so that a person or a service manager can end the agent even where the runtime is stuck.

use std::{fs, io, process, thread, time::Duration};

use signal_hook::iterator::Signals;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

/// What a person or a service manager may send.
pub use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// An agent that has not ended in good order by then is ended as it is; nothing is lost by that, as by
/// a power cut. Service managers kill much later.
const GRACE: Duration = Duration::from_secs(5);
/// Added to the signal's number for the exit code, as shells do.
const BY_SIGNAL: i32 = 128;

/// Why the agent ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody wanted it to, and that is well.
    Asked,
    /// Somebody wants it to begin anew, which whoever watches it does.
    Again,
    /// Its terminal is gone.
    HungUp,
}

impl End {
    /// The exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Asked => 0,
            // `EX_TEMPFAIL` of sysexits.h(3head); the units have it too.
            Self::Again => 75,
            // Nobody asked for this: a service manager starts it again, and a script can tell.
            Self::HungUp => 129,
        }
    }
}

/// Receives these signals from now on. The process ends after the grace that follows the first signal, or
/// at the second, even if nobody reads the receiver.
///
/// # Errors
/// Where the system does not let us.
pub fn hear(wanted: &[i32]) -> io::Result<mpsc::Receiver<End>> {
    // A process started by `nohup` is to stay. A shell's `&` in a script has SIGINT ignored as well, but
    // whoever sends that by name wants it to end.
    let stays = |signal: &&i32| **signal == SIGHUP && is_ignored(SIGHUP);
    let mut signals = Signals::new(wanted.iter().filter(|signal| !stays(signal)))?;
    let (told, ended) = mpsc::channel(1);
    let listen = move || {
        let mut signals = signals.forever();
        if let Some(signal) = signals.next() {
            let _ = told.try_send(if signal == SIGHUP { End::HungUp } else { End::Asked });
            let watch = move || {
                thread::sleep(GRACE);
                process::exit(BY_SIGNAL + signal)
            };
            // Without this thread, the second signal ends the process.
            let _ = thread::Builder::new().name("grace".into()).spawn(watch);
        }
        if let Some(signal) = signals.next() {
            process::exit(BY_SIGNAL + signal);
        }
    };
    thread::Builder::new().name("signals".into()).spawn(listen)?;
    Ok(ended)
}

/// Ctrl-C, which from now on no longer ends the process by itself.
#[derive(Debug)]
pub struct Interrupt(Signal);

impl Interrupt {
    /// Hears of it from now on.
    ///
    /// # Errors
    /// Where the system does not let us.
    pub fn hear() -> io::Result<Self> {
        signal(SignalKind::interrupt()).map(Self)
    }

    /// Waits for the next one.
    pub async fn came(&mut self) {
        self.0.recv().await;
    }
}

/// Whether this process was started with a signal ignored. Where the system does not say, it was not.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}
