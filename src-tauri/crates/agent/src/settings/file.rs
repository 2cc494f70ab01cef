//! Reading and writing the settings file. A bad one leaves the last good one in force.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process, thread,
    time::{Duration, Instant},
};

use toml_edit::{Document, TableLike};

use hark_engine::{
    feed::Form,
    policy::{self, Rule},
    size,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Settings, Subscription, keep};
use crate::{
    files::{self, FileError, Slow},
    presets::{self, LoadedPresets, Presets},
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
"
    )
}

/// A larger file is none that a person has written.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// How long an edit waits for another one, which takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings in force, and what is wrong with the file where they are not the file's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// In force.
    pub settings: Settings,
    /// What is wrong.
    pub problem: Option<String>,
    /// The presets in force, and what is wrong with others.
    pub presets: LoadedPresets,
}

/// Why a settings file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is no TOML, or says something that Hark does not know.
    #[error("{} has an error in line {line}, column {column}: {message}.", file(path))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong, without a full stop.
        message: String,
    },
    /// It cannot be read or written.
    #[error("{} cannot be {action}: {source}. Check its owner and permissions.", file(path))]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A preset that is none, or something that is no file.
    #[error("{} is not used: {why}.", file(path))]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why, without a full stop.
        why: String,
    },
    /// Its disk does not answer.
    #[error("{} cannot be used: {slow}.", file(path))]
    Slow {
        /// The file.
        path: PathBuf,
        /// For how long.
        slow: Slow,
    },
    /// Another process keeps it locked.
    #[error("The settings file {} is being changed by another Hark, so nothing was changed. Try again.", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// What a person calls the file at `path`.
fn file(path: &Path) -> String {
    let is_preset = path.parent().is_some_and(|folder| folder.ends_with(presets::FOLDER));
    let what = if is_preset { "preset" } else { "settings file" };
    format!("The {what} {}", path.display())
}

/// Loads `path`; where it is bad, the copy that `last_good` keeps of it. A good one is copied there.
#[must_use]
pub fn load(path: &Path, last_good: &Path) -> Loaded {
    let presets = Presets::load(path, last_good);
    match read(path, &presets.presets) {
        Ok((text, settings)) => {
            if files::read(last_good, FILE_BYTES_MAX).ok().as_deref() != Some(text.as_bytes())
                && let Err(error) = write(last_good, &text)
            {
                tracing::warn!("{error}");
            }
            Loaded { settings, problem: None, presets }
        }
        Err(error) => Loaded { presets: presets.clone(), ..before(last_good, &presets, &error) },
    }
}

/// What was last good, where the settings file cannot be read for this reason.
#[must_use]
pub fn load_last_good(last_good: &Path, error: &SettingsError) -> Loaded {
    let presets = LoadedPresets { presets: Presets::built_in(), problems: Vec::new() };
    before(last_good, &presets, error)
}

fn before(last_good: &Path, presets: &LoadedPresets, error: &SettingsError) -> Loaded {
    let all = presets.presets.with_copies(last_good);
    let settings = read(last_good, &all).map(|(_, settings)| settings).unwrap_or_default();
    let problem = Some(format!("{error} Hark goes on with the last good settings."));
    let presets = LoadedPresets { presets: all, problems: presets.problems.clone() };
    Loaded { settings, problem, presets }
}

/// The text of the settings file, and what it says. A missing file says nothing.
///
/// # Errors
/// See [`SettingsError`].
pub fn read(path: &Path, presets: &Presets) -> Result<(String, Settings), SettingsError> {
    let text = match files::read(path, FILE_BYTES_MAX) {
        Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => fresh(),
        Err(error) => return Err(unread(path, error)),
        Ok(bytes) => String::from_utf8(bytes).map_err(|error| {
            let (bytes, good) = (error.as_bytes(), error.utf8_error().valid_up_to());
            let before = String::from_utf8_lossy(&bytes[..good]);
            wrong(path, &before, "this is not UTF-8; save the file in that encoding")
        })?,
    };
    let settings = parse(path, &text, presets)?;
    Ok((text, settings))
}

