//! Linux and macOS: `termios(3)`. Only Linux has been run.

use std::{env, io};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

#[derive(Debug)]
pub(super) struct NoEcho(Option<Termios>);

impl NoEcho {
    pub(super) fn begin() -> Self {
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

pub(super) fn columns() -> Option<usize> {
    tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col.into())
}

pub(super) fn understands_escapes() -> bool {
    env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// `setsid(2)`.
pub(super) fn leave() {
    // Fails only where it leads a session already, which is as good.
    let _ = rustix::process::setsid();
}
