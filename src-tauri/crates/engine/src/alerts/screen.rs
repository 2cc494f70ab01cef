//! The notifications that the server has acknowledged and not closed yet: what a click on each opens, which
//! one is replaced or closed by what, and how many places are taken. Their numbers are of one server and
//! mean nothing to another.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

use super::{IN_VIEW, Series, Showing, Target};
use crate::Monotonic;

/// Notifications that are remembered; servers keep fewer.
const ON_SCREEN_MAX: usize = 256;

/// See the module. The oldest come first.
#[derive(Clone, Debug, Default)]
pub(super) struct Screen(VecDeque<Notification>);

/// One that shows messages themselves, and does not count what found no place.
#[derive(Clone, Debug)]
pub(super) struct Notification {
    /// When it was acknowledged; none where that was in an earlier run, after which it takes no place: a
    /// server may have dropped it when that run left the bus, and tells that to nobody.
    pub(super) at: Option<Monotonic>,
    /// Whether it is of a message of the highest priority.
    pub(super) urgent: bool,
    /// When it is closed.
    pub(super) closes: Option<Monotonic>,
    /// What is remembered of it.
    pub(super) showing: Showing,
}

impl Screen {
    /// The server shows a notification. Of each series one is on the screen. Answers the numbers of those
    /// that are known no longer.
    pub(super) fn put(&mut self, new: Notification) -> Vec<u32> {
        let is_gone = |it: &Notification| {
            it.showing.number == new.showing.number
                || new.showing.series.is_some() && it.showing.series == new.showing.series
        };
        let mut gone = Vec::new();
        self.0.retain(|it| {
            let is_gone = is_gone(it);
            gone.extend(is_gone.then_some(it.showing.number));
            !is_gone
        });
        if self.0.len() == ON_SCREEN_MAX {
            gone.extend(self.0.pop_front().map(|it| it.showing.number));
        }
        gone.retain(|number| *number != new.showing.number);
        self.0.push_back(new);
        gone
    }

    /// The server shows these since an earlier run. What is known already is newer.
    pub(super) fn restore(&mut self, all: Vec<Showing>, now: Monotonic, wall: Timestamp) {
        for showing in all {
            let is_known = |it: &Notification| {
                it.showing.number == showing.number
                    || showing.series.is_some() && it.showing.series == showing.series
            };
            if !self.0.iter().any(is_known) && self.0.len() < ON_SCREEN_MAX {
                let closes = showing.until.map(|until| now + left(until, wall));
                self.0.push_front(Notification { at: None, urgent: false, closes, showing });
            }
        }
    }

    /// How many of the highest priority have a place: each that is not closed.
    pub(super) fn urgent(&self) -> usize {
        self.0.iter().filter(|it| it.urgent).count()
    }

    /// The one that is to be closed next, since it has stayed, by its number, and when.
    pub(super) fn overstays(&self) -> Option<(u32, Monotonic)> {
        let until = |it: &Notification| Some((it.showing.number, it.closes?));
        self.0.iter().filter_map(until).min_by_key(|(_, at)| *at)
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
        self.0.iter().filter(move |it| !it.urgent && it.is_in_view(now))
    }

    /// The notification of this number.
    pub(super) fn by_number(&self, number: Option<u32>) -> Option<&Notification> {
        self.0.iter().find(|it| Some(it.showing.number) == number)
    }

    /// Whether the place that the series' notification has is an urgent one; none where it has none any
    /// more.
    pub(super) fn place(&self, series: &Series, now: Monotonic) -> Option<bool> {
        let own = self.of(series)?;
        (own.urgent || own.is_in_view(now)).then_some(own.urgent)
    }

    /// The number of the series' notification.
    pub(super) fn number(&self, series: &Series) -> Option<u32> {
        self.of(series).map(|it| it.showing.number)
    }

    fn of(&self, series: &Series) -> Option<&Notification> {
        self.0.iter().find(|it| it.showing.series.as_ref() == Some(series))
    }

    /// The numbers of those whose latest message is one of these.
    pub(super) fn of_messages(&self, ids: &[i64]) -> Vec<u32> {
        let read = self.0.iter().filter(|it| ids.contains(&it.showing.id));
        read.map(|it| it.showing.number).collect()
    }

    /// What a click on this number opens: its URL, else its message.
    pub(super) fn target(&self, number: u32) -> Option<Target> {
        let Showing { url, id, .. } = &self.by_number(Some(number))?.showing;
        Some(match url.clone() {
            Some(url) => Target::Url(url, *id),
            None => Target::Message(*id),
        })
    }

    /// The message that the notification of this number is of, where it is of one.
    pub(super) fn message(&self, number: u32) -> Option<i64> {
        let Showing { count, id, .. } = &self.by_number(Some(number))?.showing;
        (*count == 1).then_some(*id)
    }

    /// The sequences of a subscription that have a notification here.
    pub(super) fn sequences(&self, subscription: &str) -> Vec<String> {
        let series = self.0.iter().filter_map(|it| it.showing.series.as_ref());
        let own = series.filter(|series| series.subscription == subscription);
        own.map(|series| series.sequence.clone()).collect()
    }

    /// The notification of this number is gone. Answers what it was.
    pub(super) fn remove(&mut self, number: u32) -> Option<Showing> {
        let place = self.0.iter().position(|it| it.showing.number == number)?;
        self.0.remove(place).map(|it| it.showing)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// How long it is until then.
fn left(until: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

impl Notification {
    fn is_in_view(&self, now: Monotonic) -> bool {
        self.at.is_some_and(|at| now < at + IN_VIEW)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::alerts::Part;

    fn series(sequence: &str) -> Series {
        Series { subscription: "news".into(), sequence: sequence.into() }
    }

    fn shown(number: u32, sequence: Option<&str>) -> Notification {
        let part = Part { subscription: "news".into(), first: number.into(), last: number.into() };
        let showing = Showing {
            server: "one".into(),
            number,
            parts: vec![part],
            count: 1,
            id: number.into(),
            url: Some(format!("https://a.example/{number}")),
            series: sequence.map(series),
            until: None,
        };
        Notification { at: Some(Duration::from_secs(100)), urgent: false, closes: None, showing }
    }

    #[test]
    fn a_series_has_one_notification_and_a_number_one_meaning() {
        let mut screen = Screen::default();
        screen.put(shown(1, Some("a")));
        screen.put(shown(2, Some("a")));
        assert_eq!((screen.number(&series("a")), screen.len()), (Some(2), 1));
        screen.put(shown(2, None));
        assert_eq!(screen.number(&series("a")), None, "the server has used it anew");
        assert_eq!(screen.target(2), Some(Target::Url("https://a.example/2".into(), 2)));
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
        assert_eq!(screen.oldest(at(109)).map(|it| it.showing.number), Some(1));
        screen.remove(2);
        assert_eq!(screen.urgent(), 0);
    }
}
