//! `hark autostart`: whether the agent starts with the desktop.

use hark_agent::autostart;
use hark_local::profile::Profile;
use hark_platform::autostart::Autostart;

use crate::{Done, Failed, arguments::AutostartWanted, out};

pub fn autostart(of: &Profile, wanted: AutostartWanted) -> Done {
    let startup = autostart::startup().map_err(Failed)?;
    let now = match wanted {
        AutostartWanted::Status => startup.now(),
        AutostartWanted::Off => autostart::set(of, false).map_err(Failed)?,
        AutostartWanted::On => autostart::set(of, true).map_err(Failed)?,
    };
    out::line(match now {
        Autostart::Off => {
            "Hark does not start with the desktop. Turn it on with: hark autostart on".to_owned()
        }
        Autostart::Entry => {
            format!("Hark starts with the desktop, by {}.", startup.entry())
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
