//! A length of time as people write it: `500ms`, `30s`, `5m`, `1h 30m`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

/// Reads a length of time of a millisecond or more.
///
/// # Errors
/// One sentence without its full stop, that says what is wrong with it.
pub fn read(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a length of time; write it like 30s, 5m or 1h");
    let span: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(span).ok().filter(|span| *span >= Duration::from_millis(1)).ok_or_else(wrong)
}

/// Reads a field of a settings file that may be missing.
///
/// # Errors
/// As [`read`], with the place in the file.
pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    read(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}
