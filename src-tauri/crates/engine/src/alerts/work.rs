//! What is next, while the server has time: what was taken back is closed, then the outboxes are emptied,
//! one subscription after the other.

use super::{
    ANSWER_TIMEOUT, Alert, Alerts, Content, Due, Effect, Look, Outcome, PLACES, REPLAY_ALERTS_MAX,
    Reason, Series, Showing, URGENT_PLACES,
    call::{Call, Folds},
    machine::{Out, Phase},
};
use crate::Monotonic;

/// What the outbox is looked into for.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// What it still shows, after a server was met, and then all that waits.
    Showing,
    /// All that waits.
    All,
    /// The alerts of the subscription with this key.
    One(String, Stage),
    /// What found no place, of these subscriptions.
    Count {
        /// Their keys.
        keys: Vec<String>,
        /// Whether all of it came while the person was away.
        missed: bool,
        /// The number of the one whose place the notification takes.
        replaces: Option<u32>,
    },
}

/// How far the outbox of one subscription is emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Are they more than so many? Then most of them become this.
    Count(u32, Others),
    /// They are shown one by one.
    Each,
    /// So are those from this id on; others wait still to be told together.
    From(i64),
    /// Of the others, so many more of the highest priority are shown: the latest, the oldest first.
    Urgent(Others, u32),
    /// What is on the screen of sequences that are about to be counted is out of date.
    Sequences(Others),
    /// The others are one notification; they came while the person was away, or else late.
    Digest(bool),
}

/// What becomes of alerts that are not shown each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// They were waited for: they are one notification.
    Late,
    /// So were they, for so long that the person was away.
    Away,
    /// There is no place for them.
    Fold,
    /// They were waited for, as those of many subscriptions: all are one notification.
    Together,
}

impl Stage {
    /// How it is to be begun again.
    pub(super) fn due(self) -> Due {
        match self {
            Self::Each => Due::Live,
            Self::From(id) => Due::From(id),
            Self::Count(..) | Self::Urgent(..) | Self::Sequences(_) | Self::Digest(_) => {
                Due::Replay
            }
        }
    }

    /// What comes after one alert of it.
    fn next(self) -> Option<Self> {
        match self {
            Self::Digest(_) => None,
            Self::Urgent(others, left) => Some(Self::after_urgent(others, left - 1)),
            stage => Some(stage),
        }
    }

    /// Where so many more of the highest priority may be shown.
    fn after_urgent(others: Others, left: u32) -> Self {
        if left == 0 { Self::Sequences(others) } else { Self::Urgent(others, left) }
    }
}

impl<N: Clone> Alerts<N> {
    pub(super) fn wake(&mut self, now: Monotonic, out: Out<'_, N>) {
        if matches!(self.phase, Phase::Ready) {
            self.go_on(now, out);
        }
    }

    /// Begins what is next. What is known of the server goes before what it is to show, and what was
    /// taken back is closed before anything new is shown.
    pub(super) fn go_on(&mut self, now: Monotonic, out: Out<'_, N>) {
        match self.owner_change.take() {
            Some(true) => return self.meet(None, now, out),
            Some(false) => return self.gone(Reason::NoServer, None, now, out),
            None => {}
        }
        // What is to be closed may be there since an earlier run.
        if matches!(self.work, Some(Work::Showing)) {
            return self.look(now, out);
        }
        while let Some(series) = self.waiting.next_withdrawn() {
            let Some(number) = self.screen.number(&series) else { continue };
            return self.close(number, now, out);
        }
        if let Some(number) = self.waiting.next_read() {
            return self.close(number, now, out);
        }
        if let Some((number, _)) = self.screen.overstays().filter(|(_, at)| *at <= now) {
            return self.close(number, now, out);
        }
        self.look(now, out);
    }

    fn close(&mut self, number: u32, now: Monotonic, out: Out<'_, N>) {
        self.left(number, out);
        let request = self.request();
        out.push(Effect::Close(request, number));
        self.phase = Phase::Closing { request, until: now + ANSWER_TIMEOUT };
    }

    pub(super) fn look(&mut self, now: Monotonic, out: Out<'_, N>) {
        let work = self.work.take().or_else(|| self.next_due(out));
        let Some(work) = work.or_else(|| self.next_count(now, out)) else {
            self.phase = Phase::Ready;
            return;
        };
        out.push(Effect::Look(match &work {
            Work::Showing => Look::Showing(self.owner.clone()),
            Work::All => Look::Subscriptions,
            Work::One(key, Stage::Count(..)) => Look::Count(key.clone()),
            Work::One(key, Stage::Each) => Look::Oldest(key.clone(), i64::MIN),
            Work::One(key, Stage::From(id)) => Look::Oldest(key.clone(), *id),
            Work::One(key, Stage::Urgent(_, left)) => Look::Urgent(key.clone(), *left),
            Work::One(key, Stage::Sequences(_)) => {
                Look::Sequences(key.clone(), self.screen.sequences(key))
            }
            Work::One(key, Stage::Digest(away)) => Look::Digest(key.clone(), *away),
            Work::Count { keys, missed, replaces } => {
                let mut folded =
                    self.counter.goes_on(now).map(|(_, folded)| folded).unwrap_or_default();
                folded.missed = *missed && replaces.is_none();
                // One that gives up its place is counted as well.
                if let Some(gone) = self.screen.by_number(*replaces) {
                    let Showing { parts, count, id, .. } = &gone.showing;
                    let part = parts.first().cloned();
                    part.into_iter().for_each(|part| folded.add(part, *count, 0, &[*id]));
                }
                Look::Folded(keys.clone(), folded)
            }
        }));
        self.work = Some(work);
        self.phase = Phase::Looking;
    }

