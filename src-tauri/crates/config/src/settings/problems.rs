//! When the person is told that a subscription is not connected.

use std::time::Duration;

use hark_engine::{span, voice::TELL_AFTER};
use serde::{Deserialize, Deserializer, de};

/// What says that it is never told.
const NEVER: &str = "never";

/// See the module.
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

fn tell_after<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        NEVER => Ok(None),
        text => span::read(text)
            .map(Some)
            .map_err(|wrong| de::Error::custom(format!("{wrong}, or {NEVER:?}"))),
    }
}
