//! Hark's programs, each found and started in one place, and what they hand to the desktop.

use std::{
    env,
    ffi::OsString,
    io,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use url::Url;

use crate::profile::{self, Profile};

/// The agent and command line: its name, and the variable that names another executable.
pub const HARK: (&str, &str) = ("hark", "HARK_BIN");
/// The window.
pub const WINDOW: (&str, &str) = ("hark-window", "HARK_WINDOW");

/// The sentence where no window can be shown.
pub const NO_DISPLAY: &str = "There is no display here to open Hark's window on (neither DISPLAY nor \
                              WAYLAND_DISPLAY is set). In a terminal, use: hark status, hark messages";

/// Why something was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Only http and https are opened: others can run things.
    #[error("{0:?} is not opened: only http and https links are.")]
    Scheme(String),
    /// The browser could not be started.
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

/// A program of Hark: the one that its variable names, else the one beside this one, else that of the
/// search path.
#[must_use]
pub fn sibling((name, variable): (&str, &str)) -> PathBuf {
    if let Some(named) = env::var_os(variable).filter(|value| !value.is_empty()) {
        return named.into();
    }
    let name = OsString::from(format!("{name}{}", env::consts::EXE_SUFFIX));
    let beside = env::current_exe().ok().map(|own| own.with_file_name(&name));
    beside.filter(|beside| beside.is_file()).unwrap_or_else(|| name.into())
}

/// A command that starts a program for the Hark of this profile, with no input and no output.
#[must_use]
pub fn command(program: &std::path::Path, profile: &Profile) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(folder) = &profile.chosen {
        command.env(profile::ENV, folder);
    }
    command
}

/// Starts the window of this profile, at a message where one is given; one that is open comes to the
/// front by itself.
///
/// # Errors
/// Where its program cannot be started.
pub fn open_window(profile: &Profile, message: Option<i64>) -> Result<(), OpenError> {
    let path = sibling(WINDOW);
    let mut window = command(&path, profile);
    if let Some(id) = message {
        window.arg(format!("--message={id}"));
    }
    match window.spawn() {
        Ok(mut child) => {
            // Waits for its end, so that it does not become a zombie.
            thread::spawn(move || child.wait());
            Ok(())
        }
        Err(source) => Err(OpenError::Window { path, source }),
    }
}

/// Opens a link in the person's browser: http and https alone.
///
/// # Errors
/// Any other link, or no browser.
pub fn open_link(text: &str) -> Result<(), OpenError> {
    let link = web_link(text).ok_or_else(|| OpenError::Scheme(text.to_owned()))?;
    open::that_detached(link.as_str()).map_err(OpenError::Browser)
}

fn web_link(text: &str) -> Option<Url> {
    let link = Url::parse(text.trim()).ok()?;
    (matches!(link.scheme(), "http" | "https") && link.has_host()).then_some(link)
}

/// Whether there is a display to show a window on. Other systems than Linux always have one.
#[must_use]
pub fn has_display() -> bool {
    !cfg!(target_os = "linux") || display().is_some()
}

/// The display's name, where there is one.
#[must_use]
pub fn display() -> Option<String> {
    let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
    ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_of_the_web_are_opened() {
        assert!(web_link("https://example.org/a?b#c").is_some());
        for bad in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "mailto:a@b",
            "x-ssh://h",
            "/a",
            "",
            "http://",
        ] {
            assert!(web_link(bad).is_none(), "{bad}");
            assert!(matches!(open_link(bad), Err(OpenError::Scheme(_))), "{bad}");
        }
    }
}
