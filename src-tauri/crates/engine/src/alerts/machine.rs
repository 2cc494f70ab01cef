//! The transitions of the alerts. `on_*` handle one input each; each state owns its data.

use std::{collections::VecDeque, mem};

use super::{
    ANSWER_TIMEOUT, Deadline, Due, Effect, Failure, Input, NEWS_FOR, Part, RETRY, Reason, Request,
    Target, Timer,
    attempts::Attempts,
    call::{Become, Call, Leftover},
    counter::Counter,
    held::Held,
    screen::Screen,
    waiting::Waiting,
    work::Work,
};
use crate::{Moment, Monotonic};

/// Numbers of other programs' notifications may be told as well; of more than these none is remembered.
const EARLY_MAX: usize = 64;
/// Of so many it is remembered that they are shown and not written down.
const UNMARKED_MAX: usize = 64;

/// See the [module](super).
#[derive(Clone, Debug)]
pub struct Alerts<N> {
    pub(super) phase: Phase<N>,
    requests: u64,
    /// The name of the server that it met last; empty before the first on this bus.
    pub(super) owner: String,
    /// What the bus said last of the server while there was no time for it.
    pub(super) owner_change: Option<bool>,
    /// Whether another server has come since, or this one has gone: numbers that are told are none of this
    /// one's then, but perhaps those of other programs.
    is_other: bool,
    /// What was told to be gone since the last was sent, without being known, and whether by the person: it
    /// may be the one that was sent.
    early: Vec<(u32, bool)>,
    pub(super) waiting: Waiting,
    pub(super) work: Option<Work>,
    pub(super) screen: Screen,
    pub(super) counter: Counter,
    pub(super) held: Held,
    pub(super) attempts: Attempts,
    /// What is being written down.
    marking: Option<Become>,
    /// What could not be, and is on the screen: it is not shown again for that.
    unmarked: VecDeque<Become>,
}

#[derive(Clone, Debug)]
pub(super) enum Phase<N> {
    /// Not started.
    Idle,
    /// The session bus is connected to.
    Connecting { request: Request, until: Monotonic },
    /// There is no session bus.
    Offline { until: Monotonic },
    /// The server is asked who it is.
    Meeting { request: Request, until: Monotonic, unanswered: Option<Leftover<N>> },
    /// Nobody shows alerts.
    Absent { until: Monotonic, unanswered: Option<Leftover<N>> },
    /// The server answers again, and so soon answers what it was sent before, or never.
    Settling { call: Call<N>, until: Monotonic },
    /// All is done.
    Ready,
    /// The shell looks into the outbox, for what the work is about.
    Looking,
    /// A notification was sent.
    Showing {
        call: Call<N>,
        until: Monotonic,
        /// Whether the server has answered something else since. Then this is waited for no longer.
        last: bool,
    },
    /// It took long: the server is asked whether it answers anything.
    Doubting { call: Call<N>, request: Request, until: Monotonic },
    /// It was refused, and is sent once more.
    Refused { call: Call<N>, until: Monotonic },
    /// What became of it is written down.
    Marking,
    /// A notification that was taken back is closed.
    Closing { request: Request, until: Monotonic },
}

pub(super) type Out<'a, N> = &'a mut Vec<Effect<N>>;

impl<N> Default for Alerts<N> {
    /// Before the start.
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            requests: 0,
            owner: String::new(),
            owner_change: None,
            is_other: false,
            early: Vec::new(),
            waiting: Waiting::default(),
            work: None,
            screen: Screen::default(),
            counter: Counter::default(),
            held: Held::default(),
            attempts: Attempts::default(),
            marking: None,
            unmarked: VecDeque::new(),
        }
    }
}

