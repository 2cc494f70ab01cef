//! Linux and macOS: `termios(3)`. Only Linux has been run.

#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::{env, io};

#[cfg(target_os = "linux")]
use rustix::fs::{FileType, fstat};
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

/// Of a pipe that nobody reads `EPOLLERR` tells. Of anything else it tells a failure, which the next line finds out.
#[cfg(target_os = "linux")]
pub(super) async fn unread() {
    let is_pipe =
        fstat(io::stdout()).is_ok_and(|it| FileType::from_raw_mode(it.st_mode) == FileType::Fifo);
    // A number of its own for the same pipe, which stays one that a writer waits for.
    let own = io::stdout().as_fd().try_clone_to_owned();
    let is_told = match own.and_then(pipe::Sender::from_owned_fd_unchecked) {
        Ok(output) if is_pipe => output.ready(Interest::ERROR).await.is_ok(),
        _ => false,
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
