//! Drives one link: stamps what happens with the time, hands it to the engine, carries out what the
//! engine answers. It decides nothing. What becomes of deliveries is its [`Sink`]'s.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::StreamExt;
use hark_engine::{
    failure::Cause,
    feed::{Feed, Resume, is_sendable},
    history::Entry,
    link::{Config, ConnId, Delivery, Effect, Input, Link, Phase},
};
use jiff::Timestamp;
use tokio::{sync::mpsc, task::AbortHandle, time::sleep};

use crate::{
    clock,
    sse::{Ask, Connection, Item, guard::Limits},
};

/// Items that may wait for the driver; then the connection is read no further.
const ITEMS_MAX: usize = 256;

/// What a driver is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// See [`Input::Pause`].
    Pause,
    /// See [`Input::Resume`].
    Resume,
    /// See [`Input::Hint`].
    Hint,
    /// End.
    Stop,
}

/// What becomes of what a link brings.
pub trait Sink {
    /// What to ask the server, without the cursor.
    ///
    /// # Errors
    /// Where a credential cannot be read.
    fn ask(&self) -> Result<Ask, Cause>;

    /// An item as it came, before the engine sees it.
    fn seen(&mut self, _item: &Item) {}

    /// Keeps deliveries, all or none; answers the cursor after them.
    ///
    /// # Errors
    /// One sentence, where nothing was kept.
    fn commit(&mut self, deliveries: &[Delivery], now: Timestamp)
    -> Result<Option<String>, String>;

    /// Keeps a change of the link.
    fn journal(&mut self, entry: Entry, now: Timestamp);

    /// What was missed has arrived.
    fn caught_up(&mut self) {}

    /// The link may have changed. Answers whether to go on.
    fn changed(&mut self, link: &Link) -> bool;
}

/// An item, and which connection brought it.
type Arrived = (ConnId, Item);

/// One link with its connections.
pub struct Driver<S> {
    sink: S,
    link: Link,
    feed: Arc<dyn Feed>,
    connections: HashMap<ConnId, AbortHandle>,
    arrive: mpsc::Sender<Arrived>,
    arrived: mpsc::Receiver<Arrived>,
}

impl<S: Sink> Driver<S> {
    /// A driver that has not begun.
    pub fn new(config: Config, sink: S) -> Self {
        let feed = config.feed.clone();
        let (arrive, arrived) = mpsc::channel(ITEMS_MAX);
        Self {
            sink,
            link: Link::new(config, fastrand::u64(..)),
            feed,
            connections: HashMap::new(),
            arrive,
            arrived,
        }
    }

