//! `django-eventstream`: a view of Django by https://github.com/fanout/django-eventstream.
//!
//! As seen with 5.3 on uvicorn: 2 KiB of comment, `stream-open`, then `message` events whose ids name
//! each channel's number (`news:3`), and `keep-alive` every 20 s, the named ones without data. An id that it
//! has forgotten is answered by `stream-reset`, with the id that it goes on from; what may not be read by
//! `stream-error` with the id `error` and the end of the stream, a 200 all the same.

mod signature;

use std::time::Duration;

use serde::Deserialize;

use super::{Decoded, Feed, is_common_heartbeat, json};
use crate::{failure::Cause, message::RawEvent, readable::Line};

/// The feed of django-eventstream; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct DjangoEventstream;

/// The id of an error: asked for it, the server answers 400 for ever.
const ERROR_ID: &str = "error";
/// What it says where the same request may be answered later; else `forbidden` or `bad-request`.
const PASSING: &[&str] = &["internal-error"];

impl Feed for DjangoEventstream {
    fn name(&self) -> &str {
        "django-eventstream"
    }

    fn resumes_from(&self, id: &str) -> bool {
        id != ERROR_ID && super::is_sendable(id)
    }

    fn cadence_default(&self) -> Option<Duration> {
        Some(Duration::from_secs(20))
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        match event.kind.as_str() {
            "stream-open" | "keep-alive" => Decoded::Heartbeat,
            "stream-reset" => Decoded::Reset,
            "stream-error" => Decoded::Ended(error(&event.data)),
            _ if is_common_heartbeat(event) => Decoded::Heartbeat,
            _ => json::decode(&event.data).into(),
        }
    }
}

fn error(data: &str) -> Cause {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Error {
        condition: String,
        text: String,
    }
    let Error { condition, text } = serde_json::from_str(data).unwrap_or_default();
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    Cause::StreamError {
        refused: !PASSING.contains(&condition.as_str()),
        code: Line::brief(&or(condition, "stream-error")),
        detail: Line::brief(&or(text, "it does not say which")),
    }
}
