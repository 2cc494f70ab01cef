//! What a connection brings: one typed event for all that can happen on it, from the bytes to the
//! link. Plain values: the guard makes them from the bytes, the link decides by them.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};

use crate::{failure::Cause, message::RawEvent};

/// What a connection brings, in the order of the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// The answer is an event stream.
    Opened(Head),
    /// A complete line, or 16 KiB more of one that is still arriving.
    Alive,
    /// A comment, without the colon and one space after it.
    Comment(String),
    /// A dispatched event.
    Event {
        /// The event, with its own id.
        event: RawEvent,
        /// Its id as WHATWG has it: inherited where it has none of its own, else empty.
        id: String,
    },
    /// A block or comment that dispatches no event.
    Ignored(Ignored),
    /// The server's `retry:` (WHATWG HTML, 9.2.6).
    Retry(Duration),
    /// An event over the limit, of which this much is kept.
    TooLarge {
        /// Its beginning, and its id where that was seen.
        event: RawEvent,
        /// Its whole size in bytes.
        bytes: u64,
        /// The limit that it is over, in bytes.
        limit: u64,
    },
    /// The end, or why there was no beginning.
    Closed(Cause),
}

/// A block or comment that dispatches no event (WHATWG HTML, 9.2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// A block of an id and nothing else. It ended, so its id is a cursor.
    IdAlone(String),
    /// A block without data: `event: ping`.
    NoData {
        /// Its event type.
        kind: Option<String>,
        /// Its own id.
        own_id: Option<String>,
    },
    /// The stream ended within a block. Nothing of it has happened: its id names an event that is
    /// still to come.
    Unfinished {
        /// Its type, as far as it was there.
        kind: Option<String>,
        /// Its id, as far as it was there.
        own_id: Option<String>,
    },
    /// A comment over the limit of a line.
    LongComment,
    /// An id over the limit of a line.
    LongId,
}

impl Arrival {
    /// What of it the server has made as long as it liked: how much it holds while it waits. Bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let own = |event: &RawEvent| {
            event.data.len() + event.kind.len() + event.own_id.as_ref().map_or(0, String::len)
        };
        match self {
            Self::Comment(text) => text.len(),
            Self::Event { event, id } => own(event) + id.len(),
            Self::TooLarge { event, .. } => own(event),
            Self::Ignored(ignored) => {
                let texts = [ignored.own_id(), ignored.kind()];
                texts.into_iter().flatten().map(str::len).sum()
            }
            Self::Opened(_) | Self::Alive | Self::Retry(_) | Self::Closed(_) => 0,
        }
    }
}

impl Ignored {
    /// Why nothing is dispatched, in two words.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::IdAlone(_) | Self::NoData { .. } => "no data",
            Self::Unfinished { .. } => "unfinished",
            Self::LongComment => "comment too long",
            Self::LongId => "id too long",
        }
    }

    /// The id that the block carried itself.
    #[must_use]
    pub fn own_id(&self) -> Option<&str> {
        match self {
            Self::IdAlone(id) => Some(id),
            Self::NoData { own_id, .. } | Self::Unfinished { own_id, .. } => own_id.as_deref(),
            Self::LongComment | Self::LongId => None,
        }
    }

    /// The block's event type.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::NoData { kind, .. } | Self::Unfinished { kind, .. } => kind.as_deref(),
            Self::IdAlone(_) | Self::LongComment | Self::LongId => None,
        }
    }
}

/// The head of an answer: its headers, names in lower case, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head(Vec<(String, String)>);

impl FromIterator<(String, String)> for Head {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(headers: T) -> Self {
        Self(headers.into_iter().collect())
    }
}

impl Head {
    /// The first value under this name, which is in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All headers: name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What the server's clock showed: `Date` (RFC 9110, 6.6.1), in whole seconds.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        let date = rfc2822::DateTimeParser::new().parse_zoned(self.get("date")?).ok()?;
        Some(date.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_is_read_from_its_date() {
        let head = |value: &str| Head::from_iter([("date".to_owned(), value.to_owned())]);
        let at = head("Sun, 06 Nov 1994 08:49:37 GMT").date();
        assert_eq!(at, Some(Timestamp::from_second(784_111_777).unwrap()));
        for wrong in ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(head(wrong).date(), None, "{wrong}");
        }
        assert_eq!(Head::default().date(), None);
    }
}
