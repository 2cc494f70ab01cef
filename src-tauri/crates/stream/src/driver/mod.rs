//! Drives one link: stamps what happens with the time, hands it to the engine, and carries out the engine's
//! effects. It decides nothing. Its [`Sink`] takes the deliveries.

mod dial;
mod retry;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt;
use hark_engine::{
    Moment,
    failure::Cause,
    feed::Recognition,
    history::Entry,
    link::{Committed, Config, ConnId, Delivery, Effect, Hint, Input, Link, Phase, Reason},
    wire::Arrival,
};
use hark_platform::clock;
use jiff::Timestamp;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::AbortHandle,
    time::{Instant, sleep, sleep_until},
};
use url::Url;

use crate::{
    connection::{Ask, Certificate, Trail},
    dials::Dials,
    routes::Routes,
};
use dial::{Wanted, dial, subscribe};
pub use retry::retry_after;

/// Arrivals that may wait for the driver; then the connection is read no further.
const ITEMS_MAX: usize = 256;

/// What a driver is told from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// See [`Input::Pause`].
    Pause,
    /// See [`Input::Resume`].
    Resume,
    /// The computer woke.
    Woke,
    /// These addresses of this machine came or went; the driver finds out whether that concerns its link.
    Network(Arc<[IpAddr]>),
    /// A credential may have changed.
    Credential,
}

/// Too much waits to be kept. Nothing of this call was kept; it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much waits for the database")]
pub struct Full;

/// Takes what a link brings.
pub trait Sink {
    /// Now. Simulated time has a clock of its own.
    fn now(&self) -> Moment {
        clock::now()
    }

    /// The request to dial with, without the cursor; an error where a credential cannot be read.
    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static;

    /// Sees each dial, and why it is made.
    fn dials(&mut self, _reason: Reason) {}

    /// Sees each arrival before the engine does.
    fn seen(&mut self, _arrival: &Arrival) {}

    /// Sees at which address the server of this URL has opened the stream, where no proxy stands between.
    fn reached(&mut self, _url: &Url, _at: IpAddr) {}

    /// Sees the server's certificate, where a dial has failed for it; the arrival that says so follows.
    fn distrusted(&mut self, _certificate: Certificate) {}

    /// Keeps deliveries, all or none; answers what was stored.
    ///
    /// # Errors
    /// One sentence, where nothing was kept. It is tried again.
    fn commit(&mut self, deliveries: &[Delivery], now: Timestamp) -> Result<Committed, String>;

    /// Keeps a change of the link that was at `at`.
    ///
    /// # Errors
    /// Where it was not kept. It is tried again.
    fn journal(&mut self, entry: &Entry, at: Timestamp) -> Result<(), Full>;

    /// It is known from now on what the server speaks; what to ask is that feed's.
    ///
    /// # Errors
    /// Where that was not kept. It is tried again.
    fn recognised(&mut self, _recognition: Recognition) -> Result<(), Full> {
        Ok(())
    }

    /// What was missed has arrived.
    fn caught_up(&mut self) {}

    /// The backlog has arrived.
    ///
    /// # Errors
    /// Where that was not kept. It is tried again.
    fn backlog_over(&mut self) -> Result<(), Full> {
        Ok(())
    }

    /// Sees the connection that the link streams on by what was noted of it, before each [`Sink::changed`]; none
    /// where it does not stream.
    fn stands(&mut self, _on: Option<&Trail>) {}

    /// The link may have changed. Answers whether to go on.
    fn changed(&mut self, link: &Link) -> bool;
}

/// One arrival of this size or more may wait for the driver at a time; of smaller ones [`ITEMS_MAX`].
const LARGE_BYTES_MIN: usize = 64 << 10;
/// How many effects may wait while something cannot be kept; beyond this, the journal entries of a person's
/// pauses and resumes are left out.
const EFFECTS_MAX: usize = 1_000;

/// An arrival, its connection, and, where it is large, its permit to wait.
type Arrived = (ConnId, Arrival, Option<OwnedSemaphorePermit>);

