//! The machine that decides which handler begins when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Busy, HOUR, Input, MESSAGES_MAX, On, Plan, REPEAT_LEAST, STABLE, Start};
use crate::{
    Moment, Monotonic,
    failure::{Cause, Class, Failure},
    history::Entry,
};

/// See the module above.
#[derive(Clone, Debug, Default)]
pub struct Handlers {
    slots: Vec<Slot>,
    /// Those that are not well, or have not been for long, by the subscription's key.
    links: BTreeMap<String, Link>,
}

/// A link that is not well, or has just become so.
#[derive(Clone, Debug)]
struct Link {
    /// What its problem is.
    kinds: BTreeSet<On>,
    since: Moment,
    failure: Option<Failure>,
    /// Since when it counts as the server's; none while this machine is the reason.
    counts: Option<Monotonic>,
    /// Since when it stands again.
    well: Option<Monotonic>,
}

/// One handler.
#[derive(Clone, Debug)]
struct Slot {
    plan: Plan,
    /// At most one of each kind for a subscription.
    waiting: BTreeMap<(String, Kind), Wait>,
    messages: VecDeque<(String, Wait)>,
    /// For whom it runs; by hand, for nobody.
    running: Option<Option<String>>,
    /// When its runs of the last hour began.
    began: VecDeque<Monotonic>,
    /// What became of its runs for a problem that is not over, by the subscription's key.
    trials: BTreeMap<String, Trial>,
    skipped: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Problem,
    Recovered,
    Gap,
}

#[derive(Clone, Debug)]
struct Wait {
    on: On,
    since: Moment,
    due: Monotonic,
    message: Option<i64>,
}

#[derive(Clone, Debug, Default)]
struct Trial {
    /// It has begun for the problem as it is.
    had: bool,
    failures: u32,
    /// When its latest run has failed, if the link does not stand by then.
    judged: Option<Monotonic>,
    /// Those that take over were told.
    escalated: bool,
}

type Out<'a> = &'a mut Vec<Start>;

impl Handlers {
    /// Takes one input and appends what is to begin.
    pub fn handle(&mut self, input: Input<'_>, now: Moment, out: Out<'_>) {
        match input {
            Input::Plans(plans) => self.set(plans),
            Input::Entry(Some(key), entry) => self.entry(key, entry, now),
            Input::Entry(None, Entry::Woke { .. }) => self.woke(now.monotonic),
            Input::Entry(None, _) | Input::Deadline => {}
            Input::Message(key, id) => self.message(key, id, now),
            Input::Ended(name, is_well) => self.ended(name, is_well, now.monotonic),
        }
        self.settle(now, out);
    }

    /// When to hand in [`Input::Deadline`].
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Monotonic> {
        let stable = self.links.values().filter_map(|link| Some(link.well? + STABLE));
        let slots = self.slots.iter().flat_map(|slot| {
            let judged = slot.trials.iter().filter(|(key, _)| self.is_bad(key));
            let judged = judged.filter_map(|(_, trial)| trial.judged);
            judged.chain(slot.next_begin())
        });
        stable.chain(slots).min()
    }

    /// Runs a handler because the person asks for it: whatever its limits, and without counting.
    ///
    /// # Errors
    /// [`Busy`] where it runs already.
    pub fn by_hand(&mut self, name: &str, on: On, key: &str, now: Moment) -> Result<Start, Busy> {
        let slot = self.slots.iter_mut().find(|slot| slot.plan.name == name).ok_or(Busy)?;
        if slot.running.is_some() {
            return Err(Busy);
        }
        slot.running = Some(None);
        let link = self.links.get(key);
        Ok(Start {
            name: name.to_owned(),
            on,
            key: key.to_owned(),
            since: link.map_or(now, |link| link.since),
            failure: link.and_then(|link| link.failure.clone()),
            message: None,
            by_hand: true,
        })
    }

    /// Whether a handler runs, and for how many messages it was not run: they came within its cooldown, over
    /// its limit, or too many waited.
    #[must_use]
    pub fn state(&self, name: &str) -> (bool, u64) {
        let slot = self.slots.iter().find(|slot| slot.plan.name == name);
        slot.map_or((false, 0), |slot| (slot.running.is_some(), slot.skipped))
    }

