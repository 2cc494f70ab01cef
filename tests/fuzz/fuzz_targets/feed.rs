//! Every feed's decoder: no event makes one panic or exceed what a message may hold.
#![no_main]

use hark_engine::{
    feed::{self, Decoded},
    message::{BODY_CHARS_MAX, RawEvent, TAGS_MAX, TITLE_CHARS_MAX},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    // The first line is the event's type, the rest its data.
    let (kind, data) = input.split_once('\n').unwrap_or(("message", input));
    let event = RawEvent { kind: kind.to_owned(), data: data.to_owned(), own_id: None };
    for name in feed::NAMES {
        let Some(feed) = feed::by_name(name) else { continue };
        let mut identified = event.clone();
        feed.identify(&mut identified);
        if let Decoded::Message(message) = feed.decode(&event) {
            assert!(message.title.chars().count() <= TITLE_CHARS_MAX);
            assert!(message.body.chars().count() <= BODY_CHARS_MAX);
            assert!(message.tags.len() <= TAGS_MAX);
        }
    }
});