/// A connection that stands or is being made.
struct Standing {
    task: AbortHandle,
    /// Tells the server what to send on it, where it is to be told.
    subscribing: Option<AbortHandle>,
    trail: Trail,
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(subscribing) = &self.subscribing {
            subscribing.abort();
        }
    }
}

/// One link with its connections.
pub struct Driver<S> {
    sink: S,
    link: Link,
    dials: Dials,
    origin: String,
    connections: HashMap<ConnId, Standing>,
    arrive: mpsc::Sender<Arrived>,
    arrived: mpsc::Receiver<Arrived>,
    large: Arc<Semaphore>,
    /// Effects still to be carried out, in order, each with its time. There are some only while something
    /// cannot be kept.
    effects: VecDeque<(Timestamp, Effect)>,
    /// The wait before what could not be kept is tried again, and when that is.
    keep_retry: Option<(Duration, Instant)>,
    routes: Routes,
}

impl<S: Sink> Driver<S> {
    /// A driver that has not begun.
    pub fn new(config: Config, sink: S) -> Self {
        let (arrive, arrived) = mpsc::channel(ITEMS_MAX);
        Self {
            sink,
            link: Link::new(config, fastrand::u64(..)),
            dials: Dials::default(),
            origin: String::new(),
            connections: HashMap::new(),
            arrive,
            arrived,
            large: Arc::new(Semaphore::new(1)),
            effects: VecDeque::new(),
            keep_retry: None,
            routes: Routes::default(),
        }
    }

    /// Shares the budget of this server with the other links to it.
    #[must_use]
    pub fn sharing(self, dials: Dials, origin: String) -> Self {
        Self { dials, origin, ..self }
    }

    /// Runs until nobody can command it any more, or until the sink has had enough. Answers the sink.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> S {
        let mut arrived = Vec::with_capacity(ITEMS_MAX);
        let mut go_on = self.handle([Input::Start]);
        while go_on {
            let deadline = self.link.poll_deadline().map(|(at, _)| at);
            let wait = deadline.map(|at| at.saturating_sub(self.sink.now().monotonic));
            // What could not be kept holds up what comes after it: the connection waits, and the
            // server's own buffers with it.
            let keeps = self.keep_retry.is_none();
            let retry = self.keep_retry.map_or_else(Instant::now, |(_, at)| at);
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => go_on = self.command(command),
                    None => break,
                },
                () = sleep_until(retry), if !keeps => go_on = self.go_on(),
                _ = self.arrived.recv_many(&mut arrived, ITEMS_MAX), if keeps => {
                    go_on = self.take(&mut arrived);
                }
                () = sleep(wait.unwrap_or(Duration::MAX)), if keeps && wait.is_some() => {
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
        self.connections.clear();
        // Deliveries that were not kept come again; journal entries would be lost.
        for (at, effect) in self.effects.drain(..) {
            if let Effect::Journal(entry) = effect
                && let Err(full) = self.sink.journal(&entry, at)
            {
                tracing::warn!(kind = entry.kind(), "left out of the journal: {full}");
            }
        }
        self.sink
    }

    fn command(&mut self, command: Command) -> bool {
        let input = match command {
            Command::Pause => Input::Pause,
            Command::Resume => Input::Resume,
            Command::Credential => Input::Hint(Hint::Credential),
            Command::Woke => Input::Hint(Hint::Woke),
            Command::Network(changed) => {
                self.look_at_routes();
                match self.routes.are_others(&changed) {
                    true => Input::Hint(Hint::Route),
                    false => return true,
                }
            }
        };
        self.handle([input])
    }

    /// Notes which way the open connection takes.
    fn look_at_routes(&mut self) {
        if let Some(route) = self.standing().and_then(|standing| standing.trail.route()) {
            self.routes.takes(route);
        }
    }

