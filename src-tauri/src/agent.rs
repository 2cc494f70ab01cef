//! Starting the agent from the window, so that it outlives the window.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    process::Stdio,
    time::{Duration, Instant},
};

use hark_api::{
    client::Client,
    profile::{self, Profile},
};
use tokio::process::Command;

/// Names the agent's executable, for tests and for unusual installations.
const HARK_BIN: &str = "HARK_BIN";

/// An agent answers within tens of milliseconds; a first start may have a database to migrate.
const START_TIMEOUT: Duration = Duration::from_secs(10);
const START_POLL: Duration = Duration::from_millis(50);

/// Starts the agent of this profile, and waits until it answers.
///
/// # Errors
/// One sentence for the person.
pub(crate) async fn start(profile: &Profile, client: &Client) -> Result<(), String> {
    run(&executable(), profile, client).await
}

async fn run(hark: &OsStr, profile: &Profile, client: &Client) -> Result<(), String> {
    let mut command = Command::new(hark);
    command
        .args(["agent", "--detached"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(folder) = &profile.chosen {
        command.env(profile::ENV, folder);
    }
    let mut agent = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "The program {} was not found, neither beside the window nor in PATH. \
             Install the package hark.",
            hark.display()
        ),
        _ => format!("The program {} could not be started: {error}.", hark.display()),
    })?;
    let log = profile.log();
    let started = Instant::now();
    while !client.is_running().await {
        // A success is an agent that found another one running.
        if let Some(status) = agent.try_wait().ok().flatten().filter(|status| !status.success()) {
            return Err(format!(
                "The agent ended at once ({status}). To see why, run `hark agent` in a terminal, \
                 or read its log in {}.",
                log.display()
            ));
        }
        if started.elapsed() > START_TIMEOUT {
            return Err(format!(
                "The agent was started but does not answer. Its log is in {}.",
                log.display()
            ));
        }
        tokio::time::sleep(START_POLL).await;
    }
    Ok(())
}

/// The agent's executable: the one that is named, else the one beside this, else the one in `PATH`.
fn executable() -> OsString {
    if let Some(named) = env::var_os(HARK_BIN).filter(|value| !value.is_empty()) {
        return named;
    }
    let name = format!("hark{}", env::consts::EXE_SUFFIX);
    env::current_exe()
        .ok()
        .map(|own| own.with_file_name(&name))
        .filter(|beside| beside.is_file())
        .map_or_else(|| name.into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run_in_new_profile(hark: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::find(Some(folder.path())).unwrap();
        run(OsStr::new(hark), &profile, &Client::new(&profile.socket())).await
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_named() {
        let sentence = run_in_new_profile("/nowhere/hark").await.unwrap_err();
        assert!(sentence.contains("/nowhere/hark was not found"), "{sentence}");
    }

    #[tokio::test]
    async fn an_agent_that_ends_at_once_is_reported_with_where_its_log_is() {
        let sentence = run_in_new_profile("/bin/false").await.unwrap_err();
        assert!(sentence.contains("ended at once (exit status: 1)"), "{sentence}");
        assert!(sentence.contains("/state/log"), "{sentence}");
    }
}
