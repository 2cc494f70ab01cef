//! One window of the person's quiet hours: on which days, from when to when, and what is shown nevertheless.

use std::{fmt, iter};

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use super::instants::{first, last};
use crate::message::Priority;

/// How many windows a person may have.
pub const HOURS_MAX: usize = 32;
/// A window ends at most a day after it begins, and an hour or two later where clocks are set back.
const DAYS_BACK: i32 = 2;
/// How many days ahead the next begin is looked for: the one of a week may fall into an hour that is not.
const DAYS_AHEAD: i32 = 15;
/// Minutes.
const DAY: u16 = 24 * 60;

/// A window of quiet hours, as the settings write it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The days on which it begins; every day where missing.
    #[serde(default)]
    pub days: Days,
    /// When it begins.
    #[serde(deserialize_with = "begin")]
    pub from: TimeOfDay,
    /// When it ends. Where that is no later than it begins, on the next day.
    pub to: TimeOfDay,
    /// What is shown nevertheless.
    #[serde(default)]
    pub passes: Passes,
}

/// A time as a clock on the wall shows it, to the minute; 24:00 is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

/// Days of the week, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days([bool; 7]);

/// From which priority on messages pass; none where none does. The default is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes(Option<Priority>);

impl Hours {
    /// When the window ends that is in force at this time, where one is.
    pub(super) fn end(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let all = self.windows(zone, at, -DAYS_BACK, 1);
        all.filter(|(begin, end)| *begin <= at && at < *end).map(|(_, end)| end).max()
    }

    /// The next time after this one at which a window begins or ends.
    pub(super) fn next_edge(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let all = self.windows(zone, at, -DAYS_BACK, DAYS_AHEAD);
        all.flat_map(|(begin, end)| [begin, end]).filter(|edge| *edge > at).min()
    }

    /// The windows that begin on the days around a time, each from its begin up to its end.
    fn windows(
        &self,
        zone: &TimeZone,
        around: Timestamp,
        from: i32,
        to: i32,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = around.to_zoned(zone.clone()).date();
        (from..=to).filter_map(move |days| {
            let date = today.checked_add(jiff::Span::new().days(days)).ok()?;
            if !self.days.holds(date.weekday()) {
                return None;
            }
            let until = if self.to > self.from { date } else { date.tomorrow().ok()? };
            let begin = first(zone, self.from.on(date)?)?;
            let end = last(zone, self.to.on(until)?)?;
            // Where clocks pass over all of it, there is none.
            (begin < end).then_some((begin, end))
        })
    }
}

impl TimeOfDay {
    /// A time from its hour and minute.
    #[must_use]
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        let time = Self(hour * 60 + minute);
        (hour <= 24 && minute < 60 && time.0 <= DAY).then_some(time)
    }

    /// Reads a time such as `7:30` or `22:00`.
    ///
    /// # Errors
    /// One sentence without its full stop.
    pub fn read(text: &str) -> Result<Self, String> {
        let number = |part: &str, most: usize| {
            let is_number =
                (1..=2).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| is_number && part.len() <= most)
        };
        let read = text.trim().split_once(':').and_then(|(hour, minute)| {
            let minute = number(minute, 2).filter(|_| minute.len() == 2)?;
            Self::new(number(hour, 2)?, minute)
        });
        read.ok_or_else(|| format!("{text:?} is not a time of day; write it like 7:30 or 22:00"))
    }

    /// The minutes from midnight, up to 1440.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// This time on a day.
    pub(super) fn on(self, date: Date) -> Option<jiff::civil::DateTime> {
        if self.0 == DAY {
            return Some(date.tomorrow().ok()?.to_datetime(Time::midnight()));
        }
        let hour = i8::try_from(self.0 / 60).ok()?;
        let minute = i8::try_from(self.0 % 60).ok()?;
        Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

fn begin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeOfDay, D::Error> {
    match TimeOfDay::deserialize(deserializer)? {
        TimeOfDay(DAY) => Err(de::Error::custom("quiet hours begin before 24:00")),
        time => Ok(time),
    }
}

/// The days as the settings write them, from Monday.
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// Every day.
    pub const ALL: Self = Self([true; 7]);

    /// These days; none where there are none.
    #[must_use]
    pub fn of(days: &[Weekday]) -> Option<Self> {
        let mut held = [false; 7];
        for day in days {
            held[place(*day)] = true;
        }
        (!days.is_empty()).then_some(Self(held))
    }

    /// Whether each day is among them, from Monday.
    #[must_use]
    pub fn from_monday(self) -> [bool; 7] {
        self.0
    }

    /// The names of the days, from Monday, as the settings write them.
    #[must_use]
    pub fn names() -> [&'static str; 7] {
        NAMES
    }

    pub(super) fn holds(self, day: Weekday) -> bool {
        self.0[place(day)]
    }
}

fn place(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

/// A day of the week by its name or the first three letters of it, in English.
pub(super) fn weekday(name: &str) -> Option<Weekday> {
    let all = iter::successors(Some(Weekday::Monday), |day| Some(day.next()));
    all.take(7).find(|day| {
        let whole = format!("{day:?}").to_lowercase();
        name == whole || name == NAMES[place(*day)]
    })
}

impl Default for Days {
    fn default() -> Self {
        Self::ALL
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names: Vec<String> = Vec::deserialize(deserializer)?;
        let read = |name: &String| {
            weekday(name).ok_or_else(|| {
                let all = NAMES.join(", ");
                de::Error::custom(format!("{name:?} is no day of the week; they are {all}"))
            })
        };
        let days: Vec<Weekday> = names.iter().map(read).collect::<Result<_, _>>()?;
        Self::of(&days).ok_or_else(|| {
            de::Error::custom("quiet hours need a day; leave `days` out for every day")
        })
    }
}

impl Passes {
    /// This priority and higher passes; nothing does where there is none.
    #[must_use]
    pub fn from(least: Option<Priority>) -> Self {
        Self(least)
    }

    /// The least priority that passes.
    #[must_use]
    pub fn least(self) -> Option<Priority> {
        self.0
    }

    /// The more, the less passes.
    pub(super) fn strictness(self) -> u8 {
        self.0.map_or(u8::MAX, Priority::level)
    }
}

impl Default for Passes {
    fn default() -> Self {
        Self(Some(Priority::clamped(5)))
    }
}

struct PassesVisitor;

impl Visitor<'_> for PassesVisitor {
    type Value = Passes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a priority from 1 (lowest) to 5, or \"none\"")
    }

    fn visit_i64<E: de::Error>(self, level: i64) -> Result<Passes, E> {
        match level {
            1..=5 => Ok(Passes(Some(Priority::clamped(level)))),
            other => Err(E::custom(format!("a priority is 1 (lowest) to 5, not {other}"))),
        }
    }

    fn visit_u64<E: de::Error>(self, level: u64) -> Result<Passes, E> {
        self.visit_i64(i64::try_from(level).unwrap_or(i64::MAX))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Passes, E> {
        match word {
            "none" => Ok(Passes(None)),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Passes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PassesVisitor)
    }
}

/// What is wrong with the quiet hours as a whole.
#[must_use]
pub fn problem(all: &[Hours]) -> Option<String> {
    (all.len() > HOURS_MAX).then(|| format!("there are at most {HOURS_MAX} quiet hours"))
}
