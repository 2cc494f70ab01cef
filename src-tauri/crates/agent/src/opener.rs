//! Opens things outside: a URL in the browser, Hark's window.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use hark_api::profile::{self, Profile};
use hark_engine::message::openable;

/// Why it was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Only http and https are opened: others can run things.
    #[error("{0:?} is not opened: only http and https URLs are.")]
    Scheme(String),
    /// No program for it.
    #[error("The browser could not be started: {0}.")]
    Browser(io::Error),
    /// The window's program is missing.
    #[error("Hark's window ({}) could not be started: {source}. Is the package hark-window installed?", path.display())]
    Window {
        /// What was to be started.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Opens an http or https URL.
///
/// # Errors
/// Any other URL, or no browser.
pub fn url(text: &str) -> Result<(), OpenError> {
    let url = openable(text).ok_or_else(|| OpenError::Scheme(text.to_owned()))?;
    open::that_detached(url).map_err(OpenError::Browser)
}

/// Starts the window of this profile; one that is open comes to the front by itself.
///
/// # Errors
/// Where its program cannot be started.
pub fn window(profile: &Profile) -> Result<(), OpenError> {
    let path = beside("HARK_WINDOW", "hark-window");
    let mut command = Command::new(&path);
    if let Some(folder) = &profile.chosen {
        command.env(profile::ENV, folder);
    }
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match spawned {
        Ok(mut child) => {
            // Waits for its end, so that no zombie stays.
            std::thread::spawn(move || child.wait());
            Ok(())
        }
        Err(source) => Err(OpenError::Window { path, source }),
    }
}

/// A program of Hark: where `variable` says, else beside this one, else in the search path.
fn beside(variable: &str, name: &str) -> PathBuf {
    if let Some(path) = env::var_os(variable) {
        return path.into();
    }
    let here = env::current_exe().ok().and_then(|path| Some(path.parent()?.join(name)));
    here.filter(|path| path.is_file()).unwrap_or_else(|| Path::new(name).to_path_buf())
}
