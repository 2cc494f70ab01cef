//! The API's values as a person reads them in a terminal, in local time.

pub mod handlers;

use std::fmt::Write;

use hark_agent::print::{glimpse, text};
use hark_api::{
    Decision, HistoryEntry, Link, Message, Outage, Phase, Preview, RulesTried, Severity, Shown,
    Span, SpanKind, Status, Time, Why,
};
use hark_engine::feed::UNKNOWN;
use jiff::{Timestamp, tz::TimeZone};

use crate::quiet;

/// The agent, its links and its conditions, as text.
pub fn status(status: &Status, now: Timestamp) -> String {
    let mut out = String::new();
    for condition in &status.conditions {
        let mark = match condition.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(out, "{mark}: {}\n", condition.sentence);
    }
    if let Some(silence) = &status.silence {
        let _ = writeln!(out, "{}\n", quiet::sentence(silence, None, now));
    }
    if status.links.is_empty() {
        out.push_str("Nothing is followed yet. Follow something with: hark add URL\n");
    }
    let width =
        status.links.iter().map(|link| link.subscription.chars().count()).max().unwrap_or(0);
    for link in &status.links {
        let _ = writeln!(out, "{:width$}  {}", link.subscription, one(link, now));
        if let Some(silence) =
            link.silence.as_ref().filter(|it| status.silence.as_ref() != Some(it))
        {
            let sentence = quiet::sentence(silence, Some(&link.subscription), now);
            let _ = writeln!(out, "{:width$}  {sentence}", "");
        }
    }
    let agent = &status.agent;
    let server = agent.notifications.server.as_deref().unwrap_or("nobody");
    let _ = writeln!(
        out,
        "\nhark {}, process {}, since {}; notifications are shown by {server}.",
        agent.version,
        agent.pid,
        local(agent.started)
    );
    out
}

