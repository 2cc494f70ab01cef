//! The server itself: its log, what it holds, and one connection after the other.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use fastrand::Rng;
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, sleep_until},
};

use super::{
    frame::{self, Event},
    out::{Ending, Out, Plan},
    pipe::Line,
    script::{Action, Kind, Manners},
};

/// ntfy looks every so often for what has fallen due (`server/server.go`, `DelayedSenderInterval`).
const DUE_EVERY: Duration = Duration::from_secs(10);
/// How long a server holds on to a connection that it cannot send on.
const GIVES_UP: Duration = Duration::from_secs(900);
/// A connection that is cut is cut within its first bytes, its head among them.
const CUT_BYTES_MAX: usize = 2_500;

/// See the module. Clones are the same server.
#[derive(Clone)]
pub struct Server(Arc<Mutex<State>>);

/// The server's state, from which a verdict is made.
pub struct State {
    /// How it behaves.
    pub manners: Manners,
    /// The log: everything that was published, in that order.
    pub log: Vec<Logged>,
    /// Every event that was written to a connection, or begun to be, in that order.
    pub wire: Vec<Written>,
    /// The connections, in the order of their requests.
    pub connections: Vec<Connected>,
    pub(super) rng: Rng,
    begun: Instant,
    pub(super) epoch: Timestamp,
    /// The events that a new connection can have replayed, by number.
    held: Vec<usize>,
    /// The events since the ids began.
    counted: u64,
    listeners: BTreeMap<usize, UnboundedSender<Word>>,
    is_up: bool,
    pub(super) is_calm: bool,
    signs: u64,
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The event.
    pub event: Event,
    /// When it was published, or fell due.
    pub at: Duration,
    /// How often the ids had begun anew by then.
    pub run: u32,
    /// When the server lost it, if it did.
    pub lost: Option<Duration>,
    /// Whether the client's first request in this run of ids resumed from this id or a later one: an id of
    /// an earlier run, which no server can tell from its own.
    pub hidden: bool,
    /// Whether it may be sent already.
    is_due: bool,
}

/// An event on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// On which connection.
    pub connection: usize,
    /// Which event.
    pub number: usize,
    /// When its first byte was written.
    pub at: Duration,
    /// When its last byte was, if it was.
    pub whole: Option<Duration>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Connected {
    /// When it came.
    pub at: Duration,
    /// What it asked to resume from.
    pub asked: Option<String>,
    /// Whether it asked for what is held alone.
    pub polls: bool,
    /// What was answered.
    pub status: u16,
    /// When it was over.
    pub ended: Option<Duration>,
}

enum Word {
    Event(usize),
    Gone,
}