/// Reads settings from their text. `path` is for the error alone.
///
/// # Errors
/// [`SettingsError::Wrong`].
pub fn parse(path: &Path, text: &str, presets: &Presets) -> Result<Settings, SettingsError> {
    let mut settings: Settings = read_toml(path, text)?;
    if let Some((at, message)) = contradiction(text, &settings, presets) {
        return Err(wrong(path, &text[..text.floor_char_boundary(at)], &message));
    }
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

/// Reads the value that a TOML text says. `path` is for the error alone.
///
/// # Errors
/// [`SettingsError::Wrong`].
pub fn read_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, SettingsError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(path, &text[..text.floor_char_boundary(at)], error.message())
    })
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
        SettingsError::Wrong { line, column, message, .. } => {
            format!("The rules have an error in line {line}, column {column}: {message}.")
        }
        other => other.to_string(),
    })?;
    match policy::problem(&rules) {
        Some(problem) => Err(format!("The rules cannot be taken: {problem}.")),
        None => Ok(rules),
    }
}

/// Why a file was not read.
pub fn unread(path: &Path, error: FileError) -> SettingsError {
    let path = path.to_path_buf();
    match error {
        FileError::Io(source) => SettingsError::Inaccessible { path, action: "read", source },
        other => SettingsError::Unfit { path, why: other.to_string() },
    }
}

/// An error at the end of `before`.
fn wrong(path: &Path, before: &str, message: &str) -> SettingsError {
    SettingsError::Wrong {
        path: path.to_path_buf(),
        line: before.matches('\n').count() + 1,
        column: before.chars().rev().take_while(|char| *char != '\n').count() + 1,
        message: message.trim_end().trim_end_matches('.').replace('\n', ", "),
    }
}

/// What is wrong in a subscription as a whole: where it stands, and what it is.
fn contradiction(text: &str, settings: &Settings, presets: &Presets) -> Option<(usize, String)> {
    let (place, message) = settings.subscriptions.iter().find_map(|(key, one)| {
        let of = |place: &'static str| vec!["subscriptions", key, place];
        if one.bearer.is_some() && one.basic.is_some() {
            let message = "a request has one of `bearer` and `basic`, not both";
            return Some((of("basic"), message.to_owned()));
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
        if one.mapping.is_some() && one.feed != "json" {
            let message = "a `mapping` is for the feed json; other feeds know where things are";
            return Some((of("mapping"), message.to_owned()));
        }
        keeps_too_little(key, one, settings)
    })?;
    Some((position(text, &place).unwrap_or(0), message))
}

/// Where a subscription keeps less than what one event and those before it may take.
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

/// Replaces a file as a whole: who reads it sees the old one or the new one. Only the owner may
/// read it.
///
/// # Errors
/// [`SettingsError::Inaccessible`].
pub fn write(path: &Path, text: &str) -> Result<(), SettingsError> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let attempt = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // A link stays a link: people keep their settings elsewhere.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Another process may write at the same time.
        let fresh = path.with_file_name(format!(".{name}.{}.new", process::id()));
        let written = (|| {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&fresh, &path)
        })();
        written.inspect_err(|_| drop(fs::remove_file(&fresh)))
    };
    attempt().map_err(|source| SettingsError::Inaccessible {
        path: path.to_path_buf(),
        action: "written",
        source,
    })
}

/// Keeps every other Hark from changing the file at `path` for as long as the answer lives. Blocks.
///
/// # Errors
/// See [`SettingsError`].
pub fn lock(path: &Path) -> Result<fs::File, SettingsError> {
    let inaccessible = |source| {
        let path = path.to_path_buf();
        SettingsError::Inaccessible { path, action: "written", source }
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(inaccessible)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A file of its own, never removed: the settings file is another one after each change.
    let path_of_lock = path.with_file_name(format!(".{name}.lock"));
    let file = files::open_lock(&path_of_lock).map_err(|error| match error {
        FileError::Io(source) => inaccessible(source),
        other => SettingsError::Unfit { path: path_of_lock, why: other.to_string() },
    })?;
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match files::lock(&file).map_err(inaccessible)? {
            true => return Ok(file),
            false if Instant::now() > deadline => {
                return Err(SettingsError::Busy { path: path.to_path_buf() });
            }
            false => thread::sleep(Duration::from_millis(5)),
        }
    }
}