fn one(link: &Link, now: Timestamp) -> String {
    let phase = match &link.phase {
        Phase::Idle => "not started".to_owned(),
        Phase::Dialing { attempt, since, cause } => {
            let nth = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            let lost = cause.as_ref().map(|cause| format!(": {}", cause.sentence));
            format!("connecting since {}{nth}{}", local(*since), lost.unwrap_or_default())
        }
        Phase::Streaming { since, .. } => format!("connected since {}", local(*since)),
        Phase::BackingOff { retry_at, cause, .. } => {
            let ms = retry_at.0.as_millisecond() - now.as_millisecond();
            let wait = length(u64::try_from(ms).unwrap_or_default());
            format!("lost, next attempt in {wait}: {}", cause.sentence)
        }
        Phase::Paused => "paused".to_owned(),
        Phase::Halted { cause } => format!("stopped: {}", cause.sentence),
    };
    let heard =
        link.last_heard.map(|heard| format!(", last heard {}", local(heard))).unwrap_or_default();
    let count = match link.messages {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let more = |count: u64, what| match count {
        0 => String::new(),
        count => format!(", {count} {what}"),
    };
    let dropped = more(link.dropped, "dropped by its rules");
    let aside = more(link.set_aside, "set aside");
    let feed = if link.feed == UNKNOWN { "not recognised yet" } else { &link.feed };
    let name =
        if link.name == link.subscription { String::new() } else { format!("{}, ", link.name) };
    format!("{phase}{heard}; {count}{dropped}{aside} ({name}{}, {feed})", link.origin)
}

/// A message as a line.
pub fn message(message: &Message) -> String {
    let text = text(&message.title, &message.body, message.priority);
    let by = match (&message.decision, &message.rule) {
        (_, None) => unshown(message).map(|why| format!("  ({why})")).unwrap_or_default(),
        (Decision::Quiet, Some(rule)) => format!("  (quiet: {rule})"),
        (Decision::Alert | Decision::Backlog, Some(rule)) => format!("  (rule: {rule})"),
    };
    format!("{}  {}  {text}{by}", local(message.time), message.subscription)
}

/// Why a message was not shown by itself; none where it was.
fn unshown(message: &Message) -> Option<String> {
    let said = match (message.decision, message.shown) {
        (Decision::Backlog, _) => "from before you followed it",
        (_, Shown::Pending) => "not shown yet",
        (_, Shown::Held) => return Some(format!("held back: {}", why(message))),
        (_, Shown::Digest) => "told together with others",
        (_, Shown::Folded) => "counted, as too many were on the screen",
        (_, Shown::Quiet) => return Some(format!("kept quiet: {}", why(message))),
        (_, Shown::Refused | Shown::Old) => return Some(format!("not shown: {}", why(message))),
        (_, Shown::Withdrawn) => "read elsewhere",
        (_, Shown::Nobody) => "not shown: nobody to show it to",
        (_, Shown::Shown | Shown::No) => return None,
    };
    Some(said.to_owned())
}

/// Why an alert was not shown as it came.
fn why(message: &Message) -> &str {
    match &message.why {
        Some(Why::Mute) => "muted",
        Some(Why::DoNotDisturb) => "do not disturb",
        Some(Why::Snooze) => "snoozed",
        Some(Why::QuietHours) => "quiet hours",
        Some(Why::Age) | None => "no news any more",
        Some(Why::Paused) => "paused",
        Some(Why::Removed) => "no longer followed",
        Some(Why::NoAnswer) => "the notification server did not answer",
        Some(Why::Server(text)) => text,
    }
}

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

/// An entry of the history as a line.
pub fn entry(entry: &HistoryEntry) -> String {
    match entry {
        HistoryEntry::Outage(found) => outage(found),
        HistoryEntry::Span(found) => span(found),
        HistoryEntry::Handler(found) => handlers::run(found),
    }
}

fn outage(outage: &Outage) -> String {
    let end = match outage.recovered {
        Some(recovered) => format!("back {}", local(recovered)),
        None => "still down".to_owned(),
    };
    let attempts = match outage.attempts {
        0 => String::new(),
        1 => ", 1 failed attempt".to_owned(),
        attempts => format!(", {attempts} failed attempts"),
    };
    let latest = outage.latest.as_ref().map(|cause| format!(" Then: {}", cause.sentence));
    let latest = latest.unwrap_or_default();
    let gap = if outage.gap { " Messages may have been missed." } else { "" };
    format!(
        "{}  {}  lost for {}, {end}{attempts}: {}{latest}{gap}",
        local(outage.noticed),
        outage.subscription,
        length(outage.duration_ms),
        outage.cause.sentence
    )
}

fn span(span: &Span) -> String {
    let what = match span.span {
        SpanKind::AgentOff => "the agent was off",
        SpanKind::Paused => "paused",
        SpanKind::Asleep => "the computer slept",
        SpanKind::Missed => "messages may have been missed",
    };
    let end = span.to.map_or_else(|| "until now".to_owned(), |to| format!("until {}", local(to)));
    let whose = span.subscription.as_deref().unwrap_or("all");
    format!("{}  {whose}  {what}, {end}", local(span.from))
}

fn local(time: Time) -> String {
    at(time, &TimeZone::system())
}

fn at(time: Time, zone: &TimeZone) -> String {
    time.0.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time in the two units that matter.
fn length(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_two_units_that_matter() {
        for (ms, text) in [
            (0, "0.0 s"),
            (5_250, "5.2 s"),
            (59_999, "59 s"),
            (61_000, "1 min 1 s"),
            (3_660_000, "1 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(length(ms), text);
        }
    }

    #[test]
    fn a_preview_is_one_short_line_however_long_the_message() {
        let (title, body) = ("Log".to_owned(), "line\n".repeat(4_000));
        let shown = preview(&Preview { title, body, priority: 3, time: None });
        assert!(shown.starts_with("  Log: line ⏎ line") && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= 202 && !shown.contains('\n'), "{shown}");
    }

    #[test]
    fn a_time_is_local() {
        let time: Time = "2026-03-01T02:10:05Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(at(time, &zone), "2026-03-01 11:10:05");
    }
}