impl Server {
    /// A server that has begun, and whose wall clock shows `epoch`.
    #[must_use]
    pub fn new(manners: Manners, seed: u64, epoch: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            manners,
            log: Vec::new(),
            wire: Vec::new(),
            connections: Vec::new(),
            rng: Rng::with_seed(seed ^ 0x5eed),
            begun: Instant::now(),
            epoch,
            held: Vec::new(),
            counted: 0,
            listeners: BTreeMap::new(),
            is_up: true,
            is_calm: false,
            signs: 0,
        })))
    }

    /// Its state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Whether a connection would be taken.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state().is_up
    }

    /// No more faults from now on.
    pub fn calm(&self) {
        self.state().is_calm = true;
    }

    /// Publishes so many events.
    pub fn publish(&self, count: usize) {
        for _ in 0..count {
            let mut state = self.state();
            if !state.is_up {
                return;
            }
            let number = state.take(true, Duration::ZERO);
            state.send(number);
        }
    }

    /// Carries out an action of a script, except for the client's part.
    pub async fn act(&self, action: &Action) {
        match action {
            Action::Publish(count) => self.publish(*count),
            Action::Schedule(after) if self.state().manners.kind == Kind::Ntfy => {
                if !self.is_up() {
                    return;
                }
                let number = self.state().take(false, *after);
                let (server, after) = (self.clone(), *after);
                let late = DUE_EVERY.mul_f64(self.state().rng.f64());
                tokio::spawn(async move {
                    sleep(after + late).await;
                    while !server.is_up() {
                        sleep(DUE_EVERY).await;
                    }
                    let mut state = server.state();
                    let now = state.now();
                    state.log[number].is_due = true;
                    state.log[number].at = now;
                    state.send(number);
                });
            }
            Action::Schedule(_) => self.publish(1),
            Action::Heartbeat(every) => self.state().manners.heartbeat = Some(*every),
            Action::Restart { down, keeps } => self.restart(*down, *keeps).await,
            Action::Kill(_) => {}
        }
    }

    async fn restart(&self, down: Duration, keeps: bool) {
        {
            let mut state = self.state();
            state.is_up = false;
            for listener in std::mem::take(&mut state.listeners).into_values() {
                _ = listener.send(Word::Gone);
            }
            if !keeps {
                let now = state.now();
                for number in std::mem::take(&mut state.held) {
                    state.log[number].lost = Some(now);
                }
                state.counted = 0;
            }
        }
        sleep(down).await;
        self.state().is_up = true;
    }

    /// Serves one connection to its end.
    pub async fn serve<L: Line>(self, line: L) {
        let (mut read, mut write) = tokio::io::split(line);
        let Some((asked, polls)) = request(&mut read).await else { return };
        let (number, words, refusal) = self.state().connected(asked.clone(), polls);
        if let Some(status) = refusal {
            let head = format!(
                "HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            _ = write.write_all(head.as_bytes()).await;
            return;
        }
        let plan = self.state().plan();
        let mut out = Out { write, plan, written: 0, server: self.clone() };
        let ending = self.stream(number, asked, words, &mut read, &mut out).await;
        let Err(ending) = ending;
        if ending == Ending::Silence {
            let left = async { while matches!(read.read(&mut [0; 64]).await, Ok(1..)) {} };
            _ = tokio::time::timeout(GIVES_UP, left).await;
        }
        {
            let mut state = self.state();
            state.listeners.remove(&number);
            let now = state.now();
            state.connections[number].ended = Some(now);
        }
        let mut line = read.unsplit(out.write);
        if ending == Ending::Reset {
            line.reset();
        } else if ending == Ending::Clean {
            _ = line.shutdown().await;
        }
    }

    async fn stream<L: Line>(
        &self,
        number: usize,
        asked: Option<String>,
        mut words: UnboundedReceiver<Word>,
        read: &mut ReadHalf<L>,
        out: &mut Out<L>,
    ) -> Result<std::convert::Infallible, Ending> {
        let manners = self.state().manners.clone();
        let polls = self.state().connections[number].polls;
        out.head().await?;
        if manners.greets && !polls {
            let greeting = match manners.kind {
                Kind::Ntfy => self.state().sign("open"),
                Kind::Plain | Kind::Nchan => ": hi\n\n".to_owned(),
            };
            out.frame(&greeting).await?;
        }
        let asks_for = async { sleep(manners.replays_after).await };
        tokio::select! {
            biased;
            ending = left(read) => return Err(ending),
            () = asks_for => {}
        }
        // ntfy has followed what is new before it looks up what is old; the others do both at once.
        let mut replay = {
            let mut state = self.state();
            state.hide(asked.as_deref());
            let replay = state.replay(asked.as_deref());
            if manners.kind != Kind::Ntfy {
                words = state.listens(number);
            }
            replay
        };
        let mut beats = Instant::now();
        loop {
            let every = self.state().manners.heartbeat;
            tokio::select! {
                biased;
                ending = left(read) => return Err(ending),
                word = words.recv(), if !polls && (manners.kind == Kind::Ntfy || replay.is_empty()) => match word {
                    Some(Word::Event(event)) => out.event(number, event).await?,
                    Some(Word::Gone) | None => return self.farewell(out).await,
                },
                () = std::future::ready(()), if !replay.is_empty() => {
                    let event = replay.pop_front().unwrap();
                    out.event(number, event).await?;
                }
                () = std::future::ready(()), if polls => {
                    out.end().await?;
                    return Err(Ending::Clean);
                }
                () = sleep_until(beats + every.unwrap_or_default()), if every.is_some() => {
                    let block = self.state().heartbeat();
                    out.frame(&block).await?;
                    beats = Instant::now();
                }
            }
        }
    }

    async fn farewell<L: Line>(
        &self,
        out: &mut Out<L>,
    ) -> Result<std::convert::Infallible, Ending> {
        let (kind, ending) = {
            let mut state = self.state();
            let ending = *state.rng.choice(&[Ending::Clean, Ending::Reset]).unwrap();
            (state.manners.kind, ending)
        };
        if kind == Kind::Nchan && ending == Ending::Clean {
            out.frame(": 410: Gone\n\n").await?;
        }
        if ending == Ending::Clean {
            out.end().await?;
        }
        Err(ending)
    }
}

/// Until the client leaves.
async fn left<L: Line>(read: &mut ReadHalf<L>) -> Ending {
    while matches!(read.read(&mut [0; 256]).await, Ok(1..)) {}
    Ending::Left
}

/// Reads a request's head. Answers what it resumes from: `Last-Event-ID`, or ntfy's `since=`; and whether it asks for
/// what is held alone, by ntfy's `poll=1`.
async fn request<L: Line>(read: &mut ReadHalf<L>) -> Option<(Option<String>, bool)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(read.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let header = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("last-event-id").then(|| value.trim().to_owned())
    });
    let target = head.lines().next()?.split(' ').nth(1)?;
    let since = target.split_once("since=");
    let since = since.map(|(_, value)| value.split('&').next().unwrap().to_owned());
    Some((header.or(since), target.contains("poll=1")))
}

