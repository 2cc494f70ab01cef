//! How output looks: on a terminal with colours, relative times and lines that fit; in a pipe without, and times
//! as programs read them (RFC 3339).

use std::{
    env,
    io::{self, IsTerminal},
};

use hark_api::Time;
use hark_platform::terminal;
use jiff::{Timestamp, Zoned, tz::TimeZone};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::show::length;

/// The width of a terminal that does not tell its own. Columns.
const COLUMNS: usize = 80;
/// Texts are not squeezed into less. Columns.
const COLUMNS_MIN: usize = 20;

/// See the module.
#[derive(Clone, Debug)]
pub struct Look {
    /// The terminal's width; `None` in a pipe.
    pub columns: Option<usize>,
    colour: bool,
    now: Zoned,
}

impl Look {
    /// The look of standard output, now.
    pub fn of_stdout() -> Self {
        let columns = io::stdout()
            .is_terminal()
            .then(|| terminal::columns().filter(|columns| *columns > 0).unwrap_or(COLUMNS));
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let colour = columns.is_some() && !is_set("NO_COLOR") && terminal::understands_escapes();
        Self { columns, colour, now: Zoned::now() }
    }

    /// The look in a pipe, whatever standard output is.
    pub fn of_pipe() -> Self {
        Self { columns: None, colour: false, now: Zoned::now() }
    }

    /// When this is.
    pub fn now(&self) -> Timestamp {
        self.now.timestamp()
    }

    /// A point in time: of today by the clock alone.
    pub fn at(&self, time: Time) -> String {
        if self.columns.is_none() {
            return time.to_string();
        }
        let zone: &TimeZone = self.now.time_zone();
        let at = time.0.to_zoned(zone.clone());
        let format = if at.date() == self.now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" };
        at.strftime(format).to_string()
    }

    /// How long ago something was, or when.
    pub fn ago(&self, time: Time) -> String {
        if self.columns.is_none() {
            return time.to_string();
        }
        let ms = self.now().as_millisecond() - time.0.as_millisecond();
        match u64::try_from(ms).unwrap_or_default() / 1000 {
            0 => "now".to_owned(),
            seconds @ 1..60 => format!("{seconds} s ago"),
            seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
            seconds @ 3_600..86_400 => format!("{} h ago", seconds / 3_600),
            _ => self.at(time),
        }
    }

    /// When something will be.
    pub fn until(&self, time: Time) -> String {
        if self.columns.is_none() {
            return format!("at {}", time.0);
        }
        let ms = time.0.as_millisecond() - self.now().as_millisecond();
        format!("in {}", length(u64::try_from(ms).unwrap_or_default()))
    }

    /// What matters most.
    pub fn bold(&self, text: &str) -> String {
        self.style("1", text)
    }

    /// What matters less.
    pub fn dim(&self, text: &str) -> String {
        self.style("2", text)
    }

    /// What is well.
    pub fn good(&self, text: &str) -> String {
        self.style("32", text)
    }

    /// What is being tried.
    pub fn uneasy(&self, text: &str) -> String {
        self.style("33", text)
    }

    /// What needs the person.
    pub fn bad(&self, text: &str) -> String {
        self.style("1;31", text)
    }

    /// A name.
    pub fn accent(&self, text: &str) -> String {
        self.style("36", text)
    }

    fn style(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A text in lines that fit, each behind so many spaces; as one line in a pipe.
    pub fn indented(&self, text: &str, by: usize) -> String {
        let room = self.columns.map_or(usize::MAX, |all| all.saturating_sub(by).max(COLUMNS_MIN));
        let mut lines: Vec<String> = vec![String::new()];
        for word in text.split(' ') {
            let line = lines.last_mut().map_or(0, |line| line.width());
            if line > 0 && line + 1 + word.width() > room {
                lines.push(word.to_owned());
            } else if let Some(last) = lines.last_mut() {
                if line > 0 {
                    last.push(' ');
                }
                last.push_str(word);
            }
        }
        let space = " ".repeat(by);
        lines.iter().map(|line| format!("{space}{line}\n")).collect()
    }

    /// A look for tests.
    #[cfg(test)]
    pub fn of(columns: Option<usize>, colour: bool, now: &str) -> Self {
        Self { columns, colour, now: now.parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC) }
    }
}

/// A text as a column of this width: cut with a mark where it is longer.
pub fn column(text: &str, width: usize) -> String {
    let is = text.width();
    if is <= width {
        return format!("{text}{}", " ".repeat(width - is));
    }
    let (mut cut, mut used) = (String::new(), 0);
    for char in text.chars() {
        let of = char.width().unwrap_or_default();
        if used + of >= width {
            break;
        }
        used += of;
        cut.push(char);
    }
    format!("{cut}…{}", " ".repeat(width.saturating_sub(used + 1)))
}

/// How wide a text is on a terminal. Columns.
pub fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T12:00:00Z";

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_relative_on_a_terminal_and_exact_in_a_pipe() {
        let here = Look::of(Some(80), false, NOW);
        for (at, ago, clock) in [
            ("2026-03-02T12:00:00.4Z", "now", "12:00:00"),
            ("2026-03-02T11:59:52Z", "8 s ago", "11:59:52"),
            ("2026-03-02T11:12:00Z", "48 min ago", "11:12:00"),
            ("2026-03-02T09:59:00Z", "2 h ago", "09:59:00"),
            ("2026-03-01T09:59:00Z", "2026-03-01 09:59", "2026-03-01 09:59"),
        ] {
            assert_eq!((here.ago(time(at)), here.at(time(at))), (ago.into(), clock.into()));
        }
        assert_eq!(here.until(time("2026-03-02T12:01:05Z")), "in 1 min 5 s");
        let pipe = Look::of(None, false, NOW);
        let at = "2026-03-02T11:59:52.000Z";
        assert_eq!((pipe.ago(time(at)), pipe.at(time(at))), (at.to_owned(), at.to_owned()));
    }

    #[test]
    fn columns_are_as_wide_as_they_look() {
        assert_eq!(column("ab", 4), "ab  ");
        assert_eq!(column("abcdef", 4), "abc…");
        assert_eq!(column("数据库备份", 6), "数据… ");
        assert_eq!(width(&column("数据库备份", 6)), 6);
    }

    #[test]
    fn a_text_fits_the_terminal_and_is_one_line_in_a_pipe() {
        let text = "one two three four five six seven";
        let here = Look::of(Some(24), false, NOW);
        assert_eq!(here.indented(text, 2), "  one two three four\n  five six seven\n");
        assert_eq!(Look::of(None, false, NOW).indented(text, 2), format!("  {text}\n"));
    }

    #[test]
    fn there_are_colours_only_where_they_are_wanted() {
        assert_eq!(Look::of(Some(80), true, NOW).bad("x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!(Look::of(Some(80), false, NOW).bad("x"), "x");
    }
}
