//! How Mastodon is recognised: by the path of its streams, and there by its greeting.

use url::Url;

use super::Mastodon;
use crate::{
    failure::Cause,
    feed::{Clue, Context, Feed, Signature, is_page},
};

impl Signature for Mastodon {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let path = url.path().trim_end_matches('/');
        let is_stream = path.starts_with("/api/v1/streaming/");
        is_stream.then(|| Clue::likely("its path is that of Mastodon's streams"))
    }

    /// Its pages lead to the notifications of whose token it is.
    fn other_address(&self, url: &Url, refusal: &Cause) -> Option<Url> {
        let first = url.path_segments()?.next()?;
        let is_own = ["", "home", "explore", "public", "notifications", "deck", "about"]
            .contains(&first)
            || first.starts_with('@');
        let stream = "/api/v1/streaming/user/notification";
        (is_page(refusal) && is_own).then(|| url.join(stream).ok()).flatten()
    }

    /// Others say the same words.
    fn is_told_by_errors(&self) -> bool {
        false
    }

    /// `:)` and `:thump`.
    fn by_comment(&self, context: &Context<'_>, comment: &str) -> Option<Clue> {
        let greets = context.by_url == Some(self.name()) && matches!(comment, ")" | "thump");
        greets.then(|| Clue::sure("it greets as Mastodon does"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_comment, of_url},
    };

    #[test]
    fn its_pages_lead_to_its_stream_which_wants_a_token() {
        let page = Cause::ContentType { found: "text/html".into() };
        let other = |at: &str| Mastodon.other_address(&at.parse().unwrap(), &page);
        for at in ["https://a.example/", "https://a.example/@me", "https://a.example/home"] {
            let stream = "https://a.example/api/v1/streaming/user/notification";
            assert_eq!(other(at).unwrap().as_str(), stream);
        }
        assert_eq!(other("https://a.example/x"), None);
        for said in ["Missing access token", "Error: Missing access token", "Invalid access token"]
        {
            let words = Mastodon.explain(401, said).unwrap();
            assert!(words.contains("/api/v1/streaming/user/notification"), "{words}");
        }
        assert_eq!(Mastodon.explain(401, "Unauthorized"), None);
    }

    #[test]
    fn its_path_is_a_clue_and_its_greeting_there_a_better_one() {
        let stream = "https://a.example/api/v1/streaming/user/notification";
        assert_eq!(of_url(stream), Some(("mastodon", Likely)));
        for greeting in [")", "thump"] {
            assert_eq!(of_comment(stream, "", greeting), Some(("mastodon", Sure)));
            assert_eq!(of_comment("https://a.example/x", "", greeting), None);
        }
    }
}
