//! The one notification that counts what found no place on the screen. While it is in view, more of the
//! same subscriptions is counted with it.

use super::{COUNTED_EVERY, Folded, IN_VIEW};
use crate::Monotonic;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter {
    /// Subscriptions of which something waits to be counted, each once.
    waiting: Vec<String>,
    /// Whether all of that came while the person was away.
    missed: bool,
    /// Not before this it is sent again.
    next: Monotonic,
    /// The one on the screen.
    shown: Option<Shown>,
}

#[derive(Clone, Debug)]
struct Shown {
    /// The server's number.
    number: u32,
    at: Monotonic,
    folded: Folded,
}

impl Counter {
    /// Something of a subscription is to be counted; `missed` says that it came while the person was away.
    pub(super) fn put(&mut self, key: String, missed: bool) {
        self.missed = missed && (self.missed || self.waiting.is_empty());
        if !self.waits(&key) {
            self.waiting.push(key);
        }
    }

    /// Whether something of a subscription waits to be counted.
    pub(super) fn waits(&self, key: &str) -> bool {
        self.waiting.iter().any(|known| known == key)
    }

    /// Whether more of a subscription is counted as well, whatever place there is.
    pub(super) fn counts(&self, key: &str, now: Monotonic) -> bool {
        let counted =
            |shown: &Shown| shown.folded.counts.iter().any(|(known, _)| known.subscription == key);
        self.waits(key) || self.in_view(now).is_some_and(counted)
    }

    /// Whether it has a place on the screen: one that counts something urgent is there until it is closed.
    pub(super) fn has_place(&self, now: Monotonic) -> bool {
        self.goes_on(now).is_some()
    }

    fn in_view(&self, now: Monotonic) -> Option<&Shown> {
        self.shown.as_ref().filter(|shown| now < shown.at + IN_VIEW)
    }

    /// When it is to be sent.
    pub(super) fn due(&self) -> Option<Monotonic> {
        (!self.waiting.is_empty()).then_some(self.next)
    }

    /// The subscriptions that are to be counted now, where that is so, and whether all of it was missed.
    pub(super) fn take(&mut self, now: Monotonic) -> Option<(Vec<String>, bool)> {
        if self.due().is_none_or(|at| now < at) {
            return None;
        }
        self.next = now + COUNTED_EVERY;
        Some((std::mem::take(&mut self.waiting), self.missed))
    }

    /// What it goes on from, with its number: one that is still in view, or that counts something of the
    /// highest priority and so is there until it is closed.
    pub(super) fn goes_on(&self, now: Monotonic) -> Option<(u32, Folded)> {
        let shown = self.shown.as_ref()?;
        let stays = shown.folded.urgent > 0 || now < shown.at + IN_VIEW;
        stays.then(|| (shown.number, shown.folded.clone()))
    }

    /// The server shows it under this number.
    pub(super) fn shown(&mut self, number: u32, folded: Folded, now: Monotonic) {
        self.shown = Some(Shown { number, at: now, folded });
    }

    /// The latest message that it counts, where this is its number.
    pub(super) fn latest(&self, number: u32) -> Option<i64> {
        self.shown.as_ref().filter(|shown| shown.number == number)?.folded.latest.first().copied()
    }

    /// The one on the screen, where it has another number than this: its number and what it counts.
    pub(super) fn take_other(&mut self, number: u32) -> Option<(u32, Folded)> {
        let other = self.shown.take_if(|shown| shown.number != number)?;
        Some((other.number, other.folded))
    }

    /// The number of the one on the screen.
    pub(super) fn number(&self) -> Option<u32> {
        self.shown.as_ref().map(|shown| shown.number)
    }

    /// The notification of this number is gone, or is another one now. Answers what it counted.
    pub(super) fn remove(&mut self, number: u32) -> Option<Folded> {
        self.shown.take_if(|shown| shown.number == number).map(|shown| shown.folded)
    }
}
