//! What is silent when, in words and with real dates.

use jiff::{SignedDuration, Zoned};

use super::*;

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

/// A time as the clock shows it in Berlin.
fn at(text: &str) -> Timestamp {
    berlin().to_timestamp(text.parse().unwrap()).unwrap()
}

fn quiet(hours: &str) -> Silences {
    let quiet_hours = serde_json::from_str(hours).unwrap();
    Silences { quiet_hours, zone: berlin(), ..Silences::default() }
}

/// What a window is by default: it lets the highest pass.
fn until(end: &str) -> Option<Silence> {
    let passes = Some(Priority::clamped(5));
    Some(Silence { why: Why::QuietHours, passes, until: Some(at(end)) })
}

#[test]
fn without_anything_said_nothing_is_silent() {
    let silences = Silences::default();
    let now = at("2026-01-01 03:00");
    assert_eq!((silences.of("a", now), silences.next_change(now)), (None, None));
    assert!(silences.releases("a", now));
}

#[test]
fn over_midnight_the_day_is_that_of_the_begin() {
    let silences = quiet(r#"[{ "days": ["fri"], "from": "22:00", "to": "07:30" }]"#);
    // 2026-01-02 is a Friday.
    for (now, wanted) in [
        ("2026-01-02 07:00", None),
        ("2026-01-02 21:59:59", None),
        ("2026-01-02 22:00", until("2026-01-03 07:30")),
        ("2026-01-03 00:00", until("2026-01-03 07:30")),
        ("2026-01-03 07:29:59", until("2026-01-03 07:30")),
        ("2026-01-03 07:30", None),
        ("2026-01-03 22:00", None),
    ] {
        assert_eq!(silences.of("a", at(now)), wanted, "{now}");
    }
    assert_eq!(silences.next_change(at("2026-01-03 07:30")), Some(at("2026-01-09 22:00")));
}

#[test]
fn a_whole_day_and_the_nights_beside_it_are_one_silence() {
    let silences = quiet(
        r#"[{ "from": "22:00", "to": "7:00" },
            { "days": ["sat", "sun"], "from": "00:00", "to": "24:00", "passes": 4 }]"#,
    );
    let found = silences.of("a", at("2026-01-02 23:00")).unwrap();
    assert_eq!(found.until, Some(at("2026-01-05 07:00")), "from Friday evening to Monday morning");
    let level = |now: &str| silences.of("a", at(now)).unwrap().passes.unwrap().level();
    assert_eq!((level("2026-01-03 12:00"), level("2026-01-03 23:00")), (4, 5), "the stricter");
    let same = quiet(r#"[{ "days": ["sat"], "from": "00:00", "to": "00:00" }]"#);
    assert_eq!(same.of("a", at("2026-01-03 12:00")), until("2026-01-04 00:00"));
    let always = quiet(r#"[{ "from": "12:00", "to": "12:00", "passes": "none" }]"#);
    let wanted = Silence { why: Why::QuietHours, passes: None, until: None };
    assert_eq!(always.of("a", at("2026-01-03 12:00")), Some(wanted), "there is no end");
}

#[test]
fn where_clocks_are_changed_what_is_not_clear_is_silent() {
    // Set forward from 2:00 to 3:00 on 29 March, back from 3:00 to 2:00 on 25 October.
    let change = at("2026-03-29 03:00");
    let before = change - SignedDuration::from_secs(1);
    let into = quiet(r#"[{ "from": "02:30", "to": "04:00" }]"#);
    assert_eq!((into.of("a", before), into.of("a", change)), (None, until("2026-03-29 04:00")));
    let out = quiet(r#"[{ "from": "22:00", "to": "02:30" }]"#);
    assert_eq!((out.of("a", before), out.of("a", change)), (until("2026-03-29 03:00"), None));
    let within = quiet(r#"[{ "from": "02:10", "to": "02:50" }]"#);
    assert_eq!((within.of("a", before), within.of("a", change)), (None, None));

    let first: Timestamp = "2026-10-25T00:30:00Z".parse().unwrap();
    let second = first + SignedDuration::from_hours(1);
    for now in [first, second - SignedDuration::from_mins(1)] {
        assert_eq!(out.of("a", now).unwrap().until, Some(second), "till it is 2:30 again");
        assert_eq!(into.of("a", now).unwrap().until, Some(at("2026-10-25 04:00")));
    }
    assert_eq!(out.of("a", second), None);
}

#[test]
fn a_clock_that_was_set_is_right_with_the_next_question() {
    let mut silences = quiet(r#"[{ "from": "22:00", "to": "07:30" }]"#);
    silences.snoozes.insert("a".into(), Until::At(at("2026-01-02 13:00")));
    assert_eq!(silences.of("a", at("2026-01-02 14:00")), None);
    let back = at("2026-01-02 12:59");
    assert_eq!(silences.of("a", back).unwrap().why, Why::Snooze);
    assert_eq!(silences.next_change(back), Some(at("2026-01-02 13:00")));
    assert_eq!(silences.of("b", at("2026-01-01 23:00")), until("2026-01-02 07:30"));
}

#[test]
fn the_strictest_is_told() {
    let now = at("2026-01-02 23:00");
    let mut silences = quiet(r#"[{ "from": "22:00", "to": "07:30" }]"#);
    let why = |silences: &Silences| silences.of("a", now).unwrap().why;
    assert_eq!(why(&silences), Why::QuietHours);
    silences.snoozes.insert("a".into(), Until::At(at("2026-01-02 23:30")));
    assert_eq!(why(&silences), Why::Snooze);
    silences.do_not_disturb = Some(true);
    assert_eq!(why(&silences), Why::DoNotDisturb);
    silences.muted.insert("a".into());
    assert_eq!(why(&silences), Why::Mute);
    assert_eq!(silences.of("b", now).unwrap().why, Why::DoNotDisturb);
    silences.do_not_disturb = Some(false);
    assert_eq!(silences.of("b", now).unwrap().why, Why::QuietHours);
}

#[test]
fn of_two_snoozes_the_longer_holds_and_until_unlocked_is_the_longest() {
    let now = at("2026-01-02 12:00");
    let (one, two) = (at("2026-01-02 13:00"), at("2026-01-02 14:00"));
    let mut silences = Silences::default();
    silences.snoozes.insert("a".into(), Until::At(one));
    assert_eq!((silences.of("b", now), silences.of(ALL, now)), (None, None));
    silences.snoozes.insert(ALL.into(), Until::At(two));
    for key in ["a", "b", ALL] {
        assert_eq!(silences.of(key, now).unwrap().until, Some(two), "{key:?}");
    }
    assert_eq!(silences.next_change(now), Some(one));
    assert_eq!(silences.next_change(one), Some(two));
    assert!(silences.of("a", two).is_none() && silences.next_change(two).is_none());
    silences.snoozes.insert("a".into(), Until::Unlocked);
    let wanted = Silence { why: Why::Snooze, passes: None, until: None };
    assert_eq!(silences.of("a", two), Some(wanted));
}

#[test]
fn what_was_held_back_is_told_once_all_is_over_and_somebody_is_there() {
    let mut silences = quiet(r#"[{ "from": "22:00", "to": "07:30" }]"#);
    let (night, morning) = (at("2026-01-02 23:00"), at("2026-01-03 08:00"));
    for (locked, wanted) in [(None, true), (Some(false), true), (Some(true), false)] {
        silences.locked = locked;
        assert_eq!(silences.releases("a", morning), wanted, "{locked:?}");
        assert!(!silences.releases("a", night), "{locked:?}");
    }
    assert_eq!(silences.of("a", morning), None, "what is live is not held back by a lock");
}

#[test]
fn what_are_no_quiet_hours_is_said() {
    let wrong = |text: &str| serde_json::from_str::<Hours>(text).unwrap_err().to_string();
    for (hours, why) in [
        (r#"{ "from": "22", "to": "7:30" }"#, "write it like 7:30"),
        (r#"{ "from": "22:60", "to": "7:30" }"#, "no time of day"),
        (r#"{ "from": "24:00", "to": "7:30" }"#, "before 24:00"),
        (r#"{ "from": "22:00", "to": "24:01" }"#, "time of day"),
        (r#"{ "from": "22:00", "to": "+7:30" }"#, "time of day"),
        (r#"{ "from": "22:00" }"#, "missing field `to`"),
        (r#"{ "from": "22:00", "to": "7:30", "day": ["mon"] }"#, "unknown field `day`"),
        (r#"{ "from": "22:00", "to": "7:30", "days": [] }"#, "need a day"),
        (r#"{ "from": "22:00", "to": "7:30", "days": ["fun"] }"#, "no day of the week"),
        (r#"{ "from": "22:00", "to": "7:30", "passes": 6 }"#, "1 (lowest) to 5"),
        (r#"{ "from": "22:00", "to": "7:30", "passes": "all" }"#, "\"none\""),
    ] {
        let said = wrong(hours);
        assert!(said.contains(why) || why == "no time of day", "{hours}: {said}");
    }
    let hours: Hours = serde_json::from_str(r#"{ "from": "0:00", "to": "24:00" }"#).unwrap();
    assert_eq!((hours.from.to_string(), hours.to.to_string()), ("00:00".into(), "24:00".into()));
    assert!(problem(&vec![hours.clone(); HOURS_MAX]).is_none());
    assert!(problem(&vec![hours; HOURS_MAX + 1]).unwrap().contains("at most 32"));
}

#[test]
fn a_time_is_read_as_people_say_it() {
    // A Friday.
    let read = |text: &str, now: &str| when::read(text, &at(now).to_zoned(berlin()));
    for (text, now, wanted) in [
        ("18:00", "2026-01-02 12:00", "2026-01-02 18:00"),
        ("8:00", "2026-01-02 12:00", "2026-01-03 08:00"),
        ("12:00", "2026-01-02 12:00", "2026-01-03 12:00"),
        ("0:00", "2026-01-02 23:59", "2026-01-03 00:00"),
        ("00:10", "2026-01-02 00:05", "2026-01-02 00:10"),
        ("24:00", "2026-01-02 12:00", "2026-01-03 00:00"),
        ("today 18:00", "2026-01-02 12:00", "2026-01-02 18:00"),
        (" Tomorrow  8:00 ", "2026-01-02 12:00", "2026-01-03 08:00"),
        ("tomorrow 8:00", "2026-01-02 00:30", "2026-01-03 08:00"),
        ("tomorrow 8:00", "2025-12-31 23:59", "2026-01-01 08:00"),
        ("mon 8:00", "2026-01-02 12:00", "2026-01-05 08:00"),
        ("friday 18:00", "2026-01-02 12:00", "2026-01-02 18:00"),
        ("fri 8:00", "2026-01-02 12:00", "2026-01-09 08:00"),
        ("2026-01-10 8:00", "2026-01-02 12:00", "2026-01-10 08:00"),
        ("2026-01-10T08:00", "2026-01-02 12:00", "2026-01-10 08:00"),
        // Where clocks are changed.
        ("tomorrow 8:00", "2026-03-28 23:00", "2026-03-29 08:00"),
        ("tomorrow 2:30", "2026-03-28 23:00", "2026-03-29 03:00"),
    ] {
        assert_eq!(read(text, now), Ok(at(wanted)), "{text:?} at {now}");
    }
    let twice = read("2:30", "2026-10-25 01:00").unwrap();
    assert_eq!(twice, "2026-10-25T01:30:00Z".parse().unwrap(), "the second one");
    for (text, why) in [
        ("", "not a time"),
        ("8", "not a time"),
        ("soon", "not a time"),
        ("8:00 tomorrow", "not a time"),
        ("yesterday 8:00", "not a time"),
        ("2026-02-30 8:00", "not a time"),
        ("today 8:00", "over already"),
        ("2026-01-02 12:00", "over already"),
        ("2026-03-02 8:00", "at most 31 days"),
    ] {
        let said = read(text, "2026-01-02 12:00").unwrap_err();
        assert!(said.contains(why), "{text:?}: {said}");
    }
}

#[test]
fn the_next_morning_is_the_one_after_sleep() {
    for (now, wanted) in [
        ("2026-01-02 12:00", "2026-01-03 08:00"),
        ("2026-01-02 23:59", "2026-01-03 08:00"),
        ("2026-01-03 00:00", "2026-01-03 08:00"),
        ("2026-01-03 04:59", "2026-01-03 08:00"),
        ("2026-01-03 05:00", "2026-01-04 08:00"),
        ("2026-03-28 22:00", "2026-03-29 08:00"),
        ("2026-10-24 22:00", "2026-10-25 08:00"),
        ("2026-12-31 22:00", "2027-01-01 08:00"),
    ] {
        let now: Zoned = at(now).to_zoned(berlin());
        assert_eq!(when::morning(&now), at(wanted), "{now}");
    }
}