impl State {
    /// The time since it began.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn second(&self, at: Duration) -> i64 {
        (self.epoch + at).as_second()
    }

    /// Takes an event, which falls due after so long.
    fn take(&mut self, is_due: bool, after: Duration) -> usize {
        let number = self.log.len();
        let at = self.now() + after;
        let second = self.second(at);
        self.counted += 1;
        let id = match self.manners.kind {
            Kind::Plain => self.counted.to_string(),
            Kind::Ntfy => format!("m{number:011}"),
            Kind::Nchan => {
                let like = |it: &&Logged| it.event.second == second && it.lost.is_none();
                format!("{second}:{}", self.log.iter().filter(like).count())
            }
        };
        let padding = if self.rng.u8(0..8) == 0 { self.rng.usize(0..1_500) } else { 0 };
        let event = Event { number, id, second, padding };
        let run = self.log.iter().filter(|it| it.lost.is_some()).map(|it| it.run + 1).max();
        let (run, lost, hidden) = (run.unwrap_or(0), None, false);
        self.log.push(Logged { event, at, run, lost, hidden, is_due });
        self.held.push(number);
        number
    }

    fn send(&mut self, number: usize) {
        for listener in self.listeners.values() {
            _ = listener.send(Word::Event(number));
        }
    }

    fn listens(&mut self, number: usize) -> UnboundedReceiver<Word> {
        let (sender, words) = unbounded_channel();
        if self.is_up {
            self.listeners.insert(number, sender);
        }
        words
    }

    fn connected(
        &mut self,
        asked: Option<String>,
        polls: bool,
    ) -> (usize, UnboundedReceiver<Word>, Option<u16>) {
        let number = self.connections.len();
        let stands = self.connections.iter().any(|it| it.status == 200 && it.ended.is_none());
        let refusal = self.manners.refuses_second.filter(|_| stands);
        let at = self.now();
        let ended = refusal.map(|_| at);
        let status = refusal.unwrap_or(200);
        self.connections.push(Connected { at, asked, polls, status, ended });
        let is_told = refusal.is_none() && !polls;
        let words = if is_told { self.listens(number) } else { unbounded_channel().1 };
        (number, words, refusal)
    }

    /// Hides the events up to an id of another run, if nothing of this run was sent yet.
    fn hide(&mut self, asked: Option<&str>) {
        let Some(Ok(after)) = asked.map(str::parse::<u64>) else { return };
        if self.manners.kind != Kind::Plain {
            return;
        }
        // An unknown id brings everything.
        let is_known = |&number: &usize| self.log[number].event.id.parse() == Ok(after);
        if !self.held.iter().any(is_known) {
            return;
        }
        let is_sent = |it: &Written| it.whole.is_some() && self.held.contains(&it.number);
        let has_begun = self.wire.iter().any(is_sent);
        let held = self.held.iter().filter(|_| !has_begun);
        for &number in held {
            let id = self.log[number].event.id.parse::<u64>();
            self.log[number].hidden |= id.is_ok_and(|id| id <= after);
        }
    }

    /// The events that an answer begins with, by number.
    fn replay(&self, asked: Option<&str>) -> VecDeque<usize> {
        let held = self.held.iter().copied().filter(|&number| self.log[number].is_due);
        let event = |number: usize| &self.log[number].event;
        let row = |id: &str| self.held.iter().position(|&number| event(number).id == id);
        let after = |place: usize| self.held[place + 1..].iter().copied();
        match (self.manners.kind, asked) {
            // A row keeps its number from its publication, however late it falls due.
            (Kind::Ntfy, Some(since)) => {
                let mut found: Vec<usize> = match (since, row(since), since.parse::<i64>()) {
                    ("all", ..) => held.collect(),
                    (_, Some(place), _) => {
                        after(place).filter(|&number| self.log[number].is_due).collect()
                    }
                    (.., Ok(time)) => held.filter(|&number| event(number).second >= time).collect(),
                    _ => held.collect(),
                };
                found.sort_by_key(|&number| event(number).second);
                found.into()
            }
            (Kind::Ntfy, None) => VecDeque::new(),
            (Kind::Plain | Kind::Nchan, Some(id)) => match row(id) {
                Some(place) => {
                    let from = (place + 1).saturating_sub(self.manners.repeats);
                    self.held[from..].iter().copied().collect()
                }
                None => held.collect(),
            },
            (Kind::Plain | Kind::Nchan, None) => held.collect(),
        }
    }

    fn sign(&mut self, event: &str) -> String {
        self.signs += 1;
        frame::sign(event, self.signs, self.second(self.now()))
    }

    fn heartbeat(&mut self) -> String {
        self.signs += 1;
        let second = self.second(self.now());
        frame::heartbeat(self.manners.kind, self.signs, second, &mut self.rng)
    }

    fn plan(&mut self) -> Plan {
        let is_cut = !self.is_calm && self.rng.u8(0..100) < self.manners.cuts;
        let endings = [Ending::Clean, Ending::Reset, Ending::Silence];
        let cut = is_cut.then(|| self.rng.usize(0..CUT_BYTES_MAX));
        let ending = match *self.rng.choice(&endings).unwrap() {
            // A repetition that ends in silence looks like a new counter.
            Ending::Silence if self.manners.repeats > 0 => Ending::Reset,
            ending => ending,
        };
        Plan { cut, ending }
    }
}
