//! `hark doctor URL`: visits a server and prints the findings.
//!
//! `hark-doctor` judges the server; this module lays the findings out.

use std::fmt::Write;

use hark_config::{presets::Presets, settings::span};
use hark_doctor::{About, Finding, Mark, Observation, Place, Visit, judge, observe};
use hark_local::profile::Profile;
use serde_json::json;

use crate::commands::request;
use crate::{Done, Failed, arguments::DoctorOptions, out};

/// The longest line; longer ones are broken.
const COLUMNS: usize = 100;
/// The column where the text begins.
const INDENT: usize = 24;

/// How long to listen where nothing is said.
const LISTEN: &str = "60s";

pub async fn visit(profile: &Profile, url: &str, options: DoctorOptions) -> Done {
    let ask = request::ask(url, &options.headers, options.way).await?;
    let said = options.length.as_deref().unwrap_or(LISTEN);
    let length = span::read(said).map_err(Failed)?;
    let presets = Presets::beside(&profile.settings()).presets;
    let feed = options.feed.map(|name| presets.feed(&name)).transpose().map_err(Failed)?;
    let opened = || {
        out::note(format_args!(
            "Listening for {}. Publish two events meanwhile: else ids and resuming cannot be tried.",
            said
        ));
    };
    let stop = async {
        // Without a signal handler, it listens to the end.
        let _ = tokio::signal::ctrl_c().await;
    };
    let seen = observe(Visit { ask, feed, length }, opened, stop).await;
    let findings = judge(&seen);
    if options.json {
        let listened_ms = u64::try_from(seen.listened.as_millis()).unwrap_or(u64::MAX);
        out::line(json!({
            "feed": seen.feed.name(),
            "listened_ms": listened_ms,
            "events": seen.messages(),
            "findings": findings,
        }))?;
    } else {
        out::print(text(url, &seen, &findings))?;
    }
    match findings.iter().filter(|finding| finding.mark == Mark::Wrong).count() {
        0 => Ok(()),
        1 => Err(Failed("1 thing is wrong with this server.".to_owned())),
        wrong => Err(Failed(format!("{wrong} things are wrong with this server."))),
    }
}

fn text(url: &str, seen: &Observation, findings: &[Finding]) -> String {
    let events = match seen.messages() {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    };
    let seconds = seen.listened.as_secs_f64();
    let mut text = match seen.opened {
        Some(_) => format!("{url} (feed {}): {events} in {seconds:.0} s\n\n", seen.feed.name()),
        None => format!("{url}\n\n"),
    };
    for finding in findings {
        one(finding, &mut text);
    }
    text
}

fn one(finding: &Finding, text: &mut String) {
    let mark = match finding.mark {
        Mark::Ok => "ok",
        Mark::Warning => "warning",
        Mark::Wrong => "WRONG",
        Mark::Unknown => "not known",
    };
    let about = match finding.about {
        About::Answer => "answer",
        About::Redirect => "redirect",
        About::Encryption => "encryption",
        About::Type => "type",
        About::Caching => "caching",
        About::Compression => "compression",
        About::Buffering => "buffering",
        About::Stream => "stream",
        About::Heartbeat => "heartbeat",
        About::Ids => "ids",
        About::Retry => "retry",
        About::Resume => "resume",
        About::Format => "format",
    };
    let _ = write!(text, "{mark:9}  {about:11}  ");
    let mut column = INDENT;
    for (at, word) in finding.seen.split_whitespace().enumerate() {
        let width = word.chars().count();
        if column + 1 + width > COLUMNS {
            let _ = write!(text, "\n{:INDENT$}", "");
            column = INDENT;
        } else if at > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
    for change in &finding.change {
        let place = match change.place {
            Place::Server => "server",
            Place::Nginx => "nginx",
            Place::Caddy => "Caddy",
            Place::Try => "try",
        };
        let _ = writeln!(text, "{:INDENT$}{place:>6}:  {}", "", change.line);
    }
}

#[cfg(test)]
mod tests {
    use hark_doctor::Change;

    use super::*;

    #[test]
    fn a_finding_is_broken_at_words_and_its_lines_are_not() {
        let long = r": keepalive\n\n   (".to_owned() + &"x".repeat(120) + ")";
        let finding = Finding {
            about: About::Heartbeat,
            mark: Mark::Wrong,
            seen: "None came in 60 s of silence. ".repeat(4),
            change: vec![Change { place: Place::Server, line: long.clone() }],
        };
        let mut text = String::new();
        one(&finding, &mut text);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("WRONG      heartbeat    None came"), "{text}");
        assert!(lines[1].starts_with(&" ".repeat(INDENT)), "{text}");
        assert!(lines[..2].iter().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert_eq!(lines[2].trim_start(), format!("server:  {long}"));
    }
}
