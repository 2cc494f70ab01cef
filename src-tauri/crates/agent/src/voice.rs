//! The shell of [`hark_engine::voice`]: it tells it how the links are, and puts what is to be told into the
//! person's language, as messages of Hark's own. It does not decide what is told or when.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hark_api::{Cause, Class, Link, Phase};
use hark_engine::{
    Monotonic, failure,
    message::{Message, Priority, Sequence},
    voice::{self, Effect, Input, State},
};
use hark_platform::clock;
use hark_store::{Query, Shown, StoreError};

use crate::{
    alerts::{Due, Outbox},
    ledger::Ledger,
    own,
    status::Status,
    words::Language,
};

/// What the names of the sequences begin with, before the number of the telling.
const SEQUENCE: &str = "connections ";
/// Of several, so many are named, each reason with those that have it.
const NAMED_MAX: usize = 4;
/// What could not be written down is said once more after so long.
const AGAIN: Duration = Duration::from_secs(5);
/// Messages of an earlier run that are looked through for what it told.
const EARLIER_MAX: u32 = 50;

/// See the module. Clones share it.
#[derive(Clone, Debug)]
pub struct Voice(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    status: Status,
    ledger: Ledger,
    alerts: Outbox,
    language: Language,
    speech: Mutex<Speech>,
}

#[derive(Debug, Default)]
struct Speech {
    voice: voice::Voice,
    /// The id of the message of each telling.
    told: BTreeMap<u64, i64>,
    /// What is still to be said, as the database could not be written.
    unsaid: VecDeque<Effect>,
    /// When that is tried again.
    again: Option<Monotonic>,
}

impl Speech {
    /// What is over before it was said is not said.
    fn add(&mut self, effect: Effect) {
        let of = |effect: &Effect| match effect {
            Effect::Tell { telling, .. } => Some(*telling),
            Effect::Back { .. } | Effect::Withdraw { .. } => None,
        };
        if let Effect::Back { telling, .. } | Effect::Withdraw { telling } = &effect
            && let Some(at) = self.unsaid.iter().position(|it| of(it) == Some(*telling))
        {
            self.unsaid.remove(at);
        } else {
            self.unsaid.push_back(effect);
        }
    }
}

impl Voice {
    /// A voice that speaks of the links of this status. What an earlier run told is taken from the screen,
    /// as this one does not know whether it still holds.
    #[must_use]
    pub fn new(status: Status, ledger: Ledger, alerts: Outbox) -> Self {
        let query =
            Query { limit: EARLIER_MAX, subscription: Some(own::KEY.into()), ..Query::default() };
        // A failure is a condition already.
        let earlier = ledger.read(|store| store.messages(&query)).unwrap_or_default();
        let sequences = earlier.into_iter().filter_map(|row| row.message.sequence);
        for sequence in sequences.filter(|sequence| sequence.id.starts_with(SEQUENCE)) {
            alerts.withdraw(own::KEY, &sequence.id);
        }
        let (language, speech) = (Language::of_system(), Mutex::default());
        Self(Arc::new(Inner { status, ledger, alerts, language, speech }))
    }

    /// The links, or the settings, may have changed.
    pub fn refresh(&self) {
        let links = self.0.status.links();
        let states = links.iter().map(|link| (link.subscription.clone(), of_link(link)));
        let (states, tell_after) = (states.collect(), self.0.status.tell_after());
        self.hear(Input::TellAfter(tell_after));
        self.hear(Input::Links(states));
    }

    /// The computer woke.
    pub fn woke(&self) {
        self.hear(Input::Woke);
    }

