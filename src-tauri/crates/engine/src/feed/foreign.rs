//! Servers that push by another protocol than event streams: known by what they answer, so that nobody is
//! asked for a token that would not help. Pure.

use url::Url;

use super::is_page;
use crate::{failure::Cause, wire::Head};

/// Servers that send over a WebSocket and as an event stream.
pub const HAVE_BOTH: &str = "ntfy, Home Assistant, Mastodon and Centrifugo";

/// What Gotify says to whoever shows no token (https://github.com/gotify/server, its `auth`).
const GOTIFY: &str =
    "you need to provide a valid access token or user credentials to access this api";

/// The refusal as that of a server which speaks another protocol, where it is that. `head` is the head of
/// the answer.
#[must_use]
pub fn other_protocol(refusal: &Cause, head: &Head) -> Option<Cause> {
    let Cause::Status { code, detail, .. } = refusal else { return None };
    let what = if *code == 401 && detail.as_deref() == Some(GOTIFY) {
        "this is Gotify, which sends over a WebSocket alone"
    } else if *code == 426 || head.get("sec-websocket-version").is_some() {
        "a WebSocket is at this URL"
    } else {
        return None;
    };
    let detail = format!(
        "{what}, and Hark follows event streams (SSE). Servers that have both are {HAVE_BOTH}"
    );
    Some(Cause::OtherProtocol { detail: detail.into() })
}

/// Where such a server would say so, whose page is at this URL.
#[must_use]
pub fn other_protocols_address(url: &Url, refusal: &Cause) -> Option<Url> {
    let is_root = is_page(refusal) && url.path() == "/";
    is_root.then(|| url.join("/stream").ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: u16, detail: Option<&str>) -> Cause {
        let detail = detail.map(Into::into);
        Cause::Status { code, detail, retry_after_ms: None, streamed_before: false }
    }

    #[test]
    fn gotify_is_known_by_its_words_and_a_websocket_by_its_header() {
        let none = Head::default();
        let said = |cause: &Cause, head: &Head| {
            other_protocol(cause, head).map(|cause| cause.sentence("https://push.example"))
        };
        let gotify = said(&refusal(401, Some(GOTIFY)), &none).unwrap();
        assert!(gotify.contains("Gotify") && gotify.contains("WebSocket"), "{gotify}");
        let version = [("sec-websocket-version".to_owned(), "13".to_owned())];
        let other = said(&refusal(400, Some("Bad Request")), &version.into_iter().collect());
        assert!(other.unwrap().contains("a WebSocket is at this URL"));
        assert!(said(&refusal(426, None), &none).is_some());
        for (code, detail) in [(401, Some("Unauthorized")), (403, Some(GOTIFY)), (401, None)] {
            assert_eq!(said(&refusal(code, detail), &none), None, "{code} {detail:?}");
        }
    }

    #[test]
    fn its_root_page_leads_to_where_it_says_so() {
        let page = Cause::ContentType { found: "text/html".into() };
        let at = |url: &str| other_protocols_address(&url.parse().unwrap(), &page);
        assert_eq!(at("https://a.example/").unwrap().as_str(), "https://a.example/stream");
        assert_eq!(at("https://a.example/x"), None);
        let root = "https://a.example/".parse().unwrap();
        assert_eq!(other_protocols_address(&root, &Cause::NoRoute), None);
    }
}
