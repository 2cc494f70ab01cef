//! The quiet hours of the settings, as a week.

use hark_api::{ApiError, QuietHours, ReasonCode};
use hark_config::settings::{self, QuietWeek, SLOTS};
use hark_engine::message::Priority;

use super::Commands;

impl Commands {
    /// The quiet hours of the settings.
    ///
    /// # Errors
    /// Where the settings cannot be read.
    pub async fn quiet_hours(&self) -> Result<QuietHours, ApiError> {
        let (text, week) = self.configuration.aside(settings::quiet_hours_of).await?;
        Ok(told(text, week.as_ref()))
    }

    /// Sets them.
    ///
    /// # Errors
    /// Where they are no week, where those of the settings say more than a week can, or where the settings cannot be
    /// written.
    pub async fn set_quiet_hours(&self, asked: QuietHours) -> Result<QuietHours, ApiError> {
        let wrong = "Quiet hours are a week of seven days with 48 half hours each.";
        let week = meant(&asked)
            .ok_or_else(|| ApiError::because(ReasonCode::QuietHoursWrong, &[], wrong.to_owned()))?;
        self.change(&[], move |path| settings::set_quiet_hours(path, &week)).await?;
        self.quiet_hours().await
    }
}

fn told(text: String, week: Option<&QuietWeek>) -> QuietHours {
    let row =
        |day: &[bool; SLOTS]| day.iter().map(|quiet| if *quiet { '1' } else { '0' }).collect();
    QuietHours {
        week: week.map(|quiet| quiet.week.iter().map(row).collect()),
        passes: week.and_then(|quiet| quiet.passes).map(Priority::level),
        text,
    }
}

fn meant(asked: &QuietHours) -> Option<QuietWeek> {
    let passes = match asked.passes {
        Some(level @ 1..=5) => Some(Priority::clamped(level.into())),
        Some(_) => return None,
        None => None,
    };
    let mut quiet = QuietWeek { passes, ..QuietWeek::default() };
    let days = asked.week.as_ref().filter(|days| days.len() == quiet.week.len())?;
    for (day, slots) in quiet.week.iter_mut().zip(days) {
        if slots.len() != SLOTS || slots.bytes().any(|slot| !matches!(slot, b'0' | b'1')) {
            return None;
        }
        for (quiet, slot) in day.iter_mut().zip(slots.bytes()) {
            *quiet = slot == b'1';
        }
    }
    Some(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_taken_as_it_was_told_and_nothing_else_is() {
        let mut quiet = QuietWeek::default();
        quiet.week[6][47] = true;
        let said = told(String::new(), Some(&quiet));
        assert_eq!(meant(&said), Some(quiet));
        let wrong = |change: &dyn Fn(&mut QuietHours)| {
            let mut said = said.clone();
            change(&mut said);
            meant(&said)
        };
        assert_eq!(wrong(&|it| it.week = None), None);
        assert_eq!(wrong(&|it| it.passes = Some(6)), None);
        assert_eq!(wrong(&|it| drop(it.week.as_mut().unwrap().pop())), None);
        assert_eq!(wrong(&|it| it.week.as_mut().unwrap()[0].push('0')), None);
        assert_eq!(wrong(&|it| it.week.as_mut().unwrap()[0] = "é".repeat(24)), None);
    }
}
