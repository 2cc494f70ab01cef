//! The terminal that a command runs in, and leaving it.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Turns off the terminal's echo until dropped. A prompt itself does that only after it has asked, when a
/// person who pastes has answered already.
#[derive(Debug)]
pub struct NoEcho {
    _hidden: system::NoEcho,
}

impl NoEcho {
    /// Turns the echo off. Standard input that is no terminal does not echo anyway.
    #[must_use]
    pub fn begin() -> Self {
        Self { _hidden: system::NoEcho::begin() }
    }
}

/// How wide the terminal of standard output is, where it is one that tells. Columns.
#[must_use]
pub fn columns() -> Option<usize> {
    system::columns()
}

/// Whether the terminal that this process runs in understands escape sequences (ECMA-48). Has it do so where it must
/// be asked to. Whether an output is a terminal is not said by it.
#[must_use]
pub fn understands_escapes() -> bool {
    system::understands_escapes()
}

/// Is done once nobody reads standard output any more, such as a `head` that has what it wants. That is told of a pipe
/// on Linux; else it is never done, and the next thing that is written finds out.
pub async fn unread() {
    system::unread().await;
}

/// Leaves the terminal, so that this process outlives it.
pub fn leave() {
    system::leave();
}
