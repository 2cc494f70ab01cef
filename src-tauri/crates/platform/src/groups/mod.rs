//! The process groups that were begun and have not ended: what a run that was killed has left behind, the next one
//! ends.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{Group, Groups, Noted, end};
#[cfg(windows)]
pub use windows::{Group, Groups, end};
