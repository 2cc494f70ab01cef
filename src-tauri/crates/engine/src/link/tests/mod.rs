//! The link in virtual time: a scripted world on one side, the real state machine on the other.
//! Here is that world; a file has the tests of one part.

mod backfill;
mod dials;
mod events;
mod feeds;
mod heartbeat;
mod model;
mod phases;
mod recognise;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::*;
use crate::{backoff::Clients, failure::Cause, feed::Json, history::Entry, wire::Head};

fn opened(conn: ConnId) -> Input {
    Input::Arrived(conn, Arrival::Opened(Head::default()))
}

/// It opens, and its head has this header.
fn opened_with(conn: ConnId, name: &str, value: &str) -> Input {
    let head = Head::from_iter([(name.to_owned(), value.to_owned())]);
    Input::Arrived(conn, Arrival::Opened(head))
}

fn came(conn: ConnId, event: RawEvent) -> Input {
    Input::Arrived(conn, Arrival::Event { event, id: String::new() })
}

fn comment(conn: ConnId, text: String) -> Input {
    Input::Arrived(conn, Arrival::Comment(text))
}

fn closed(conn: ConnId, cause: Cause) -> Input {
    Input::Arrived(conn, Arrival::Closed(cause))
}

fn committed(cursor: Cursor) -> Input {
    Input::Committed(Committed { cursor, ..Committed::default() })
}

/// A link and a clock that only moves when told to.
struct World {
    link: Link,
    now: Moment,
    effects: Vec<Effect>,
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn config() -> Config {
    Config::plain(Arc::new(Json), Clients::Few)
}

impl World {
    fn new(config: Config) -> Self {
        let now =
            Moment { monotonic: secs(1000), wall: Timestamp::from_second(1_700_000_000).unwrap() };
        let mut world = Self { link: Link::new(config, 42), now, effects: Vec::new() };
        world.say(Input::Start);
        world
    }

    fn streaming(config: Config) -> Self {
        let mut world = Self::new(config);
        let conn = world.dialled();
        world.say(opened(conn));
        world.effects.clear();
        world
    }

    fn say(&mut self, input: Input) {
        self.link.handle(input, self.now, &mut self.effects);
    }

    /// Moves to `span` from now, handing in each deadline on its way at its time.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((at, _)) = self.link.poll_deadline().filter(|(at, _)| *at <= end.monotonic) {
            self.now = self.now + at.saturating_sub(self.now.monotonic);
            self.say(Input::Deadline);
        }
        self.now = end;
    }

    fn dialled(&self) -> ConnId {
        self.effects
            .iter()
            .rev()
            .find_map(|effect| match effect {
                Effect::Dial { conn, .. } => Some(*conn),
                _ => None,
            })
            .expect("a dial")
    }

    fn dials(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::Dial { .. })).count()
    }

    fn journal(&self) -> Vec<&Entry> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Journal(entry) => Some(entry),
                _ => None,
            })
            .collect()
    }

    fn origins(&self) -> Vec<Origin> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Deliver(Delivery { outcome: Outcome::Message(_, origin), .. }) => {
                    Some(*origin)
                }
                _ => None,
            })
            .collect()
    }

    fn heartbeats(&mut self, conn: ConnId, every: Duration, count: u32) {
        for _ in 0..count {
            self.pass(every);
            self.say(Input::Arrived(conn, Arrival::Alive));
            self.say(comment(conn, "ping".into()));
        }
    }

    fn message(&mut self, conn: ConnId, own_id: Option<&str>) {
        self.say(Input::Arrived(conn, Arrival::Alive));
        let event = RawEvent {
            kind: "message".into(),
            data: "x".into(),
            own_id: own_id.map(str::to_owned),
        };
        self.say(came(conn, event));
        if let Some(id) = own_id {
            self.say(committed(Cursor::of_id(id)));
        }
    }
}
