//! How django-eventstream is recognised: by the event that opens its streams, or the one that ends one
//! that may not be read.

use super::DjangoEventstream;
use crate::{
    feed::{Clue, Context, Signature},
    message::RawEvent,
};

impl Signature for DjangoEventstream {
    fn by_event(&self, _context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        ["stream-open", "stream-reset", "stream-error"]
            .contains(&event.kind.as_str())
            .then(|| Clue::sure("it opens its streams as django-eventstream does"))
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{Certainty::Sure, recognition::tests::of_event};

    #[test]
    fn its_first_event_is_a_clue() {
        let at = "https://a.example/events/";
        for kind in ["stream-open", "stream-error"] {
            assert_eq!(of_event(at, kind, "", None), ("django-eventstream", Sure), "{kind}");
        }
        assert_ne!(of_event(at, "message", "stream-open", None).0, "django-eventstream");
    }
}
