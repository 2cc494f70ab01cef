//! Linux and macOS: `termios(3)`. Only Linux has been run.

#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::{env, io};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
#[cfg(target_os = "linux")]
use tokio::{io::Interest, net::unix::pipe};

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

/// The end of a pipe that is written to is told by `EPOLLERR`. Files and most devices cannot be asked for events.
#[cfg(target_os = "linux")]
pub(super) async fn unread() {
    // A number of its own for the same pipe, which stays one that a writer waits for.
    let own = io::stdout().as_fd().try_clone_to_owned();
    let is_told = match own.and_then(pipe::Sender::from_owned_fd_unchecked) {
        Ok(output) => output.ready(Interest::ERROR).await.is_ok(),
        Err(_) => false,
    };
    if !is_told {
        std::future::pending().await
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) async fn unread() {
    std::future::pending().await
}

/// `setsid(2)`.
pub(super) fn leave() {
    // Fails only where it leads a session already, which is as good.
    let _ = rustix::process::setsid();
}
