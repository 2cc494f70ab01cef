//! What only one agent of a profile may have: its folders, its lock, its log.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use hark_api::{
    client::{CallError, Client},
    route,
};
use hark_local::{
    file::{self, FileError},
    folder,
    profile::Profile,
};
use tokio::time::{Instant, sleep, timeout_at};
use tracing_appender::non_blocking::WorkerGuard;

use super::AgentError;
use crate::log;

/// How long an agent that answers nobody is waited for: one that was killed keeps its lock until the system has put
/// it away.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether it has gone.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Makes sure that this is the profile's only agent, and starts its log.
pub async fn claim(profile: &Profile) -> Result<([WorkerGuard; 2], File), AgentError> {
    let until = Instant::now() + END_PATIENCE;
    let other = Client::new(&profile.socket());
    loop {
        match try_claim(profile) {
            Err(AgentError::Running) => {}
            outcome => return outcome,
        }
        let asked = other.call(&route::STATUS, &());
        match timeout_at(until, asked).await {
            Err(_) => return Err(AgentError::Unresponsive),
            Ok(Err(CallError::NoAgent | CallError::Ended | CallError::TimedOut)) => {
                if Instant::now() >= until {
                    return Err(AgentError::Unresponsive);
                }
                sleep(LOOK_AGAIN).await;
            }
            Ok(_) => return Err(AgentError::Running),
        }
    }
}

fn try_claim(profile: &Profile) -> Result<([WorkerGuard; 2], File), AgentError> {
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
