//! What a person writes as data and what a stranger sends to it: reading it and matching with it ends,
//! without a panic.
#![no_main]

use hark_engine::{
    feed::{Decoded, Feed, Form, Mapped},
    message::RawEvent,
    policy::{self, Origin, Rule},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    // A form, a rule and an event's data, each in a line of its own.
    let mut lines = input.splitn(3, '\n');
    let (Some(form), Some(rule)) = (lines.next(), lines.next()) else { return };
    let data = lines.next().unwrap_or_default();
    let event = RawEvent { kind: "message".to_owned(), data: data.to_owned(), own_id: None };
    let Ok(form) = serde_json::from_str::<Form>(form) else { return };
    let feed = Mapped::new("own", form);
    feed.identify(&mut event.clone());
    let Decoded::Message(message) = feed.decode(&event) else { return };
    if let Ok(rule) = serde_json::from_str::<Rule>(rule) {
        drop(policy::decide(&[rule], &message, &event, Origin::Live));
    }
});
