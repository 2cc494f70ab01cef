//! How Mastodon is recognised: by the path of its streams, and there by its greeting.

use url::Url;

use super::Mastodon;
use crate::feed::{Clue, Context, Feed, Signature};

impl Signature for Mastodon {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let path = url.path().trim_end_matches('/');
        let is_stream = path.starts_with("/api/v1/streaming/");
        is_stream.then(|| Clue::likely("its path is that of Mastodon's streams"))
    }

    /// `:)` and `:thump`.
    fn by_comment(&self, context: &Context<'_>, comment: &str) -> Option<Clue> {
        let greets = context.by_url == Some(self.name()) && matches!(comment, ")" | "thump");
        greets.then(|| Clue::sure("it greets as Mastodon does"))
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_comment, of_url},
    };

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
