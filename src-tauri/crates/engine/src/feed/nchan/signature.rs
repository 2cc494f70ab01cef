//! How Nchan is recognised: by the comment that it greets with, and by its ids where nginx sends
//! them.

use super::Nchan;
use crate::{
    feed::{Clue, Context, Signature},
    message::RawEvent,
    wire::Head,
};

impl Signature for Nchan {
    fn by_comment(&self, context: &Context<'_>, comment: &str) -> Option<Clue> {
        let reason = "it greets as Nchan does";
        (comment == "hi").then(|| match is_nginx(context.head) {
            true => Clue::sure(reason),
            false => Clue::likely(reason),
        })
    }

    /// Numbers prove little: a URL that speaks for another feed counts more.
    fn by_event(&self, context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        let id = event.own_id.as_deref().unwrap_or_default();
        let is_it = context.by_url.is_none() && is_nginx(context.head) && is_nchan_id(id);
        is_it.then(|| Clue::likely("nginx sends ids as Nchan does"))
    }
}

fn is_nginx(head: &Head) -> bool {
    let is_it = |value: &str| value.starts_with("nginx") || value.starts_with("openresty");
    head.get("server").is_some_and(is_it)
}

/// `1700000000:0`, seconds and a count.
fn is_nchan_id(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    id.split_once(':').is_some_and(|(seconds, count)| digits(seconds) && digits(count))
}

#[cfg(test)]
mod tests {
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_comment, of_event},
    };

    const ANY: &str = "https://a.example/x";

    #[test]
    fn its_greeting_is_a_clue_and_from_nginx_a_better_one() {
        assert_eq!(of_comment(ANY, "nginx/1.22", "hi"), Some(("nchan", Sure)));
        assert_eq!(of_comment(ANY, "openresty", "hi"), Some(("nchan", Sure)));
        assert_eq!(of_comment(ANY, "", "hi"), Some(("nchan", Likely)));
        assert_eq!(of_comment(ANY, "nginx/1.22", "hi there"), None);
    }

    #[test]
    fn its_ids_are_a_clue_where_the_url_says_nothing() {
        assert_eq!(of_event(ANY, "message", "x", Some("1700000000:0")), ("nchan", Likely));
        assert_eq!(of_event(ANY, "message", "x", Some("17")), ("json", Likely));
        let hub = "https://a.example/.well-known/mercure";
        assert_eq!(of_event(hub, "message", "x", Some("1700000000:0")), ("mercure", Sure));
    }
}
