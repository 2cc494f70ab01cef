//! Drives one link: stamps what happens with the time, hands it to the engine, carries out what the
//! engine answers. It decides nothing. What becomes of deliveries is its [`Sink`]'s.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::StreamExt;
use hark_engine::{
    Moment,
    failure::Cause,
    feed::Feed,
    history::Entry,
    link::{Config, ConnId, Delivery, Effect, Input, Link, Phase},
};
use jiff::Timestamp;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::AbortHandle,
    time::sleep,
};
use url::Url;

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
}

/// What becomes of what a link brings.
pub trait Sink {
    /// Now. Simulated time has a clock of its own.
    fn now(&self) -> Moment {
        clock::now()
    }

    /// What to ask the server, without the cursor; an error where a credential cannot be read.
    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static;

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

/// One event of this size or more may wait for the driver at a time; of smaller ones [`ITEMS_MAX`].
const LARGE_BYTES_MIN: usize = 64 << 10;

/// An item, which connection brought it, and its leave to wait where it is large.
type Arrived = (ConnId, Item, Option<OwnedSemaphorePermit>);

/// One link with its connections.
pub struct Driver<S> {
    sink: S,
    link: Link,
    feed: Arc<dyn Feed>,
    connections: HashMap<ConnId, AbortHandle>,
    arrive: mpsc::Sender<Arrived>,
    arrived: mpsc::Receiver<Arrived>,
    large: Arc<Semaphore>,
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
            large: Arc::new(Semaphore::new(1)),
        }
    }

    /// Runs until nobody can command it any more, or until the sink has had enough. Answers the sink.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> S {
        let mut arrived = Vec::with_capacity(ITEMS_MAX);
        let mut go_on = self.handle([Input::Start]);
        while go_on {
            let deadline = self.link.poll_deadline().map(|(at, _)| at);
            let wait = deadline.map(|at| at.saturating_sub(self.sink.now().monotonic));
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Pause) => go_on = self.handle([Input::Pause]),
                    Some(Command::Resume) => go_on = self.handle([Input::Resume]),
                    Some(Command::Hint) => go_on = self.handle([Input::Hint]),
                    None => break,
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
        for (conn, item, _leave) in arrived.drain(..) {
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
            inputs.extend(self.resumed_from(conn, &item));
            inputs.push(input(conn, item));
            if edge {
                go_on &= self.handle(inputs.drain(..));
            }
        }
        go_on && (inputs.is_empty() || self.handle(inputs))
    }

    /// What a response says of where it goes on, where the feed has a header for that.
    fn resumed_from(&self, conn: ConnId, item: &Item) -> Option<Input> {
        let Item::Opened(headers) = item else { return None };
        let id = self.feed.resumed_from_headers().iter().find_map(|name| headers.get(*name))?;
        Some(Input::ResumedFrom(conn, String::from_utf8_lossy(id.as_bytes()).into_owned()))
    }

    fn handle(&mut self, inputs: impl IntoIterator<Item = Input>) -> bool {
        let now = self.sink.now();
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
                Effect::Journal(entry) => self.sink.journal(entry, self.sink.now().wall),
                Effect::CaughtUp => self.sink.caught_up(),
                Effect::PhaseChanged | Effect::Deliver(_) => {}
            }
        }
        self.commit(&mut deliveries, &mut failed);
        failed.map_or(Ok(()), Err)
    }

    fn commit(&mut self, deliveries: &mut Vec<Delivery>, failed: &mut Option<String>) {
        let now = self.sink.now();
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
        let ask = self.sink.ask();
        let feed = self.feed.clone();
        let items = self.arrive.clone();
        let large = self.large.clone();
        let task = tokio::spawn(async move {
            let (mut connection, mut next) = match ask.await {
                Ok(ask) => dial(ask, &*feed, cursor.as_deref()).await,
                Err(cause) => {
                    let _ = items.send((conn, Item::Closed(cause), None)).await;
                    return;
                }
            };
            while let Some(item) = next {
                let is_large = matches!(&item, Item::Event { event, .. } if event.data.len() >= LARGE_BYTES_MIN);
                let leave = match is_large {
                    // It is never closed.
                    true => large.clone().acquire_owned().await.ok(),
                    false => None,
                };
                if items.send((conn, item, leave)).await.is_err() {
                    return;
                }
                next = connection.next().await;
            }
        });
        self.connections.insert(conn, task.abort_handle());
    }
}

/// Dials as the feed asks, resuming from `cursor`; in the other form of its URL, where the server's
/// refusal speaks for that. Answers the connection and its first item.
async fn dial(ask: Ask, feed: &dyn Feed, cursor: Option<&str>) -> (Connection, Option<Item>) {
    let asking = |url: &Url| {
        let request = feed.request(url, cursor);
        let ask = Ask { url: request.url, last_event_id: request.last_event_id, ..ask.clone() };
        Connection::dial(ask, Limits::default())
    };
    let mut connection = asking(&ask.url);
    let first = connection.next().await;
    if let Some(Item::Closed(refusal)) = &first
        && let Some(other) = feed.other_form(&ask.url, refusal)
    {
        let mut second = asking(&other);
        let opened = second.next().await;
        if let Some(Item::Opened(_)) = opened {
            return (second, opened);
        }
    }
    (connection, first)
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
