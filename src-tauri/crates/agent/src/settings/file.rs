//! Reading and writing the settings file. A bad one leaves the last good one in force.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Settings;

/// What a fresh settings file says.
const FRESH: &str = "\
# Hark's settings. Changes take effect when the file is saved.
#
# [subscriptions.builds]
# url = \"https://push.example/builds\"
# name = \"Builds\"                       # shown instead of the key
# feed = \"json\"                         # json or nchan
# bearer = { env = \"BUILDS_TOKEN\" }     # or { file = \"/path\" }, mode 0600
# heartbeat = \"30s\"                     # give up after so long a silence
";

/// Settings in force, and what is wrong with the file where they are not the file's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// In force.
    pub settings: Settings,
    /// What is wrong.
    pub problem: Option<String>,
}

/// Why a settings file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is no TOML, or says something that Hark does not know.
    #[error("The settings file {} has an error in line {line}, column {column}: {message}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It cannot be read or written.
    #[error("The settings file {} cannot be {action}: {source}. Check its owner and permissions.", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Loads `path`; where it is bad, the copy that `last_good` keeps of it. A good one is copied there.
#[must_use]
pub fn load(path: &Path, last_good: &Path) -> Loaded {
    match read(path) {
        Ok((text, settings)) => {
            if fs::read_to_string(last_good).ok().as_deref() != Some(&text)
                && let Err(error) = write(last_good, &text)
            {
                tracing::warn!("{error}");
            }
            Loaded { settings, problem: None }
        }
        Err(error) => {
            let settings = read(last_good).map(|(_, settings)| settings).unwrap_or_default();
            let problem = format!("{error}. Hark goes on with the last good settings.");
            Loaded { settings, problem: Some(problem) }
        }
    }
}

/// The text of the settings file, and what it says. A missing file says nothing.
///
/// # Errors
/// See [`SettingsError`].
pub fn read(path: &Path) -> Result<(String, Settings), SettingsError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => FRESH.to_owned(),
        Err(source) => {
            let path = path.to_path_buf();
            return Err(SettingsError::Inaccessible { path, action: "read", source });
        }
        Ok(text) => text,
    };
    let settings = parse(path, &text)?;
    Ok((text, settings))
}

/// Reads settings from their text. `path` is for the error alone.
///
/// # Errors
/// [`SettingsError::Wrong`].
pub fn parse(path: &Path, text: &str) -> Result<Settings, SettingsError> {
    toml::from_str(text).map_err(|error| {
        let before = &text[..text.floor_char_boundary(error.span().map_or(0, |span| span.start))];
        SettingsError::Wrong {
            path: path.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|char| *char != '\n').count() + 1,
            message: error.message().trim_end().replace('\n', ", "),
        }
    })
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
        let fresh = path.with_extension("toml.new");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)
    };
    attempt().map_err(|source| SettingsError::Inaccessible {
        path: path.to_path_buf(),
        action: "written",
        source,
    })
}
