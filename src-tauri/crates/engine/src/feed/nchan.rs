//! `nchan`: the nginx push module. Its ids are `time:n`; it has no heartbeat unless
//! `nchan_eventsource_ping_interval` is set, and then sends `event: ping` without data, or a comment.
//!
//! Without an id, or with one that it does not know, it replays its whole buffer. Before it closes a
//! stream on purpose it says so in a comment, `:410: Gone` or `:408: Request Timeout`.

use url::Url;

use super::{Decoded, Feed, Request, is_common_heartbeat, json};
use crate::{failure::Cause, message::RawEvent};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Nchan;

impl Feed for Nchan {
    fn name(&self) -> &str {
        "nchan"
    }

    fn request(&self, url: &Url, cursor: Option<&str>) -> Request {
        Request::by_header_or_query(url, cursor, "last_event_id")
    }

    fn resumes_from(&self, _id: &str) -> bool {
        true
    }

    fn decode(&self, event: &RawEvent) -> Decoded {
        if is_common_heartbeat(event) {
            return Decoded::Heartbeat;
        }
        json::decode(&event.data).into()
    }

    fn farewell(&self, comment: &str) -> Option<Cause> {
        let (code, text) = comment.split_once(": ")?;
        Some(Cause::Status {
            code: code.strip_prefix(':').unwrap_or(code).parse().ok()?,
            detail: Some(text.to_owned()),
            retry_after_ms: None,
            streamed_before: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_farewell_comment_is_the_cause_of_the_close() {
        let code = |comment: &str| match Nchan.farewell(comment) {
            Some(Cause::Status { code, .. }) => Some(code),
            _ => None,
        };
        assert_eq!(code("410: Gone"), Some(410));
        assert_eq!(code("408: Request Timeout"), Some(408));
        assert_eq!(code(" hi"), None);
        assert_eq!(code("note: well"), None);
    }
}
