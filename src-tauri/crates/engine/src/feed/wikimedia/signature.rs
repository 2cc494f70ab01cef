//! How EventStreams is recognised: by its host, by its path, and there by its ids.

use url::Url;

use super::Wikimedia;
use crate::{
    feed::{Clue, Context, Feed, Signature},
    message::RawEvent,
};

impl Signature for Wikimedia {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        if url.host_str() == Some("stream.wikimedia.org") {
            return Some(Clue::sure("its host is that of EventStreams"));
        }
        let is_stream = url.path().trim_end_matches('/').starts_with("/v2/stream/");
        is_stream.then(|| Clue::likely("its path is that of EventStreams"))
    }

    fn by_event(&self, context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        let id = event.own_id.as_deref().unwrap_or_default();
        let is_it = context.by_url == Some(self.name()) && id.starts_with("[{\"topic\"");
        is_it.then(|| Clue::sure("its ids are those of EventStreams"))
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_event, of_url},
    };

    #[test]
    fn its_host_is_sure_and_its_path_a_clue() {
        let own = "https://stream.wikimedia.org/v2/stream/recentchange";
        assert_eq!(of_url(own), Some(("wikimedia", Sure)));
        assert_eq!(of_url("https://a.example/v2/stream/x"), Some(("wikimedia", Likely)));
    }

    #[test]
    fn its_ids_are_a_clue_at_its_path() {
        let id = Some(r#"[{"topic":"a","offset":1}]"#);
        let of = |at: &str, id| of_event(at, "message", "{}", id);
        assert_eq!(of("https://mirror.example/v2/stream/x", id), ("wikimedia", Sure));
        assert_eq!(of("https://mirror.example/v2/stream/x", None), ("wikimedia", Likely));
        assert_eq!(of("https://a.example/x", id), ("json", Likely));
    }
}
