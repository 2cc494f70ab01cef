//! What is next, while the server has time: what was taken back is closed, then the outboxes are emptied,
//! one subscription after the other.

use super::{
    ANSWER_TIMEOUT, Alert, Alerts, Content, Due, Effect, Look, Outcome, REPLAY_ALERTS_MAX, Reason,
    Series, URGENT_MAX,
    machine::{Call, Out, Phase},
};
use crate::Monotonic;

/// What the outbox is looked into for.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// All that waits, after a server was met.
    All,
    /// The alerts of the subscription with this key.
    One(String, Stage),
}

/// How far the outbox of one subscription is emptied.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Are they many?
    Count,
    /// They are shown one by one.
    Each,
    /// They are many: so many more of the most urgent are shown.
    Urgent(u32),
    /// What is on the screen of sequences that are about to be counted is out of date.
    Sequences,
    /// The others are one notification.
    Digest,
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
        while let Some(series) = self.waiting.next_withdrawn() {
            let Some(number) = self.screen.number(&series) else { continue };
            self.screen.remove(number);
            let request = self.request();
            out.push(Effect::Close(request, number));
            self.phase = Phase::Closing { request, until: now + ANSWER_TIMEOUT };
            return;
        }
        self.look(out);
    }

    pub(super) fn look(&mut self, out: Out<'_, N>) {
        let next = || {
            let (key, due) = self.waiting.next_due()?;
            let stage = if due == Due::Live { Stage::Each } else { Stage::Count };
            Some(Work::One(key, stage))
        };
        let Some(work) = self.work.take().or_else(next) else {
            self.phase = Phase::Ready;
            return;
        };
        out.push(Effect::Look(match &work {
            Work::All => Look::Subscriptions,
            Work::One(key, Stage::Count) => Look::Count(key.clone()),
            Work::One(key, Stage::Each) => Look::Oldest(key.clone()),
            Work::One(key, Stage::Urgent(_)) => Look::Urgent(key.clone()),
            Work::One(key, Stage::Sequences) => {
                Look::Sequences(key.clone(), self.screen.sequences(key))
            }
            Work::One(key, Stage::Digest) => Look::Digest(key.clone()),
        }));
        self.work = Some(work);
        self.phase = Phase::Looking;
    }

    pub(super) fn on_content(&mut self, content: Content<N>, now: Monotonic, out: Out<'_, N>) {
        if !matches!(self.phase, Phase::Looking) {
            return;
        }
        match (self.work.take(), content) {
            (Some(Work::All), Content::Subscriptions(keys)) => {
                for key in keys {
                    self.waiting.put(key, Due::Replay);
                }
            }
            (Some(Work::One(key, Stage::Count)), Content::Count(count)) => {
                let many = count > REPLAY_ALERTS_MAX;
                let stage = if many { Stage::Urgent(URGENT_MAX) } else { Stage::Each };
                self.work = Some(Work::One(key, stage));
            }
            (Some(Work::One(key, Stage::Sequences)), Content::Sequences(sequences)) => {
                for sequence in sequences {
                    self.waiting.withdraw(Series { subscription: key.clone(), sequence });
                }
                self.work = Some(Work::One(key, Stage::Digest));
            }
            (Some(Work::One(key, Stage::Urgent(_))), Content::Alert(None)) => {
                self.work = Some(Work::One(key, Stage::Sequences));
            }
            (Some(Work::One(key, stage)), Content::Alert(Some(alert))) => {
                return self.show(key, stage, alert, now, out);
            }
            // Nothing waits of it any more.
            _ => {}
        }
        self.go_on(now, out);
    }

    fn show(
        &mut self,
        key: String,
        stage: Stage,
        alert: Alert<N>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        let next = match stage {
            Stage::Urgent(0 | 1) => Some(Stage::Sequences),
            Stage::Urgent(left) => Some(Stage::Urgent(left - 1)),
            Stage::Digest => None,
            stage => Some(stage),
        };
        self.work = next.map(|stage| Work::One(key.clone(), stage));
        let becomes = if next.is_none() { Outcome::Digest } else { Outcome::Shown };
        let request = self.request();
        self.send(Call { request, key, alert, becomes, again: false }, now, out);
    }
}
