//! `hark autostart`: whether the agent starts with the desktop.

use std::{env, path::Path};

use hark_local::profile::{self, Profile};
use hark_platform::autostart::{Autostart, Folder};

use crate::{Done, Failed, arguments::AutostartWanted, out};

pub fn autostart(of: &Profile, wanted: AutostartWanted) -> Done {
    let no_home = || Failed("There is no home folder for this user. Set HOME.".to_owned());
    let folder = Folder::new(profile::settings_of_all().ok_or_else(no_home)?);
    let failed =
        |error| Failed(format!("{} could not be changed: {error}.", folder.entry().display()));
    let now = match wanted {
        AutostartWanted::Status => folder.now(),
        AutostartWanted::Off => {
            folder.off().map_err(failed)?;
            Autostart::Off
        }
        AutostartWanted::On => {
            let program = env::current_exe()?;
            let program = text(&program)?;
            let mut command = vec![program];
            if let Some(chosen) = &of.chosen {
                command.extend(["--profile", text(chosen)?]);
            }
            command.push("agent");
            folder.on(&command).map_err(failed)?
        }
    };
    out::line(match now {
        Autostart::Off => {
            "Hark does not start with the desktop. Turn it on with: hark autostart on".to_owned()
        }
        Autostart::Entry => {
            format!("Hark starts with the desktop, by {}.", folder.entry().display())
        }
        Autostart::Unit => "Hark starts with the desktop, by its systemd unit.".to_owned(),
        Autostart::Both => {
            "Hark starts with the desktop, by its systemd unit and by an entry as well. Keep one: \
                            hark autostart on"
                .to_owned()
        }
    })?;
    Ok(())
}

fn text(path: &Path) -> Result<&str, Failed> {
    let unreadable = || Failed(format!("{} is no path that an entry can hold.", path.display()));
    path.to_str().filter(|path| !path.contains(['\n', '\r'])).ok_or_else(unreadable)
}
