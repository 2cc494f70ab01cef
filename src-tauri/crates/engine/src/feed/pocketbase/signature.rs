//! How PocketBase is recognised: by the path of its realtime API, and by its first event.

use url::Url;

use super::PocketBase;
use crate::{
    failure::Cause,
    feed::{Clue, Context, Signature, is_page},
    message::RawEvent,
};

impl Signature for PocketBase {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let is_realtime = url.path().trim_end_matches('/').ends_with("/api/realtime");
        is_realtime.then(|| Clue::likely("its path is that of PocketBase's realtime API"))
    }

    fn other_address(&self, url: &Url, refusal: &Cause) -> Option<Url> {
        // Its own page is `/_/`; without a site of its owner's, `/` is a 404.
        let is_own = is_page(refusal) && matches!(url.path(), "/" | "/_" | "/_/");
        is_own.then(|| url.join("/api/realtime").ok()).flatten()
    }

    fn by_event(&self, _context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        (event.kind == "PB_CONNECT").then(|| Clue::sure("it greets as PocketBase does"))
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_event, of_url},
    };

    #[test]
    fn its_path_is_a_clue_and_its_greeting_a_better_one() {
        let at = "http://a.example:8090/api/realtime?collection=alerts";
        assert_eq!(of_url(at), Some(("pocketbase", Likely)));
        let greeting = r#"{"clientId":"a"}"#;
        assert_eq!(of_event(at, "PB_CONNECT", greeting, Some("a")), ("pocketbase", Sure));
        assert_eq!(
            of_event("http://a.example/x", "PB_CONNECT", greeting, None),
            ("pocketbase", Sure)
        );
    }
}
