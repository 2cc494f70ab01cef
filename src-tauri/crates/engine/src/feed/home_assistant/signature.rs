//! How Home Assistant is recognised: by the path of its event stream, and there by its ping.

use url::Url;

use super::HomeAssistant;
use crate::{
    failure::Cause,
    feed::{Clue, Context, Feed, Signature, is_page},
    message::RawEvent,
};

impl Signature for HomeAssistant {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let is_stream = url.path().trim_end_matches('/') == "/api/stream";
        is_stream.then(|| Clue::likely("its path is that of Home Assistant's event stream"))
    }

    /// Its pages lead to its stream, which wants a token.
    fn other_address(&self, url: &Url, refusal: &Cause) -> Option<Url> {
        let first = url.path_segments()?.next()?;
        let own = ["", "lovelace", "home", "config", "profile", "developer-tools"];
        let is_own = own.contains(&first);
        (is_page(refusal) && is_own).then(|| url.join("/api/stream").ok()).flatten()
    }

    /// They are the words of the library that it is made with.
    fn is_told_by_errors(&self) -> bool {
        false
    }

    fn by_event(&self, context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        let pings = context.by_url == Some(self.name()) && event.data == "ping";
        pings.then(|| Clue::sure("it pings as Home Assistant does"))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        failure::Cause,
        feed::{
            Certainty::{Likely, Sure},
            other_addresses,
            recognition::tests::{of_event, of_url},
        },
    };

    #[test]
    fn its_pages_lead_to_its_stream() {
        let page = Cause::ContentType { found: "text/html".into() };
        let led = |at: &str| {
            let url = format!("http://ha.local:8123{at}").parse().unwrap();
            let own = other_addresses(&url, &page).find(|(name, _)| *name == "home-assistant");
            own.map(|(_, url)| String::from(url))
        };
        let stream = Some("http://ha.local:8123/api/stream".to_owned());
        for own in ["", "/lovelace/0", "/profile/security", "/developer-tools/event"] {
            assert_eq!(led(own), stream, "{own}");
        }
        assert_eq!(led("/another"), None);
    }

    #[test]
    fn its_path_is_a_clue_and_its_ping_there_a_better_one() {
        let stream = "http://ha.local:8123/api/stream?restrict=x";
        assert_eq!(of_url(stream), Some(("home-assistant", Likely)));
        assert_eq!(of_event(stream, "message", "ping", None), ("home-assistant", Sure));
        assert_eq!(of_event(stream, "message", "{}", None), ("home-assistant", Likely));
        assert_eq!(of_event("https://a.example/x", "message", "ping", None), ("json", Likely));
    }
}