impl<N: Clone> Alerts<N> {
    /// When to hand in [`Input::Deadline`], and what for.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Timer> {
        match &self.phase {
            Phase::Idle | Phase::Looking | Phase::Marking => None,
            Phase::Ready => {
                let count = self.counter.due().map(|at| (at, Deadline::Count));
                let silence = self.held.due().map(|at| (at, Deadline::Silence));
                let stay = self.screen.overstays().map(|(_, at)| (at, Deadline::Stay));
                [count, silence, stay].into_iter().flatten().min()
            }
            Phase::Connecting { until, .. }
            | Phase::Meeting { until, .. }
            | Phase::Showing { until, .. }
            | Phase::Doubting { until, .. }
            | Phase::Closing { until, .. } => Some((*until, Deadline::Answer)),
            Phase::Settling { until, .. } => Some((*until, Deadline::Settle)),
            Phase::Refused { until, .. } => Some((*until, Deadline::Refused)),
            Phase::Offline { until } | Phase::Absent { until, .. } => {
                Some((*until, Deadline::Retry))
            }
        }
    }

    /// Takes one input and appends what is to be done, in order.
    pub fn handle(&mut self, input: Input<N>, now: Moment, out: Out<'_, N>) {
        if let Input::Met(_, Ok(_)) = &input
            && let Ok(before) = now.wall.checked_sub(NEWS_FOR)
        {
            out.push(Effect::Expire(before));
        }
        self.held.at(now.wall);
        self.take(input, now.monotonic, out);
        self.go_on_after(now, out);
    }

    /// What may be told now is.
    fn go_on_after(&mut self, now: Moment, out: Out<'_, N>) {
        if self.release(now) {
            self.wake(now.monotonic, out);
        }
        self.recheck(now);
    }

    fn take(&mut self, input: Input<N>, now: Monotonic, out: Out<'_, N>) {
        match input {
            Input::Silences(silences) => {
                self.held.set(silences);
                self.sift_again();
            }
            Input::Start if matches!(self.phase, Phase::Idle) => self.connect(now, out),
            Input::Start => {}
            Input::Connected(request, is_there) => self.on_connected(request, is_there, now, out),
            Input::Disconnected => self.on_disconnected(now),
            Input::Due(key, due) => {
                // At once, as what is under way may already look for more of this subscription.
                if !self.is_silent(&key) || self.sift(&key, due, out).is_some() {
                    self.waiting.put(key, due);
                    self.wake(now, out);
                }
            }
            Input::Withdrawn(series) => {
                self.waiting.withdraw(series);
                self.wake(now, out);
            }
            Input::Owner(is_there) => self.on_owner(is_there, now, out),
            Input::Met(request, answer) => self.on_met(request, answer, now, out),
            Input::Shown(request, answer) => self.on_shown(request, answer, now, out),
            Input::Closed(request) => match self.phase {
                Phase::Closing { request: asked, .. } if asked == request => self.go_on(now, out),
                _ => {}
            },
            Input::Left(..) | Input::Clicked(_) | Input::Pressed(..) if self.is_other => {}
            Input::Left(number, by_person) => self.on_left(number, by_person, out),
            Input::Read(ids) => {
                self.read(&ids);
                self.wake(now, out);
            }
            Input::Clicked(number) => {
                let own = self.screen.target(number);
                let target = own.or_else(|| self.counter.latest(number).map(Target::Message));
                out.extend(target.map(Effect::Open));
            }
            Input::Pressed(number, button) => {
                let message = self.screen.message(number);
                out.extend(message.map(|message| Effect::Act { message, number, button }));
            }
            Input::Replied(number, text) => {
                let message = self.screen.message(number);
                out.extend(message.map(|message| Effect::Reply { message, number, text }));
            }
            Input::Cleared(number) => {
                if self.screen.message(number).is_some() {
                    self.waiting.read(number);
                    self.wake(now, out);
                }
            }
            Input::NotHeld(key) => self.not_held(key, now),
            Input::Content(content) => self.on_content(content, now, out),
            Input::Marked(is_written) => self.on_marked(is_written, now, out),
            Input::Deadline => self.on_deadline(now, out),
        }
    }

    /// Whether it is still of account what this request is answered.
    #[cfg(test)]
    pub(super) fn awaits(&self, request: Request) -> bool {
        let call = match &self.phase {
            Phase::Showing { call, .. }
            | Phase::Doubting { call, .. }
            | Phase::Settling { call, .. } => Some(call),
            Phase::Meeting { unanswered, .. } | Phase::Absent { unanswered, .. } => {
                unanswered.as_ref().map(|it| &it.call)
            }
            _ => None,
        };
        call.is_some_and(|call| call.request == request)
    }

    pub(super) fn request(&mut self) -> Request {
        self.requests += 1;
        Request(self.requests)
    }

    /// The phase, to go to another one from it.
    pub(super) fn leave(&mut self) -> Phase<N> {
        mem::replace(&mut self.phase, Phase::Idle)
    }

    fn connect(&mut self, now: Monotonic, out: Out<'_, N>) {
        let request = self.request();
        out.push(Effect::Connect(request));
        self.phase = Phase::Connecting { request, until: now + ANSWER_TIMEOUT };
    }

    fn on_connected(&mut self, request: Request, is_there: bool, now: Monotonic, out: Out<'_, N>) {
        match self.phase {
            Phase::Connecting { request: asked, .. } if asked == request => {}
            _ => return,
        }
        if !is_there {
            return self.no_bus(now, out);
        }
        self.owner_change = None;
        out.push(Effect::Nobody(false));
        self.meet(None, now, out);
    }

    fn no_bus(&mut self, now: Monotonic, out: Out<'_, N>) {
        out.push(Effect::Nobody(true));
        out.push(Effect::Unavailable(Reason::NoBus));
        self.phase = Phase::Offline { until: now + RETRY };
    }

    /// The server drops the notifications of a sender that has left the bus.
    fn on_disconnected(&mut self, now: Monotonic) {
        self.set_back();
        self.owner.clear();
        self.attempts = Attempts::default();
        self.forget_screen();
        self.phase = Phase::Offline { until: now + RETRY };
    }

    fn on_owner(&mut self, is_there: bool, now: Monotonic, out: Out<'_, N>) {
        self.is_other = true;
        let unanswered = match self.leave() {
            Phase::Ready => None,
            Phase::Absent { unanswered, .. } => unanswered,
            // First it is known what became of what is under way.
            phase => {
                self.phase = phase;
                self.owner_change = Some(is_there);
                return;
            }
        };
        match is_there {
            true => self.meet(unanswered, now, out),
            false => self.gone(Reason::NoServer, unanswered, now, out),
        }
    }

    /// Asks the server who it is, to show then what has waited.
    pub(super) fn meet(
        &mut self,
        unanswered: Option<Leftover<N>>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        self.set_back();
        let request = self.request();
        out.push(Effect::Ask(request));
        self.phase = Phase::Meeting { request, until: now + ANSWER_TIMEOUT, unanswered };
    }

    /// Nobody shows alerts: they wait until somebody does.
    pub(super) fn gone(
        &mut self,
        reason: Reason,
        unanswered: Option<Leftover<N>>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        self.set_back();
        out.push(Effect::Unavailable(reason));
        match self.owner_change.take() {
            Some(true) => self.meet(unanswered, now, out),
            _ => self.phase = Phase::Absent { until: now + RETRY, unanswered },
        }
    }

    /// What is not finished waits again.
    fn set_back(&mut self) {
        match self.work.take() {
            Some(Work::One(key, _)) => self.waiting.put(key, Due::Replay),
            Some(Work::Count { keys, .. }) => {
                keys.into_iter().for_each(|key| self.waiting.put(key, Due::Replay));
            }
            Some(Work::Showing | Work::All) | None => {}
        }
    }

    fn forget_screen(&mut self) {
        (self.screen, self.counter) = (Screen::default(), Counter::default());
        self.unmarked.clear();
        self.waiting.forget_numbers();
    }

    /// A notification is no longer on the screen. Answers of which messages it was, and whether it only
    /// counted them.
    pub(super) fn left(&mut self, number: u32, out: Out<'_, N>) -> Option<(Vec<Part>, bool)> {
        let shown = self.screen.remove(number).map(|it| (it.parts, it.count > 1));
        let counted = self.counter.remove(number);
        let counted =
            counted.map(|it| (it.counts.into_iter().map(|(part, _)| part).collect(), true));
        let gone = shown.or(counted);
        out.extend(gone.is_some().then_some(Effect::Forget(number)));
        gone
    }

    fn on_left(&mut self, number: u32, by_person: bool, out: Out<'_, N>) {
        match self.left(number, out) {
            Some((parts, counted)) if by_person => out.push(Effect::Dismissed { parts, counted }),
            None if self.early.len() < EARLY_MAX => self.early.push((number, by_person)),
            Some(_) | None => {}
        }
    }

    /// A notification is shown. It may be gone since before that was told.
    pub(super) fn left_early(&mut self, number: u32, out: Out<'_, N>) {
        let told = self.early.iter().find(|(known, _)| *known == number).copied();
        self.early.clear();
        if let Some((number, by_person)) = told {
            self.on_left(number, by_person, out);
        }
    }

    /// Messages were read: a notification whose latest message is one of them says nothing new.
    fn read(&mut self, ids: &[i64]) {
        let counter = self.counter.number().filter(|number| {
            self.counter.latest(*number).is_some_and(|latest| ids.contains(&latest))
        });
        for number in self.screen.of_messages(ids).into_iter().chain(counter) {
            self.waiting.read(number);
        }
        if let Some(call) = self.under_way() {
            call.is_read |= call.latest().is_some_and(|latest| ids.contains(&latest));
        }
    }

    /// What was sent, and of which it is not known yet what became of it.
    fn under_way(&mut self) -> Option<&mut Call<N>> {
        match &mut self.phase {
            Phase::Showing { call, .. }
            | Phase::Doubting { call, .. }
            | Phase::Refused { call, .. }
            | Phase::Settling { call, .. } => Some(call),
            Phase::Meeting { unanswered, .. } | Phase::Absent { unanswered, .. } => {
                unanswered.as_mut().map(|it| &mut it.call)
            }
            _ => None,
        }
    }

    fn on_met(
        &mut self,
        request: Request,
        answer: Result<String, Failure>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        match self.leave() {
            Phase::Meeting { request: asked, unanswered, .. } if asked == request => match answer {
                Ok(owner) => self.on_owner_known(owner, unanswered, now, out),
                Err(why) => self.gone(Reason::Failure(why), unanswered, now, out),
            },
            Phase::Doubting { call, request: asked, .. } if asked == request => match answer {
                Ok(_) => {
                    self.phase = Phase::Showing { call, until: now + ANSWER_TIMEOUT, last: true };
                }
                Err(why) => self.is_frozen(call, why, now, out),
            },
            phase => self.phase = phase,
        }
    }

    fn on_owner_known(
        &mut self,
        owner: String,
        unanswered: Option<Leftover<N>>,
        now: Monotonic,
        out: Out<'_, N>,
    ) {
        let is_other = self.owner != owner;
        if is_other {
            // Another one counts anew: by these numbers it may know other programs' notifications.
            self.forget_screen();
            self.owner = owner;
        }
        self.is_other = false;
        out.push(Effect::Available);
        self.work = Some(if is_other { Work::Showing } else { Work::All });
        match unanswered {
            None => self.go_on(now, out),
            Some(Leftover { call, answer: Some(answer) }) => self.settle(&call, answer, now, out),
            Some(Leftover { call, answer: None }) => {
                self.phase = Phase::Settling { call, until: now + ANSWER_TIMEOUT };
            }
        }
    }

    /// Where it was not written the subscription has to wait, or the same alert would be sent again at
    /// once, and again.
    fn on_marked(&mut self, is_written: bool, now: Monotonic, out: Out<'_, N>) {
        if !matches!(self.phase, Phase::Marking) {
            return;
        }
        let marked = self.marking.take();
        if !is_written {
            self.work.take_if(|work| matches!(work, Work::One(..)));
            self.unmarked.extend(marked.filter(|it| it.showing.is_some()));
            if self.unmarked.len() > UNMARKED_MAX {
                self.unmarked.pop_front();
            }
        }
        self.go_on(now, out);
    }

    pub(super) fn write_down(&mut self, it: Become, out: Out<'_, N>) {
        let Become { parts, outcome, showing } = it.clone();
        out.push(Effect::Mark { parts, outcome, showing });
        self.marking = Some(it);
        self.phase = Phase::Marking;
    }

    /// What was shown of these messages, is so still, and was not written down.
    pub(super) fn unmarked(&mut self, parts: &[Part]) -> Option<Become> {
        let at = self.unmarked.iter().position(|it| it.parts == parts)?;
        let it = self.unmarked.remove(at)?;
        let there = self.screen.by_number(it.showing.as_ref().map(|it| it.number))?;
        (there.showing.parts == parts).then_some(it)
    }

    pub(super) fn send(&mut self, call: Call<N>, now: Monotonic, out: Out<'_, N>) {
        let replaces = match &call.folds {
            Some(folds) => folds.replaces,
            None => call.series().and_then(|series| self.screen.number(&series)),
        };
        self.early.clear();
        let notification = call.alert.notification.clone();
        out.push(Effect::Show { request: call.request, notification, replaces });
        self.phase = Phase::Showing { call, until: now + ANSWER_TIMEOUT, last: false };
    }

    fn on_deadline(&mut self, now: Monotonic, out: Out<'_, N>) {
        if self.poll_deadline().is_none_or(|(at, _)| now < at) {
            return;
        }
        match self.leave() {
            Phase::Connecting { .. } => self.no_bus(now, out),
            Phase::Offline { .. } => self.connect(now, out),
            Phase::Meeting { unanswered, .. } => {
                self.gone(Reason::Failure(Failure::Silent), unanswered, now, out);
            }
            Phase::Absent { unanswered, .. } => self.meet(unanswered, now, out),
            Phase::Settling { call, .. } => self.settle(&call, Err(Failure::Silent), now, out),
            Phase::Showing { call, last: false, .. } => {
                let request = self.request();
                out.push(Effect::Ask(request));
                self.phase = Phase::Doubting { call, request, until: now + ANSWER_TIMEOUT };
            }
            Phase::Showing { call, last: true, .. } => {
                self.answered(call, Err(Failure::Silent), now, out);
            }
            Phase::Doubting { call, .. } => self.is_frozen(call, Failure::Silent, now, out),
            // Another server is there: the number that it would replace is none of its own.
            Phase::Refused { .. } if self.owner_change.is_some() => self.go_on(now, out),
            Phase::Refused { call, .. } if call.is_read || self.is_silenced(&call) => {
                self.sift_again();
                let keys = call.alert.parts.into_iter().map(|part| part.subscription);
                keys.for_each(|key| self.waiting.put(key, Due::Live));
                self.go_on(now, out);
            }
            Phase::Refused { call, .. } => {
                let request = self.request();
                self.send(Call { request, again: true, ..call }, now, out);
            }
            // What else is to be closed waits: this server has no time for it.
            Phase::Closing { .. } => self.look(now, out),
            Phase::Ready => self.go_on(now, out),
            phase @ (Phase::Idle | Phase::Looking | Phase::Marking) => {
                self.phase = phase;
            }
        }
    }
}
