//! What the notification server answers to a notification that it was sent, and what the alert becomes.

use super::{
    Alert, Alerts, Effect, Failure, Folded, Outcome, Part, REFUSED_RETRY, Reason, Request, Showing,
    call::{Become, Call, Folds, Leftover},
    machine::{Out, Phase},
    screen::Notification,
};
use crate::Monotonic;

impl<N: Clone> Alerts<N> {
    /// The server is there, and what it was sent before is answered. What it may be sent once more is
    /// among all that waits.
    pub(super) fn settle(
        &mut self,
        call: &Call<N>,
        answer: Result<u32, Failure>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        match self.judge(call, answer) {
            Ok(outcome) => self.mark(call, outcome, now, out),
            Err(_) => self.go_on(now, out),
        }
    }

    /// The server answers nothing. It may still show what it was sent as soon as it does, so that is not
    /// sent again, and nothing else before it is known.
    pub(super) fn is_frozen(
        &mut self,
        call: Call<N>,
        why: Failure,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        let unanswered = Leftover { call, answer: None };
        self.gone(Reason::Failure(why), Some(unanswered), now, out);
    }

    pub(super) fn on_shown(
        &mut self,
        request: Request,
        answer: Result<u32, Failure>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        match self.leave() {
            Phase::Showing { call, .. } | Phase::Doubting { call, .. }
                if call.request == request =>
            {
                self.answered(call, answer, now, out);
            }
            Phase::Settling { call, .. } if call.request == request => {
                self.settle(&call, answer, now, out);
            }
            Phase::Meeting { request: asked, until, unanswered: Some(Leftover { call, .. }) }
                if call.request == request =>
            {
                let unanswered = Some(Leftover { call, answer: Some(answer) });
                self.phase = Phase::Meeting { request: asked, until, unanswered };
            }
            Phase::Absent { unanswered: Some(Leftover { call, .. }), .. }
                if call.request == request =>
            {
                match self.judge(&call, answer) {
                    Ok(outcome) => {
                        // It answers again: it is met as a new one is.
                        self.owner_change = Some(true);
                        self.mark(&call, outcome, now, out);
                    }
                    Err(why) => self.gone(Reason::Failure(why), None, now, out),
                }
            }
            phase => self.phase = phase,
        }
    }

    /// What was sent is answered in time, or given up. One that is refused is tried once more, since some
    /// servers refuse what comes too fast.
    pub(super) fn answered(
        &mut self,
        call: Call<N>,
        answer: Result<u32, Failure>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        if matches!(answer, Err(Failure::Refused(_))) && !call.again {
            self.phase = Phase::Refused { call, until: now + REFUSED_RETRY };
            return;
        }
        match self.judge(&call, answer) {
            Ok(outcome) => self.mark(&call, outcome, now, out),
            Err(why) => self.gone(Reason::Failure(why), None, now, out),
        }
    }

    /// What an alert becomes that was sent. Whatever concerns it alone holds up no others.
    ///
    /// # Errors
    /// Where it waits for another server, since this one is gone.
    fn judge(
        &mut self,
        call: &Call<N>,
        answer: Result<u32, Failure>,
    ) -> Result<(Outcome, Option<u32>), Failure> {
        match answer {
            Ok(number) => Ok((call.becomes.clone(), Some(number))),
            Err(why @ Failure::Absent(_)) => Err(why),
            // One that ends every server that is to show it must not do so for ever.
            Err(why @ Failure::Vanished(_)) if self.attempts.failed(call.first()) => Err(why),
            Err(why) => Ok((Outcome::Refused(why), None)),
        }
    }

    /// The server shows what it was sent under this number.
    fn is_shown(
        &mut self,
        call: &Call<N>,
        number: u32,
        now: Monotonic,
        out: Out<'_, N>,
    ) -> Option<Showing> {
        let last = call.alert.parts.last()?;
        let Alert { urgent, stays, .. } = call.alert;
        let mut showing = Showing {
            server: self.owner.clone(),
            number,
            parts: call.alert.parts.clone(),
            count: call.alert.count,
            id: last.last,
            url: call.alert.url.clone(),
            series: call.series(),
            until: stays.and_then(|stays| self.held.now().checked_add(stays).ok()),
        };
        // Its number is noted anew with what it has become. Were it forgotten before, an agent that is killed in between
        // would not know it any more.
        self.screen.remove(number);
        self.counter.remove(number);
        let Some(Folds { folded, replaces }) = &call.folds else {
            let closes = stays.map(|stays| now + stays);
            let at = Some(now);
            self.put(Notification { at, urgent, closes, showing: showing.clone() }, out);
            return Some(showing);
        };
        for replaced in replaces.iter().filter(|it| **it != number) {
            self.left(*replaced, out);
        }
        (showing.parts, showing.id) = counted(folded, last);
        // An older one is still there, and is dismissed, clicked and closed as any other.
        if let Some((number, folded)) = self.counter.take_other(number) {
            let (parts, id) = counted(&folded, last);
            let (count, until) = (folded.count(), None);
            let showing = Showing { number, parts, id, count, until, ..showing.clone() };
            self.put(Notification { at: None, urgent: false, closes: None, showing }, out);
        }
        self.counter.shown(number, folded.clone(), now);
        Some(showing)
    }

    fn put(&mut self, notification: Notification, out: Out<'_, N>) {
        let gone = self.screen.put(notification);
        out.extend(gone.into_iter().map(Effect::Forget));
    }

    pub(super) fn mark(
        &mut self,
        call: &Call<N>,
        (outcome, number): (Outcome, Option<u32>),
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        self.attempts.done(call.first());
        let number = number.filter(|_| call.server == self.owner);
        let showing = number.and_then(|number| self.is_shown(call, number, now, out));
        self.write_down(Become { parts: call.alert.parts.clone(), outcome, showing }, out);
        if let Some(number) = number {
            if call.is_read {
                self.waiting.read(number);
            }
            self.left_early(number, out);
        }
    }
}

/// Of which messages a notification is that counts these, and the latest of them.
fn counted(folded: &Folded, last: &Part) -> (Vec<Part>, i64) {
    let parts = folded.counts.iter().map(|(part, _)| part.clone()).collect();
    (parts, folded.latest.first().copied().unwrap_or(last.last))
}
