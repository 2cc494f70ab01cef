//! Handlers: the commands that the person has set for what happens to subscriptions, as `[[handlers]]`. What is
//! wrong with one is said when the settings are read. What one runs never comes from anywhere but this file.

use std::{collections::BTreeSet, time::Duration};

use hark_engine::{
    handlers::{Escalates, On, Plan},
    span,
};
use serde::{Deserialize, Deserializer, de};

use super::{Credential, Settings, Subscription};

/// How many handlers there may be.
pub const HANDLERS_MAX: usize = 64;
/// How many arguments one may have, its program among them.
const ARGUMENTS_MAX: usize = 200;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 64;
/// How long a run may take where nothing is set, and at most.
const TIMEOUT: Duration = Duration::from_secs(60);
const TIMEOUT_MAX: Duration = Duration::from_secs(3600);
/// How long after a beginning none begins again, of one that is for problems.
const COOLDOWN: Duration = Duration::from_secs(60);
/// How often one begins within an hour: for problems, and for all else.
const AT_MOST: u32 = 10;
const AT_MOST_ELSE: u32 = 100;
/// The most that may be set, which is once a second.
const AT_MOST_MAX: u32 = 3_600;
/// How many of another's runs have to have failed.
const AFTER_FAILURES: u32 = 3;

/// One command for what happens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given")]
pub struct Handler {
    /// When it runs.
    pub plan: Plan,
    /// The program and its arguments.
    pub run: Vec<Word>,
    /// How long it may take.
    pub timeout: Duration,
}

/// All that is in force of handlers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandlerSet {
    /// In the order of the file.
    pub all: Vec<Handler>,
    /// The environment variables that none of them is given.
    pub secret_variables: BTreeSet<String>,
}

/// One argument of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// As it stands.
    Plain(String),
    /// What takes its place.
    Filled(Placeholder),
}

/// What takes the place of a whole argument. Nothing of it is a server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The subscription's key.
    Key,
    /// Its label.
    Name,
    /// What its link does.
    Phase,
    /// Why it is not connected, as a stable short phrase of Hark's.
    Cause,
    /// For how long, in whole seconds.
    Seconds,
}

impl Placeholder {
    const ALL: [(&'static str, Self); 5] = [
        ("{key}", Self::Key),
        ("{name}", Self::Name),
        ("{phase}", Self::Phase),
        ("{cause}", Self::Cause),
        ("{seconds}", Self::Seconds),
    ];
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    #[serde(default, deserialize_with = "on")]
    on: Vec<On>,
    #[serde(default)]
    subscription: Option<String>,
    #[serde(default, deserialize_with = "span::optional")]
    after: Option<Duration>,
    run: Vec<String>,
    #[serde(default, deserialize_with = "span::optional")]
    cooldown: Option<Duration>,
    #[serde(default)]
    at_most: Option<u32>,
    #[serde(default, deserialize_with = "span::optional")]
    timeout: Option<Duration>,
    #[serde(default)]
    repeat: bool,
    #[serde(default)]
    escalates: Option<String>,
    #[serde(default)]
    after_failures: Option<u32>,
}

/// One word, or several.
fn on<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<On>, D::Error> {
    let words = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(word) => vec![word],
        given => given.try_into().map_err(|_| de::Error::custom(unknown_on("")))?,
    };
    let known =
        |word: &String| On::of_word(word).ok_or_else(|| de::Error::custom(unknown_on(word)));
    words.iter().map(known).collect()
}

fn unknown_on(word: &str) -> String {
    let words: Vec<&str> = On::ALL.into_iter().map(On::word).collect();
    let words = words.join(", ");
    match word {
        "" => format!("`on` is one of {words}, or a list of them"),
        word => format!("nothing that happens is called {word:?}; known are {words}"),
    }
}

impl TryFrom<Given> for Handler {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        let name = given.name;
        let is_word = |name: &str| !name.trim().is_empty() && !name.chars().any(char::is_control);
        if !is_word(&name) || name.chars().count() > NAME_CHARS_MAX {
            return Err(format!(
                "a handler's name has 1 to {NAME_CHARS_MAX} characters in one line"
            ));
        }
        let wrong = |what: &str| Err(format!("handler {name:?}: {what}"));
        if given.run.first().is_none_or(|program| program.trim().is_empty()) {
            return wrong(
                "`run` names no program; write it like [\"systemctl\", \"restart\", \"push\"]",
            );
        }
        if given.run.len() > ARGUMENTS_MAX || given.run.iter().any(|word| word.contains('\0')) {
            return wrong(&format!("`run` has at most {ARGUMENTS_MAX} words, and no NUL in one"));
        }
        let run = match given.run.into_iter().map(word).collect::<Result<Vec<Word>, String>>() {
            Ok(run) => run,
            Err(problem) => return wrong(&problem),
        };
        if matches!(run.first(), Some(Word::Filled(_))) {
            return wrong("the program itself cannot be a placeholder");
        }
        let escalates = match (given.escalates, given.on.is_empty(), given.after_failures) {
            (None, false, None) => None,
            (None, false, Some(_)) => return wrong("`after_failures` is for one that `escalates`"),
            (None, true, _) => return wrong(&unknown_on("")),
            (Some(_), false, _) => {
                return wrong(
                    "one that `escalates` runs for what the other is for; leave out `on`",
                );
            }
            (Some(_), true, Some(0)) => return wrong("`after_failures` is at least 1"),
            (Some(handler), true, count) => {
                Some(Escalates { handler, after_failures: count.unwrap_or(AFTER_FAILURES) })
            }
        };
        let is_for_problems = is_for_problems(&given.on, escalates.as_ref());
        let at_most = if is_for_problems { AT_MOST } else { AT_MOST_ELSE };
        let at_most = given.at_most.unwrap_or(at_most);
        if !(1..=AT_MOST_MAX).contains(&at_most) {
            return wrong(&format!("`at_most` is 1 to {AT_MOST_MAX} an hour"));
        }
        let timeout = given.timeout.unwrap_or(TIMEOUT);
        if timeout > TIMEOUT_MAX {
            return wrong("`timeout` is at most 1h");
        }
        let cooldown = if is_for_problems { COOLDOWN } else { Duration::ZERO };
        let plan = Plan {
            name,
            on: given.on,
            subscription: given.subscription,
            after: given.after.unwrap_or_default(),
            cooldown: given.cooldown.unwrap_or(cooldown),
            at_most,
            repeat: given.repeat,
            escalates,
        };
        Ok(Self { plan, run, timeout })
    }
}

