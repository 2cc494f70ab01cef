//! What a handler is given: its arguments, its environment and its input. What a server sent is in the last two
//! alone.

use std::{collections::BTreeSet, ffi::OsString};

use hark_api as api;
use hark_config::settings::{Placeholder, Word};
use hark_engine::handlers::{
    On,
    variables::{self, Told, Variable},
};
use serde::Serialize;

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct About {
    pub(super) handler: String,
    pub(super) on: On,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) phase: &'static str,
    pub(super) cause: Option<api::Cause>,
    pub(super) since: api::Time,
    pub(super) seconds: u64,
    pub(super) by_hand: bool,
    pub(super) message: Option<api::Message>,
}

/// The program and its arguments.
pub(super) fn words(run: &[Word], about: &About) -> Vec<OsString> {
    let filled = |word: &Word| match word {
        Word::Plain(text) => text.clone(),
        Word::Filled(Placeholder::Key) => about.key.clone(),
        Word::Filled(Placeholder::Name) => about.name.clone(),
        Word::Filled(Placeholder::Phase) => about.phase.to_owned(),
        Word::Filled(Placeholder::Cause) => {
            about.cause.as_ref().map_or("none", |cause| &cause.code).to_owned()
        }
        Word::Filled(Placeholder::Seconds) => about.seconds.to_string(),
    };
    run.iter().map(|word| OsString::from(filled(word).replace('\0', ""))).collect()
}

/// All of its environment. `own` is the agent's; what is secret in it is left out.
pub(super) fn environment(
    about: &About,
    own: impl IntoIterator<Item = (OsString, OsString)>,
    secret: &BTreeSet<String>,
) -> Vec<(OsString, OsString)> {
    variables::environment(told(about), own, secret)
}

fn told(about: &About) -> Vec<Variable> {
    let mut all = vec![
        ("HARK_HANDLER", about.handler.clone()),
        ("HARK_ON", about.on.word().to_owned()),
        ("HARK_KEY", about.key.clone()),
        ("HARK_NAME", about.name.clone()),
        ("HARK_PHASE", about.phase.to_owned()),
        ("HARK_SECONDS", about.seconds.to_string()),
    ];
    if about.by_hand {
        all.push(("HARK_BY_HAND", "1".to_owned()));
    }
    if let Some(cause) = &about.cause {
        all.push(("HARK_CAUSE", cause.code.clone()));
        all.push(("HARK_SENTENCE", cause.sentence.clone()));
    }
    if let Some(message) = &about.message {
        let told = Told {
            title: &message.title,
            body: &message.body,
            tags: &message.tags.join(","),
            topic: message.topic.as_deref().unwrap_or_default(),
            priority: message.priority,
            url: message.url.as_deref().unwrap_or_default(),
            time: &message.time.to_string(),
        };
        all.extend(told.variables());
    }
    all
}

/// What it reads: all of it, as one line of JSON.
pub(super) fn input(about: &About) -> Vec<u8> {
    let mut line = serde_json::to_vec(about).unwrap_or_default();
    line.push(b'\n');
    line
}

/// What a link does, in a word.
pub(super) fn phase(phase: Option<&api::Phase>) -> &'static str {
    match phase {
        Some(api::Phase::Idle) | None => "idle",
        Some(api::Phase::Dialing { .. }) => "dialing",
        Some(api::Phase::Streaming { .. }) => "streaming",
        Some(api::Phase::BackingOff { .. }) => "backing_off",
        Some(api::Phase::Paused) => "paused",
        Some(api::Phase::Halted { .. }) => "halted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        let (class, code) = (api::Class::Network, "connection refused".to_owned());
        let sentence = "$(id)\0\n--flag".to_owned();
        About {
            handler: "restart".to_owned(),
            on: On::Down,
            key: "builds".to_owned(),
            name: "--all $(id)".to_owned(),
            phase: "dialing",
            cause: Some(api::Cause { class, code, sentence }),
            since: api::Time(jiff::Timestamp::UNIX_EPOCH),
            seconds: 7,
            by_hand: false,
            message: None,
        }
    }

    fn value(all: &[(OsString, OsString)], name: &str) -> Option<String> {
        let found = all.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_placeholder_fills_one_argument_and_no_word_of_a_server_does() {
        let mut run = vec![Word::Plain("a;b $(c)".to_owned())];
        for one in [
            Placeholder::Key,
            Placeholder::Name,
            Placeholder::Phase,
            Placeholder::Cause,
            Placeholder::Seconds,
        ] {
            run.push(Word::Filled(one));
        }
        let wanted = ["a;b $(c)", "builds", "--all $(id)", "dialing", "connection refused", "7"];
        assert_eq!(words(&run, &about()), wanted.map(OsString::from));
    }

    #[test]
    fn what_a_server_says_is_in_a_variable() {
        let all = environment(&about(), [], &BTreeSet::new());
        assert_eq!(value(&all, "HARK_SENTENCE").as_deref(), Some("$(id)\n--flag"));
        assert_eq!(value(&all, "HARK_TRUNCATED"), None);
    }

    #[test]
    fn what_is_long_is_cut_in_a_variable_and_whole_on_the_input() {
        let long = "é".repeat(1 << 19);
        let mut about = about();
        about.cause.as_mut().unwrap().sentence.clone_from(&long);
        let all = environment(&about, [], &BTreeSet::new());
        assert_eq!(value(&all, "HARK_SENTENCE").unwrap().len(), variables::VALUE_BYTES_MAX);
        assert_eq!(value(&all, "HARK_TRUNCATED").as_deref(), Some("1"));
        let read: serde_json::Value = serde_json::from_slice(&input(&about)).unwrap();
        assert_eq!(read["cause"]["sentence"], long);
        assert_eq!((&read["on"], &read["seconds"]), (&"down".into(), &7.into()));
    }
}
