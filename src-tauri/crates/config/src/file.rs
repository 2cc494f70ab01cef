//! The TOML files that a person writes: read strictly, with the place of an error, and replaced as a
//! whole. Knows nothing of what they say.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use hark_local::file;
use hark_platform::aside::Slow;
use serde::de::DeserializeOwned;

use crate::words;

/// The name of the presets' folder, beside the settings file.
pub const PRESETS: &str = "presets";

/// How long an edit waits for another one, which takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a file of settings or a preset is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TomlError {
    /// It is no TOML, or says something that Hark does not know.
    #[error("{} has an error in line {line}, column {column}: {message}.", called(path))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
        /// What is wrong, without a full stop.
        message: String,
    },
    /// It cannot be read or written.
    #[error("{} cannot be {action}: {source}. {}", called(path), advice(source))]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// It cannot be a preset, is not a regular file, or is too large.
    #[error("{} is not used: {why}.", called(path))]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why, without a full stop.
        why: String,
    },
    /// Its disk does not answer.
    #[error("{} cannot be used: {slow}.", called(path))]
    Slow {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        slow: Slow,
    },
    /// Another process keeps it locked.
    #[error("The settings file {} is being changed by another Hark, so nothing was changed. Try again.", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// What to do where a file cannot be read or written.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => "Make space on its disk.",
        io::ErrorKind::QuotaExceeded => {
            "Delete files of yours on its disk: you may not have more there."
        }
        _ => "Check its owner and permissions.",
    }
}

/// What a person calls the file at `path`.
fn called(path: &Path) -> String {
    let is_preset = path.parent().is_some_and(|folder| folder.ends_with(PRESETS));
    let what = if is_preset { "preset" } else { "settings file" };
    format!("The {what} {}", path.display())
}

/// Reads the text of a file that a person has written.
///
/// # Errors
/// See [`TomlError`]; [`io::ErrorKind::NotFound`] is [`TomlError::Inaccessible`].
pub fn read_text(path: &Path, bytes_max: u64) -> Result<String, TomlError> {
    let bytes = file::read(path, bytes_max).map_err(|error| unread(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, good) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let before = String::from_utf8_lossy(&bytes[..good]);
        wrong(path, &before, "this is not UTF-8; save the file in that encoding")
    })
}

/// Reads the value that a TOML text says. `path` is for the error alone.
///
/// # Errors
/// [`TomlError::Wrong`].
pub fn read_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, TomlError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(path, &text[..text.floor_char_boundary(at)], &words::plain(error.message()))
    })
}

/// Why a file was not read.
fn unread(path: &Path, error: file::FileError) -> TomlError {
    let path = path.to_path_buf();
    match error {
        file::FileError::Io(source) => TomlError::Inaccessible { path, action: "read", source },
        other => TomlError::Unfit { path, why: other.to_string() },
    }
}

/// The error that `path` is wrong at the end of `before`.
pub fn wrong(path: &Path, before: &str, message: &str) -> TomlError {
    TomlError::Wrong {
        path: path.to_path_buf(),
        line: before.matches('\n').count() + 1,
        column: before.chars().rev().take_while(|char| *char != '\n').count() + 1,
        message: message.trim_end().trim_end_matches('.').replace('\n', ", "),
    }
}

/// Replaces a file as a whole. Only its owner may read it. Answers the new file's stamp.
///
/// # Errors
/// [`TomlError::Inaccessible`].
pub fn write(path: &Path, text: &str) -> Result<file::Stamp, TomlError> {
    file::replace(path, text.as_bytes()).map_err(|source| TomlError::Inaccessible {
        path: path.to_path_buf(),
        action: "written",
        source,
    })
}

/// Keeps every other Hark from changing the file at `path` for as long as the answer lives. Blocks.
///
/// # Errors
/// See [`TomlError`].
pub fn lock(path: &Path) -> Result<fs::File, TomlError> {
    let inaccessible = |source| {
        let path = path.to_path_buf();
        TomlError::Inaccessible { path, action: "written", source }
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(inaccessible)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A lock file of its own, never removed: each change replaces the settings file by another one.
    let path_of_lock = path.with_file_name(format!(".{name}.lock"));
    let file = file::open_lock(&path_of_lock).map_err(|error| match error {
        file::FileError::Io(source) => inaccessible(source),
        other => TomlError::Unfit { path: path_of_lock, why: other.to_string() },
    })?;
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match file::lock(&file).map_err(inaccessible)? {
            true => return Ok(file),
            false if Instant::now() > deadline => {
                return Err(TomlError::Busy { path: path.to_path_buf() });
            }
            false => thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_fits_why_a_file_cannot_be_written() {
        for (kind, wanted) in [
            (io::ErrorKind::StorageFull, "Make space on its disk."),
            (io::ErrorKind::PermissionDenied, "Check its owner and permissions."),
        ] {
            let path = PathBuf::from("/a/config.toml");
            let error = TomlError::Inaccessible { path, action: "written", source: kind.into() };
            let said = error.to_string();
            assert!(
                said.starts_with("The settings file /a/config.toml cannot be written: "),
                "{said}"
            );
            assert!(said.ends_with(wanted), "{said}");
        }
    }
}
