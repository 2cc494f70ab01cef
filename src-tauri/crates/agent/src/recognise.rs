//! Tries a URL before it is followed: what answers there, and what does it speak?

use std::time::Duration;

use futures_util::StreamExt;
use hark_api::{ApiError, ErrorCode, Recognised};
use hark_engine::failure::{Cause, Class};
use tokio::time::{Instant, timeout_at};

use crate::sse::{Ask, Connection, Item, guard::Limits};

/// How long a URL is tried.
const TRY: Duration = Duration::from_secs(5);
/// How long an open stream is listened to for its first words.
const LISTEN: Duration = Duration::from_millis(1500);

/// What came of trying a URL.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried {
    /// An event stream.
    Stream(Recognised),
    /// It cannot be reached now, which is no reason not to follow it.
    Unreachable(String),
    /// It answers, and what it answers cannot be followed.
    Refused(ApiError),
}

/// Tries `ask`. `origin` is what its sentences call the server.
pub async fn recognise(ask: Ask, origin: &str) -> Tried {
    let mut connection = Connection::dial(ask, Limits::default());
    let mut deadline = Instant::now() + TRY;
    let mut open = false;
    let mut nginx = false;
    loop {
        match timeout_at(deadline, connection.next()).await {
            Ok(Some(Item::Opened(headers))) => {
                open = true;
                deadline = Instant::now() + LISTEN;
                nginx = headers
                    .get("server")
                    .is_some_and(|value| value.as_bytes().starts_with(b"nginx"));
            }
            // Nchan says this first on every stream.
            Ok(Some(Item::Comment(text))) if text == "hi" => {
                return stream("nchan", "it greets as Nchan does");
            }
            Ok(Some(Item::Event { event, .. })) => {
                let id = event.own_id.unwrap_or_default();
                if nginx && is_nchan_id(&id) {
                    return stream("nchan", "nginx sends ids as Nchan does");
                }
                return stream("json", "it is an event stream");
            }
            Ok(Some(Item::Closed(cause))) if !open => {
                return refused_or_unreachable(&cause, origin);
            }
            Ok(Some(Item::Closed(_)) | None) => return stream("json", "it is an event stream"),
            Ok(Some(_)) => {}
            Err(_) if open => return stream("json", "it is an event stream"),
            Err(_) => return refused_or_unreachable(&Cause::HeadersTimeout, origin),
        }
    }
}

fn stream(feed: &str, reason: &str) -> Tried {
    Tried::Stream(Recognised { feed: feed.to_owned(), reason: reason.to_owned() })
}

/// `1700000000:0`, seconds and a count.
fn is_nchan_id(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    id.split_once(':').is_some_and(|(seconds, count)| digits(seconds) && digits(count))
}

fn refused_or_unreachable(cause: &Cause, origin: &str) -> Tried {
    let sentence = cause.sentence(origin);
    match cause.class() {
        Class::Local | Class::Network | Class::Server | Class::Routine => {
            Tried::Unreachable(sentence)
        }
        Class::Refused | Class::Protocol => {
            let code = match cause {
                Cause::Status { code: 401 | 403, .. } => ErrorCode::CredentialWanted,
                _ => ErrorCode::NotAFeed,
            };
            Tried::Refused(ApiError { code: Some(code), sentence })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_nchan_is_seconds_and_a_count() {
        for (id, is) in [("1700000000:0", true), ("1:2:3", false), ("7", false), (":", false)] {
            assert_eq!(is_nchan_id(id), is, "{id}");
        }
    }

    #[test]
    fn what_is_down_may_be_followed_and_what_says_no_may_not() {
        let tried = |cause| refused_or_unreachable(&cause, "x");
        assert!(matches!(tried(Cause::NameNotResolved), Tried::Unreachable(_)));
        assert!(matches!(tried(Cause::HeadersTimeout), Tried::Unreachable(_)));
        let refused = |cause| match tried(cause) {
            Tried::Refused(error) => error.code,
            other => panic!("{other:?}"),
        };
        let status = |code| Cause::Status {
            code,
            detail: None,
            retry_after_ms: None,
            streamed_before: false,
        };
        assert_eq!(refused(status(401)), Some(ErrorCode::CredentialWanted));
        assert_eq!(refused(status(404)), Some(ErrorCode::NotAFeed));
        assert_eq!(
            refused(Cause::ContentType { found: "text/html".into() }),
            Some(ErrorCode::NotAFeed)
        );
    }
}
