//! How a Mercure hub is recognised: by its well-known path and by its headers; and how a hub that
//! speaks another version of the protocol is asked.

use url::Url;

use super::Mercure;
use crate::{
    failure::Cause,
    feed::{Clue, Feed, Signature},
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
        let linked = head.iter().filter(|(name, _)| *name == "link").any(|(_, value)| {
            let value = value.to_ascii_lowercase();
            value.split([';', ',']).any(|part| {
                let relation = part.trim().strip_prefix("rel=").unwrap_or_default();
                relation.trim_matches('"').split_whitespace().any(|name| name == "mercure")
            })
        });
        (own || linked).then(|| Clue::sure("its headers are a Mercure hub's"))
    }

    fn other_address(&self, url: &Url, refusal: &Cause) -> Option<Url> {
        is_hub(url).then(|| self.other_form(url, refusal)).flatten()
    }
}

fn is_hub(url: &Url) -> bool {
    url.path().trim_end_matches('/').ends_with("/.well-known/mercure")
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
}
