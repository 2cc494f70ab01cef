//! What only one agent of a profile may have: its folders, its lock, its log.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use hark_local::{
    file::{self, FileError},
    folder,
    profile::Profile,
};
use tracing_appender::non_blocking::WorkerGuard;

use super::AgentError;
use crate::log;

/// Makes sure that this is the profile's only agent, and starts its log.
pub fn claim(profile: &Profile) -> Result<([WorkerGuard; 2], File), AgentError> {
    let unusable = |path: &PathBuf| {
        let path = path.clone();
        move |source| AgentError::Folder { path, source }
    };
    for path in [&profile.state, &profile.data] {
        folder::private(path).map_err(unusable(path))?;
    }
    let lock = lock(&profile.state.join("agent.lock")).map_err(unusable(&profile.state))?;
    let Some(lock) = lock else { return Err(AgentError::Running) };
    let path = profile.log();
    let log = log::start(&path)
        .map_err(|error| AgentError::Folder { path, source: io::Error::other(error) })?;
    Ok((log, lock))
}

/// Locks a file; none where another one has it locked.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = file::open_lock(path).map_err(|error| match error {
        FileError::Io(error) => error,
        other => io::Error::other(format!("{}: {other}", path.display())),
    })?;
    Ok(file::lock(&file)?.then_some(file))
}