    /// Whether any is for messages.
    #[must_use]
    pub fn wants_messages(&self) -> bool {
        self.slots.iter().any(|slot| slot.plan.on.contains(&On::Message))
    }

    fn set(&mut self, plans: Vec<Plan>) {
        let mut before = std::mem::take(&mut self.slots);
        for plan in plans {
            let known = before.iter().position(|slot| slot.plan.name == plan.name);
            let mut slot = match known {
                Some(at) => before.swap_remove(at),
                None => Slot::new(plan.clone()),
            };
            if slot.plan != plan {
                slot.waiting.clear();
                slot.messages.clear();
                slot.plan = plan;
            }
            self.slots.push(slot);
        }
        self.links.iter().for_each(|(key, link)| arm(&mut self.slots, key, link));
    }

    fn entry(&mut self, key: &str, entry: &Entry, now: Moment) {
        match entry {
            Entry::Lost { failure, .. } => {
                let mute = matches!(failure.cause, Cause::MissedHeartbeat { .. });
                let refused = failure.class == Class::Refused;
                let more =
                    mute.then_some(On::Mute).into_iter().chain(refused.then_some(On::Refused));
                self.problem(key, [On::Lost].into_iter().chain(more), failure, now);
            }
            Entry::DialFailed { failure, .. } => {
                let is_no = failure.class == Class::Refused;
                let on = if is_no { On::Refused } else { On::Down };
                self.problem(key, [on], failure, now);
            }
            Entry::Halted { failure } => self.problem(key, [On::Refused], failure, now),
            Entry::Opened => self.opened(key, now),
            Entry::Gap { .. } => {
                for slot in self.slots.iter_mut().filter(|slot| slot.is_for(key, On::Gap)) {
                    slot.wait(key, Kind::Gap, On::Gap, now);
                }
            }
            Entry::Paused | Entry::Removed => {
                self.links.remove(key);
                for slot in &mut self.slots {
                    slot.forget(key, Kind::Problem);
                    slot.forget(key, Kind::Recovered);
                    slot.trials.remove(key);
                }
            }
            _ => {}
        }
    }

    fn problem(
        &mut self,
        key: &str,
        kinds: impl IntoIterator<Item = On>,
        failure: &Failure,
        now: Moment,
    ) {
        if failure.class == Class::Routine {
            return;
        }
        let link = self.links.entry(key.to_owned()).or_insert_with(|| Link::begun(now));
        if link.well.take().is_some() {
            // Another loss, before the one before was over.
            *link = Link::begun(now);
        }
        link.failure = Some(failure.clone());
        let is_ours = failure.class == Class::Local;
        if is_ours {
            link.counts = None;
        } else {
            link.kinds.extend(kinds);
            link.counts.get_or_insert(now.monotonic);
        }
        for slot in &mut self.slots {
            slot.forget(key, Kind::Recovered);
            if is_ours {
                slot.forget(key, Kind::Problem);
                if let Some(trial) = slot.trials.get_mut(key) {
                    trial.had &= !slot.plan.repeat;
                    trial.escalated = false;
                }
            }
        }
        arm(&mut self.slots, key, link);
    }

    fn opened(&mut self, key: &str, now: Moment) {
        let Some(link) = self.links.get_mut(key) else { return };
        link.well = Some(now.monotonic);
        let was_down = !link.kinds.is_empty();
        for slot in &mut self.slots {
            slot.forget(key, Kind::Problem);
            if let Some(trial) = slot.trials.get_mut(key) {
                trial.had = false;
            }
            if was_down && slot.is_for(key, On::Recovered) {
                slot.wait(key, Kind::Recovered, On::Recovered, now);
            }
        }
    }

    fn message(&mut self, key: &str, id: i64, now: Moment) {
        for slot in self.slots.iter_mut().filter(|slot| slot.is_for(key, On::Message)) {
            let is_free = slot.free_at().is_some_and(|at| at <= now.monotonic);
            if !is_free || slot.messages.len() >= slot.messages_most(now.monotonic) {
                slot.skipped += 1;
                continue;
            }
            let (on, since, due) = (On::Message, now, now.monotonic);
            slot.messages.push_back((key.to_owned(), Wait { on, since, due, message: Some(id) }));
        }
    }

