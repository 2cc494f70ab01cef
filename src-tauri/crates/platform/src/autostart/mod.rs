//! Starting with the desktop. What is so is read from where the desktop reads it, so that a change from outside
//! counts.

// What is written for one system is plain text, and is tested on all of them.
#[cfg(any(windows, test))]
mod command_line;
#[cfg(any(target_os = "macos", test))]
mod launch_agent;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use std::{io, path::PathBuf};

/// How the agent starts with the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autostart {
    /// It does not.
    Off,
    /// By an entry of the desktop's own: of the XDG autostart folder, of Windows's Run key, or a LaunchAgent.
    Entry,
    /// By the user's unit of systemd.
    Unit,
    /// By both: the second one finds that an agent runs already.
    Both,
}

/// Where the desktop of a user reads what it starts.
#[derive(Clone, Debug)]
pub struct Startup(system::Startup);

impl Startup {
    /// That of the user whose programs have their settings in this folder. Only Linux reads it from there.
    #[must_use]
    pub fn new(settings: PathBuf) -> Self {
        Self(system::Startup::new(settings))
    }

    /// How it is.
    #[must_use]
    pub fn now(&self) -> Autostart {
        self.0.now()
    }

    /// Starts a command with the desktop from now on. Where a unit does so already, that stays the one way.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn on(&self, command: &[&str]) -> io::Result<Autostart> {
        self.0.on(command)
    }

    /// Starts it no longer, either way.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn off(&self) -> io::Result<()> {
        self.0.off()
    }

    /// Where the entry is, for a person: a file, or a value of the registry.
    #[must_use]
    pub fn entry(&self) -> String {
        self.0.entry()
    }
}
