//! Quiet hours as a week of half hours, which is how a person sees them, and back as the windows that the settings
//! have. Pure, but for the edit. What is told as a week loses nothing when it is written again.

use std::path::Path;

use hark_engine::{
    message::Priority,
    silence::{Days, Hours},
};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, RawString, Table, value};

use super::{
    edit::{Edit, EditError, edit, placeless, read},
    usual::has_comment,
};

/// Half hours of a day.
pub const SLOTS: usize = 48;
/// Minutes.
const SLOT: u16 = 30;

/// Which half hours of a week are quiet, from Monday and from midnight.
pub type Week = [[bool; SLOTS]; 7];

/// Quiet hours that a week can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietWeek {
    /// The half hours.
    pub week: Week,
    /// What is shown nevertheless: this priority and higher; nothing where it is none.
    pub passes: Option<Priority>,
}

impl Default for QuietWeek {
    fn default() -> Self {
        Self { week: [[false; SLOTS]; 7], passes: Some(Priority::clamped(5)) }
    }
}

/// Windows of quiet hours as a week; none where they have other minutes, or let different things pass.
#[must_use]
pub fn week_of(all: &[Hours]) -> Option<QuietWeek> {
    let mut quiet = QuietWeek::default();
    if let Some(first) = all.first() {
        quiet.passes = first.passes.least();
    }
    for hours in all {
        let (from, to) = (hours.from.minutes(), hours.to.minutes());
        if hours.passes.least() != quiet.passes || from % SLOT != 0 || to % SLOT != 0 {
            return None;
        }
        let (from, to) = (usize::from(from / SLOT), usize::from(to / SLOT));
        let long = if to > from { to - from } else { to + SLOTS - from };
        for (day, _) in hours.days.from_monday().into_iter().enumerate().filter(|(_, holds)| *holds)
        {
            for slot in (from..).take(long) {
                quiet.week[(day + slot / SLOTS) % 7][slot % SLOTS] = true;
            }
        }
    }
    Some(quiet)
}

/// One window: the days on which it begins, its first half hour, and the one with which it is over.
type Window = ([bool; 7], usize, usize);

/// The windows that are quiet in a week: what goes on over midnight is one.
fn windows(week: &Week) -> Vec<Window> {
    let mut all: Vec<Window> = Vec::new();
    let from_midnight = |day: usize| week[day % 7].iter().take_while(|quiet| **quiet).count();
    // The last run of a day goes on in the next day where the whole is no longer than a day.
    let goes_on = |day: usize, begin: usize| {
        let next = from_midnight(day + 1);
        (next > 0 && next <= begin).then_some(next)
    };
    let last_run = |day: usize| {
        let quiet = week[day % 7].iter().rev().take_while(|quiet| **quiet).count();
        (quiet > 0).then_some(SLOTS - quiet)
    };
    for day in 0..7 {
        let comes_over = last_run(day + 6).and_then(|begin| goes_on(day + 6, begin)).unwrap_or(0);
        let mut slot = comes_over;
        while slot < SLOTS {
            let quiet = week[day][slot..].iter().take_while(|quiet| **quiet).count();
            if quiet == 0 {
                slot += 1;
                continue;
            }
            let (begin, mut end) = (slot, slot + quiet);
            slot = end;
            if end == SLOTS
                && let Some(next) = goes_on(day, begin)
            {
                end = next;
            }
            match all.iter_mut().find(|(_, from, to)| (*from, *to) == (begin, end)) {
                Some((days, ..)) => days[day] = true,
                None => {
                    let mut days = [false; 7];
                    days[day] = true;
                    all.push((days, begin, end));
                }
            }
        }
    }
    all
}

/// The tables of a week.
fn tables(quiet: &QuietWeek) -> ArrayOfTables {
    let time = |slot: usize| format!("{}:{:02}", slot / 2, slot % 2 * 30);
    let mut all = ArrayOfTables::new();
    for (days, from, to) in windows(&quiet.week) {
        let mut table = Table::new();
        if days != [true; 7] {
            let names = Days::names().into_iter().zip(days);
            let names = names.filter(|(_, holds)| *holds).map(|(name, _)| name);
            table["days"] = value(names.collect::<Array>());
        }
        table["from"] = value(time(from));
        table["to"] = value(time(to));
        match quiet.passes {
            Some(least) if least.level() == 5 => {}
            Some(least) => table["passes"] = value(i64::from(least.level())),
            None => table["passes"] = value("none"),
        }
        all.push(table);
    }
    all
}

/// The quiet hours of the settings, as they are written, and as a week where that can say them: without a comment,
/// and to the half hour.
///
/// # Errors
/// See [`EditError`].
pub fn quiet_hours_of(path: &Path) -> Result<(String, Option<QuietWeek>), EditError> {
    let (document, settings) = read(path)?;
    let text = written(&document);
    let week = if has_comment(&text) { None } else { week_of(&settings.quiet_hours) };
    Ok((text, week))
}

fn written(document: &DocumentMut) -> String {
    let mut alone = DocumentMut::new();
    if let Some(item) = document.get(NAME) {
        alone.insert(NAME, placeless(item.clone()));
    }
    // The lines above the first table may be about what was before it.
    alone.to_string().trim_start().to_owned()
}

const NAME: &str = "quiet_hours";

