//! The registry: which feeds there are, each by its name.

use std::sync::Arc;

use super::{
    Centrifugo, DjangoEventstream, Feed, Form, Hark, HomeAssistant, Json, Mapped, Mastodon,
    Mercure, Nchan, Ntfy, PocketBase, Signature, Smee, Wikimedia, centrifugo, pocketbase,
};

/// Every feed that has code of its own, a line each. The order counts where two are
/// recognised with the same certainty: the first is taken.
pub(super) const FEEDS: &[Entry] = &[
    Entry::new("json", &Json).by_form(|form| Arc::new(Mapped::new("json", form))),
    Entry::new("ntfy", &Ntfy),
    Entry::new("mercure", &Mercure),
    Entry::new("nchan", &Nchan),
    Entry::new("home-assistant", &HomeAssistant),
    Entry::new("mastodon", &Mastodon),
    Entry::new("wikimedia", &Wikimedia),
    Entry::new("django-eventstream", &DjangoEventstream),
    Entry::new("pocketbase", &pocketbase::PLAIN)
        .by_form(|form| Arc::new(PocketBase::of_form(form))),
    Entry::new("smee", &Smee),
    Entry::new("centrifugo", &centrifugo::PLAIN)
        .by_form(|form| Arc::new(Centrifugo::of_form(form))),
    Entry::new("hark", &Hark),
];

/// A feed of the registry.
pub(super) struct Entry {
    pub(super) name: &'static str,
    feed: fn() -> Arc<dyn Feed>,
    /// Where the person may say where a message's parts stand.
    of_form: Option<fn(Form) -> Arc<dyn Feed>>,
    pub(super) signature: &'static dyn Signature,
}

impl Entry {
    const fn new<F: Signature + Default + 'static>(name: &'static str, feed: &'static F) -> Self {
        Self { name, feed: || Arc::new(F::default()), of_form: None, signature: feed }
    }

    const fn by_form(self, of_form: fn(Form) -> Arc<dyn Feed>) -> Self {
        Self { of_form: Some(of_form), ..self }
    }
}

/// The name of every feed in the registry, in its order.
pub const NAMES: &[&str] = &{
    let mut names = [""; FEEDS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = FEEDS[at].name;
        at += 1;
    }
    names
};

/// What stands in the place of a feed's name where it is not known yet what a server speaks.
pub const UNKNOWN: &str = "unknown";

/// The feed of a name; that of a plain stream for [`UNKNOWN`].
#[must_use]
pub fn by_name(name: &str) -> Option<Arc<dyn Feed>> {
    let name = if name == UNKNOWN { "json" } else { name };
    FEEDS.iter().find(|entry| entry.name == name).map(|entry| (entry.feed)())
}

/// The feed of a name that reads by this form: one that [`takes_form`], else the form's own.
#[must_use]
pub fn by_form(name: &str, form: Form) -> Arc<dyn Feed> {
    match of_form(name) {
        Some(of_form) => of_form(form),
        None => Arc::new(Mapped::new(name, form)),
    }
}

/// Whether the messages of the feed of this name can be described by a form.
#[must_use]
pub fn takes_form(name: &str) -> bool {
    of_form(name).is_some()
}

fn of_form(name: &str) -> Option<fn(Form) -> Arc<dyn Feed>> {
    FEEDS.iter().find(|entry| entry.name == name)?.of_form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_feed() {
        for name in NAMES {
            assert_eq!(by_name(name).unwrap().name(), *name);
        }
        assert!(by_name("carrier-pigeon").is_none());
    }

    #[test]
    fn a_person_reads_what_the_makers_write() {
        for (name, called) in [
            ("home-assistant", "Home Assistant"),
            ("mastodon", "Mastodon"),
            ("mercure", "Mercure"),
            ("nchan", "Nchan"),
            ("pocketbase", "PocketBase"),
            ("smee", "smee.io"),
            ("wikimedia", "Wikimedia EventStreams"),
            ("ntfy", "ntfy"),
            ("django-eventstream", "django-eventstream"),
            ("centrifugo", "Centrifugo"),
            ("hark", "Hark"),
        ] {
            assert_eq!(by_name(name).unwrap().called(), called);
        }
    }
}
