//! Where a subscription resumes: what was stored last, in the terms of its feed.

use jiff::Timestamp;

/// What the next dial resumes from. The feed says by which of the two a server is asked, and with
/// how much margin; the store's fingerprints absorb what comes again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The last id that was stored.
    pub id: Option<String>,
    /// The server's own time of it, where its feed resumes by time.
    pub time: Option<Timestamp>,
}

impl Cursor {
    /// Nothing to resume from: what the server holds is asked for from its beginning.
    pub const NONE: Self = Self { id: None, time: None };

    /// A cursor with an id and no time.
    #[must_use]
    pub fn of_id(id: &str) -> Self {
        Self { id: Some(id.to_owned()), time: None }
    }

    /// Whether there is anything to resume from.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.id.is_none() && self.time.is_none()
    }

    /// The id, where it is one of a counter.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.id.as_deref().and_then(number)
    }
}

/// An id as the number of a counter: digits alone, without a leading zero.
#[must_use]
pub fn number(id: &str) -> Option<u64> {
    let plain = id.bytes().all(|byte| byte.is_ascii_digit()) && (id == "0" || !id.starts_with('0'));
    plain.then(|| id.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counters_id_is_digits_and_nothing_else() {
        assert_eq!((number("0"), number("17")), (Some(0), Some(17)));
        for id in ["", "017", "+1", "1:0", "a", "99999999999999999999999"] {
            assert_eq!(number(id), None, "{id}");
        }
    }
}
