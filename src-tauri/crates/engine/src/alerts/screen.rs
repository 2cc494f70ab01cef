//! The notifications that the server has acknowledged and not closed yet: what a click on each opens, which
//! one is replaced or closed by what, and how many places are taken. Their numbers are of one server and
//! mean nothing to another.

use std::collections::VecDeque;

use super::{IN_VIEW, Series, Target};
use crate::Monotonic;

/// Notifications that are remembered; servers keep fewer.
const ON_SCREEN_MAX: usize = 256;

/// See the module. The oldest come first.
#[derive(Clone, Debug, Default)]
pub(super) struct Screen(VecDeque<Notification>);

/// One that shows messages themselves, and does not count what found no place.
#[derive(Clone, Debug)]
pub(super) struct Notification {
    /// The server's number.
    pub(super) number: u32,
    /// When it was acknowledged.
    pub(super) at: Monotonic,
    /// Whether it is of the highest priority.
    pub(super) urgent: bool,
    /// The subscription's key.
    pub(super) subscription: String,
    /// Of how many messages it is.
    pub(super) count: u32,
    /// The id of its last message.
    pub(super) id: i64,
    /// What a click opens, where that is not its message.
    pub(super) url: Option<String>,
    /// What it shows the latest of.
    pub(super) series: Option<Series>,
}

impl Screen {
    /// The server shows a notification. Of each series one is on the screen.
    pub(super) fn put(&mut self, new: Notification) {
        let is_gone = |it: &Notification| {
            it.number == new.number || new.series.is_some() && it.series == new.series
        };
        self.0.retain(|it| !is_gone(it));
        if self.0.len() == ON_SCREEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back(new);
    }

    /// How many of the highest priority have a place: each that is not closed.
    pub(super) fn urgent(&self) -> usize {
        self.0.iter().filter(|it| it.urgent).count()
    }

    /// How many others have one.
    pub(super) fn others(&self, now: Monotonic) -> usize {
        self.in_view(now).count()
    }

    /// The oldest of these.
    pub(super) fn oldest(&self, now: Monotonic) -> Option<&Notification> {
        self.in_view(now).next()
    }

    fn in_view(&self, now: Monotonic) -> impl Iterator<Item = &Notification> {
        self.0.iter().filter(move |it| !it.urgent && now < it.at + IN_VIEW)
    }

    /// The notification of this number.
    pub(super) fn by_number(&self, number: Option<u32>) -> Option<&Notification> {
        self.0.iter().find(|it| Some(it.number) == number)
    }

    /// Whether the place that the series' notification has is an urgent one; none where it has none any
    /// more.
    pub(super) fn place(&self, series: &Series, now: Monotonic) -> Option<bool> {
        let own = self.0.iter().find(|it| it.series.as_ref() == Some(series))?;
        (own.urgent || now < own.at + IN_VIEW).then_some(own.urgent)
    }

    /// The number of the series' notification.
    pub(super) fn number(&self, series: &Series) -> Option<u32> {
        self.0.iter().find(|it| it.series.as_ref() == Some(series)).map(|it| it.number)
    }

    /// What a click on this number opens: its URL, else its message.
    pub(super) fn target(&self, number: u32) -> Option<Target> {
        let Notification { url, id, .. } = self.by_number(Some(number))?;
        Some(url.clone().map_or(Target::Message(*id), Target::Url))
    }

    /// The sequences of a subscription that have a notification here.
    pub(super) fn sequences(&self, subscription: &str) -> Vec<String> {
        let series = self.0.iter().filter_map(|it| it.series.as_ref());
        let own = series.filter(|series| series.subscription == subscription);
        own.map(|series| series.sequence.clone()).collect()
    }

    /// The notification of this number is gone.
    pub(super) fn remove(&mut self, number: u32) {
        self.0.retain(|it| it.number != number);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn series(sequence: &str) -> Series {
        Series { subscription: "news".into(), sequence: sequence.into() }
    }

    fn shown(number: u32, sequence: Option<&str>) -> Notification {
        Notification {
            number,
            at: Duration::from_secs(100),
            urgent: false,
            subscription: "news".into(),
            count: 1,
            id: i64::from(number),
            url: Some(format!("https://a.example/{number}")),
            series: sequence.map(series),
        }
    }

    #[test]
    fn a_series_has_one_notification_and_a_number_one_meaning() {
        let mut screen = Screen::default();
        screen.put(shown(1, Some("a")));
        screen.put(shown(2, Some("a")));
        assert_eq!((screen.number(&series("a")), screen.len()), (Some(2), 1));
        screen.put(shown(2, None));
        assert_eq!(screen.number(&series("a")), None, "the server has used it anew");
        assert_eq!(screen.target(2), Some(Target::Url("https://a.example/2".into())));
        screen.remove(2);
        assert_eq!(screen.len(), 0);
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let mut screen = Screen::default();
        for number in 1..=1_000 {
            screen.put(shown(number, Some(&number.to_string())));
        }
        assert_eq!(screen.len(), ON_SCREEN_MAX);
        assert_eq!(screen.number(&series("1000")), Some(1_000));
        assert_eq!(screen.number(&series("1")), None);
    }

    #[test]
    fn an_urgent_one_has_its_place_until_it_is_closed_another_one_for_a_while() {
        let mut screen = Screen::default();
        screen.put(shown(1, None));
        screen.put(Notification { urgent: true, ..shown(2, None) });
        let at = |seconds| Duration::from_secs(seconds);
        assert_eq!((screen.urgent(), screen.others(at(109))), (1, 1));
        assert_eq!((screen.urgent(), screen.others(at(110))), (1, 0));
        assert_eq!(screen.oldest(at(109)).map(|it| it.number), Some(1));
        screen.remove(2);
        assert_eq!(screen.urgent(), 0);
    }
}
