//! What is counted since the agent started, for the metrics. It counts and knows nothing of what it counts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How many counters there may be.
const COUNTERS_MAX: usize = 10_000;

/// What is counted. Each has a name, a subscription's key or a handler's, and one word more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Times that a subscription was lost or could not be connected, by the failure's class.
    Outages,
    /// Dials of a subscription, by their reason.
    Dials,
    /// Events of a subscription, by what became of them.
    Messages,
    /// Alerts of a subscription, by what became of them.
    Alerts,
    /// Runs of a handler, by how they ended.
    HandlerRuns,
}

/// See the module. Clones are the same tally.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

/// By counter, name and word.
type Counts = BTreeMap<(Counter, String, &'static str), u64>;

impl Tally {
    /// Counts so many more.
    pub fn add(&self, counter: Counter, name: &str, word: &'static str, more: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (counter, name.to_owned(), word);
        if counts.len() < COUNTERS_MAX || counts.contains_key(&key) {
            *counts.entry(key).or_default() += more;
        }
    }

    /// Forgets what was counted of subscriptions other than those that `is_there` names.
    pub fn keep_subscriptions(&self, is_there: impl Fn(&str) -> bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|(counter, name, _), _| *counter == Counter::HandlerRuns || is_there(name));
    }

    /// Forgets what was counted of handlers other than those that `is_there` names.
    pub fn keep_handlers(&self, is_there: impl Fn(&str) -> bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|(counter, name, _), _| *counter != Counter::HandlerRuns || is_there(name));
    }

    /// What one counter has, in the order of names and words.
    #[must_use]
    pub fn of(&self, counter: Counter) -> Vec<(String, &'static str, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let its = counts.iter().filter(|((of, ..), _)| *of == counter);
        its.map(|((_, name, word), count)| (name.clone(), *word, *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_each_by_itself_and_no_more_kinds_than_there_may_be() {
        let tally = Tally::default();
        tally.add(Counter::Dials, "a", "retry", 1);
        tally.add(Counter::Dials, "a", "retry", 2);
        tally.add(Counter::Dials, "b", "start", 1);
        tally.add(Counter::Outages, "a", "network", 1);
        let wanted = [("a".to_owned(), "retry", 3), ("b".to_owned(), "start", 1)];
        assert_eq!(tally.of(Counter::Dials), wanted);
        for n in 0..2 * COUNTERS_MAX {
            tally.add(Counter::Messages, &n.to_string(), "stored", 1);
        }
        assert!(tally.of(Counter::Messages).len() <= COUNTERS_MAX);
        tally.add(Counter::Dials, "a", "retry", 1);
        assert_eq!(tally.of(Counter::Dials)[0].2, 4);
    }

    #[test]
    fn a_subscription_that_goes_makes_room_and_a_handler_of_its_name_stays() {
        let tally = Tally::default();
        tally.add(Counter::HandlerRuns, "gone", "ok", 1);
        for n in 0..2 * COUNTERS_MAX {
            tally.add(Counter::Messages, "gone", "stored", 1);
            tally.add(Counter::Messages, &n.to_string(), "stored", 1);
        }
        tally.keep_subscriptions(|key| key == "7");
        assert_eq!(tally.of(Counter::Messages), [("7".to_owned(), "stored", 1)]);
        assert_eq!(tally.of(Counter::HandlerRuns), [("gone".to_owned(), "ok", 1)]);
        tally.add(Counter::Messages, "new", "stored", 1);
        assert_eq!(tally.of(Counter::Messages).len(), 2);
        tally.add(Counter::HandlerRuns, "stays", "ok", 1);
        tally.keep_handlers(|name| name == "stays");
        assert_eq!(tally.of(Counter::HandlerRuns), [("stays".to_owned(), "ok", 1)]);
        assert_eq!(tally.of(Counter::Messages).len(), 2);
    }
}
