//! How a Mercure hub is recognised: by its well-known path and by its headers; and how a hub that
//! speaks another version of the protocol is asked.

use url::Url;

use super::{HUB, Mercure, discovery, is_hub, lacks_topic};
use crate::{
    failure::Cause,
    feed::{Clue, Feed, Signature, is_page, request::with_parameter},
    wire::Head,
};

impl Signature for Mercure {
    /// The path is registered for it (RFC 8615); nothing else should answer there.
    fn by_url(&self, url: &Url) -> Option<Clue> {
        is_hub(url).then(|| Clue::sure("its path is that of a Mercure hub"))
    }

    /// Its own headers, or a link to the hub (draft-dunglas-mercure, "Discovery").
    fn by_head(&self, head: &Head) -> Option<Clue> {
        let own = head.iter().any(|(name, _)| name.starts_with("mercure-"));
        let linked = discovery::links(head, "mercure").next().is_some();
        (own || linked).then(|| Clue::sure("its headers are a Mercure hub's"))
    }

    /// The other version's form of it; from the page of its site, or its own (`/.well-known/mercure/ui/`),
    /// to the hub.
    fn other_address(&self, url: &Url, refusal: &Cause) -> Option<Url> {
        if is_hub(url) {
            return self.other_form(url, refusal);
        }
        let is_own = url.path() == "/" || url.path().starts_with("/.well-known/mercure/");
        (is_page(refusal) && is_own).then(|| url.join(HUB).ok()).flatten()
    }

    fn linked(&self, page: &Url, head: &Head) -> Option<Result<Url, Cause>> {
        let (hub, topic) = discovery::hub(page, head)?;
        let named = topic.map(|topic| with_parameter(&hub, "topic", topic.as_str()));
        Some(named.ok_or_else(|| lacks_topic("its page names a Mercure hub", &hub)))
    }

    /// They are those of the library that it is made with.
    fn is_told_by_errors(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{
        Certainty::Sure,
        other_addresses,
        recognition::tests::{of_head, of_url},
    };

    #[test]
    fn its_path_is_a_clue() {
        for at in [
            "https://a.example/.well-known/mercure?topic=x",
            "https://a.example/app/.well-known/mercure",
        ] {
            assert_eq!(of_url(at), Some(("mercure", Sure)), "{at}");
        }
    }

    #[test]
    fn headers_of_a_hub_are_a_clue() {
        for (name, value, is) in [
            ("mercure-last-event-id", "earliest", true),
            ("link", "<https://h.example/.well-known/mercure>; rel=\"mercure\"", true),
            ("link", "<https://h.example/a>; rel=next, <https://h.example/m>; rel=mercure", true),
            ("link", "</mercure.css>; rel=preload", false),
            ("server", "mercure", false),
        ] {
            let wanted = is.then_some(("mercure", Sure));
            assert_eq!(of_head("https://a.example/x", name, value), wanted, "{name}: {value}");
        }
    }

    #[test]
    fn a_hub_that_refuses_leads_to_the_form_of_its_other_version() {
        let refusal =
            Cause::Status { code: 400, detail: None, retry_after_ms: None, streamed_before: false };
        let other = |at: &str| {
            other_addresses(&at.parse().unwrap(), &refusal).next().map(|(_, url)| String::from(url))
        };
        let matched = other("https://a.example/.well-known/mercure?topic=x");
        assert_eq!(matched.as_deref(), Some("https://a.example/.well-known/mercure?match=x"));
        assert_eq!(other("https://a.example/x?topic=x"), None);
    }

    #[test]
    fn a_page_leads_to_the_hub_which_asks_for_a_topic() {
        let page = Cause::ContentType { found: "text/html".into() };
        for at in ["https://a.example/", "https://a.example/.well-known/mercure/ui/"] {
            let url = Mercure.other_address(&at.parse().unwrap(), &page).unwrap();
            assert_eq!(url.as_str(), "https://a.example/.well-known/mercure");
            let lacks = Mercure.subscribe(&url, "").unwrap_err().sentence("it");
            assert!(lacks.contains("https://a.example/.well-known/mercure?topic=TOPIC"), "{lacks}");
        }
        let other = |at: &str| Mercure.other_address(&at.parse().unwrap(), &page);
        assert_eq!(other("https://a.example/x"), None);
        for whole in ["?topic=x", "?match=x", "?match_urlpattern=x", "?topic%5B%5D=x"] {
            let url = format!("https://a.example/.well-known/mercure{whole}").parse().unwrap();
            assert!(Mercure.subscribe(&url, "").is_ok(), "{whole}");
        }
    }
}