    /// Takes what has arrived, in order. An opening or an end is handled before anything after it
    /// is looked at, so that what the sink sees has the order of the stream.
    fn take(&mut self, arrived: &mut Vec<Arrived>) -> bool {
        let mut inputs = Vec::new();
        let mut go_on = true;
        for (conn, arrival, _leave) in arrived.drain(..) {
            let Some(standing) = self.connections.get(&conn).filter(|_| go_on) else { continue };
            if let Arrival::Closed(Cause::Certificate { .. }) = &arrival
                && let Some(certificate) = standing.trail.certificate()
            {
                self.sink.distrusted(certificate);
            }
            if let Arrival::Opened(_) = &arrival
                && let Some(route) = standing.trail.route().filter(|route| !route.is_proxied)
                && let Some(head) = standing.trail.heads().last()
            {
                self.sink.reached(&head.url, route.peer.ip());
            }
            let edge = matches!(arrival, Arrival::Opened(_) | Arrival::Closed(_));
            if edge && !inputs.is_empty() {
                go_on = self.handle(inputs.drain(..));
            }
            // Most of what comes there has been seen.
            if !self.link.is_backfill(conn) {
                self.sink.seen(&arrival);
            }
            if matches!(arrival, Arrival::Closed(_)) {
                self.hang_up(conn);
            }
            inputs.push(Input::Arrived(conn, arrival));
            if edge {
                go_on &= self.handle(inputs.drain(..));
            }
        }
        go_on && (inputs.is_empty() || self.handle(inputs))
    }

    fn handle(&mut self, inputs: impl IntoIterator<Item = Input>) -> bool {
        let now = self.sink.now();
        let mut effects = Vec::new();
        for input in inputs {
            self.link.handle(input, now, &mut effects);
        }
        for effect in effects {
            self.add(now.wall, effect);
        }
        if self.keep_retry.is_some() {
            // The delay stands, however often the link is told something meanwhile.
            return self.tell();
        }
        self.go_on()
    }

    /// Adds an effect. A hang-up needs nothing kept first, so it is done at once.
    fn add(&mut self, at: Timestamp, effect: Effect) {
        match effect {
            Effect::HangUp(conn) => {
                self.hang_up(conn);
                // A dial that has not begun is dropped.
                self.effects.retain(
                    |(_, other)| !matches!(other, Effect::Dial { conn: dialled, .. } | Effect::Backfill { conn: dialled, .. } if *dialled == conn),
                );
            }
            Effect::PhaseChanged => {}
            Effect::Journal(entry)
                if self.keep_retry.is_some() && self.effects.len() >= EFFECTS_MAX =>
            {
                tracing::warn!(kind = entry.kind(), "left out of the journal: {Full}");
            }
            effect => self.effects.push_back((at, effect)),
        }
    }

    /// Carries out the effects in order; deliveries in a row are one commit. An effect that cannot be kept
    /// stays the first.
    fn go_on(&mut self) -> bool {
        let mut kept = true;
        while kept && let Some((at, effect)) = self.effects.pop_front() {
            kept = self.carry_out(at, effect);
            if kept {
                self.keep_retry = None;
            }
        }
        if !kept {
            let wait = retry_after(self.keep_retry.map(|(wait, _)| wait));
            self.keep_retry = Some((wait, Instant::now() + wait));
        }
        self.tell()
    }

    /// Tells the sink how the link is. Answers whether to go on.
    fn tell(&mut self) -> bool {
        let on = self.standing().map(|standing| standing.trail.clone());
        self.sink.stands(on.as_ref());
        self.sink.changed(&self.link)
    }

    /// The connection that the link streams on.
    fn standing(&self) -> Option<&Standing> {
        match self.link.phase() {
            Phase::Streaming(stream) => self.connections.get(&stream.conn()),
            _ => None,
        }
    }

