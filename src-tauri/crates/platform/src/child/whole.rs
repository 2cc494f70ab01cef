//! A command that its caller follows itself, and that ends where its caller no longer wants it: with all that it has
//! started, unless it is one that a person waits for. What one that has ended by itself has left running, such as a
//! keeper of secrets, goes on.
//!
//! It is begun on the thread of its caller.

use std::{
    io,
    process::{ExitStatus, Stdio},
};

use tokio::process::{ChildStdout, Command};

use super::system::Tree;

/// A command that has begun. Dropping it ends it, unless it was seen to end.
pub struct Whole {
    tree: Tree,
    has_ended: bool,
}

impl Whole {
    /// Begins a command that reads nothing, and whose errors nobody reads: in a group of its own, that ends whole, and
    /// without a console window.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn begin(command: Command) -> io::Result<Self> {
        Self::begin_as(command, true)
    }

    /// Begins one beside this process, for a person who waits for both: it may ask something at their terminal, whose
    /// Ctrl-C ends both and all that they have started. Else it ends alone.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn beside(command: Command) -> io::Result<Self> {
        Self::begin_as(command, false)
    }

    fn begin_as(mut command: Command, leads: bool) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Self { tree: Tree::begin(command, leads)?, has_ended: false })
    }

    /// What it prints; nothing where that was taken before.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.tree.output()
    }

    /// How it has ended, once it has.
    ///
    /// # Errors
    /// Where the system does not say.
    pub async fn end(&mut self) -> io::Result<ExitStatus> {
        let status = self.tree.wait().await?;
        self.has_ended = true;
        Ok(status)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.has_ended {
            self.tree.kill();
        }
    }
}
