//! Until when, as a person says it: `8:00`, `tomorrow 8:00`, `mon 8:00`, `2026-03-01 8:00`.

use jiff::{Timestamp, ToSpan, Zoned, civil::Date};

use super::{
    SNOOZE_MAX,
    hours::{TimeOfDay, weekday},
    instants::last,
};

/// When the morning comes, by hour.
const MORNING: u16 = 8;
/// Before this hour a person has not gone to bed yet: the next morning is that of the same day.
const NIGHT_ENDS: i8 = 5;

/// Reads a time from now on.
///
/// # Errors
/// One sentence without its full stop, that says what is wrong with it.
pub fn read(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let text = text.trim().to_lowercase();
    let wrong = || {
        format!(
            "{text:?} is not a time; write it like 18:00, \"tomorrow 8:00\", \"mon 8:00\" or \
             \"2026-03-01 8:00\""
        )
    };
    let (day, time) = match text.rsplit_once([' ', 't']) {
        Some((day, time)) if time.contains(':') => (day.trim(), time),
        _ => ("", &*text),
    };
    let time = TimeOfDay::read(time).map_err(|_| wrong())?;
    let at = |date: Date| last(now.time_zone(), time.on(date)?);
    let today = now.date();
    let to_come = |date: Date| at(date).filter(|at| *at > now.timestamp());
    let found = match day {
        "today" => at(today),
        "tomorrow" => today.tomorrow().ok().and_then(at),
        "" => to_come(today).or_else(|| today.tomorrow().ok().and_then(at)),
        day => match weekday(day) {
            Some(weekday) => {
                let this = if today.weekday() == weekday { to_come(today) } else { None };
                this.or_else(|| today.nth_weekday(1, weekday).ok().and_then(at))
            }
            None => day.parse().ok().and_then(at),
        },
    };
    let at = found.ok_or_else(wrong)?;
    check(at, now.timestamp()).map(|()| at)
}

/// On which day a time is, as a person says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// On this day.
    Today,
    /// On the next one.
    Tomorrow,
    /// On any other.
    Another,
}

/// On which day a time is; both in the zone of the person.
#[must_use]
pub fn day(at: &Zoned, now: &Zoned) -> Day {
    match now.date() {
        today if at.date() == today => Day::Today,
        today if today.tomorrow().is_ok_and(|next| next == at.date()) => Day::Tomorrow,
        _ => Day::Another,
    }
}

/// Whether a snooze that begins now may end at this time.
///
/// # Errors
/// One sentence without its full stop, that says why not.
pub fn check(until: Timestamp, now: Timestamp) -> Result<(), String> {
    if until <= now {
        return Err("that time is over already".to_owned());
    }
    if until.duration_since(now).unsigned_abs() > SNOOZE_MAX {
        let days = SNOOZE_MAX.as_secs() / 86_400;
        return Err(format!("a snooze is at most {days} days long; mute it for longer"));
    }
    Ok(())
}

/// 8:00 of the next morning, which in the night is that of the same day.
#[must_use]
pub fn morning(now: &Zoned) -> Timestamp {
    let days = if now.hour() < NIGHT_ENDS { 0 } else { 1 };
    let date = now.date().checked_add(days.days()).unwrap_or(now.date());
    let time = TimeOfDay::new(MORNING, 0);
    let at = time.and_then(|time| last(now.time_zone(), time.on(date)?));
    at.unwrap_or_else(|| now.timestamp())
}
