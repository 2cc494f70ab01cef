//! Which events have come, so that none is told twice: the latest of them by their fingerprints, in runs of ids as
//! the store keeps them. Pure.

use std::collections::{HashMap, VecDeque};

use hark_engine::{
    link::{Delivery, Outcome, Renumbering},
    message::RawEvent,
};
use sha2::{Digest, Sha256};

/// How many events are remembered. ntfy is asked again for what is of the last 30 s and older than its last
/// proof; that is more only where more than a hundred come in a second.
pub const KNOWN_MAX: usize = 4_096;

/// The beginning of an event's hash.
pub type Print = [u8; 16];

/// What is new about the ids in one commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// They began anew.
    pub renumbered: bool,
    /// What had an id that fell back had come before, as far as its text tells.
    pub repeated: bool,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The number of the run that ids belong to now.
    run: u64,
    /// In the order in which they came, with their run.
    order: VecDeque<(Print, u64)>,
    /// The latest run that each was in.
    latest: HashMap<Print, u64>,
}

impl Known {
    /// What was remembered before, oldest first, and the run that ids belong to.
    pub fn of(run: u64, prints: impl IntoIterator<Item = (Print, u64)>) -> Self {
        let mut known = Self { run, ..Self::default() };
        for (print, run) in prints {
            known.insert(print, run);
        }
        known
    }

    /// The run that ids belong to now.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// What is remembered, oldest first.
    pub fn prints(&self) -> impl Iterator<Item = (Print, u64)> {
        self.order.iter().copied()
    }

    /// Notes that the first of these deliveries has come, and answers whether it is new. An event without an id
    /// of its own always is. As [`Renumbering`] says, those behind it decide too.
    pub fn takes(&mut self, deliveries: &[Delivery], ids: &mut Ids) -> bool {
        let Some(Delivery { event, outcome, fallen, .. }) = deliveries.first() else { return true };
        let Some(print) = print(event) else { return true };
        match fallen {
            Some(Renumbering::Surely) => {
                ids.repeated |= self.latest.contains_key(&print);
                self.begin(ids);
            }
            Some(Renumbering::Perhaps) if !ids.renumbered => {
                let again = self.are_repeated(deliveries);
                ids.repeated |= again;
                if !again {
                    self.begin(ids);
                } else if *outcome == Outcome::Nothing {
                    return false;
                }
            }
            _ => {}
        }
        *outcome == Outcome::Nothing || self.insert(print, self.run)
    }

    /// Whether events that may be sent again are: the last of them decides, by its text.
    fn are_repeated(&self, deliveries: &[Delivery]) -> bool {
        let several = deliveries.iter().take_while(|it| it.fallen == Some(Renumbering::Perhaps));
        let last = several.filter(|it| it.outcome != Outcome::Nothing).last();
        last.and_then(|it| print(&it.event)).is_none_or(|print| self.latest.contains_key(&print))
    }

    fn begin(&mut self, ids: &mut Ids) {
        self.run += 1;
        ids.renumbered = true;
    }

    /// Answers whether it is new in this run.
    fn insert(&mut self, print: Print, run: u64) -> bool {
        if self.latest.insert(print, run) == Some(run) {
            return false;
        }
        if self.order.len() == KNOWN_MAX
            && let Some((oldest, of)) = self.order.pop_front()
            && self.latest.get(&oldest) == Some(&of)
        {
            self.latest.remove(&oldest);
        }
        self.order.push_back((print, run));
        true
    }
}

/// The fingerprint by which an event is known when it comes again, where it has an id of its own.
pub fn print(event: &RawEvent) -> Option<Print> {
    let id = event.own_id.as_deref().filter(|id| !id.is_empty())?;
    let mut hash = Sha256::new();
    for part in [id, &event.kind, &event.data] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().first_chunk().copied()
}

#[cfg(test)]
pub mod tests {
    use hark_engine::{cursor::Cursor, message::Message, policy::Origin};

    use super::*;

    /// A message with this id and text, which moves the cursor to it.
    pub fn delivery(id: &str, text: &str, fallen: Option<Renumbering>) -> Delivery {
        let event = RawEvent { kind: "message".into(), data: text.into(), own_id: Some(id.into()) };
        let outcome = Outcome::Message(Box::new(Message::of_text(text)), Origin::Live);
        Delivery { event, outcome, cursor: Some(Cursor::of_id(id)), fallen }
    }

    fn takes(known: &mut Known, deliveries: &[Delivery]) -> (bool, Ids) {
        let mut ids = Ids::default();
        (known.takes(deliveries, &mut ids), ids)
    }

    #[test]
    fn an_event_is_known_by_its_own_id_type_and_data() {
        let mut known = Known::default();
        assert!(takes(&mut known, &[delivery("1", "a", None)]).0);
        assert!(!takes(&mut known, &[delivery("1", "a", None)]).0);
        assert!(takes(&mut known, &[delivery("1", "b", None)]).0);
        let mut nameless = delivery("1", "a", None);
        nameless.event.own_id = None;
        assert!(takes(&mut known, std::slice::from_ref(&nameless)).0);
        assert!(takes(&mut known, &[nameless]).0);
    }

    #[test]
    fn ids_that_begin_anew_bring_equal_texts_and_a_repetition_does_not() {
        let mut known = Known::default();
        for id in ["1", "2", "3"] {
            takes(&mut known, &[delivery(id, "same", None)]);
        }
        let again = ["1", "2", "3"].map(|id| delivery(id, "same", Some(Renumbering::Perhaps)));
        let repeated = Ids { renumbered: false, repeated: true };
        assert_eq!(takes(&mut known, &again), (false, repeated));
        let anew = [
            delivery("1", "same", Some(Renumbering::Perhaps)),
            delivery("2", "other", Some(Renumbering::Perhaps)),
        ];
        let renumbered = Ids { renumbered: true, repeated: false };
        assert_eq!(takes(&mut known, &anew), (true, renumbered));
        assert_eq!(known.run(), 1);
        // As it is remembered, it goes on.
        let mut back = Known::of(known.run(), known.prints());
        assert_eq!(back, known);
        assert!(!takes(&mut back, &[delivery("1", "same", None)]).0);
        assert!(takes(&mut back, &[delivery("2", "same", None)]).0, "it is of the run before");
    }

    #[test]
    fn no_more_than_a_number_is_remembered() {
        let mut known = Known::default();
        for id in 0..=KNOWN_MAX {
            takes(&mut known, &[delivery(&id.to_string(), "x", None)]);
        }
        assert_eq!((known.order.len(), known.latest.len()), (KNOWN_MAX, KNOWN_MAX));
        assert!(takes(&mut known, &[delivery("0", "x", None)]).0);
        assert!(!takes(&mut known, &[delivery("4096", "x", None)]).0);
    }
}
