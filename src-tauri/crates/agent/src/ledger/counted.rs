//! Counts what is written, in the same call.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use hark_engine::{failure::Class, handlers::RunEnd, history::Entry, link::Delivery};
use hark_store::{Shown, Stored};

use super::Ledger;
use crate::tally::{Counter, Tally};

/// The tally, and which subscriptions are in an outage that was counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    tally: Tally,
    down: Mutex<BTreeSet<String>>,
}

impl Ledger {
    /// What is counted.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.0.counted.tally
    }

    /// An outage begins with its first failure, and is over as in the history.
    pub(super) fn count_entry(&self, key: &str, entry: &Entry) {
        let mut down = self.0.counted.down.lock().unwrap_or_else(PoisonError::into_inner);
        match (entry, entry.failure()) {
            (Entry::Opened | Entry::Paused | Entry::Removed, _) => drop(down.remove(key)),
            (
                Entry::Lost { .. } | Entry::DialFailed { .. } | Entry::Halted { .. },
                Some(failure),
            ) if down.insert(key.to_owned()) => {
                self.tally().add(Counter::Outages, key, class(failure.class), 1);
            }
            _ => {}
        }
    }

    pub(super) fn count_deliveries(&self, key: &str, deliveries: &[Delivery], stored: &[Stored]) {
        for (_, stored) in deliveries.iter().zip(stored) {
            let word = match stored {
                Stored::New(_) | Stored::Replaced { .. } => "stored",
                Stored::Duplicate => "duplicate",
                Stored::Dropped => "dropped",
                Stored::SetAside => "set_aside",
                Stored::Changed(_) => "change",
                Stored::Nothing => continue,
            };
            self.tally().add(Counter::Messages, key, word, 1);
            // Such an alert waits for nobody, and so nobody marks it later.
            if let Stored::New(id) | Stored::Replaced { id, .. } = stored
                && self.has_nobody()
                && let Ok(Some((_, true))) = self.read(|store| store.whose(*id))
            {
                self.tally().add(Counter::Alerts, key, "nobody", 1);
            }
        }
    }

    /// What became of alerts for good.
    pub(super) fn count_alerts(&self, messages: &[i64], shown: Shown) {
        let word = match shown {
            Shown::No | Shown::Pending | Shown::Held => return,
            Shown::Shown => "shown",
            Shown::Digest => "digest",
            Shown::Folded => "folded",
            Shown::Quiet => "quiet",
            Shown::Refused => "refused",
            Shown::Withdrawn => "withdrawn",
            Shown::Nobody => "nobody",
            Shown::Old => "old",
        };
        for id in messages {
            if let Ok(Some((key, _))) = self.read(|store| store.whose(*id)) {
                self.tally().add(Counter::Alerts, &key, word, 1);
            }
        }
    }

    pub(super) fn count_run(&self, handler: &str, ended: &RunEnd) {
        let word = match ended {
            RunEnd::Code(0) => "ok",
            RunEnd::Code(_) => "failed",
            RunEnd::Signal(_) => "signal",
            RunEnd::TimedOut => "timed_out",
            RunEnd::Stopped => "stopped",
            RunEnd::NotStarted(_) => "not_started",
        };
        self.tally().add(Counter::HandlerRuns, handler, word, 1);
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Local => "local",
        Class::Network => "network",
        Class::Server => "server",
        Class::Routine => "routine",
        Class::Refused => "refused",
        Class::Protocol => "protocol",
    }
}
