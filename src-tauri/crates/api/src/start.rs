//! Starts the agent from another process of Hark, so that it outlives that process.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};

use hark_local::{
    profile::Profile,
    program::{HARK, HOW_TO_GET_HARK, command, sibling},
};
use tokio::{process::Command, time::sleep};

use crate::{
    client::{CallError, Client},
    route,
};

/// An agent answers within tens of milliseconds; a first start may have a database to migrate.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// A service may wait for 5 seconds before it starts one again.
const AGAIN_TIMEOUT: Duration = Duration::from_secs(15);
const START_POLL: Duration = Duration::from_millis(50);

/// Why no agent runs now.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such program.
    #[error("The program {} was not found, neither beside this one nor in PATH. {HOW_TO_GET_HARK}", .0.display())]
    Missing(PathBuf),
    /// The system does not start it.
    #[error("The program {} could not be started: {source}.", program.display())]
    Program {
        /// What was to be started.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It ended before it answered.
    #[error("The agent ended at once ({status}). To see why, run `hark agent` in a terminal, or read its log in {}.", log.display())]
    Ended {
        /// Its exit status.
        status: ExitStatus,
        /// Where its log is.
        log: PathBuf,
    },
    /// The one that was to end has not.
    #[error("Hark does not end. End it by hand, then start it again.")]
    Stays,
    /// Whoever watches it has not started it again.
    #[error(
        "The service that runs Hark has not started it again. See: systemctl --user status hark"
    )]
    Unwatched,
    /// It runs and has not answered in time.
    #[error("The agent was started but does not answer within {} seconds. Its log is in {}.", START_TIMEOUT.as_secs(), .0.display())]
    Silent(PathBuf),
}

/// Makes sure that the agent of this profile runs: starts it where none answers, and waits until it
/// does.
///
/// # Errors
/// See [`StartError`].
pub async fn agent(profile: &Profile, client: &Client) -> Result<(), StartError> {
    match client.is_running().await {
        true => Ok(()),
        false => start(&sibling(HARK), profile, client).await,
    }
}

/// Ends the agent of this profile, as one of another version, and sees that another one runs. What is watched by
/// systemd is started by that alone, so that it stays watched.
///
/// # Errors
/// See [`StartError`].
pub async fn anew(profile: &Profile, client: &Client) -> Result<(), StartError> {
    let runs = async || client.call(&route::STATUS, &()).await.ok().map(|status| status.agent.pid);
    let before = runs().await;
    let asked = client.call(&route::RESTART, &()).await;
    if let Err(CallError::Refused(_) | CallError::Broken(_)) = asked {
        // An older one, which does not know that.
        let _ = client.call(&route::STOP, &()).await;
    }
    let by_itself = asked.is_ok_and(|restarting| restarting.by_itself);
    let asked = Instant::now();
    loop {
        match runs().await {
            Some(pid) if Some(pid) != before => return Ok(()),
            Some(_) if asked.elapsed() > START_TIMEOUT => return Err(StartError::Stays),
            None if by_itself && asked.elapsed() > AGAIN_TIMEOUT => {
                return Err(StartError::Unwatched);
            }
            None if !by_itself => return agent(profile, client).await,
            _ => sleep(START_POLL).await,
        }
    }
}

async fn start(program: &Path, profile: &Profile, client: &Client) -> Result<(), StartError> {
    let mut command = Command::from(command(program, profile));
    command.args(["agent", "--detached"]);
    let mut agent = command.spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StartError::Missing(program.to_path_buf()),
        _ => StartError::Program { program: program.to_path_buf(), source },
    })?;
    let started = Instant::now();
    while !client.is_running().await {
        // A success is an agent that found another one running.
        if let Some(status) = agent.try_wait().ok().flatten().filter(|status| !status.success()) {
            return Err(StartError::Ended { status, log: profile.log() });
        }
        if started.elapsed() > START_TIMEOUT {
            return Err(StartError::Silent(profile.log()));
        }
        sleep(START_POLL).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start_in_new_profile(program: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path())).unwrap();
        let client = Client::new(&profile.socket());
        start(Path::new(program), &profile, &client).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_named() {
        let sentence = start_in_new_profile("/nowhere/hark").await;
        assert!(sentence.contains("/nowhere/hark was not found"), "{sentence}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_agent_that_ends_at_once_is_reported_with_where_its_log_is() {
        let sentence = start_in_new_profile("/bin/false").await;
        assert!(sentence.contains("ended at once (exit status: 1)"), "{sentence}");
        assert!(sentence.contains("/state/log"), "{sentence}");
    }
}
