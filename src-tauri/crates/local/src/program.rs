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

/// No window for a console (`CREATE_NO_WINDOW`), and Ctrl-C in that of its parent is not for it
/// (`CREATE_NEW_PROCESS_GROUP`).
#[cfg(windows)]
const OUT_OF_SIGHT: u32 = 0x0800_0000 | 0x0000_0200;

/// The sentence where no window can be shown.
pub const NO_DISPLAY: &str = "There is no display here to open Hark's window on (neither DISPLAY nor \
                              WAYLAND_DISPLAY is set). In a terminal, use: hark status, hark messages";

/// How one gets what is missing. On Linux the window is a package of its own.
#[cfg(target_os = "linux")]
const HOW_TO_GET_THE_WINDOW: &str = "Is the package hark-window installed?";
#[cfg(not(target_os = "linux"))]
const HOW_TO_GET_THE_WINDOW: &str = HOW_TO_GET_HARK;
/// The same of the agent and the command line.
#[cfg(target_os = "linux")]
pub const HOW_TO_GET_HARK: &str = "Install the package hark.";
/// The same of the agent and the command line.
#[cfg(not(target_os = "linux"))]
pub const HOW_TO_GET_HARK: &str = "Install Hark again.";

/// Why something was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A program could take it for more than a link.
    #[error("{0:?} is not opened: it is no link.")]
    NoLink(String),
    /// The browser could not be started.
    #[error("The browser could not be started: {0}.")]
    Browser(io::Error),
    /// The window's program is missing.
    #[error("Hark's window ({}) could not be started: {source}. {HOW_TO_GET_THE_WINDOW}", path.display())]
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

/// A command that starts a program for the Hark of this profile, with no input and no output, and on Windows without
/// a console of its own that a person would see.
#[must_use]
pub fn command(program: &std::path::Path, profile: &Profile) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, OUT_OF_SIGHT);
    if let Some(folder) = &profile.chosen {
        command.env(profile::ENV, folder);
    }
    command
}

/// Where the window is opened at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a message.
    Message {
        /// Its id.
        message: i64,
        /// What of it is to be done there, as with its button: its link for 0, else its action of this number.
        action: Option<u32>,
    },
    /// Where it says how each connection is.
    Connections,
}

/// Starts the window of this profile, at a place where one is given; one that is open comes to the
/// front by itself.
///
/// # Errors
/// Where its program cannot be started.
pub fn open_window(profile: &Profile, at: Option<Place>) -> Result<(), OpenError> {
    let path = sibling(WINDOW);
    let mut window = command(&path, profile);
    match at {
        Some(Place::Message { message, action }) => {
            window.arg(format!("--message={message}"));
            window.args(action.map(|number| format!("--action={number}")));
        }
        Some(Place::Connections) => {
            window.arg("--connections");
        }
        None => {}
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

/// Opens a link that was judged fit to be opened in the person's program for it, as the one argument that
/// it gets.
///
/// # Errors
/// What is no link in its plain form, or no program.
pub fn open_link(link: &str) -> Result<(), OpenError> {
    if !is_plain_link(link) {
        return Err(OpenError::NoLink(link.to_owned()));
    }
    open::that_detached(link).map_err(OpenError::Browser)
}

/// Whether it can be no option, no path and no program. Which schemes are opened is decided elsewhere.
fn is_plain_link(text: &str) -> bool {
    let is_as_it_is = Url::parse(text).is_ok_and(|url| url.as_str() == text);
    is_as_it_is && text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.starts_with("file:")
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
    fn only_a_link_in_its_plain_form_is_handed_on() {
        for good in ["https://example.org/a?b#c", "mailto:a@b.example", "ssh://host.example/"] {
            assert!(is_plain_link(good), "{good}");
        }
        for bad in [
            "file:///etc/passwd",
            "https://a b/",
            "HTTP://a/",
            "http://é/",
            "/a",
            "",
            "-x",
            "http://",
        ] {
            assert!(!is_plain_link(bad), "{bad}");
            assert!(matches!(open_link(bad), Err(OpenError::NoLink(_))), "{bad}");
        }
    }
}
