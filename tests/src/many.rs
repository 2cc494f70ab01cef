//! Stores of many messages, as long use makes them.

use std::{path::Path, time::Duration};

use hark_engine::{
    cursor::Cursor,
    keep::Keep,
    link::{Delivery, Outcome},
    message::{Message, RawEvent},
    policy::{self, Origin},
};
use hark_store::Store;
use jiff::Timestamp;

/// Committed at a time.
const AT_ONCE: usize = 500;
const WORDS: &[&str] = &[
    "backup",
    "finished",
    "server",
    "disk",
    "alert",
    "build",
    "failed",
    "nightly",
    "temperature",
    "kitchen",
    "备份完成",
    "服务器",
    "门铃响了",
    "deploy",
    "production",
    "queue",
    "latency",
    "certificate",
];

/// A store in a database with so many messages of one subscription, a second apart, with none read and none indexed
/// yet. Nothing of them is dropped.
#[must_use]
pub fn store(database: &Path, subscription: &str, messages: usize) -> Store {
    let begin = Timestamp::from_second(1_700_000_000).unwrap();
    let mut store = Store::open(database, begin).unwrap().store;
    store.begin(subscription, "source", begin).unwrap();
    let all = Keep { messages_max: u32::MAX, bytes_max: i64::MAX, ..Keep::DEFAULT };
    store.keep(subscription, all);
    let mut random = fastrand::Rng::with_seed(7);
    let mut number = 0;
    while number < messages {
        let some: Vec<_> = (0..AT_ONCE).map(|n| delivery(number + n, &mut random)).collect();
        let at = begin + Duration::from_secs(number as u64);
        let decide = |message: &Message, event: &RawEvent, origin| {
            policy::decide(&[], message, event, origin)
        };
        store.commit(subscription, &some, at, decide).unwrap();
        number += AT_ONCE;
    }
    store
}

fn delivery(number: usize, random: &mut fastrand::Rng) -> Delivery {
    let words: Vec<_> = (0..10).map(|_| *random.choice(WORDS).unwrap()).collect();
    let mut message = Message::of_text(&format!("{} n{number}", words.join(" ")));
    message.title = format!("{} {number}", random.choice(WORDS).unwrap()).as_str().into();
    Delivery {
        event: RawEvent {
            own_id: Some(number.to_string()),
            data: number.to_string(),
            ..RawEvent::default()
        },
        outcome: Outcome::Message(Box::new(message), Origin::Live),
        ..Delivery::of_cursor(Cursor::of_id(&number.to_string()))
    }
}