/// Writes down quiet hours, where those of the settings are a week's.
///
/// # Errors
/// See [`EditError`]; [`EditError::Unfit`] where the settings say more than a week can.
pub fn set_quiet_hours(path: &Path, quiet: &QuietWeek) -> Result<Edit<()>, EditError> {
    edit(path, |document, settings| {
        if has_comment(&written(document)) || week_of(&settings.quiet_hours).is_none() {
            let message = "the settings file says more of quiet hours than a week of half hours can; change them there";
            return Err(EditError::Unfit {
                option: Some(NAME.to_owned()),
                message: message.to_owned(),
                fault: Some(super::Fault::QuietHoursMore),
            });
        }
        let mut new = tables(quiet);
        let there = document.get(NAME).and_then(Item::as_array_of_tables);
        let first = there.and_then(|all| all.get(0)).map(|table| {
            let above = table.decor().prefix().and_then(RawString::as_str);
            (table.position(), above.unwrap_or("\n").to_owned())
        });
        for (at, table) in new.iter_mut().enumerate() {
            let (position, above) = match (&first, at) {
                (Some((position, above)), 0) => (*position, above.clone()),
                (Some((position, _)), _) => (*position, "\n".to_owned()),
                (None, _) => (None, "\n".to_owned()),
            };
            table.set_position(position);
            table.decor_mut().set_prefix(above);
        }
        match new.is_empty() {
            true => drop(document.remove(NAME)),
            false => drop(document.insert(NAME, Item::ArrayOfTables(new))),
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Vec<Hours> {
        #[derive(serde::Deserialize)]
        struct Given {
            #[serde(default)]
            quiet_hours: Vec<Hours>,
        }
        toml::from_str::<Given>(text).unwrap().quiet_hours
    }

    fn text(quiet: &QuietWeek) -> String {
        let mut document = DocumentMut::new();
        document.insert(NAME, Item::ArrayOfTables(tables(quiet)));
        document.to_string()
    }

    #[test]
    fn what_is_usual_is_a_week_and_back() {
        for (given, count) in [
            ("", 0),
            ("[[quiet_hours]]\nfrom = \"22:00\"\nto = \"7:30\"\n", 1),
            ("[[quiet_hours]]\ndays = [\"sun\"]\nfrom = \"0:00\"\nto = \"24:00\"\n", 1),
            ("[[quiet_hours]]\nfrom = \"0:00\"\nto = \"24:00\"\npasses = 3\n", 1),
            ("[[quiet_hours]]\nfrom = \"7:00\"\nto = \"7:00\"\npasses = \"none\"\n", 1),
            (
                "[[quiet_hours]]\ndays = [\"fri\", \"sat\"]\nfrom = \"23:00\"\nto = \"9:00\"\n\
                 [[quiet_hours]]\ndays = [\"mon\"]\nfrom = \"12:00\"\nto = \"13:30\"\n",
                2,
            ),
        ] {
            let week = week_of(&hours(given)).unwrap();
            let again = text(&week);
            assert_eq!(week_of(&hours(&again)), Some(week), "{given}\n{again}");
            assert!(windows(&week.week).len() <= count.max(1), "{again}");
        }
    }

    #[test]
    fn every_week_is_written_so_that_it_is_read_back() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..2_000 {
            let mut quiet = QuietWeek::default();
            for _ in 0..rng.usize(0..6) {
                let (day, begin, long) = (rng.usize(0..7), rng.usize(0..SLOTS), rng.usize(1..60));
                for slot in (begin..).take(long) {
                    quiet.week[(day + slot / SLOTS) % 7][slot % SLOTS] = true;
                }
            }
            let again = text(&quiet);
            assert_eq!(week_of(&hours(&again)), Some(quiet), "{again}");
        }
    }

    #[test]
    fn what_a_week_cannot_say_is_none() {
        for given in [
            "[[quiet_hours]]\nfrom = \"22:15\"\nto = \"7:30\"\n",
            "[[quiet_hours]]\nfrom = \"22:00\"\nto = \"7:30\"\n[[quiet_hours]]\nfrom = \"1:00\"\nto = \
             \"2:00\"\npasses = 3\n",
        ] {
            assert_eq!(week_of(&hours(given)), None, "{given}");
        }
    }

    #[test]
    fn the_file_keeps_what_is_around_and_what_a_week_cannot_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let around = |hours: &str| {
            format!(
                "# mine\n[subscriptions.a]\nurl = \"https://a.example/\"\n\n{hours}\n# then\n[links]\nschemes = [\"ssh\"]\n"
            )
        };
        std::fs::write(&path, around("[[quiet_hours]]\nfrom = \"22:00\"\nto = \"7:30\"\n"))
            .unwrap();
        let (_, week) = quiet_hours_of(&path).unwrap();
        let mut week = week.unwrap();
        assert!(set_quiet_hours(&path, &week).unwrap().stamp.is_none());
        week.week[2][24] = true;
        set_quiet_hours(&path, &week).unwrap();
        let wanted = around(
            "[[quiet_hours]]\nfrom = \"22:00\"\nto = \"7:30\"\n\n[[quiet_hours]]\ndays = [\"wed\"]\nfrom = \
             \"12:00\"\nto = \"12:30\"\n",
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
        std::fs::write(
            &path,
            around("[[quiet_hours]] # at night\nfrom = \"22:00\"\nto = \"7:30\"\n"),
        )
        .unwrap();
        assert_eq!(quiet_hours_of(&path).unwrap().1, None);
        assert!(matches!(set_quiet_hours(&path, &week), Err(EditError::Unfit { .. })));
        // Where there are none yet.
        std::fs::write(&path, "[subscriptions.a]\nurl = \"https://a.example/\"\n").unwrap();
        let text = set_quiet_hours(&path, &week).unwrap().text;
        assert!(text.contains("\"https://a.example/\"\n\n[[quiet_hours]]\nfrom"), "{text}");
    }
}
