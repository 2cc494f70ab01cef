//! The agent's own event stream: numbered, replayable for a while, bounded.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use hark_api::Event;
use tokio::sync::{broadcast, watch};

/// How many events are kept for clients that come back, and how many may wait for a slow client.
const EVENTS_MAX: usize = 256;

/// An event with its number.
pub type Numbered = (u64, Event);

#[derive(Debug)]
struct Inner {
    ring: Mutex<Ring>,
    sender: broadcast::Sender<Numbered>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Ring {
    number: u64,
    events: VecDeque<Numbered>,
}

/// What a client gets when it comes or comes back.
#[derive(Debug)]
pub struct Subscription {
    /// The events that it missed; `None` where they are no longer known.
    pub missed: Option<Vec<Numbered>>,
    /// The number of the latest event.
    pub number: u64,
    /// The events from now on.
    pub live: broadcast::Receiver<Numbered>,
}

/// See the module. Clones are the same stream.
#[derive(Clone, Debug)]
pub struct Events(Arc<Inner>);

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(Inner {
            ring: Mutex::default(),
            sender: broadcast::channel(EVENTS_MAX).0,
            changed: watch::Sender::default(),
        }))
    }
}

impl Events {
    /// Tells every client. `event` is only made where somebody listens; it may tell of its own.
    pub fn tell(&self, event: impl FnOnce() -> Option<Event>) {
        self.0.changed.send_replace(());
        let event = if self.0.sender.receiver_count() > 0 { event() } else { None };
        let mut ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.number += 1;
        let Some(event) = event else { return ring.events.clear() };
        if ring.events.len() == EVENTS_MAX {
            ring.events.pop_front();
        }
        let numbered = (ring.number, event);
        ring.events.push_back(numbered.clone());
        // An error means that nobody listens any more.
        let _ = self.0.sender.send(numbered);
    }

    /// A client comes, or comes back after the event `after`.
    pub fn subscribe(&self, after: Option<u64>) -> Subscription {
        let ring = self.0.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.0.sender.subscribe();
        let missed = after.filter(|after| *after <= ring.number).and_then(|after| {
            let missed: Vec<_> =
                ring.events.iter().filter(|(number, _)| *number > after).cloned().collect();
            (missed.len() as u64 == ring.number - after).then_some(missed)
        });
        Subscription { missed, number: ring.number, live }
    }

    /// Wakes on every event; for the tray, which reads the status itself.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: &str) -> Option<Event> {
        Some(Event::History { subscription: Some(key.to_owned()) })
    }

    #[test]
    fn a_client_that_comes_back_gets_what_it_missed_or_is_told_that_nobody_knows() {
        let events = Events::default();
        events.tell(|| panic!("nobody listens"));
        let first = events.subscribe(None);
        assert!(first.missed.is_none());
        for key in ["a", "b", "c"] {
            events.tell(|| event(key));
        }
        let numbers = |subscription: Subscription| {
            subscription
                .missed
                .map(|missed| missed.iter().map(|(number, _)| *number).collect::<Vec<_>>())
        };
        assert_eq!(numbers(events.subscribe(Some(2))), Some(vec![3, 4]));
        assert_eq!(numbers(events.subscribe(Some(4))), Some(vec![]));
        assert_eq!(numbers(events.subscribe(Some(0))), None);
        assert_eq!(numbers(events.subscribe(Some(99))), None);
        drop(first);
    }
}