    fn ended(&mut self, name: &str, is_well: bool, now: Monotonic) {
        let Some(at) = self.slots.iter().position(|slot| slot.plan.name == name) else { return };
        let slot = &mut self.slots[at];
        let Some(Some(key)) = slot.running.take() else { return };
        let judged = slot.began.back().map_or(now, |began| *began + slot.pace()).max(now);
        let Some(trial) = slot.trials.get_mut(&key) else { return };
        trial.judged = Some(if is_well { judged } else { now });
        // One that says itself that it has failed needs no other judge.
        if !is_well && self.links.contains_key(&key) {
            self.failed(at, &key, now);
        }
    }

    /// The computer slept: what was to last for a while did so unseen.
    fn woke(&mut self, now: Monotonic) {
        for (key, link) in &mut self.links {
            if link.well.is_some() || link.counts.is_none() {
                continue;
            }
            link.counts = Some(now);
            for slot in &mut self.slots {
                let after = slot.plan.after;
                if let Some(wait) = slot.waiting.get_mut(&(key.clone(), Kind::Problem)) {
                    wait.due = wait.due.max(now + after);
                }
            }
        }
    }

    fn settle(&mut self, now: Moment, out: Out<'_>) {
        let at = now.monotonic;
        let is_over = |link: &Link| link.well.is_some_and(|well| at >= well + STABLE);
        let over: Vec<String> =
            self.links.iter().filter(|it| is_over(it.1)).map(|it| it.0.clone()).collect();
        for key in over {
            self.links.remove(&key);
            for slot in &mut self.slots {
                slot.trials.remove(&key);
            }
        }
        for index in 0..self.slots.len() {
            let trials = self.slots[index].trials.iter();
            let late = trials.filter(|(key, trial)| {
                trial.judged.is_some_and(|judged| judged <= at) && self.is_bad(key)
            });
            for key in late.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
                self.failed(index, &key, at);
            }
        }
        for slot in &mut self.slots {
            slot.drop_old(at);
            if let Some((key, wait)) = slot.take(at) {
                let link = self.links.get(&key).filter(|_| wait.on.is_problem());
                let failure = link.and_then(|link| link.failure.clone());
                let (name, Wait { on, since, message, .. }) = (slot.plan.name.clone(), wait);
                out.push(Start { name, on, key, since, failure, message, by_hand: false });
            }
        }
    }

    /// A run of this handler has not mended the link. Those that take over are told, once.
    fn failed(&mut self, index: usize, key: &str, now: Monotonic) {
        let name = self.slots[index].plan.name.clone();
        let Some(trial) = self.slots[index].trials.get_mut(key) else { return };
        trial.judged = None;
        trial.failures = trial.failures.saturating_add(1);
        let (failures, escalated) = (trial.failures, trial.escalated);
        let Some(link) = self.links.get(key).filter(|link| link.well.is_none()) else { return };
        let Some(&on) = link.kinds.first() else { return };
        if escalated || link.counts.is_none() {
            return;
        }
        let mut told = false;
        for slot in &mut self.slots {
            let takes_over = slot
                .plan
                .escalates
                .as_ref()
                .is_some_and(|from| from.handler == name && failures >= from.after_failures);
            if takes_over && slot.is_of(key) {
                let due = now + slot.plan.after;
                let wait = Wait { on, since: link.since, due, message: None };
                slot.waiting.entry((key.to_owned(), Kind::Problem)).or_insert(wait);
                told = true;
            }
        }
        if let Some(trial) = self.slots[index].trials.get_mut(key) {
            trial.escalated = told;
        }
    }

    /// Whether the link does not stand, for a reason that counts.
    fn is_bad(&self, key: &str) -> bool {
        self.links.get(key).is_some_and(|link| link.well.is_none() && link.counts.is_some())
    }
}

