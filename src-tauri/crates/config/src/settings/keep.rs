//! How much is kept of a subscription: `[keep]` for all, and `keep` of one for that one.

use std::time::Duration;

use hark_engine::{keep::Keep, size};
use serde::{Deserialize, Deserializer, de};

/// The bounds that the person has set; missing ones have their defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepSettings {
    /// At most so many messages.
    #[serde(default, deserialize_with = "some")]
    pub messages: Option<u32>,
    /// They take no more than this together.
    #[serde(default, deserialize_with = "bytes")]
    pub bytes: Option<u64>,
    /// None is older than so many days.
    #[serde(default, deserialize_with = "some")]
    pub days: Option<u32>,
    /// At most so many rows of the journal, which the history is made of.
    #[serde(default, deserialize_with = "some")]
    pub journal: Option<u32>,
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(de::Error::custom("at least 1 has to be kept")),
        count => Ok(Some(count)),
    }
}

/// The smallest bound: below it there would be no history to speak of. Bytes.
const BYTES_MIN: u64 = 1 << 20;

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match size::field(deserializer)? {
        bytes if bytes < BYTES_MIN => {
            let least = size::write(BYTES_MIN);
            Err(de::Error::custom(format!("at least {least} has to be kept")))
        }
        bytes => Ok(Some(bytes)),
    }
}

/// The smallest bound for a subscription whose events have up to `event_max` bytes: room for the latest
/// event and as much before it. Bytes.
pub fn least(event_max: u64) -> u64 {
    event_max.saturating_mul(2).max(BYTES_MIN)
}

/// The bound where nothing is set but events may be too large for the default; else none. Bytes.
pub fn beyond_default(event_max: u64) -> Option<u64> {
    let least = least(event_max);
    i64::try_from(least).is_ok_and(|least| least > Keep::DEFAULT.bytes_max).then_some(least)
}

impl KeepSettings {
    /// What is kept of a subscription with these settings, where those for all are `general`.
    #[must_use]
    pub fn over(&self, general: &Self) -> Keep {
        let days = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
        let bytes = self.bytes.or(general.bytes);
        let bytes = bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        Keep {
            messages_max: self.messages.or(general.messages).unwrap_or(Keep::DEFAULT.messages_max),
            bytes_max: bytes.unwrap_or(Keep::DEFAULT.bytes_max),
            age_max: self.days.or(general.days).map_or(Keep::DEFAULT.age_max, days),
            journal_rows_max: self
                .journal
                .or(general.journal)
                .unwrap_or(Keep::DEFAULT.journal_rows_max),
        }
    }
}
