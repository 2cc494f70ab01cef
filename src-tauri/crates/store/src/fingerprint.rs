//! By what an event is known when it comes again: its own id, its type and its data, hashed together with the source
//! that sent it. Fingerprints outlive the messages.
//!
//! A hash stands anywhere in an index, and each that is written would touch a page of its own: so what comes about the
//! same time is kept together, by a number that grows in what is hashed.

use hark_engine::message::RawEvent;
use rusqlite::{Transaction, params};
use sha2::{Digest, Sha256};

/// The digits of a number that surely fits.
const DIGITS_MAX: usize = 18;
/// A number in an event's data that may be a time, or a counter that is as good: by its digits.
const TIME_DIGITS_MIN: usize = 9;
/// How far into the data it is looked for, in bytes.
const LOOKED_AT: usize = 512;

/// The fingerprint of one event.
pub(crate) struct Fingerprint {
    /// Beside which others it is kept. Those from before this was noted have 0.
    near: i64,
    hash: [u8; 16],
}

impl Fingerprint {
    /// Of what a source brings; none where the event has no id of its own.
    pub(crate) fn of(source: &[u8], event: &RawEvent) -> Option<Self> {
        let RawEvent { kind, data, own_id } = event;
        let id = own_id.as_deref().filter(|id| !id.is_empty())?;
        let mut whole = Sha256::new();
        whole.update(source);
        for part in [id, kind, data] {
            whole.update((part.len() as u64).to_le_bytes());
            whole.update(part);
        }
        let mut hash = [0; 16];
        hash.copy_from_slice(&whole.finalize()[..16]);
        Some(Self { near: near(id, data), hash })
    }

    /// Notes that the event has come in a run of ids. Answers whether it had not. Where there `are_old` ones, it may be
    /// among those.
    pub(crate) fn note(
        &self,
        transaction: &Transaction<'_>,
        subscription: &str,
        run: i64,
        are_old: bool,
    ) -> rusqlite::Result<bool> {
        if are_old
            && transaction
                .prepare_cached(
                    "SELECT 1 FROM fingerprint
                     WHERE subscription = ?1 AND near = 0 AND print = ?2 AND run = ?3",
                )?
                .exists(params![subscription, self.hash, run])?
        {
            return Ok(false);
        }
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO fingerprint (subscription, near, print, run)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![subscription, self.near, self.hash, run])
            .map(|rows| rows == 1)
    }

    /// Whether any of a subscription is from before it was noted near what.
    pub(crate) fn are_old(
        transaction: &Transaction<'_>,
        subscription: &str,
    ) -> rusqlite::Result<bool> {
        transaction
            .prepare_cached("SELECT 1 FROM fingerprint WHERE subscription = ?1 AND near = 0")?
            .exists([subscription])
    }

    /// Whether the event has come in any run.
    pub(crate) fn is_known(
        &self,
        transaction: &Transaction<'_>,
        subscription: &str,
    ) -> rusqlite::Result<bool> {
        transaction
            .prepare_cached(
                "SELECT 1 FROM fingerprint
                 WHERE subscription = ?1 AND near IN (0, ?2) AND print = ?3",
            )?
            .exists(params![subscription, self.near, self.hash])
    }

    /// Forgets that the event has come.
    pub(crate) fn forget(
        &self,
        transaction: &Transaction<'_>,
        subscription: &str,
    ) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "DELETE FROM fingerprint
                 WHERE subscription = ?1 AND near IN (0, ?2) AND print = ?3",
            )?
            .execute(params![subscription, self.near, self.hash])
            .map(|_| ())
    }
}

/// The longest number in an id, where it is a counter or has a time; else what may be a time in the data; 0 where
/// there is none. Digits among letters are no number, but chance.
fn near(id: &str, data: &str) -> i64 {
    let head = &data[..data.floor_char_boundary(LOOKED_AT)];
    let in_id = numbers(id).max_by_key(|digits| digits.len());
    let found = in_id.or_else(|| numbers(head).find(|digits| digits.len() >= TIME_DIGITS_MIN));
    let digits = found.unwrap_or_default();
    digits[digits.len().saturating_sub(DIGITS_MAX)..].parse().unwrap_or_default()
}

/// The words of a text that are all digits.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_or_a_time_is_found() {
        let ntfy =
            r#"{"id":"xE4fgHkj2Lm1","time":1764380000,"expires":1764423200,"event":"message"}"#;
        let far = format!("{{\"text\":\"{}\",\"time\":1764380000}}", "ä".repeat(LOOKED_AT));
        for (id, data, wanted) in [
            ("17", ntfy, 17),
            ("events:12", "", 12),
            ("1764380000:0", "", 1_764_380_000),
            (r#"[{"partition":0,"timestamp":1764380000123}]"#, "", 1_764_380_000_123),
            ("99999999999999999999999", "", 999_999_999_999_999_999),
            ("xE4fgHkj2Lm1", ntfy, 1_764_380_000),
            ("xE4fgHkj2Lm1", "1764380000.25", 1_764_380_000),
            ("xE4fgHkj2Lm1", &far, 0),
            ("xE4fgHkj2Lm1", "in 12345678 days", 0),
            ("ä٣", "", 0),
            ("none", "", 0),
        ] {
            assert_eq!(near(id, data), wanted, "{id} {data}");
        }
    }
}
