//! What the person is told beside messages, and for how long: when a subscription is not connected, and
//! until when the most urgent stays on the screen.

use std::time::Duration;

use hark_engine::{span, voice::TELL_AFTER};
use serde::{Deserialize, Deserializer, de};

/// What says that it is never told.
const NEVER: &str = "never";
/// What says that it stays until the person closes it.
const UNTIL_SEEN: &str = "until seen";

/// When connection problems are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Problems {
    /// How long a problem has to last; never where it is none.
    #[serde(deserialize_with = "tell_after")]
    pub tell_after: Option<Duration>,
}

impl Default for Problems {
    fn default() -> Self {
        Self { tell_after: Some(TELL_AFTER) }
    }
}

/// How notifications are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shown {
    /// How long those of the highest priority stay; until they are closed where it is none.
    #[serde(deserialize_with = "urgent_stays")]
    pub urgent_stays: Option<Duration>,
}

fn tell_after<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    span_or(deserializer, NEVER)
}

fn urgent_stays<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    span_or(deserializer, UNTIL_SEEN)
}

/// A length of time, or none where it is this word.
fn span_or<'de, D: Deserializer<'de>>(
    deserializer: D,
    word: &str,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == word {
        return Ok(None);
    }
    let read = span::read(&text).map(Some);
    read.map_err(|wrong| de::Error::custom(format!("{wrong}, or {word:?}")))
}
