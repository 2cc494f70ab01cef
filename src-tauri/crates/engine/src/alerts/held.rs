//! What a silence holds back, and when that is to be told.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Alerts, Due, Effect, Part, RECHECK, Why, call::Call, machine::Out, work::Work};
use crate::{Moment, Monotonic, silence::Silences};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    silences: Silences,
    /// By this clock silences begin and end: the time of the latest input.
    now: Timestamp,
    /// Subscriptions of which something may be held back.
    keys: BTreeSet<String>,
    /// When it is asked again whether that may be told.
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

    pub(super) fn set(&mut self, silences: Silences) {
        self.silences = silences;
    }
}

impl<N: Clone> Alerts<N> {
    /// What was held back and may be told now is due. Answers whether there is any.
    pub(super) fn release(&mut self, now: Moment) -> bool {
        let Held { silences, keys, .. } = &self.held;
        let over: Vec<String> =
            keys.iter().filter(|key| silences.releases(key, now.wall)).cloned().collect();
        let is_any = !over.is_empty();
        over.into_iter().for_each(|key| self.waiting.put(key, Due::Away));
        is_any
    }

    /// When [`Self::release`] is to be called next.
    pub(super) fn recheck(&mut self, now: Moment) {
        let Held { silences, keys, .. } = &self.held;
        let ends = silences.next_change(now.wall).filter(|_| !keys.is_empty());
        self.held.recheck = ends.map(|at| {
            let wait = at.duration_since(now.wall).unsigned_abs();
            now.monotonic + wait.min(RECHECK)
        });
    }

    /// What of a subscription is to be held back is, and what was is told where it may be. Answers how the
    /// rest is due; none where there is none.
    pub(super) fn sift(&mut self, key: &str, due: Due, out: Out<'_, N>) -> Option<Due> {
        let Held { silences, now, keys, .. } = &mut self.held;
        match silences.of(key, *now) {
            Some(_) if due == Due::Asked => Some(due),
            Some(silence) => {
                let (why, passes) = (silence.why, silence.passes);
                let for_good = why == Why::Mute;
                if !for_good {
                    keys.insert(key.to_owned());
                }
                let subscription = key.to_owned();
                out.push(Effect::Hold { subscription, passes, why, for_good });
                passes.is_some().then_some(due)
            }
            None if keys.contains(key) && silences.releases(key, *now) => {
                keys.remove(key);
                out.push(Effect::Release(key.to_owned()));
                Some(Due::Away)
            }
            None => Some(due),
        }
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

    /// Whether a silence has begun since this was sent.
    pub(super) fn is_silenced(&self, call: &Call<N>) -> bool {
        let Held { silences, now, .. } = &self.held;
        let is_silent = |part: &Part| silences.of(&part.subscription, *now).is_some();
        call.alert.parts.iter().any(is_silent)
    }

    /// Of these subscriptions something was held back before.
    pub(super) fn are_held(&mut self, keys: Vec<String>) {
        self.held.keys.extend(keys);
    }
}
