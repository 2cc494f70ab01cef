//! Reading and writing the settings file. A bad one leaves the last good one in force.

use std::{io, path::Path};

use hark_engine::{
    feed::{self, Form},
    policy::{self, Rule},
    readable::is_unreadable,
    size,
};
use hark_local::file;
use serde::Deserialize;
use toml_edit::{Document, TableLike};

use super::{Settings, Subscription, handlers, keep};
use crate::{
    file::{TomlError, read_text, read_toml, write, wrong},
    presets::{LoadedPresets, Presets},
};

/// What a fresh settings file says.
fn fresh() -> String {
    let feeds = Presets::built_in().feeds().join(", ");
    format!(
        "\
# Hark's settings. Changes take effect when the file is saved.
#
# [subscriptions.builds]
# url = \"https://push.example/builds\"
# name = \"Builds\"                       # shown instead of the key
# feed = \"json\"                         # or another of: {feeds}
# bearer = {{ env = \"BUILDS_TOKEN\" }}     # or {{ file = \"/path\" }}, mode 0600
# heartbeat = \"30s\"                     # give up after so long a silence
#
# [[quiet_hours]]                       # only what is urgent is shown; the rest is told in the morning
# from = \"22:00\"
# to = \"7:30\"
"
    )
}

/// The largest settings file. Bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Settings in force, and what is wrong with the file where they are not the file's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The settings in force.
    pub settings: Settings,
    /// What is wrong.
    pub problem: Option<String>,
    /// The presets in force, and what is wrong with others.
    pub presets: LoadedPresets,
}

/// Loads `path`; where it is bad, the copy that `last_good` keeps of it. A good one is copied there.
#[must_use]
pub fn load(path: &Path, last_good: &Path) -> Loaded {
    let presets = Presets::load(path, last_good);
    match read(path, &presets.presets) {
        Ok((text, settings)) => {
            keep_last_good(last_good, &text);
            Loaded { settings, problem: None, presets }
        }
        Err(error) => Loaded { presets: presets.clone(), ..before(last_good, &presets, &error) },
    }
}

/// Keeps a copy of good settings. Failing to keep one has no effect on this run.
pub fn keep_last_good(last_good: &Path, text: &str) {
    if file::read(last_good, FILE_BYTES_MAX).ok().as_deref() != Some(text.as_bytes())
        && let Err(error) = write(last_good, text)
    {
        tracing::warn!("{error}");
    }
}

/// The last good settings, where the settings file cannot be read for this reason.
#[must_use]
pub fn load_last_good(last_good: &Path, error: &TomlError) -> Loaded {
    let presets = LoadedPresets { presets: Presets::built_in(), problems: Vec::new() };
    before(last_good, &presets, error)
}

fn before(last_good: &Path, presets: &LoadedPresets, error: &TomlError) -> Loaded {
    let all = presets.presets.with_copies(last_good);
    let settings = read(last_good, &all).map(|(_, settings)| settings).unwrap_or_default();
    let problem = Some(format!("{error} Hark goes on with the last good settings."));
    let presets = LoadedPresets { presets: all, problems: presets.problems.clone() };
    Loaded { settings, problem, presets }
}

/// The text of the settings file, and what it says. A missing file says nothing.
///
/// # Errors
/// See [`TomlError`].
pub fn read(path: &Path, presets: &Presets) -> Result<(String, Settings), TomlError> {
    let text = match read_text(path, FILE_BYTES_MAX) {
        Err(TomlError::Inaccessible { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            fresh()
        }
        text => text?,
    };
    let settings = parse(path, &text, presets)?;
    Ok((text, settings))
}

/// Reads settings from their text. `path` is for the error alone.
///
/// # Errors
/// [`TomlError::Wrong`].
pub fn parse(path: &Path, text: &str, presets: &Presets) -> Result<Settings, TomlError> {
    let mut settings: Settings = read_toml(path, text)?;
    if let Some((at, message)) = contradiction(text, &settings, presets) {
        return Err(wrong(path, &text[..text.floor_char_boundary(at)], &message));
    }
    if let Some((at, message)) = handlers::problem(&settings) {
        let at = position_of_handler(text, at).unwrap_or(0);
        return Err(wrong(path, &text[..text.floor_char_boundary(at)], &message));
    }
    handlers::repeat_what_escalates(&mut settings.handlers);
    for one in settings.subscriptions.values_mut() {
        if settings.keep.bytes.is_none() && one.keep.bytes.is_none() {
            one.keep.bytes = keep::beyond_default(one.largest_event());
        }
        if let Some(form) = presets.get(&one.feed) {
            one.mapping = Some(form.clone());
        }
    }
    Ok(settings)
}

/// Reads rules that stand in a text of their own, as `[[rules]]` tables.
///
/// # Errors
/// One sentence.
pub fn read_rules(text: &str) -> Result<Vec<Rule>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        #[serde(default)]
        rules: Vec<Rule>,
    }
    let Given { rules } = read_toml(Path::new(""), text).map_err(|error| match error {
        TomlError::Wrong { line, column, message, .. } => {
            format!("The rules have an error in line {line}, column {column}: {message}.")
        }
        other => other.to_string(),
    })?;
    match policy::problem(&rules) {
        Some(problem) => Err(format!("The rules cannot be taken: {problem}.")),
        None => Ok(rules),
    }
}

