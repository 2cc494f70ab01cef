//! `hark doctor`: what a push server does right and wrong, or, without a URL, what this machine does.

mod here;
mod hide;
mod visit;

use std::{io::Write, process::ExitCode};

use hark_doctor::{
    Mark,
    here::{Check, for_report, judge},
};
use hark_local::{file, profile::Profile};
use jiff::Timestamp;
use serde_json::json;

use super::confirm::{can_ask, confirm};
use crate::{Failed, arguments::DoctorOptions, look::Look, out, show};
use hide::Hidden;

/// The exit code where something is wrong.
const WRONG: u8 = 1;

pub async fn doctor(profile: &Profile, options: DoctorOptions) -> Result<ExitCode, Failed> {
    if let Some(url) = options.url.clone() {
        return visit::visit(profile, &url, options).await.map(|()| ExitCode::SUCCESS);
    }
    let (here, hidden) = here::look(profile, options.length.as_deref()).await?;
    // A report is of what others may read.
    let checks = if options.report.is_some() { for_report(here) } else { judge(&here) };
    if let Some(path) = &options.report {
        let text = report(&checks, &hidden);
        // What is about to be handed to others is seen first.
        out::print(&text)?;
        let question = format!("Write this to {}?", path.display());
        if !options.yes && !can_ask() {
            return Err(Failed(
                "Nothing was written: nobody can be asked here. Say --yes.".to_owned(),
            ));
        }
        if !options.yes && !confirm(&question)? {
            return Err(Failed("Nothing was written.".to_owned()));
        }
        let written =
            file::create_private(path).and_then(|mut file| file.write_all(text.as_bytes()));
        written
            .map_err(|error| Failed(format!("{} cannot be written: {error}.", path.display())))?;
        out::note(format_args!("{} is written; only you may read it.", path.display()));
    } else if options.json {
        out::json_pretty(&json!({ "version": env!("CARGO_PKG_VERSION"), "checks": checks }))?;
    } else {
        out::print(show::doctor(&checks, &Look::of_stdout()))?;
    }
    let is_wrong = checks.iter().any(|check| check.mark == Mark::Wrong);
    Ok(if is_wrong { ExitCode::from(WRONG) } else { ExitCode::SUCCESS })
}

/// A report to attach: as in a pipe, with what it was made by, and without a secret.
fn report(checks: &[Check], hidden: &Hidden) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let head = format!("hark {version} on {system} ({machine}), {:.0}\n\n", Timestamp::now());
    hidden.from(&(head + &show::doctor(checks, &Look::of_pipe())))
}
