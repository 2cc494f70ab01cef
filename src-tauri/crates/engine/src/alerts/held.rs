//! What a silence holds back, and when that is to be told.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use jiff::Timestamp;

use super::{
    Alerts, Due, Effect, HOLD_RETRY, Part, RECHECK, Why, call::Call, machine::Out, work::Work,
};
use crate::{
    Moment, Monotonic,
    message::Priority,
    silence::{Silence, Silences},
};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    silences: Silences,
    /// By this clock silences begin and end: the time of the latest input.
    now: Timestamp,
    /// Subscriptions of which something may be held back, each with the priority from which on nothing is;
    /// none where all may be.
    keys: BTreeMap<String, Option<Priority>>,
    /// Those of which the store could not write it, and when that is tried again.
    failed: BTreeSet<String>,
    retry: Option<Monotonic>,
    /// From when until when nothing of this changes by time alone, where that has been looked for.
    settled: Option<(Timestamp, Option<Timestamp>)>,
    /// When it is to be looked at again.
    recheck: Option<Monotonic>,
}

impl Held {
    pub(super) fn due(&self) -> Option<Monotonic> {
        self.recheck
    }

    /// It is this late.
    pub(super) fn at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// How late it is.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn set(&mut self, silences: Silences) {
        self.silences = silences;
        self.settled = None;
    }

    /// Whether what was looked at last is still so. A clock that was set back may have undone it.
    fn is_settled(&self) -> bool {
        let now = self.now;
        self.settled
            .is_some_and(|(since, until)| since <= now && until.is_none_or(|until| now < until))
    }

    /// How what is held back of each is to be told, where it may be now.
    fn over(&self) -> Vec<(String, Due)> {
        let Self { silences, now, keys, .. } = self;
        let due = |key: &String, passed: Option<Priority>| match silences.of(key, *now) {
            None => silences.releases(key, *now).then_some(Due::Away),
            // It is never told.
            Some(Silence { why: Why::Mute, .. }) => Some(Due::Replay),
            Some(silence) => passes_more(silence.passes, passed).then_some(Due::Away),
        };
        keys.iter().filter_map(|(key, passed)| Some((key.clone(), due(key, *passed)?))).collect()
    }
}

/// Whether something that was held back passes now.
fn passes_more(now: Option<Priority>, before: Option<Priority>) -> bool {
    now.is_some_and(|now| before.is_none_or(|before| now < before))
}

impl<N: Clone> Alerts<N> {
    /// What was held back and may be told now is due. Answers whether there is any.
    pub(super) fn release(&mut self, now: Moment) -> bool {
        let mut due = Vec::new();
        if self.held.retry.is_some_and(|at| at <= now.monotonic) {
            self.held.retry = None;
            for key in mem::take(&mut self.held.failed) {
                self.held.keys.entry(key.clone()).or_insert(None);
                due.push((key, Due::Replay));
            }
        }
        if !self.held.keys.is_empty() && !self.held.is_settled() {
            due.extend(self.held.over());
            self.held.settled = Some((now.wall, self.held.silences.next_change(now.wall)));
        }
        let is_any = !due.is_empty();
        due.into_iter().for_each(|(key, due)| self.waiting.put(key, due));
        is_any
    }

    /// When [`Self::release`] is to be called next. The clock may be set before.
    pub(super) fn recheck(&mut self, now: Moment) {
        let Held { silences, keys, settled, retry, .. } = &self.held;
        let next = match settled {
            _ if keys.is_empty() => None,
            Some((_, until)) => *until,
            None => silences.next_change(now.wall),
        };
        let next = next.map(|at| {
            let wait = at.duration_since(now.wall).unsigned_abs();
            now.monotonic + wait.min(RECHECK)
        });
        self.held.recheck = next.into_iter().chain(*retry).min();
    }

    /// What of a subscription is to be held back is, and what was is told where it may be. Answers how the
    /// rest is due; none where there is none.
    pub(super) fn sift(&mut self, key: &str, due: Due, out: Out<'_, N>) -> Option<Due> {
        let Held { silences, now, keys, .. } = &mut self.held;
        let subscription = key.to_owned();
        match silences.of(key, *now) {
            Some(_) if due == Due::Asked => Some(due),
            Some(Silence { why: why @ Why::Mute, .. }) => {
                keys.remove(key);
                out.push(Effect::Hold { subscription, passes: None, why, for_good: true });
                None
            }
            Some(Silence { why, passes, .. }) => {
                let before = keys.insert(subscription.clone(), passes);
                if before.is_some_and(|before| passes_more(passes, before)) {
                    out.push(Effect::Release { subscription: subscription.clone(), from: passes });
                }
                out.push(Effect::Hold { subscription, passes, why, for_good: false });
                passes.is_some().then_some(due)
            }
            // Of one that was not followed when its server was met, it is not known.
            None if (keys.contains_key(key) || matches!(due, Due::Replay | Due::Away))
                && silences.releases(key, *now) =>
            {
                let due = if keys.remove(key).is_some() { Due::Away } else { due };
                out.push(Effect::Release { subscription, from: None });
                Some(due)
            }
            None => Some(due),
        }
    }

    /// What of a subscription was to be held back, or not any more, could not be written: none of it is shown
    /// before that is tried again.
    pub(super) fn not_held(&mut self, key: String, now: Monotonic) {
        match self.work.take() {
            Some(Work::One(one, _)) if one == key => {}
            Some(Work::Count { keys, missed, .. }) if keys.contains(&key) => {
                let others = keys.into_iter().filter(|other| *other != key);
                others.for_each(|other| self.counter.put(other, missed));
            }
            work => self.work = work,
        }
        self.held.failed.insert(key);
        self.held.retry = Some(now + HOLD_RETRY);
    }

    /// What is under way is not looked for any more before it is known what of it is held back now.
    pub(super) fn sift_again(&mut self) {
        match self.work.take() {
            Some(Work::One(key, stage)) => self.waiting.put(key, stage.due()),
            Some(Work::Count { keys, missed, .. }) => {
                keys.into_iter().for_each(|key| self.counter.put(key, missed));
            }
            work => self.work = work,
        }
    }

    /// Whether something of a subscription may be held back now.
    pub(super) fn is_silent(&self, key: &str) -> bool {
        self.held.silences.of(key, self.held.now).is_some()
    }

    /// Whether a silence has begun since this was sent, that holds it back.
    pub(super) fn is_silenced(&self, call: &Call<N>) -> bool {
        let Held { silences, now, .. } = &self.held;
        let is_silent = |part: &Part| {
            let silence = silences.of(&part.subscription, *now);
            silence.is_some_and(|it| it.passes.is_none_or(|least| call.alert.priority < least))
        };
        call.alert.parts.iter().any(is_silent)
    }

    /// Of these subscriptions something was held back before.
    pub(super) fn are_held(&mut self, keys: Vec<String>) {
        self.held.keys.extend(keys.into_iter().map(|key| (key, None)));
        self.held.settled = None;
    }
}
