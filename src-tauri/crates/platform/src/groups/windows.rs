//! Windows, where a run leaves nothing behind: what it has begun is in jobs, which the system ends with the process
//! that has made them (`child/windows`). So nothing is noted, and there is nothing to end.

use std::path::PathBuf;

/// A group that was left, of which there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {}

/// Those that run. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Groups(());

impl Groups {
    /// Nothing is noted in this file.
    #[must_use]
    pub fn at(_file: PathBuf) -> (Self, Vec<Group>) {
        (Self(()), Vec::new())
    }
}

/// Ends what was left, which is nothing.
pub async fn end(_left: Vec<Group>) {}
