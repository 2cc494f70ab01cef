//! The ids of one connection that come from a counter, and whether one falls back behind the id
//! that was asked for.
//!
//! That happens in two cases. A counter in a server's memory begins anew when the server restarts,
//! and its new events would be taken for those that had the same numbers before. Or the server
//! repeats events that it was not asked for. One event does not tell the two apart, but the events
//! that come with it do: so an event whose id falls back waits for them. If they do not tell
//! either, and the server has just gone away, the events are taken for new once; from then on the
//! server is known to repeat.

use std::{mem, time::Duration};

use super::{Delivery, Renumbering};
use crate::{Monotonic, cursor};

/// How long an event whose id falls back waits at most.
const HELD_FOR: Duration = Duration::from_secs(1);
/// How many events wait at most.
const HELD_MAX: usize = 1_000;
/// How many bytes of data wait at most, not counting the event that exceeds it.
const HELD_BYTES_MAX: usize = 4 << 20;

/// The ids of one connection; see the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    /// The number after which the connection resumes, until it has shown that its numbers go on, or
    /// that they began anew.
    asked: Option<u64>,
    /// Whether the server may have restarted and is not known to repeat.
    may_be_anew: bool,
    /// Whether an id that falls back is taken for a repetition.
    is_repeating: bool,
    /// The deliveries that wait, in order.
    held: Vec<Delivery>,
    held_bytes: usize,
    due: Option<Monotonic>,
    /// The last number that came live.
    live: Option<u64>,
    /// Whether a live number was less than the one before it: there are several counters, or none.
    are_mixed: bool,
}

impl Ids {
    pub(super) fn new(asked: Option<u64>, may_be_anew: bool) -> Self {
        Self { asked, may_be_anew, ..Self::default() }
    }

    /// Whether its numbers are not those of one counter.
    pub(super) fn are_mixed(&self) -> bool {
        self.are_mixed
    }

    /// Whether a number is not after the one that was asked for.
    pub(super) fn falls_back(&self, number: u64) -> bool {
        self.asked.is_some_and(|asked| number <= asked)
    }

    /// When [`Ids::on_due`] is to be called.
    pub(super) fn due(&self) -> Option<Monotonic> {
        self.due
    }

    /// Takes an event and its number, if it has one. `is_live` tells that it came after the replay.
    /// Answers what is to be delivered now, in order.
    ///
    /// A repetition comes in one go and leads up to the number that was asked for. If it ends
    /// before that number, or if a later number falls back, the counter is a new one.
    pub(super) fn take(
        &mut self,
        mut delivery: Delivery,
        number: Option<u64>,
        is_live: bool,
        now: Monotonic,
    ) -> Vec<Delivery> {
        if let Some(number) = number.filter(|_| is_live) {
            self.are_mixed |= self.live.replace(number).is_some_and(|before| number < before);
        }
        let Some(asked) = self.asked else { return vec![delivery] };
        match number {
            None if self.held.is_empty() => return vec![delivery],
            // An event without a number keeps its place among those that wait.
            None => {}
            Some(number) if number > asked => {
                let mut all = self.decide();
                self.asked = None;
                all.push(delivery);
                return all;
            }
            Some(_) if is_live => {
                let mut all = mem::take(&mut self.held);
                all.push(delivery);
                return self.begin_anew(all);
            }
            Some(_) => delivery.fallen = Some(Renumbering::Perhaps),
        }
        self.held_bytes += delivery.event.data.len();
        self.held.push(delivery);
        let is_full = self.held.len() >= HELD_MAX || self.held_bytes >= HELD_BYTES_MAX;
        if self.is_repeating || is_full {
            return self.release();
        }
        if number == Some(asked) {
            return self.decide();
        }
        self.due = self.due.or(Some(now + HELD_FOR));
        Vec::new()
    }

    /// They have waited for long enough: the store judges by the text under each number.
    pub(super) fn on_due(&mut self) -> Vec<Delivery> {
        self.release()
    }

    /// Everything that is replayed has come. Answers what waited.
    pub(super) fn on_replayed(&mut self) -> Vec<Delivery> {
        let held = mem::take(&mut self.held);
        if held.is_empty() { held } else { self.begin_anew(held) }
    }

    /// The store has found that the ids began anew.
    pub(super) fn on_renumbered(&mut self) {
        self.asked = None;
    }

    /// Answers what waited, for the store to judge by its texts.
    pub(super) fn release(&mut self) -> Vec<Delivery> {
        self.is_repeating |= !self.held.is_empty();
        (self.due, self.held_bytes) = (None, 0);
        mem::take(&mut self.held)
    }

    /// The events that waited have led up to the number that was asked for.
    fn decide(&mut self) -> Vec<Delivery> {
        // A new counter starts at 0 or 1. Many servers send the last event again, and that one
        // alone.
        let first = self.held.first().and_then(|it| it.event.own_id.as_deref());
        let is_first = first.and_then(cursor::number).is_some_and(|number| number <= 1);
        let are_several = self.held.len() > 1;
        match self.may_be_anew && is_first && are_several {
            true => self.on_replayed(),
            false => self.release(),
        }
    }

