//! What a subscription speaks: how to ask, how to resume, how to decode.
//!
//! A feed is a value behind this trait, one small file each, written from the server's own
//! documented behaviour. It holds no connection and no state.

mod json;
mod nchan;

use std::{fmt, sync::Arc, time::Duration};

pub use json::Json;
pub use nchan::Nchan;

use crate::{
    failure::Cause,
    message::{Message, RawEvent},
};

/// How a server is told where to resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// By the `Last-Event-ID` header (WHATWG HTML, 9.2.4).
    Header,
    /// By that header, and where an id cannot be sent in one, by this query parameter.
    HeaderOrQuery(&'static str),
}

/// What an event means to its feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// Something for the person.
    Message(Message),
    /// A sign of life and no more.
    Heartbeat,
    /// Not what this feed sends; kept aside and counted, never a disconnect.
    Junk(&'static str),
}

/// What a subscription speaks.
pub trait Feed: fmt::Debug + Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &'static str;

    /// How the server is told where to resume.
    fn resume(&self) -> Resume {
        Resume::Header
    }

    /// How often the server sends a heartbeat unless it is configured otherwise.
    fn cadence_default(&self) -> Option<Duration> {
        None
    }

    /// After how long a life a clean close is this server's own routine, if it has one.
    fn routine_close_after(&self) -> Option<Duration> {
        None
    }

    /// What an event means.
    fn decode(&self, event: &RawEvent) -> Decoded;

    /// What the server says about a close in a comment before it.
    fn farewell(&self, _comment: &str) -> Option<Cause> {
        None
    }
}

/// The feed of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<Arc<dyn Feed>> {
    match name {
        "json" => Some(Arc::new(Json)),
        "nchan" => Some(Arc::new(Nchan)),
        _ => None,
    }
}

/// Every name that [`by_name`] knows.
pub const NAMES: &[&str] = &["json", "nchan"];

/// Whether an id can be sent as a header's value: no control character but tab (RFC 9110, 5.5), and
/// no white space at its ends, which a server would strip.
#[must_use]
pub fn is_sendable(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
        && id.trim_matches([' ', '\t']).len() == id.len()
}

/// An event that every feed takes for a sign of life: one of the types and texts that servers are
/// known to send for it.
fn is_common_heartbeat(event: &RawEvent) -> bool {
    const KINDS: &[&str] = &["ping", "heartbeat", "keepalive", "keep-alive"];
    const TEXTS: &[&str] = &["", "ping", "{}", "heartbeat", "keepalive", "keep-alive"];
    KINDS.contains(&event.kind.as_str()) || TEXTS.contains(&event.data.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_feed() {
        for name in NAMES {
            assert_eq!(by_name(name).map(|feed| feed.name()), Some(*name));
        }
        assert!(by_name("carrier-pigeon").is_none());
    }

    #[test]
    fn an_id_with_control_characters_or_bare_ends_cannot_be_a_header() {
        for (id, sendable) in [
            ("1700000000:0", true),
            ("ключ", true),
            ("a\tb", true),
            ("a\u{1}b", false),
            ("a\u{7f}", false),
            (" a", false),
            ("a ", false),
        ] {
            assert_eq!(is_sendable(id), sendable, "{id:?}");
        }
    }

    #[test]
    fn the_usual_signs_of_life_are_no_messages() {
        let event = |kind: &str, data: &str| RawEvent {
            kind: kind.into(),
            data: data.into(),
            own_id: None,
        };
        for heartbeat in [
            event("ping", "2026-01-01"),
            event("message", "ping"),
            event("message", ""),
            event("message", "{}"),
            event("keepalive", "{\"time\":1}"),
        ] {
            for name in NAMES {
                let decoded = by_name(name).unwrap().decode(&heartbeat);
                assert_eq!(decoded, Decoded::Heartbeat, "{name}: {heartbeat:?}");
            }
        }
    }
}
