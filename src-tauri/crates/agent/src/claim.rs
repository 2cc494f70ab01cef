//! What an agent has for itself alone: its folders, a lock that no other one gets, its log.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use hark_api::profile::{self, Profile};
use tracing_appender::non_blocking::WorkerGuard;

use crate::{
    agent::AgentError,
    files::{self, FileError},
    log,
};

/// Makes sure that this is the profile's only agent, and starts its log.
pub fn claim(profile: &Profile) -> Result<([WorkerGuard; 2], File), AgentError> {
    let unusable = |path: &PathBuf| {
        let path = path.clone();
        move |source| AgentError::Folder { path, source }
    };
    for folder in [&profile.state, &profile.data] {
        profile::private_folder(folder).map_err(unusable(folder))?;
    }
    let lock = lock(&profile.state.join("agent.lock")).map_err(unusable(&profile.state))?;
    let Some(lock) = lock else { return Err(AgentError::Running) };
    let folder = profile.log();
    let log = log::start(&folder)
        .map_err(|error| AgentError::Folder { path: folder, source: io::Error::other(error) })?;
    Ok((log, lock))
}

/// Locks a file; none where another one has it locked.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = files::open_lock(path).map_err(|error| match error {
        FileError::Io(error) => error,
        other => io::Error::other(format!("{}: {other}", path.display())),
    })?;
    Ok(files::lock(&file)?.then_some(file))
}
