//! Silence as a person reads it in a terminal: what it is, until when, and how to end it.

use hark_api::{Silence, Time, Why};
use hark_engine::silence::when::{self, Day};
use jiff::{Timestamp, tz::TimeZone};

/// What is silent, for one subscription or for all, as one sentence or two.
pub fn sentence(silence: &Silence, key: Option<&str>, now: Timestamp) -> String {
    let of = |command: &str| match key {
        Some(key) => format!("End it with: hark {command} {key}"),
        None => format!("End it with: hark {command}"),
    };
    match &silence.why {
        Why::Mute => format!("Muted. {}", of("unmute")),
        Why::DoNotDisturb => "Silent, as your desktop is not to disturb. End it there.".to_owned(),
        Why::Snooze => format!("Snoozed {}. {}", until(silence.until, now), of("wake")),
        _ => {
            let end = silence.until.map(|at| format!(" until {}", at_time(at, now)));
            let passes = match silence.passes {
                None => "nothing is shown".to_owned(),
                Some(5) => "priority 5 is shown".to_owned(),
                Some(level) => format!("priority {level} and higher is shown"),
            };
            format!("Quiet hours{}; {passes}. They are in the settings.", end.unwrap_or_default())
        }
    }
}

/// Until when a snooze is.
pub fn until(at: Option<Time>, now: Timestamp) -> String {
    match at {
        Some(at) => format!("until {}", at_time(at, now)),
        None => "until the session is unlocked".to_owned(),
    }
}

fn at_time(at: Time, now: Timestamp) -> String {
    in_zone(at, now, &TimeZone::system())
}

fn in_zone(at: Time, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.0.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let format = match when::day(&at, &now) {
        Day::Today => "%H:%M",
        Day::Tomorrow => "tomorrow %H:%M",
        Day::Another => "%Y-%m-%d %H:%M",
    };
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_has_the_day_that_a_person_needs() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (until, now, wanted) in [
            ("2026-01-02T22:30:00Z", "2026-01-02T21:00:00Z", "23:30"),
            ("2026-01-02T23:30:00Z", "2026-01-02T21:00:00Z", "tomorrow 00:30"),
            ("2026-01-02T23:30:00Z", "2026-01-02T23:10:00Z", "00:30"),
            ("2026-01-04T07:00:00Z", "2026-01-02T21:00:00Z", "2026-01-04 08:00"),
            // Over the night in which clocks are set forward, and back.
            ("2026-03-29T06:00:00Z", "2026-03-28T21:00:00Z", "tomorrow 08:00"),
            ("2026-10-25T07:00:00Z", "2026-10-24T20:00:00Z", "tomorrow 08:00"),
        ] {
            assert_eq!(in_zone(Time(at(until)), at(now), &zone), wanted, "{until} at {now}");
        }
    }

    #[test]
    fn every_silence_says_how_to_end_it() {
        let now = at("2026-01-02T21:00:00Z");
        let said = |why, passes, key| sentence(&Silence { why, passes, until: None }, key, now);
        for (said, wanted) in [
            (said(Why::Mute, None, Some("a")), "Muted. End it with: hark unmute a"),
            (
                said(Why::Snooze, None, Some("a")),
                "Snoozed until the session is unlocked. End it with: hark wake a",
            ),
            (
                said(Why::Snooze, None, None),
                "Snoozed until the session is unlocked. End it with: hark wake",
            ),
            (
                said(Why::DoNotDisturb, None, None),
                "Silent, as your desktop is not to disturb. End it there.",
            ),
            (
                said(Why::QuietHours, Some(4), None),
                "Quiet hours; priority 4 and higher is shown. They are in the settings.",
            ),
            (
                said(Why::QuietHours, None, None),
                "Quiet hours; nothing is shown. They are in the settings.",
            ),
        ] {
            assert_eq!(said, wanted);
        }
    }
}