/// Whether a handler is for something that lasts until a connection stands again.
fn is_for_problems(on: &[On], escalates: Option<&Escalates>) -> bool {
    escalates.is_some() || on.iter().any(|on| on.is_problem())
}

/// One argument: a placeholder where it looks like one.
fn word(text: String) -> Result<Word, String> {
    let found = Placeholder::ALL.into_iter().find(|(mark, _)| text.contains(mark));
    if let Some((mark, placeholder)) = found {
        return match text == mark {
            true => Ok(Word::Filled(placeholder)),
            false => Err(format!(
                "{mark} takes the place of a whole argument, and not of a part of {text:?}"
            )),
        };
    }
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match inner {
        Some(word)
            if !word.is_empty()
                && word.chars().all(|char| char.is_alphanumeric() || char == '_') =>
        {
            let known: Vec<&str> = Placeholder::ALL.iter().map(|(mark, _)| *mark).collect();
            Err(format!("there is no placeholder {text:?}; known are {}", known.join(", ")))
        }
        _ => Ok(Word::Plain(text)),
    }
}

/// What is wrong with the handlers beside each other and the subscriptions: of which one, and what.
pub(super) fn problem(settings: &Settings) -> Option<(usize, String)> {
    let all = &settings.handlers;
    if all.len() > HANDLERS_MAX {
        return Some((HANDLERS_MAX, format!("there may be {HANDLERS_MAX} handlers at most")));
    }
    all.iter().enumerate().find_map(|(at, one)| {
        let Plan { name, subscription, escalates, .. } = &one.plan;
        if all[..at].iter().any(|other| other.plan.name == *name) {
            return Some((at, format!("two handlers are called {name:?}; give one another name")));
        }
        if let Some(key) = subscription.as_ref().filter(|key| !settings.subscriptions.contains_key(*key)) {
            let message = format!(
                "handler {name:?} is for the subscription {key:?}, which these settings do not have"
            );
            return Some((at, message));
        }
        let from = &escalates.as_ref()?.handler;
        let known = all.iter().find(|other| other.plan.name == *from);
        if from == name || known.is_none() {
            let message = format!("handler {name:?} escalates {from:?}, and there is no such other one");
            return Some((at, message));
        }
        if let Some(members) = circle(all, name) {
            let members: Vec<String> = members.iter().map(|name| format!("{name:?}")).collect();
            let message = format!(
                "the handlers {} escalate each other in a circle, and so none of them would ever run; give \
                 one of them an `on` in the place of `escalates`",
                members.join(", ")
            );
            return Some((at, message));
        }
        let lasts = |other: &Handler| {
            is_for_problems(&other.plan.on, other.plan.escalates.as_ref())
        };
        (!known.is_some_and(lasts)).then(|| {
            let message = format!(
                "handler {name:?} escalates {from:?}, which is for nothing that lasts, and so cannot \
                 fail to mend it"
            );
            (at, message)
        })
    })
}

/// The handlers that escalate each other from this one back to it.
fn circle<'a>(all: &'a [Handler], from: &'a str) -> Option<Vec<&'a str>> {
    let mut members = vec![from];
    loop {
        let one = all.iter().find(|one| Some(&&*one.plan.name) == members.last())?;
        let next = &*one.plan.escalates.as_ref()?.handler;
        if next == from {
            return Some(members);
        }
        // A circle further on is said of those that are in it.
        if members.contains(&next) {
            return None;
        }
        members.push(next);
    }
}

/// One that another takes over from goes on trying.
pub(super) fn repeat_what_escalates(handlers: &mut [Handler]) {
    let plans = handlers.iter().filter_map(|one| one.plan.escalates.as_ref());
    let from: BTreeSet<String> = plans.map(|it| it.handler.clone()).collect();
    for one in handlers.iter_mut().filter(|one| from.contains(&one.plan.name)) {
        one.plan.repeat = true;
    }
}

impl Settings {
    /// The handlers, and what they are not given.
    #[must_use]
    pub fn handler_set(&self) -> HandlerSet {
        let (all, secret_variables) = (self.handlers.clone(), self.secret_variables());
        HandlerSet { all, secret_variables }
    }

    /// The environment variables that hold secrets of these settings. No handler is given one.
    #[must_use]
    fn secret_variables(&self) -> BTreeSet<String> {
        let all = self.subscriptions.values().flat_map(Subscription::secrets);
        all.filter_map(|(one, _)| match one {
            Credential::Env(name) => Some(name.clone()),
            Credential::File(_) | Credential::Command(_) => None,
        })
        .collect()
    }
}