    /// When [`Self::refresh`] is to be called at the latest.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Monotonic> {
        let speech = self.speech();
        [speech.voice.poll_deadline(), speech.again].into_iter().flatten().min()
    }

    fn hear(&self, input: Input) {
        let mut effects = Vec::new();
        {
            let mut speech = self.speech();
            speech.voice.handle(input, clock::now(), &mut effects);
            effects.into_iter().for_each(|effect| speech.add(effect));
        }
        // In their order.
        while let Some(next) = { self.speech().unsaid.pop_front() } {
            if self.say(&next).is_err() {
                let mut speech = self.speech();
                speech.unsaid.push_front(next);
                speech.again = Some(clock::now().monotonic + AGAIN);
                return;
            }
        }
        self.speech().again = None;
    }

    /// A failure is a condition as well.
    fn say(&self, effect: &Effect) -> Result<(), StoreError> {
        let language = self.0.language;
        match effect {
            Effect::Tell { telling, keys, .. } => {
                let all = self.0.status.links();
                let links = all.iter().filter(|link| keys.contains(&link.subscription));
                let links: Vec<_> =
                    links.filter_map(|link| Some((&*link.name, cause(link)?))).collect();
                // One that is about to come back has none just now.
                match links.is_empty() {
                    true => Ok(()),
                    false => self.put(*telling, problem(&links, language)),
                }
            }
            Effect::Back { telling, keys, after, caught_up }
                if self.is_on_the_screen(*telling)? =>
            {
                let names: Vec<_> = keys.iter().map(|key| self.0.status.name(key)).collect();
                self.put(*telling, back(&names, *after, *caught_up, language))?;
                self.speech().told.remove(telling);
                Ok(())
            }
            // Who was never told that they were away is not told that they are back.
            Effect::Back { telling, .. } | Effect::Withdraw { telling } => {
                let sequence = sequence(*telling);
                own::take_back(&self.0.ledger, &sequence, clock::now().wall)?;
                self.speech().told.remove(telling);
                self.0.alerts.withdraw(own::KEY, &sequence);
                Ok(())
            }
        }
    }

    fn put(&self, telling: u64, message: Message) -> Result<(), StoreError> {
        let id = Sequence { id: (&*sequence(telling)).into(), replaces: true, begins: false };
        let message = Message { sequence: Some(id), ..message };
        if let Some(id) = own::say(&self.0.ledger, message, clock::now().wall)? {
            self.speech().told.insert(telling, id);
            self.0.alerts.put(own::KEY, Due::Live);
        }
        Ok(())
    }

    fn is_on_the_screen(&self, telling: u64) -> Result<bool, StoreError> {
        let Some(id) = self.speech().told.get(&telling).copied() else { return Ok(false) };
        let row = self.0.ledger.read(|store| store.message(id))?;
        let is_shown = |shown| matches!(shown, Shown::Shown | Shown::Digest | Shown::Folded);
        Ok(row.is_some_and(|row| is_shown(row.shown)))
    }

    fn speech(&self) -> MutexGuard<'_, Speech> {
        self.0.speech.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sequence(telling: u64) -> String {
    format!("{SEQUENCE}{telling}")
}

fn of_link(link: &Link) -> (State, u64) {
    let state = match &link.phase {
        Phase::Streaming { catching_up: false, .. } => State::Well,
        Phase::Idle | Phase::Streaming { .. } | Phase::Dialing { cause: None, .. } => {
            State::Between
        }
        Phase::Dialing { cause: Some(cause), .. } | Phase::BackingOff { cause, .. } => {
            State::Down(class(cause.class))
        }
        Phase::Halted { .. } => State::Down(failure::Class::Refused),
        Phase::Paused => State::Off,
    };
    (state, link.messages)
}

fn cause(link: &Link) -> Option<&Cause> {
    match &link.phase {
        Phase::Dialing { cause, .. } => cause.as_ref(),
        Phase::BackingOff { cause, .. } | Phase::Halted { cause } => Some(cause),
        Phase::Idle | Phase::Streaming { .. } | Phase::Paused => None,
    }
}

fn class(class: Class) -> failure::Class {
    match class {
        Class::Local => failure::Class::Local,
        Class::Network => failure::Class::Network,
        Class::Server => failure::Class::Server,
        Class::Routine => failure::Class::Routine,
        Class::Refused => failure::Class::Refused,
        Class::Protocol => failure::Class::Protocol,
    }
}

