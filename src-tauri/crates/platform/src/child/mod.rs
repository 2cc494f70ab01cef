//! Runs a command of the person's: in a group of its own that is ended whole, with an output that is bounded, and
//! no shell in between. It knows nothing of what the command is for.
//!
//! Nothing of it waits on the runtime's thread; one that is begun by [`Whole`] is begun there.

#[cfg(unix)]
mod unix;
mod whole;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::groups::Groups;

pub use whole::Whole;

/// How much is kept of the beginning of an output, and as much of its end. Bytes.
pub const OUTPUT_BYTES_MAX: usize = 4 << 10;
/// How long a group has that is asked to end. On Windows none is asked, as there is no way to that reaches every
/// program: it is ended at once.
pub const GRACE: Duration = Duration::from_secs(2);
/// How long the rest of an output is waited for, once the group has ended.
const REST: Duration = Duration::from_millis(200);
/// The variables that a command has of our own environment on every system; beside these all that begin with `LC_`.
const VARIABLES: [&str; 3] = ["PATH", "LANG", "TZ"];
/// How much of an output is read at once. Bytes.
const PIECE_BYTES: usize = 16 << 10;
/// How long one waits after a piece that is not kept, so that a flood takes little of the processor.
const FLOOD_PAUSE: Duration = Duration::from_millis(2);

/// What is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// All that its environment has.
    pub environment: Vec<(OsString, OsString)>,
    /// Where it runs; where this process does if missing.
    pub folder: Option<PathBuf>,
    /// What it reads.
    pub input: Vec<u8>,
    /// How long it may take.
    pub timeout: Duration,
}

/// How a run has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Code(i32),
    /// By a signal that was not ours. Windows has none.
    Signal(i32),
    /// It took too long, and was ended.
    TimedOut,
    /// It was ended because nothing is to run any more.
    Stopped,
    /// It could not be started, for this reason.
    NotStarted(String),
}

/// What has become of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it has ended.
    pub end: End,
    /// How long it took.
    pub took: Duration,
    /// What it has printed.
    pub output: Output,
}

/// What was printed: the beginning and the end of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    first: Vec<u8>,
    last: Vec<u8>,
    bytes: u64,
}

impl Output {
    /// How many bytes were printed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// It as text, with a line in the place of what is left out.
    #[must_use]
    pub fn text(&self) -> String {
        let kept = (self.first.len() + self.last.len()) as u64;
        let first = String::from_utf8_lossy(&self.first);
        let last = String::from_utf8_lossy(&self.last);
        match self.bytes.saturating_sub(kept) {
            0 if self.last.is_empty() => first.into_owned(),
            0 => String::from_utf8_lossy(&[&*self.first, &*self.last].concat()).into_owned(),
            left_out => format!("{first}\n… {left_out} bytes are left out …\n{last}"),
        }
    }

    /// Takes what was printed next. Answers whether something of it is left out.
    fn take(&mut self, piece: &[u8]) -> bool {
        self.bytes += piece.len() as u64;
        let room = OUTPUT_BYTES_MAX - self.first.len();
        let (first, rest) = piece.split_at(room.min(piece.len()));
        self.first.extend_from_slice(first);
        self.last.extend_from_slice(rest);
        let over = self.last.len().saturating_sub(OUTPUT_BYTES_MAX);
        self.last.drain(..over);
        over > 0
    }
}

/// Whether this user may run the file at `path`; on Windows, whether it is a program, whose ending may be left out
/// where it is `.exe`.
#[must_use]
pub fn may_run(path: &Path) -> bool {
    system::may_run(path)
}

/// What a command has of this process's environment: what the system gives every program, and none of what only
/// this one was given.
#[must_use]
pub fn own_environment() -> Vec<(OsString, OsString)> {
    env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_kept)).collect()
}

fn is_kept(name: &str) -> bool {
    let kept = system::VARIABLES.iter().chain(&VARIABLES);
    let is_same = |known: &&str| match cfg!(windows) {
        true => known.eq_ignore_ascii_case(name),
        false => *known == name,
    };
    kept.into_iter().any(is_same) || name.starts_with("LC_")
}

/// Has a command show no window of a console, where a program without one begins it (Windows).
pub(crate) fn without_window(command: &mut tokio::process::Command) {
    system::without_window(command);
}

/// What lets this user run a file that [`may_run`] says cannot be.
#[must_use]
pub fn advice(path: &Path) -> String {
    system::advice(path)
}

/// Runs a command until it has ended, or until `stop` is done. Dropping it kills the group.
pub async fn run(run: Run, stop: impl Future<Output = ()>) -> Ended {
    run_noted(run, &Groups::default(), stop).await
}

/// The same; the group is noted among these for as long as it runs.
pub async fn run_noted(run: Run, groups: &Groups, stop: impl Future<Output = ()>) -> Ended {
    let began = Instant::now();
    let mut output = Output::default();
    let end = system::run(&run, groups, stop, &mut output).await;
    Ended { end, took: began.elapsed(), output }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_of_the_environment_what_is_named() {
        let names = [
            "PATH",
            "Path",
            "LC_TIME",
            "HOME",
            "SystemRoot",
            "TOKEN",
            "LD_PRELOAD",
            "HARK_PROFILE",
        ];
        let kept: Vec<_> = names.into_iter().filter(|name| is_kept(name)).collect();
        if cfg!(windows) {
            assert_eq!(kept, ["PATH", "Path", "LC_TIME", "SystemRoot"]);
        } else {
            assert_eq!(kept, ["PATH", "LC_TIME", "HOME"]);
        }
        assert!(own_environment().iter().any(|(name, _)| name.eq_ignore_ascii_case("path")));
    }
}
