//! A command that its caller follows itself: it ends whole, with all that it has started, where its caller no longer
//! wants it (of one that a person waits for at a terminal, Ctrl-C ends the rest). What one that has ended by itself has left running, such as a keeper of secrets, goes on.

use std::{
    io,
    process::{ExitStatus, Stdio},
};

use tokio::process::{ChildStdout, Command};

use super::system::Tree;

/// A command that has begun. Dropping it ends it and what it has started, unless it was seen to end.
pub struct Whole {
    tree: Tree,
    has_ended: bool,
}

impl Whole {
    /// Begins a command that reads nothing, and whose errors nobody reads.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn begin(command: Command) -> io::Result<Self> {
        Self::begin_by(command, Tree::begin)
    }

    pub(super) fn begin_by(
        mut command: Command,
        begin: impl FnOnce(Command) -> io::Result<Tree>,
    ) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Self { tree: begin(command)?, has_ended: false })
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