/// Handlers that are for this link's problem wait until they are due.
fn arm(slots: &mut [Slot], key: &str, link: &Link) {
    let (Some(counts), None) = (link.counts, link.well) else { return };
    for slot in slots {
        let Some(on) = link.kinds.iter().copied().find(|on| slot.is_for(key, *on)) else {
            continue;
        };
        if slot.trials.get(key).is_some_and(|trial| trial.had) {
            continue;
        }
        let due = counts + slot.plan.after;
        let wait = Wait { on, since: link.since, due, message: None };
        slot.waiting.entry((key.to_owned(), Kind::Problem)).or_insert(wait);
    }
}

impl Link {
    fn begun(now: Moment) -> Self {
        let kinds = BTreeSet::new();
        Self { kinds, since: now, failure: None, counts: None, well: None }
    }
}

impl Slot {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            waiting: BTreeMap::new(),
            messages: VecDeque::new(),
            running: None,
            began: VecDeque::new(),
            trials: BTreeMap::new(),
            skipped: 0,
        }
    }

    fn is_of(&self, key: &str) -> bool {
        self.plan.subscription.as_deref().is_none_or(|one| one == key)
    }

    fn is_for(&self, key: &str, on: On) -> bool {
        self.plan.on.contains(&on) && self.is_of(key)
    }

    fn wait(&mut self, key: &str, kind: Kind, on: On, now: Moment) {
        let due = now.monotonic + self.plan.after;
        let wait = Wait { on, since: now, due, message: None };
        self.waiting.entry((key.to_owned(), kind)).or_insert(wait);
    }

    fn forget(&mut self, key: &str, kind: Kind) {
        self.waiting.remove(&(key.to_owned(), kind));
    }

    /// How long lies between two runs for one problem.
    fn pace(&self) -> Monotonic {
        self.plan.cooldown.max(REPEAT_LEAST)
    }

    /// How many messages may wait: no more than it may begin for within the hour.
    fn messages_most(&self, now: Monotonic) -> usize {
        let began = self.began.iter().filter(|at| **at + HOUR > now).count();
        (self.plan.at_most as usize).saturating_sub(began).min(MESSAGES_MAX)
    }

    /// From when on it may begin; none where it may never.
    fn free_at(&self) -> Option<Monotonic> {
        let cooled = self.began.back().map_or(Monotonic::ZERO, |at| *at + self.plan.cooldown);
        let most = self.plan.at_most as usize;
        let limited = match self.began.len().checked_sub(most) {
            Some(over) => *self.began.get(over)? + HOUR,
            None => Monotonic::ZERO,
        };
        Some(cooled.max(limited))
    }

    /// When it begins next, where it does not run.
    fn next_begin(&self) -> Option<Monotonic> {
        if self.running.is_some() {
            return None;
        }
        let waiting = self.waiting.values().map(|wait| wait.due);
        let messages = self.messages.front().map(|(_, wait)| wait.due);
        let due = waiting.chain(messages).min()?;
        Some(due.max(self.free_at()?))
    }

    /// Forgets what began more than an hour ago, but for what the cooldown is counted from.
    fn drop_old(&mut self, now: Monotonic) {
        while self.began.len() > 1 && self.began.front().is_some_and(|at| *at + HOUR <= now) {
            self.began.pop_front();
        }
    }

    /// What it begins for now.
    fn take(&mut self, now: Monotonic) -> Option<(String, Wait)> {
        if self.next_begin().is_none_or(|at| at > now) {
            return None;
        }
        let due = self.waiting.iter().filter(|(_, wait)| wait.due <= now);
        let first = due.min_by_key(|(_, wait)| wait.due).map(|(place, _)| place.clone());
        let (key, wait) = match first {
            Some(place) => {
                let wait = self.waiting.remove(&place)?;
                (place.0, wait)
            }
            None => self.messages.pop_front()?,
        };
        self.running = Some(Some(key.clone()));
        self.began.push_back(now);
        if wait.on.is_problem() {
            let trial = self.trials.entry(key.clone()).or_default();
            (trial.had, trial.judged) = (true, None);
            if self.plan.repeat {
                let again = Wait { due: now + self.pace(), ..wait.clone() };
                self.waiting.insert((key.clone(), Kind::Problem), again);
            }
        }
        Some((key, wait))
    }
}

#[cfg(test)]
impl Handlers {
    /// Whether every link stands, for the model.
    pub(super) fn links_well(&self) -> bool {
        self.links.values().all(|link| link.well.is_some())
    }
}
