//! `hark export` and `hark import`: a whole set-up as one file, without secrets. An agent that runs takes up
//! what was imported by itself.

use std::path::Path;

use hark_config::settings::{self, Imported};
use hark_engine::readable::Line;
use hark_local::{file, profile::Profile};

use super::confirm;
use crate::{Done, Failed, arguments::ImportOptions, out};

pub fn export(profile: &Profile, to: Option<&Path>) -> Done {
    let exported = settings::export(&profile.settings())?;
    match to {
        None => out::print(&exported.text)?,
        Some(path) => {
            let wrong = |error| {
                Failed(format!("{} cannot be written: {error}. Is there room?", path.display()))
            };
            // Who knows the topics of some servers may read them.
            file::replace(path, exported.text.as_bytes()).map_err(wrong)?;
            out::note(format_args!("Written to {}. It holds no secret.", path.display()));
        }
    }
    for key in &exported.shortened {
        out::note(format_args!(
            "The credential in the address of {key} was left out. A better place: hark edit {key}"
        ));
    }
    Ok(())
}

pub fn import(profile: &Profile, options: &ImportOptions) -> Done {
    let path = profile.settings();
    let set_up = settings::read_set_up(&options.file, &path)?;
    let plan = set_up.plan(&path)?;
    if !options.dry_run && !options.yes && !confirm::can_ask() {
        let how =
            "Nothing was changed: nobody can be asked here. Say --yes, or --dry-run to see it.";
        return Err(Failed(how.into()));
    }
    out::print(sentences(&plan))?;
    let changes = plan.added.len() + plan.taken.len() + plan.presets.len();
    if changes == 0 {
        out::line("Nothing is new here.")?;
        return Ok(());
    }
    if options.dry_run {
        return Ok(());
    }
    if !options.yes && !confirm::confirm("Take all of that?")? {
        return Err(Failed("Nothing was changed.".into()));
    }
    let done = set_up.import(&path)?.answer;
    out::line(match done.added.len() {
        1 => "1 subscription was added.".to_owned(),
        count => format!("{count} subscriptions were added."),
    })?;
    Ok(())
}

/// What is taken and what is not, a line each.
fn sentences(imported: &Imported) -> String {
    let mut lines = Vec::new();
    let mut listed = |what: &str, names: &[String]| {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    };
    listed("Would be followed", &imported.added);
    listed("Followed already", &imported.known);
    listed("Would be set", &imported.taken);
    listed("Set here already, and left as it is", &imported.kept);
    listed("Presets", &imported.presets);
    listed(
        "Presets that say something else here, and are left as they are",
        &imported.other_presets,
    );
    if imported.handlers > 0 {
        lines.push("Its handlers are left out: write them into the settings yourself.".to_owned());
    }
    for key in &imported.without_command {
        lines.push(format!("{key}: its credential is a command, and left out: hark edit {key}"));
    }
    for (key, file) in &imported.missing {
        lines.push(format!("{key}: its secret belongs into {file}, which is missing (mode 0600)"));
    }
    lines.into_iter().map(|line| Line::from(&*line).to_string() + "\n").collect()
}