/// That these are not connected, each with its name and reason.
fn problem(links: &[(&str, &Cause)], language: Language) -> Message {
    let reason = |cause: &Cause| match language {
        Language::English => cause.sentence.clone(),
        // The sentences of causes are English; the window has each in Chinese.
        Language::Chinese => language.of_class(cause.class).to_owned(),
    };
    let (title, body) = match links {
        [(name, cause)] => (language.not_connected(name), reason(cause)),
        several => {
            // A reason is said once, however many have it.
            let mut reasons: Vec<(Vec<&str>, String)> = Vec::new();
            for (name, cause) in several.iter().take(NAMED_MAX) {
                let why = reason(cause);
                match reasons.iter_mut().find(|(_, known)| *known == why) {
                    Some((names, _)) => names.push(name),
                    None => reasons.push((vec![name], why)),
                }
            }
            let line = |(names, why): &(Vec<&str>, String)| language.all_of(names, why);
            let mut lines: Vec<String> = reasons.iter().map(line).collect();
            if let more @ 1.. = several.len().saturating_sub(NAMED_MAX) {
                lines.push(language.and_more(more));
            }
            let all = language.subscriptions(several.len());
            (language.not_connected(&all), lines.join("\n"))
        }
    };
    Message { title: (&*title).into(), ..Message::of_text(&body) }
}

/// That these are connected again.
fn back(names: &[String], after: Duration, caught_up: u64, language: Language) -> Message {
    let title = match names {
        [name] => language.is_back(name),
        several => language.are_back(several.len()),
    };
    let body = language.back_after(after, caught_up);
    let priority = Priority::clamped(2);
    Message { title: (&*title).into(), priority, ..Message::of_text(&body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sentence: &str) -> Cause {
        let (code, sentence) = ("connection refused".into(), sentence.into());
        Cause { class: Class::Network, code, sentence }
    }

    #[test]
    fn one_problem_says_its_reason_and_several_a_few() {
        let cause = refused("http://a refused the connection.");
        let said = |links: &[(&str, &Cause)], language| {
            let Message { title, body, .. } = problem(links, language);
            (title.to_string(), body.to_string())
        };
        let (title, body) = said(&[("Builds", &cause)], Language::English);
        assert_eq!(title, "Builds: not connected");
        assert_eq!(body, "http://a refused the connection.");
        let all: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|name| (name, &cause)).to_vec();
        let (title, body) = said(&all, Language::English);
        assert_eq!(title, "6 subscriptions: not connected");
        assert_eq!(body, "a, b, c, d: http://a refused the connection.\n… and 2 more");
        let other = refused("http://b refused the connection.");
        let three = [("a", &cause), ("b", &other), ("c", &cause)];
        let wanted = "a, c: http://a refused the connection.\nb: http://b refused the connection.";
        assert_eq!(said(&three, Language::English).1, wanted);
        let chinese = said(&[("甲", &cause), ("乙", &cause)], Language::Chinese).1;
        assert_eq!(chinese, "甲、乙：网络或服务器没有响应。");
        let (title, body) = said(&[("构建", &cause)], Language::Chinese);
        assert_eq!((&*title, &*body), ("构建：未连接", "网络或服务器没有响应。"));
    }

    #[test]
    fn what_is_back_says_after_how_long_and_what_it_brought() {
        let said = |names: &[&str], seconds, count, language| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let Message { title, body, .. } =
                back(&names, Duration::from_secs(seconds), count, language);
            format!("{title} / {body}")
        };
        let english = Language::English;
        let wanted = "Builds is back / After 12 min. 3 messages caught up.";
        assert_eq!(said(&["Builds"], 725, 3, english), wanted);
        assert_eq!(said(&["Builds"], 125, 0, english), "Builds is back / After 2 min.");
        let wanted = "2 subscriptions are back / After 2 h 5 min. 1 message caught up.";
        assert_eq!(said(&["a", "b"], 7_530, 1, english), wanted);
        let wanted = "构建 已恢复 / 中断 12 分钟。补收 3 条消息。";
        assert_eq!(said(&["构建"], 725, 3, Language::Chinese), wanted);
    }
}
