//! Every feed's decoder, one that is described by data among them: no event makes one panic or exceed
//! what a message may hold.
#![no_main]

use std::sync::{Arc, LazyLock};

use hark_engine::{
    feed::{self, Decoded, Feed, Mapped, Standing},
    message::{
        ACTIONS_MAX, BODY_CHARS_MAX, Change, NAME_CHARS_MAX, RawEvent, TAGS_MAX, TITLE_CHARS_MAX, WORD_CHARS_MAX,
    },
};
use libfuzzer_sys::fuzz_target;

const FORM: &str = r#"{
    "title": ["{/title} {/topic}", "/data/new_state"], "body": "/message", "url": "/url",
    "topic": "/topic", "tags": ["/tags", "/data"], "priority": "/priority",
    "priorities": { "high": 5 }, "time": "/time", "id": "/id", "sequence": "/event_type",
    "heartbeat": { "at": "/event", "equals": "keepalive" },
    "message": { "at": "", "exists": true },
    "update": { "at": "/message", "matches": "(?i)a+b" }
}"#;

static FEEDS: LazyLock<Vec<Arc<dyn Feed>>> = LazyLock::new(|| {
    let form = serde_json::from_str(FORM).expect("the form above");
    let mapped = Arc::new(Mapped::new("mapped", form)) as Arc<dyn Feed>;
    feed::NAMES.iter().filter_map(|name| feed::by_name(name)).chain([mapped]).collect()
});

fuzz_target!(|input: &str| {
    // The first line is the event's type, the rest its data.
    let (kind, data) = input.split_once('\n').unwrap_or(("message", input));
    let event = RawEvent { kind: kind.to_owned(), data: data.to_owned(), own_id: None };
    for feed in FEEDS.iter() {
        let mut identified = event.clone();
        feed.identify(&mut identified);
        let position = Some(r#"["1@E/news","5@F/alerts"]"#);
        let standing = Standing { position, is_first: true };
        for event in feed.unfold(&event, standing).into_iter().flatten() {
            event.own_id.as_deref().map(|id| feed.position(position, id));
            feed.decode(&event);
        }
        feed.keeps(&event);
        feed.published(&identified);
        match feed.decode(&event) {
            Decoded::Message(message) => {
                assert!(message.title.chars().count() <= TITLE_CHARS_MAX);
                assert!(message.body.chars().count() <= BODY_CHARS_MAX);
                assert!(message.tags.len() <= TAGS_MAX);
                assert!(message.extras.actions.len() <= ACTIONS_MAX);
                for word in message.topic.iter().chain(&message.tags) {
                    assert!(word.chars().count() <= WORD_CHARS_MAX);
                }
                let sequence = message.sequence.map(|sequence| sequence.id.chars().count());
                assert!(sequence.is_none_or(|chars| chars <= NAME_CHARS_MAX));
            }
            Decoded::Change(Change::Read(sequence) | Change::Deleted(sequence)) => {
                assert!(sequence.chars().count() <= NAME_CHARS_MAX);
            }
            _ => {}
        }
    }
});
