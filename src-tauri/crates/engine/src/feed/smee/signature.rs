//! How a smee.io channel is recognised: by the host, and by its first event.

use url::Url;

use super::Smee;
use crate::{
    feed::{Clue, Context, Feed, Signature},
    message::RawEvent,
};

impl Signature for Smee {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let is_channel = url.host_str() == Some("smee.io") && url.path() != "/";
        is_channel.then(|| Clue::sure("its address is that of a channel of smee.io"))
    }

    fn by_event(&self, context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        let is_ready = event.kind == "ready" && event.data == "{}";
        match context.by_url == Some(self.name()) {
            true if is_ready => Some(Clue::sure("it greets as smee.io does")),
            _ => is_ready.then(|| Clue::likely("it greets as smee.io does")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_event, of_url},
    };

    #[test]
    fn its_host_is_a_clue_and_its_first_event_elsewhere() {
        assert_eq!(of_url("https://smee.io/aBcDeF"), Some(("smee", Sure)));
        assert_eq!(of_url("https://smee.io/"), None);
        assert_eq!(of_event("https://hooks.example/x", "ready", "{}", Some("0")), ("smee", Likely));
        assert_eq!(of_event("https://smee.io/x", "ready", "{}", Some("0")), ("smee", Sure));
        assert_eq!(of_event("https://a.example/x", "ready", "steady", None), ("json", Likely));
    }
}
