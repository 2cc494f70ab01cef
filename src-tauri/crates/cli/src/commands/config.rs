//! `hark config`: where the settings are, and whether they are well.

use hark_config::{presets::Presets, settings::read};
use hark_local::profile::Profile;

use crate::{Done, Failed, arguments::ConfigCommand, out};

pub fn config(profile: &Profile, command: &ConfigCommand) -> Done {
    let path = profile.settings();
    match command {
        ConfigCommand::Path => out::line(path.display())?,
        ConfigCommand::Check => {
            let presets = Presets::beside(&path);
            let read = read(&path, &presets.presets).map_err(|error| Failed(error.to_string()));
            if let Some(problem) = presets.problems.first() {
                return Err(Failed(problem.to_string()));
            }
            let (_, settings) = read?;
            if matches!(path.try_exists(), Ok(false)) {
                let path = path.display();
                out::line(format!(
                    "There is no settings file {path} yet, so nothing is followed."
                ))?;
                return Ok(());
            }
            let count = match settings.subscriptions.len() {
                1 => "1 subscription".to_owned(),
                count => format!("{count} subscriptions"),
            };
            out::line(format!("{} is well: {count}.", path.display()))?;
        }
    }
    Ok(())
}
