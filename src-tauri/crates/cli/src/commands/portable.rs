//! `hark export` and `hark import`: a whole set-up as one file, without secrets. An agent that runs takes up
//! what was imported by itself.

use std::path::Path;

use hark_config::settings::{self, Imported, Sends};
use hark_engine::readable::{Line, Text};
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
            out::note(format_args!("Written to {}.", path.display()));
        }
    }
    for key in &exported.shortened {
        out::note(format_args!(
            "What is called like a secret in the address of {key} is left out."
        ));
    }
    for key in &exported.without_command {
        out::note(format_args!("The command that prints the credential of {key} is left out."));
    }
    if exported.handlers {
        out::note("Handlers are left out: copy them yourself.");
    }
    out::note(
        "No secret that Hark knows of is in it. Addresses and comments are as you wrote them: look \
         through it before you give it to somebody.",
    );
    Ok(())
}

pub fn import(profile: &Profile, options: &ImportOptions) -> Done {
    let path = profile.settings();
    let set_up = settings::read_set_up(&options.file, &path)?;
    let plan = set_up.plan(&path, options.with_credentials)?;
    if !options.dry_run && !options.yes && !confirm::can_ask() {
        let how =
            "Nothing was changed: nobody can be asked here. Say --yes, or --dry-run to see it.";
        return Err(Failed(how.into()));
    }
    out::print(sentences(&plan))?;
    if plan.added.len() + plan.taken.len() + plan.presets.len() == 0 {
        out::line("Nothing is new here.")?;
        return Ok(());
    }
    if options.dry_run {
        return Ok(());
    }
    if !options.yes && !confirm::confirm("Take all of that?")? {
        return Err(Failed("Nothing was changed.".into()));
    }
    let done = set_up.import(&path, options.with_credentials)?.answer;
    out::line(match done.added.len() {
        1 => "1 subscription was added.".to_owned(),
        count => format!("{count} subscriptions were added."),
    })?;
    Ok(())
}

/// What is taken and what is not, a line each.
fn sentences(imported: &Imported) -> String {
    let mut lines = Vec::new();
    for (key, server) in &imported.added {
        lines.push(format!("Would be followed: {key}, at {server}"));
    }
    let mut listed = |what: &str, names: &[String]| {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    };
    listed("Followed already", &imported.known);
    listed("Set here already, and left as it is", &imported.kept);
    listed("Never taken, write it yourself", &imported.left_out);
    listed("Presets", &imported.presets);
    listed(
        "Presets that say something else here, and are left as they are",
        &imported.other_presets,
    );
    for key in &imported.without {
        lines.push(format!(
            "{key}: its credential is left out (--with-credentials, or hark edit {key})"
        ));
    }
    for Sends { key, secret, to, is_missing } in &imported.sends {
        let missing = if *is_missing { "; it is missing, and wants mode 0600" } else { "" };
        lines.push(format!("{key}: would send what is in {secret} to {to}{missing}"));
    }
    let lines = lines.iter().map(|line| Line::from(&**line).to_string() + "\n");
    let taken = imported.taken.iter().map(|text| {
        format!("Would be set:\n{}\n", Text::from(&*format!("  {}", text.replace('\n', "\n  "))))
    });
    lines.chain(taken).collect()
}
