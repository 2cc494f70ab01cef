//! The terminal that a command runs in, and leaving it.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// Turns off the terminal's echo until dropped. A prompt itself does that only after it has asked, when a
/// person who pastes has answered already.
#[derive(Debug)]
pub struct NoEcho(Option<Termios>);

impl NoEcho {
    /// Turns the echo off. Standard input that is no terminal does not echo anyway.
    #[must_use]
    pub fn begin() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut hidden) = before.clone() {
            hidden.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &hidden);
        }
        Self(before)
    }
}

impl Drop for NoEcho {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// How wide the terminal of standard output is, where it is one that tells. Columns.
#[must_use]
pub fn columns() -> Option<usize> {
    tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col.into())
}

/// Leaves the terminal, so that this process outlives it (`setsid(2)`).
pub fn leave() {
    // Fails only where it leads a session already, which is as good.
    let _ = rustix::process::setsid();
}
