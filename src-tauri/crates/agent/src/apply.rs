//! Brings what is followed in line with the settings. What cannot be brought in line yet, as the database
//! cannot be written, is tried again until it is; the link that it had goes on until then.

use std::sync::{Arc, atomic::Ordering};

use hark_api::Severity;
use hark_engine::history::Entry;
use indexmap::IndexMap;
use jiff::Timestamp;
use tokio::time::sleep;

use crate::{
    agent::Agent,
    clock,
    driver::Command,
    follow,
    owed::retry_after,
    settings::{Settings, Subscription},
};

/// Tries again what could not be followed as the settings say, for as long as the agent runs.
pub async fn run(agent: Arc<Agent>) {
    loop {
        agent.waiting.notified().await;
        let mut wait = None;
        loop {
            let next = retry_after(wait);
            sleep(next).await;
            if agent.follow_all() {
                break;
            }
            wait = Some(next);
        }
    }
}

impl Agent {
    /// Puts settings in force.
    pub(crate) fn apply(&self, settings: Settings) {
        let demo = settings.subscriptions.is_empty() && self.demo.is_some();
        self.core.demo.store(demo, Ordering::Relaxed);
        *self.current() = settings;
        self.keep();
        if !self.follow_all() {
            self.waiting.notify_one();
        }
        self.core.tell_status();
    }

    /// What the settings want to be followed.
    fn wanted(&self) -> IndexMap<String, Subscription> {
        let mut wanted = self.current().subscriptions.clone();
        if let Some(demo) = self.demo.as_ref().filter(|_| wanted.is_empty()) {
            wanted.insert(follow::DEMO.to_owned(), demo.clone());
        }
        wanted
    }

    /// Follows what the settings want as they want it, and nothing else. Answers whether it could.
    fn follow_all(&self) -> bool {
        let wanted = self.wanted();
        let known: Vec<String> = self.core.followed().keys().cloned().collect();
        for key in known.iter().filter(|key| !wanted.contains_key(*key)) {
            // Its driver ends when nobody can command it any more.
            self.core.followed().shift_remove(key);
            let (at, entry) = (clock::now().wall, Entry::Removed);
            if let Err(full) = self.core.journal_of(Some(key), at, &entry) {
                tracing::warn!(kind = entry.kind(), "left out of the journal: {full}");
            }
        }
        let mut waiting = Vec::new();
        for (key, subscription) in &wanted {
            if !self.bring_in_line(key, subscription) {
                waiting.push(subscription.name.as_deref().unwrap_or(key));
            }
        }
        self.core
            .followed()
            .sort_by_cached_key(|key, _| wanted.get_index_of(key).unwrap_or(usize::MAX));
        let sentence = (!waiting.is_empty()).then(|| {
            format!(
                "The settings of {} are not in force yet, as the database cannot be written. Free the \
                 disk, or end the program that holds the database; Hark goes on trying.",
                waiting.join(", ")
            )
        });
        self.core.condition(Severity::Error, "not_followed_yet", sentence);
        waiting.is_empty()
    }

    fn bring_in_line(&self, key: &str, after: &Subscription) -> bool {
        let known = self.core.followed().get(key).map(|one| {
            (one.subscription.clone(), one.link.last_heard, one.stalled || self.core.owes(key))
        });
        let before = known.as_ref().map(|(before, ..)| before);
        match before {
            Some(before) if before == after => return true,
            Some(before) if are_one_stream(before, after) => {
                self.core.revise(key, after);
                self.pause_as(key, before, after);
                return true;
            }
            _ => {}
        }
        let heard = known.as_ref().and_then(|(_, heard, _)| *heard);
        // What the link before has still to write goes first: where this one begins depends on it.
        let waits = known.as_ref().is_some_and(|(.., waits)| *waits)
            || self.core.owes(key) && self.core.settle().is_err();
        // A failure is a condition already.
        if !waits && follow::follow(&self.core, key, after.clone(), heard).is_ok() {
            self.core.tell_status();
            return true;
        }
        if let Some(before) = before {
            // At least it is as quiet as the person wants it.
            let paused = Subscription { paused: after.paused, ..before.clone() };
            self.core.revise(key, &paused);
            self.pause_as(key, before, after);
        }
        false
    }

    fn pause_as(&self, key: &str, before: &Subscription, after: &Subscription) {
        if before.paused != after.paused {
            self.tell(key, if after.paused { Command::Pause } else { Command::Resume });
        }
    }

    /// Bounds what is kept of each subscription; where a bound is another than before, at once.
    fn keep(&self) {
        let all = self.current().keep;
        let bounds: Vec<_> =
            self.wanted().into_iter().map(|(key, one)| (key, one.keep.over(&all))).collect();
        // A failure is a condition already.
        let _ = self.core.store(|store| {
            let changed = bounds.iter().filter(|(key, keep)| store.keep(key, *keep)).count();
            if changed > 0 { store.prune(Timestamp::now()) } else { Ok(()) }
        });
    }
}

/// Whether nothing differs that a connection would have to be made anew for.
fn are_one_stream(before: &Subscription, after: &Subscription) -> bool {
    let (name, paused, rules) = (after.name.clone(), after.paused, after.rules.clone());
    Subscription { name, paused, rules, keep: after.keep, ..before.clone() } == *after
}
