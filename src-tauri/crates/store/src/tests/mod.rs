//! The store's promises, each on a database of its own in a folder that goes away. Here is what all
//! the tests use; a file has those of one part.

mod check;
mod commit;
mod consent;
mod cursor;
mod handlers;
mod journal;
mod left;
mod open;
mod outbox;
mod prune;
mod reading;
mod relay;
mod search;
mod snooze;
mod uptime;

use std::path::PathBuf;

use hark_engine::{
    cursor::Cursor,
    link::{Delivery, Outcome},
    message::{Message, RawEvent},
    policy::{self, Origin, Rule},
};
use jiff::Timestamp;

use super::*;

struct World {
    folder: tempfile::TempDir,
    store: Store,
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("hark.db"), now()).unwrap().store;
        store.begin("builds", "https://a.example/b", now()).unwrap();
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("hark.db")
    }

    fn reopened(mut self) -> Self {
        let path = self.path();
        drop(self.store);
        self.store = Store::open(&path, now()).unwrap().store;
        self
    }

    fn commit(&mut self, deliveries: &[Delivery]) -> Committed {
        self.commit_by(deliveries, &[])
    }

    fn commit_by(&mut self, deliveries: &[Delivery], rules: &[Rule]) -> Committed {
        let decide = |message: &Message, event: &RawEvent, origin| {
            policy::decide(rules, message, event, origin)
        };
        self.store.commit("builds", deliveries, now(), decide).unwrap()
    }

    fn bodies(&self) -> Vec<String> {
        let query = Query { limit: 1000, after: Some(0), ..Query::default() };
        self.store
            .messages(&query)
            .unwrap()
            .into_iter()
            .map(|row| row.message.body.into())
            .collect()
    }
}

fn message(id: Option<&str>, text: &str) -> Delivery {
    let own_id = id.map(str::to_owned);
    Delivery {
        cursor: own_id.as_deref().map(Cursor::of_id),
        fallen: None,
        event: RawEvent { kind: "message".into(), data: text.into(), own_id },
        outcome: Outcome::Message(Box::new(Message::of_text(text)), Origin::Live),
    }
}
