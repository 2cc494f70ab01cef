//! The API's values as a person reads them: status, messages and history in a file each.

pub mod consents;
mod doctor;
pub mod handlers;
mod history;
mod message;
pub mod relay;
mod status;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use hark_agent::print::glimpse;
use hark_api::{Decision, Preview, RulesTried, Time};
use jiff::tz::TimeZone;

pub use doctor::doctor;
pub use history::{entry, uptime};
pub use message::message;
pub use status::{is_well, status};

/// A message that is not stored yet, as a line.
pub fn preview(preview: &Preview) -> String {
    let time = preview.time.map(|time| format!("{}  ", local(time))).unwrap_or_default();
    format!("  {time}{}", glimpse(&preview.title, &preview.body, preview.priority))
}

/// What rules do, or would do, with the latest messages.
pub fn rules(tried: &RulesTried, others: bool) -> String {
    let RulesTried { tried: all, alerts, quiet, dropped, rules, messages, saved, .. } = tried;
    let mut out = String::new();
    if rules.is_empty() {
        let _ = writeln!(out, "There are no rules: every new message is shown.");
    }
    for message in messages.iter().rev() {
        let what = match message.decision {
            Some(Decision::Alert) => "alert",
            Some(Decision::Quiet | Decision::Backlog) => "quiet",
            None => "drop",
        };
        let by = message.rule.as_ref().map(|rule| format!("  ({rule})")).unwrap_or_default();
        let _ = writeln!(out, "{what:5}  {}{by}", message.text);
    }
    if *all == 0 {
        out.push_str("No message is stored yet that they could be tried against.\n");
    }
    let _ = writeln!(
        out,
        "\nWould have alerted {alerts} of {all}, stored {quiet} quietly and dropped {dropped}."
    );
    for rule in rules {
        let _ = writeln!(out, "  {:4} by {}", rule.decided, rule.name);
    }
    let _ = match (others, saved) {
        (true, true) => writeln!(out, "They are in force now."),
        (true, false) => writeln!(out, "Nothing was changed; put them in force with --save."),
        (false, _) => Ok(()),
    };
    out
}

fn local(time: Time) -> String {
    at(time, &TimeZone::system())
}

fn at(time: Time, zone: &TimeZone) -> String {
    time.0.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time in the two units that matter.
pub fn length(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