    /// Runs until told to stop, or until the sink has had enough. Answers the sink.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> S {
        let mut arrived = Vec::with_capacity(ITEMS_MAX);
        let mut go_on = self.handle([Input::Start]);
        while go_on {
            let deadline = self.link.poll_deadline().map(|(at, _)| at);
            let wait = deadline.map(|at| at.saturating_sub(clock::now().monotonic));
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Pause) => go_on = self.handle([Input::Pause]),
                    Some(Command::Resume) => go_on = self.handle([Input::Resume]),
                    Some(Command::Hint) => go_on = self.handle([Input::Hint]),
                    Some(Command::Stop) | None => break,
                },
                _ = self.arrived.recv_many(&mut arrived, ITEMS_MAX) => go_on = self.take(&mut arrived),
                () = sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {
                    // A process that was stopped finds its deadlines passed and its sockets full:
                    // what has arrived is read first.
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                    while let Ok(item) = self.arrived.try_recv() {
                        arrived.push(item);
                    }
                    go_on = if arrived.is_empty() {
                        self.handle([Input::Deadline])
                    } else {
                        self.take(&mut arrived)
                    };
                }
            }
        }
        for connection in self.connections.values() {
            connection.abort();
        }
        self.sink
    }

    /// Takes what has arrived, in order. An opening or an end is handled before anything after it
    /// is looked at, so that what the sink sees has the order of the stream.
    fn take(&mut self, arrived: &mut Vec<Arrived>) -> bool {
        let mut inputs = Vec::new();
        let mut go_on = true;
        for (conn, item) in arrived.drain(..) {
            if !go_on || !self.connections.contains_key(&conn) {
                continue;
            }
            let edge = matches!(item, Item::Opened(_) | Item::Closed(_));
            if edge && !inputs.is_empty() {
                go_on = self.handle(inputs.drain(..));
            }
            self.sink.seen(&item);
            if matches!(item, Item::Closed(_)) {
                self.connections.remove(&conn);
            }
            inputs.push(input(conn, item));
            if edge {
                go_on &= self.handle(inputs.drain(..));
            }
        }
        go_on && (inputs.is_empty() || self.handle(inputs))
    }

    fn handle(&mut self, inputs: impl IntoIterator<Item = Input>) -> bool {
        let now = clock::now();
        let mut effects = Vec::new();
        for input in inputs {
            self.link.handle(input, now, &mut effects);
        }
        if let Err(detail) = self.perform(effects)
            && let Phase::Streaming(stream) = self.link.phase()
        {
            let conn = stream.conn();
            self.hang_up(conn);
            let mut effects = Vec::new();
            let closed = Input::Closed(conn, Cause::NotStored { detail });
            self.link.handle(closed, now, &mut effects);
            // It delivers nothing more, so nothing more can fail.
            let _ = self.perform(effects);
        }
        self.sink.changed(&self.link)
    }

    /// Carries out effects in order; deliveries in a row are one commit. After one that failed
    /// nothing more is delivered: the server is asked again from the cursor before it.
    fn perform(&mut self, effects: Vec<Effect>) -> Result<(), String> {
        let mut deliveries = Vec::new();
        let mut failed = None;
        for effect in effects {
            if let Effect::Deliver(delivery) = effect {
                deliveries.push(delivery);
                continue;
            }
            self.commit(&mut deliveries, &mut failed);
            match effect {
                Effect::Dial { conn, cursor } => self.dial(conn, cursor),
                Effect::HangUp(conn) => self.hang_up(conn),
                Effect::Journal(entry) => self.sink.journal(entry, clock::now().wall),
                Effect::CaughtUp => self.sink.caught_up(),
                Effect::PhaseChanged | Effect::Deliver(_) => {}
            }
        }
        self.commit(&mut deliveries, &mut failed);
        failed.map_or(Ok(()), Err)
    }

    fn commit(&mut self, deliveries: &mut Vec<Delivery>, failed: &mut Option<String>) {
        let now = clock::now();
        if !deliveries.is_empty() && failed.is_none() {
            match self.sink.commit(deliveries, now.wall) {
                Ok(cursor) => self.link.handle(Input::Committed(cursor), now, &mut Vec::new()),
                Err(detail) => *failed = Some(detail),
            }
        }
        deliveries.clear();
    }

    fn hang_up(&mut self, conn: ConnId) {
        if let Some(connection) = self.connections.remove(&conn) {
            connection.abort();
        }
    }

    fn dial(&mut self, conn: ConnId, cursor: Option<String>) {
        let ask = self.sink.ask().map(|ask| resuming(ask, &*self.feed, cursor));
        let items = self.arrive.clone();
        let task = tokio::spawn(async move {
            let mut connection = match ask {
                Ok(ask) => Connection::dial(ask, Limits::default()),
                Err(cause) => {
                    let _ = items.send((conn, Item::Closed(cause))).await;
                    return;
                }
            };
            while let Some(item) = connection.next().await {
                if items.send((conn, item)).await.is_err() {
                    return;
                }
            }
        });
        self.connections.insert(conn, task.abort_handle());
    }
}

/// The ask, resuming from `cursor` as the feed does it.
fn resuming(mut ask: Ask, feed: &dyn Feed, cursor: Option<String>) -> Ask {
    let Some(id) = cursor else { return ask };
    match feed.resume() {
        Resume::HeaderOrQuery(parameter) if !is_sendable(&id) => {
            ask.url.query_pairs_mut().append_pair(parameter, &id);
        }
        Resume::Header | Resume::HeaderOrQuery(_) => ask.last_event_id = Some(id),
    }
    ask
}

fn input(conn: ConnId, item: Item) -> Input {
    match item {
        Item::Opened(_) => Input::Opened(conn),
        Item::Alive => Input::Alive(conn),
        Item::Comment(text) => Input::Comment(conn, text),
        Item::Event { event, .. } => Input::Event(conn, event),
        Item::Ignored { own_id, kind, .. } => Input::Ignored { conn, own_id, kind },
        Item::Retry(hint) => Input::RetryHint(conn, hint),
        Item::TooLarge { event, bytes } => Input::TooLarge { conn, event, bytes },
        Item::Closed(cause) => Input::Closed(conn, cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_goes_by_header_where_it_can_else_by_query() {
        let ask = || Ask::get("https://a.example/s?x=1".parse().unwrap());
        let nchan = hark_engine::feed::by_name("nchan").unwrap();
        let by_header = resuming(ask(), &*nchan, Some("1:0".into()));
        assert_eq!(by_header.last_event_id.as_deref(), Some("1:0"));
        assert_eq!(by_header.url, ask().url);
        let by_query = resuming(ask(), &*nchan, Some("a\u{1}&b".into()));
        assert_eq!(by_query.last_event_id, None);
        assert_eq!(by_query.url.query(), Some("x=1&last_event_id=a%01%26b"));
    }
}