    fn begin_anew(&mut self, mut all: Vec<Delivery>) -> Vec<Delivery> {
        (self.asked, self.due, self.held_bytes) = (None, None, 0);
        for delivery in &mut all {
            delivery.fallen = None;
        }
        if let Some(first) = all.first_mut() {
            first.fallen = Some(Renumbering::Surely);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cursor::Cursor, message::RawEvent};

    const NOW: Monotonic = Duration::from_secs(100);

    fn event(number: u64) -> Delivery {
        let event = RawEvent { own_id: Some(number.to_string()), ..RawEvent::default() };
        Delivery { event, ..Delivery::of_cursor(Cursor::NONE) }
    }

    /// What is delivered after the numbers have come, and what that says of each.
    fn after(ids: &mut Ids, is_live: bool, numbers: &[u64]) -> String {
        let take = |&it: &u64| ids.take(event(it), Some(it), is_live, NOW);
        told(&numbers.iter().flat_map(take).collect::<Vec<_>>())
    }

    fn told(deliveries: &[Delivery]) -> String {
        let one = |it: &Delivery| {
            let mark = match it.fallen {
                None => "",
                Some(Renumbering::Perhaps) => "?",
                Some(Renumbering::Surely) => "!",
            };
            format!("{}{mark}", it.event.own_id.as_deref().unwrap())
        };
        deliveries.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_number_that_falls_back_is_told_by_what_comes_with_it() {
        let ids = &mut Ids::new(Some(5), false);
        assert_eq!(after(ids, false, &[6, 1]), "6 1", "they go on");
        let ids = &mut Ids::new(Some(5), false);
        assert_eq!(after(ids, false, &[1, 2]), "", "it may be either");
        assert_eq!(told(&ids.on_replayed()), "1! 2", "it ended before");
        assert_eq!(after(ids, true, &[3, 5]), "3 5");
        let ids = &mut Ids::new(Some(5), false);
        assert_eq!(after(ids, false, &[3, 4, 5, 6]), "3? 4? 5? 6", "it led to what was asked for");
        let ids = &mut Ids::new(Some(5), false);
        assert_eq!(after(ids, false, &[5]), "5?", "the last one once more");
        assert_eq!(after(ids, true, &[1, 2]), "1! 2", "and anew after that");
        let ids = &mut Ids::new(Some(5), false);
        assert_eq!(after(ids, false, &[1, 2]), "");
        assert_eq!(after(ids, true, &[3, 4]), "1! 2 3 4", "it went on while it waited");
        assert_eq!(after(&mut Ids::new(None, false), true, &[1]), "1");
        let ids = &mut Ids::new(Some(3), true);
        assert_eq!(after(ids, false, &[1, 2, 3, 4]), "1! 2 3 4", "the server had gone");
        let ids = &mut Ids::new(Some(3), true);
        assert_eq!(after(ids, false, &[3, 4]), "3? 4", "many send the last one again");
        let ids = &mut Ids::new(Some(5), true);
        assert_eq!(after(ids, false, &[4, 5, 6]), "4? 5? 6", "a counter begins at its beginning");
    }

    #[test]
    fn what_waits_is_bounded_in_time_in_number_and_in_bytes() {
        let ids = &mut Ids::new(Some(9_999), false);
        assert_eq!(after(ids, false, &[1]), "");
        assert_eq!(ids.due(), Some(NOW + HELD_FOR));
        assert_eq!(told(&ids.on_due()), "1?");
        assert_eq!((ids.due(), after(ids, false, &[2]).as_str()), (None, "2?"));
        let ids = &mut Ids::new(Some(9_999), false);
        let most = HELD_MAX as u64;
        assert_eq!(after(ids, false, &(1..most).collect::<Vec<_>>()), "");
        assert!(after(ids, false, &[most]).ends_with(&format!(" {most}?")));
        let ids = &mut Ids::new(Some(9_999), false);
        let mut large = event(1);
        large.event.data = "x".repeat(HELD_BYTES_MAX);
        assert_eq!(ids.take(large, Some(1), false, NOW).len(), 1);
    }

    #[test]
    fn what_has_no_number_keeps_its_place() {
        let ids = &mut Ids::new(Some(5), false);
        let nameless = || Delivery::of_cursor(Cursor::NONE);
        assert_eq!(ids.take(nameless(), None, false, NOW).len(), 1);
        assert_eq!(after(ids, false, &[1]), "");
        assert_eq!(ids.take(nameless(), None, false, NOW).len(), 0);
        let all = ids.on_replayed();
        assert_eq!(
            all.iter().map(|it| it.fallen).collect::<Vec<_>>(),
            [Some(Renumbering::Surely), None]
        );
    }

    #[test]
    fn numbers_that_fall_while_they_come_live_are_of_more_than_one_counter() {
        let mixed = |numbers: &[(u64, bool)]| {
            let mut ids = Ids::new(None, false);
            for &(number, is_live) in numbers {
                ids.take(event(number), Some(number), is_live, NOW);
            }
            ids.are_mixed()
        };
        assert!(!mixed(&[(1, true), (2, true), (2, true)]));
        assert!(!mixed(&[(9, true), (1, false)]), "a replay");
        assert!(mixed(&[(9, true), (1, true)]));
    }
}
