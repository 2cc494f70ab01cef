//! Whether the agent starts with the desktop: the person's wish, carried out where the desktop reads it.

use std::{env, path::Path};

use hark_api as api;
use hark_local::profile::{self, Profile};
use hark_platform::autostart::{Autostart, Startup};

/// See the module. Clones are of the same Hark.
#[derive(Clone, Debug)]
pub struct AtLogin(Profile);

impl AtLogin {
    /// That of this Hark.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self(profile)
    }

    /// How it is.
    ///
    /// # Errors
    /// Where the person has no home.
    pub fn now(&self) -> Result<api::Autostart, api::ApiError> {
        Ok(told(startup().map_err(api::ApiError::plain)?.now()))
    }

    /// Has it so from now on.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn set(&self, on: bool) -> Result<api::Autostart, api::ApiError> {
        set(&self.0, on).map(told).map_err(api::ApiError::plain)
    }
}

/// Where the desktop reads what it starts.
///
/// # Errors
/// Where the person has no home, in one sentence.
pub fn startup() -> Result<Startup, String> {
    let no_home = || "There is no home folder for this user. Set HOME.".to_owned();
    Ok(Startup::new(profile::settings_of_all().ok_or_else(no_home)?))
}

/// Has this program's agent of a profile start with the desktop, or not.
///
/// # Errors
/// Where that cannot be written, in one sentence.
pub fn set(of: &Profile, on: bool) -> Result<Autostart, String> {
    let startup = startup()?;
    let failed = |error| format!("{} could not be changed: {error}.", startup.entry());
    if !on {
        startup.off().map_err(failed)?;
        return Ok(Autostart::Off);
    }
    let program = env::current_exe().map_err(failed)?;
    let mut command = vec![text(&program)?];
    if let Some(chosen) = &of.chosen {
        command.extend(["--profile", text(chosen)?]);
    }
    command.push("agent");
    startup.on(&command).map_err(failed)
}

fn text(path: &Path) -> Result<&str, String> {
    let unreadable = || format!("{} is no path that an entry can hold.", path.display());
    path.to_str().filter(|path| !path.contains(['\n', '\r'])).ok_or_else(unreadable)
}

fn told(now: Autostart) -> api::Autostart {
    match now {
        Autostart::Off => api::Autostart::Off,
        Autostart::Entry => api::Autostart::Entry,
        Autostart::Unit => api::Autostart::Unit,
        Autostart::Both => api::Autostart::Both,
    }
}