    /// Answers whether the effect is done; if not, it is to be the first again.
    fn carry_out(&mut self, at: Timestamp, effect: Effect) -> bool {
        match effect {
            Effect::Deliver(delivery) => return self.commit(at, delivery),
            Effect::Journal(entry) => {
                if self.sink.journal(&entry, at).is_err() {
                    self.effects.push_front((at, Effect::Journal(entry)));
                    return false;
                }
            }
            Effect::BacklogOver => {
                if self.sink.backlog_over().is_err() {
                    self.effects.push_front((at, Effect::BacklogOver));
                    return false;
                }
            }
            Effect::Dial { conn, cursor, reason } => {
                tracing::debug!(origin = self.origin, ?reason, "dialling");
                self.sink.dials(reason);
                self.routes.look();
                self.dial(conn, Wanted::After(cursor));
                // Nothing comes of it.
                self.link.handle(Input::Begun(conn), self.sink.now(), &mut Vec::new());
            }
            Effect::Backfill { conn, since } => {
                tracing::debug!(origin = self.origin, %since, "asking once more");
                self.dial(conn, Wanted::Since(since));
            }
            Effect::HangUp(conn) => self.hang_up(conn),
            Effect::CaughtUp => self.sink.caught_up(),
            Effect::Subscribe(conn, client) => self.subscribe(conn, client),
            Effect::Recognised(recognition) => {
                if self.sink.recognised(recognition).is_err() {
                    self.effects.push_front((at, Effect::Recognised(recognition)));
                    return false;
                }
            }
            Effect::PhaseChanged => {}
        }
        true
    }

    /// Keeps this delivery and those that follow it.
    fn commit(&mut self, at: Timestamp, first: Delivery) -> bool {
        let mut deliveries = vec![first];
        while let Some((_, Effect::Deliver(next))) =
            self.effects.pop_front_if(|(_, next)| matches!(next, Effect::Deliver(_)))
        {
            deliveries.push(next);
        }
        let now = self.sink.now();
        match self.sink.commit(&deliveries, now.wall) {
            Ok(committed) => {
                let mut effects = Vec::new();
                self.link.handle(Input::Committed(committed), now, &mut effects);
                for effect in effects.into_iter().rev() {
                    self.effects.push_front((now.wall, effect));
                }
                true
            }
            Err(why) => {
                tracing::debug!("what came could not be stored and is tried again: {why}");
                for delivery in deliveries.into_iter().rev() {
                    self.effects.push_front((at, Effect::Deliver(delivery)));
                }
                false
            }
        }
    }

    /// Ends a connection, or what is left of it, and notes which way it took.
    fn hang_up(&mut self, conn: ConnId) {
        let Some(standing) = self.connections.remove(&conn) else { return };
        if let Some(route) = standing.trail.route() {
            self.routes.takes(route);
        }
    }

    /// Tells the server what to send on a connection. Where that fails, the connection has failed.
    fn subscribe(&mut self, conn: ConnId, client: String) {
        let Some(standing) = self.connections.get_mut(&conn) else { return };
        let (ask, feed, items) = (self.sink.ask(), self.link.feed().clone(), self.arrive.clone());
        let task = tokio::spawn(async move {
            let told = match ask.await {
                Ok(ask) => subscribe(ask, &*feed, &client).await,
                Err(cause) => Err(cause),
            };
            if let Err(cause) = told {
                let _ = items.send((conn, Arrival::Closed(cause), None)).await;
            }
        });
        if let Some(earlier) = standing.subscribing.replace(task.abort_handle()) {
            earlier.abort();
        }
    }

    fn dial(&mut self, conn: ConnId, wanted: Wanted) {
        let wait = self.dials.take(&self.origin, self.sink.now().monotonic);
        let trail = Trail::kept();
        let noted = trail.clone();
        let ask = self.sink.ask();
        let feed = self.link.feed().clone();
        let is_unknown = self.link.is_unknown();
        let items = self.arrive.clone();
        let large = self.large.clone();
        let task = tokio::spawn(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            let (mut connection, mut next) = match ask.await {
                Ok(ask) => dial(Ask { trail: noted, ..ask }, &*feed, is_unknown, &wanted).await,
                Err(cause) => {
                    let _ = items.send((conn, Arrival::Closed(cause), None)).await;
                    return;
                }
            };
            while let Some(arrival) = next {
                let leave = match arrival.bytes() >= LARGE_BYTES_MIN {
                    // The semaphore is never closed.
                    true => large.clone().acquire_owned().await.ok(),
                    false => None,
                };
                if items.send((conn, arrival, leave)).await.is_err() {
                    return;
                }
                next = connection.next().await;
            }
        });
        self.connections
            .insert(conn, Standing { task: task.abort_handle(), subscribing: None, trail });
    }
}
