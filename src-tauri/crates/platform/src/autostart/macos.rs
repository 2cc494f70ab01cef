//! macOS, which has not been run: a LaunchAgent of the user's, which launchd starts at the next login. That it was
//! turned off in the system's settings ("Login Items") is in a file of the system's, and is not seen here.

use std::{
    env, fs,
    io::{self, ErrorKind},
    path::PathBuf,
};

use super::{
    Autostart,
    launch_agent::{self, LABEL},
};

#[derive(Clone, Debug)]
pub(super) struct Startup;

impl Startup {
    pub(super) fn new(_settings: PathBuf) -> Self {
        Self
    }

    pub(super) fn now(&self) -> Autostart {
        match file().and_then(fs::read) {
            Ok(text) if launch_agent::is_on(&text) => Autostart::Entry,
            _ => Autostart::Off,
        }
    }

    pub(super) fn on(&self, command: &[&str]) -> io::Result<Autostart> {
        let file = file()?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, launch_agent::written(command)?)?;
        Ok(Autostart::Entry)
    }

    pub(super) fn off(&self) -> io::Result<()> {
        match fs::remove_file(file()?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn entry(&self) -> String {
        file().unwrap_or_default().display().to_string()
    }
}

fn file() -> io::Result<PathBuf> {
    let home = env::home_dir().ok_or(ErrorKind::NotFound)?;
    Ok(home.join("Library/LaunchAgents").join(format!("{LABEL}.plist")))
}