    fn next_due(&mut self, out: Out<'_, N>) -> Option<Work> {
        loop {
            let (key, due, together) = self.waiting.next_due()?;
            let Some(due) = self.sift(&key, due, out) else { continue };
            let stage = match due {
                // It is counted anyway. What is on the screen of its sequence is out of date then.
                Due::Live | Due::From(_) if self.counter.waits(&key) => {
                    if self.screen.sequences(&key).is_empty() {
                        continue;
                    }
                    Stage::Sequences(Others::Fold)
                }
                Due::From(id) => Stage::From(id),
                Due::Live => Stage::Each,
                Due::Urgent | Due::Asked if self.counter.waits(&key) => self.urgent(Others::Fold),
                Due::Urgent | Due::Asked => Stage::Each,
                Due::Replay => Stage::Count(REPLAY_ALERTS_MAX, Others::Late),
                Due::Away if together => Stage::Count(0, Others::Together),
                Due::Away => Stage::Count(1, Others::Away),
            };
            return Some(Work::One(key, stage));
        }
    }

    /// The one that counts takes the place of the oldest where all are taken.
    fn next_count(&mut self, now: Monotonic, out: Out<'_, N>) -> Option<Work> {
        let (mut keys, missed) = self.counter.take(now)?;
        keys.retain(|key| self.sift(key, Due::Live, out).is_some());
        if keys.is_empty() {
            return None;
        }
        let replaces = match self.counter.goes_on(now) {
            Some((number, _)) => Some(number),
            None if self.screen.others(now) < PLACES => None,
            None => self.screen.oldest(now).map(|it| it.showing.number),
        };
        Some(Work::Count { keys, missed, replaces })
    }

    pub(super) fn on_content(&mut self, content: Content<N>, now: Monotonic, out: Out<'_, N>) {
        if !matches!(self.phase, Phase::Looking) {
            return;
        }
        match (self.work.take(), content) {
            (Some(Work::Showing), Content::Showing(all)) => {
                self.screen.restore(all, now, self.held.now());
                self.work = Some(Work::All);
            }
            (Some(Work::All), Content::Subscriptions { pending, held }) => {
                for key in pending {
                    self.waiting.put(key, Due::Replay);
                }
                self.are_held(held);
            }
            (Some(Work::One(key, Stage::Count(few, others))), Content::Count(count)) => {
                let stage = if count > few { self.urgent(others) } else { Stage::Each };
                self.work = Some(Work::One(key, stage));
            }
            (Some(Work::One(key, Stage::Sequences(others))), Content::Sequences(sequences)) => {
                for sequence in sequences {
                    self.waiting.withdraw(Series { subscription: key.clone(), sequence });
                }
                match others {
                    Others::Late | Others::Away => {
                        let away = others == Others::Away;
                        self.work = Some(Work::One(key, Stage::Digest(away)));
                    }
                    Others::Fold | Others::Together => {
                        self.counter.put(key, others == Others::Together)
                    }
                }
            }
            (Some(Work::One(key, Stage::Urgent(others, _))), Content::Alert(None)) => {
                self.work = Some(Work::One(key, Stage::Sequences(others)));
            }
            (Some(Work::One(key, stage)), Content::Alert(Some(alert))) => {
                if let Some(shown) = self.unmarked(&alert.parts) {
                    self.work = stage.next().map(|stage| Work::One(key, stage));
                    return self.write_down(shown, out);
                }
                if self.has_place(&key, &alert, now) {
                    return self.show(key, stage, alert, now, out);
                }
                match stage {
                    Stage::Urgent(others, _) => {
                        self.work = Some(Work::One(key, Stage::Sequences(others)));
                    }
                    Stage::Digest(away) => self.counter.put(key, away),
                    _ => self.work = Some(Work::One(key, self.urgent(Others::Fold))),
                }
            }
            (Some(Work::Count { replaces, .. }), Content::Folded(Some((alert, folded)))) => {
                let (request, becomes) = (self.request(), Outcome::Folded);
                let folds = Some(Folds { folded, replaces });
                let server = self.owner.clone();
                let (again, is_read) = (false, false);
                let call = Call { request, server, alert, becomes, folds, again, is_read };
                return self.send(call, now, out);
            }
            // Nothing waits of it any more.
            _ => {}
        }
        self.go_on(now, out);
    }

    /// Those of the highest priority come first, as far as there are places.
    fn urgent(&self, others: Others) -> Stage {
        let free = URGENT_PLACES.saturating_sub(self.screen.urgent());
        Stage::after_urgent(others, u32::try_from(free).unwrap_or(u32::MAX))
    }

    /// Whether there is a place for it. What goes on in the place of its own series needs no other.
    fn has_place(&self, key: &str, alert: &Alert<N>, now: Monotonic) -> bool {
        let series =
            |sequence: &String| Series { subscription: key.to_owned(), sequence: sequence.clone() };
        let own = alert.sequence.as_ref().map(series);
        let own = own.and_then(|series| self.screen.place(&series, now));
        if own.is_some_and(|urgent| urgent == alert.urgent) {
            return true;
        }
        if alert.urgent {
            return self.screen.urgent() < URGENT_PLACES;
        }
        let taken = self.screen.others(now) + usize::from(self.counter.has_place(now));
        !self.counter.counts(key, now) && taken < PLACES
    }

    fn show(
        &mut self,
        key: String,
        stage: Stage,
        alert: Alert<N>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        let is_digest = matches!(stage, Stage::Digest(_));
        self.work = stage.next().map(|stage| Work::One(key, stage));
        let becomes = if is_digest { Outcome::Digest } else { Outcome::Shown };
        let (request, server) = (self.request(), self.owner.clone());
        let (folds, again, is_read) = (None, false, false);
        self.send(Call { request, server, alert, becomes, folds, again, is_read }, now, out);
    }
}