/// The key of Hark's own messages, which no subscription can have.
pub const OWN_KEY: &str = "hark";
/// What is wrong with a subscription that has both.
const TWO_CREDENTIALS: &str = "a request has one of `bearer` and `basic`, not both";

/// What is wrong in a subscription as a whole: where it stands, and what it is.
fn contradiction(text: &str, settings: &Settings, presets: &Presets) -> Option<(usize, String)> {
    let (place, message) = settings.subscriptions.iter().find_map(|(key, one)| {
        let of = |place: &'static str| vec!["subscriptions", key, place];
        if key.is_empty() {
            let message = "its key is empty; write it like [subscriptions.builds]";
            return Some((of("url"), message.to_owned()));
        }
        if is_unseen(key) {
            let message = "its key holds characters that cannot be seen; write it anew";
            return Some((of("url"), message.to_owned()));
        }
        if let Some(problem) = one.name.as_deref().and_then(name_problem) {
            return Some((of("name"), problem.to_owned()));
        }
        if key == OWN_KEY {
            let message =
                format!("the key {OWN_KEY} is that of what Hark says itself; choose another one");
            return Some((of("url"), message));
        }
        if one.bearer.is_some() && one.basic.is_some() {
            return Some((of("basic"), TWO_CREDENTIALS.to_owned()));
        }
        if one.publish.as_ref().is_some_and(|to| to.bearer.is_some() && to.basic.is_some()) {
            let place = vec!["subscriptions", key, "publish", "basic"];
            return Some((place, TWO_CREDENTIALS.to_owned()));
        }
        if one.heartbeat.is_some() && one.cadence.is_some() {
            let message = "`heartbeat` is a plain timeout and `cadence` the interval to judge by; \
                           set one of them";
            return Some((of("cadence"), message.to_owned()));
        }
        if let Err(unknown) = presets.feed(&one.feed) {
            return Some((of("feed"), unknown));
        }
        if let Some(problem) = one.mapping.as_ref().and_then(Form::problem) {
            return Some((of("mapping"), problem));
        }
        if one.mapping.is_some() && !feed::takes_form(&one.feed) {
            let such: Vec<&str> =
                feed::NAMES.iter().copied().filter(|name| feed::takes_form(name)).collect();
            let such = such.join(", ");
            let message =
                format!("a `mapping` is for the feeds {such}; others know where things are");
            return Some((of("mapping"), message));
        }
        keeps_too_little(key, one, settings)
    })?;
    Some((position(text, &place).unwrap_or(0), message))
}

/// Why this cannot be the name of a subscription, where it cannot.
pub(super) fn name_problem(name: &str) -> Option<&'static str> {
    match name {
        _ if name.trim().is_empty() => {
            Some("a name holds at least one character; where none is set, the key is shown")
        }
        _ if is_unseen(name) => {
            Some("a name holds no tab, line feed or other character that cannot be seen")
        }
        _ => None,
    }
}

/// Whether something of a text cannot be seen.
fn is_unseen(text: &str) -> bool {
    text.chars().any(|char| char.is_control() || is_unreadable(char))
}

/// Whether the bound of a subscription is too small for its largest event and as much before it. Answers
/// the place and the sentence.
fn keeps_too_little<'a>(
    key: &'a str,
    one: &Subscription,
    settings: &Settings,
) -> Option<(Vec<&'a str>, String)> {
    let event = one.largest_event();
    let least = keep::least(event);
    one.keep.bytes.or(settings.keep.bytes).filter(|bytes| *bytes < least)?;
    let place = match (one.keep.bytes, one.event_max) {
        (Some(_), _) => vec!["subscriptions", key, "keep", "bytes"],
        (None, Some(_)) => vec!["subscriptions", key, "event_max"],
        (None, None) => vec!["keep", "bytes"],
    };
    let message = format!(
        "what is kept of {key} has to hold two of its largest events, of {} each; set `bytes` of \
         `keep` to \"{}\" at least, or a smaller `event_max`",
        size::write(event),
        size::write(least),
    );
    Some((place, message))
}

/// Where the key at the end of this path stands in a TOML text.
fn position(text: &str, path: &[&str]) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let (key, tables) = path.split_last()?;
    let mut table: &dyn TableLike = document.as_table();
    for name in tables {
        table = table.get(name)?.as_table_like()?;
    }
    Some(table.key(key)?.span()?.start)
}

/// Where the handler of this number begins in a TOML text.
fn position_of_handler(text: &str, at: usize) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let handlers = document.as_table().get("handlers")?;
    match handlers.as_array_of_tables() {
        Some(all) => Some(all.get(at)?.span()?.start),
        None => Some(handlers.as_array()?.get(at)?.span()?.start),
    }
}
