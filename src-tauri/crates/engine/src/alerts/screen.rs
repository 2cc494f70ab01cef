//! The notifications that the server has acknowledged and not closed yet, as far as one of them may be
//! clicked, replaced or closed. Their numbers are of one server and mean nothing to another.

use std::collections::VecDeque;

use super::Series;

/// Notifications that are remembered; servers keep fewer.
const ON_SCREEN_MAX: usize = 256;

/// See the module. The oldest come first.
#[derive(Clone, Debug, Default)]
pub(super) struct Screen(VecDeque<Notification>);

#[derive(Clone, Debug)]
struct Notification {
    /// The server's number.
    number: u32,
    /// What a click opens.
    url: Option<String>,
    /// What it shows the latest of.
    series: Option<Series>,
}

impl Screen {
    /// The server shows a notification under this number. Of each series one is on the screen.
    pub(super) fn put(&mut self, number: u32, url: Option<String>, series: Option<Series>) {
        self.0.retain(|it| it.number != number && (series.is_none() || it.series != series));
        if url.is_none() && series.is_none() {
            return;
        }
        if self.0.len() == ON_SCREEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Notification { number, url, series });
    }

    /// The number of the series' notification.
    pub(super) fn number(&self, series: &Series) -> Option<u32> {
        self.0.iter().find(|it| it.series.as_ref() == Some(series)).map(|it| it.number)
    }

    /// What a click on this number opens.
    pub(super) fn url(&self, number: u32) -> Option<&str> {
        self.0.iter().find(|it| it.number == number)?.url.as_deref()
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
    use super::*;

    fn series(sequence: &str) -> Series {
        Series { subscription: "news".into(), sequence: sequence.into() }
    }

    #[test]
    fn a_series_has_one_notification_and_a_number_one_meaning() {
        let mut screen = Screen::default();
        screen.put(1, None, Some(series("a")));
        screen.put(2, None, Some(series("a")));
        assert_eq!((screen.number(&series("a")), screen.len()), (Some(2), 1));
        screen.put(2, Some("https://a.example/".into()), None);
        assert_eq!(screen.number(&series("a")), None, "the server has used it anew");
        assert_eq!(screen.url(2), Some("https://a.example/"));
        screen.put(3, None, None);
        assert_eq!(screen.len(), 1, "nothing can be done with it");
        screen.remove(2);
        assert_eq!(screen.len(), 0);
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let mut screen = Screen::default();
        for number in 1..=1_000 {
            screen.put(number, None, Some(series(&number.to_string())));
        }
        assert_eq!(screen.len(), ON_SCREEN_MAX);
        assert_eq!(screen.number(&series("1000")), Some(1_000));
        assert_eq!(screen.number(&series("1")), None);
    }
}
