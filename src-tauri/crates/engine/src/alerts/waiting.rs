//! What is to be done once the notification server has time: subscriptions whose alerts are due, each
//! once, and series that are to be closed. The alerts themselves wait in the store.

use std::collections::VecDeque;

use super::{DIGESTS_MAX, Due, Series};

/// Series, and numbers, that wait to be closed; of more, the latest do.
const WITHDRAWN_MAX: usize = 256;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    /// By the subscription's key, one entry for each.
    due: VecDeque<(String, Due)>,
    withdrawn: VecDeque<Series>,
    /// Numbers of notifications whose messages were read.
    read: VecDeque<u32>,
    /// Whether those that are due after an absence are one notification.
    together: bool,
}

impl Waiting {
    /// The alerts of a subscription are due. Where some of them were waited for, they all were.
    pub(super) fn put(&mut self, key: String, due: Due) {
        match self.due.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => {
                *known = match (due, *known) {
                    (Due::From(one), Due::From(other)) => Due::From(one.min(other)),
                    (due, known) => due.max(known),
                };
            }
            None => self.due.push_back((key, due)),
        }
    }

    /// What is on the screen of this series is to be closed.
    pub(super) fn withdraw(&mut self, series: Series) {
        if self.withdrawn.len() == WITHDRAWN_MAX {
            self.withdrawn.pop_front();
        }
        self.withdrawn.push_back(series);
    }

    /// The notification of this number is to be closed, since its message was read, or its button was for
    /// that.
    pub(super) fn read(&mut self, number: u32) {
        if self.read.len() == WITHDRAWN_MAX {
            self.read.pop_front();
        }
        self.read.push_back(number);
    }

    /// The number that is to be closed next, of a message that was read.
    pub(super) fn next_read(&mut self) -> Option<u32> {
        self.read.pop_front()
    }

    /// Numbers mean nothing any more.
    pub(super) fn forget_numbers(&mut self) {
        self.read.clear();
    }

    /// The subscription whose turn it is, and whether it is one of too many after an absence.
    pub(super) fn next_due(&mut self) -> Option<(String, Due, bool)> {
        let (key, due) = self.due.pop_front()?;
        if due != Due::Away {
            return Some((key, due, false));
        }
        let others = self.due.iter().filter(|(_, due)| *due == Due::Away).count();
        let together = self.together || others >= DIGESTS_MAX;
        self.together = together && others > 0;
        Some((key, due, together))
    }

    /// The series that is to be closed next.
    pub(super) fn next_withdrawn(&mut self) -> Option<Series> {
        self.withdrawn.pop_front()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.due.len() + self.withdrawn.len() + self.read.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_waits_once_and_as_a_replay_where_any_of_it_is() {
        let mut waiting = Waiting::default();
        for (key, due) in [("a", Due::Live), ("b", Due::Live), ("a", Due::Replay), ("a", Due::Live)]
        {
            waiting.put(key.into(), due);
        }
        assert_eq!(waiting.next_due(), Some(("a".into(), Due::Replay, false)));
        assert_eq!(waiting.next_due(), Some(("b".into(), Due::Live, false)));
        assert_eq!(waiting.next_due(), None);
    }

    #[test]
    fn after_an_absence_many_are_together_and_few_are_not() {
        let mut waiting = Waiting::default();
        let mut together = |keys: &[&str]| -> Vec<bool> {
            keys.iter().for_each(|key| waiting.put((*key).into(), Due::Away));
            keys.iter().map(|_| waiting.next_due().unwrap().2).collect()
        };
        assert_eq!(together(&["a", "b", "c"]), [false; 3]);
        assert_eq!(together(&["a", "b", "c", "d"]), [true; 4]);
        assert_eq!(together(&["a"]), [false]);
    }

    #[test]
    fn what_waits_to_be_closed_is_bounded() {
        let mut waiting = Waiting::default();
        for number in 0..1_000 {
            let sequence = number.to_string();
            waiting.withdraw(Series { subscription: "news".into(), sequence });
        }
        assert_eq!(waiting.len(), WITHDRAWN_MAX);
        let oldest = waiting.next_withdrawn().unwrap().sequence;
        assert_eq!(oldest, (1_000 - WITHDRAWN_MAX).to_string());
    }
}
