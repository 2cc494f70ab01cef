//! How ntfy is recognised: by the `open` that it sends first, by its messages, by the host of its
//! public server; and how a topic's page leads to its stream.

use serde_json::Value;
use url::Url;

use super::{NO_TOPIC, Ntfy};
use crate::{
    failure::Cause,
    feed::{Clue, Context, Decoded, Feed, Signature, is_page},
    message::RawEvent,
};

impl Signature for Ntfy {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let is_public = url.host_str() == Some("ntfy.sh") && may_be_topic(url);
        is_public.then(|| Clue::likely("its host is an ntfy server"))
    }

    fn by_event(&self, _context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        let json: Value = serde_json::from_str(&event.data).ok()?;
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        text("topic")?;
        match text("event")? {
            "open" if event.kind == "open" => Some(Clue::sure("it opens as ntfy does")),
            // The stream of a `since=`, or one whose beginning a proxy has kept.
            "message" if matches!(self.decode(event), Decoded::Message(_)) => {
                Some(Clue::likely("it sends messages as ntfy does"))
            }
            _ => None,
        }
    }

    /// A topic's page answers with HTML; a server without pages, with 404 or 405. Of the server's own
    /// page it shows whether ntfy is there.
    fn other_address(&self, url: &Url, refusal: &Cause) -> Option<Url> {
        if !is_page(refusal) {
            return None;
        }
        if url.path() == "/" {
            return url.join(&format!("/{NO_TOPIC}/sse")).ok();
        }
        let stream = self.stream_url(url);
        (may_be_topic(url) && stream != *url).then_some(stream)
    }
}

/// Whether the URL's path could be a topic: letters, digits, `-` and `_`, at most 64 of them, or
/// several such with commas in between.
fn may_be_topic(url: &Url) -> bool {
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        (1..=64).contains(&part.len()) && part.bytes().all(plain)
    };
    let path = url.path().trim_matches('/');
    let path =
        ["/json", "/raw", "/ws"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    path.rsplit('/').next().is_some_and(|last| last.replace("%2C", ",").split(',').all(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{
        Certainty::{Likely, Sure},
        other_addresses,
        recognition::tests::{of_event, of_url},
    };

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_topic_is_letters_digits_and_a_few_signs() {
        assert!(may_be_topic(&url("https://ntfy.sh/a,b-1_/json")));
        for not in ["https://ntfy.sh/", "https://a.example/x.html", "https://a.example/a,,b"] {
            assert!(!may_be_topic(&url(not)), "{not}");
        }
    }

    #[test]
    fn its_public_server_is_known_by_its_host() {
        assert_eq!(of_url("https://ntfy.sh/topic"), Some(("ntfy", Likely)));
        for not in ["https://ntfy.sh/", "https://a.example/topic/sse"] {
            assert_eq!(of_url(not), None, "{not}");
        }
    }

    #[test]
    fn its_first_words_are_a_clue() {
        let open = r#"{"id":"2pgIAaGrQ8","time":1,"event":"open","topic":"x"}"#;
        let message = r#"{"id":"2pgIAaGrQ8","time":1,"event":"message","topic":"x"}"#;
        for (kind, data, wanted) in [
            ("open", open, ("ntfy", Sure)),
            ("message", message, ("ntfy", Likely)),
            ("message", open, ("json", Likely)),
            ("open", "{}", ("json", Likely)),
        ] {
            assert_eq!(of_event("https://a.example/x", kind, data, None), wanted, "{kind} {data}");
        }
    }

    #[test]
    fn a_topics_page_leads_to_its_stream() {
        let page = Cause::ContentType { found: "text/html".into() };
        let other = |at: &str, cause: &Cause| {
            other_addresses(&url(at), cause).next().map(|(_, url)| String::from(url))
        };
        let topic = other("https://ntfy.example/topic", &page);
        assert_eq!(topic.as_deref(), Some("https://ntfy.example/topic/sse"));
        let root = other("https://ntfy.example/", &page);
        assert_eq!(root.as_deref(), Some("https://ntfy.example/_/sse"));
        let lacks = |at: &str| Ntfy.subscribe(&url(at), "").is_err();
        assert!(lacks("https://ntfy.example/_/sse") && lacks("https://ntfy.example/"));
        assert!(!lacks("https://ntfy.example/topic/sse"));
        assert_eq!(other("https://ntfy.example/topic/sse", &page), None);
        assert_eq!(other("https://ntfy.example/topic", &Cause::NoRoute), None);
    }
}
