//! The herd: a hub restarts, and all its clients come back. How hard do they hit it?
//!
//! The hub refuses while it is down, and takes so many connections a second when it is up; the rest
//! of a slot is refused. Hark's clients are the real link; its peers are their delay laws.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use hark_engine::{
    Moment,
    backoff::Clients,
    failure::Cause,
    feed::Json,
    link::{Config, ConnId, Effect, Input, Link, Phase},
    wire::{Arrival, Head},
};
use jiff::Timestamp;

/// The hub takes this share of its clients back in a second: 20,000 of a million.
const ACCEPTED_SHARE: f64 = 0.02;
/// The hub's capacity is counted in slots of this length.
const SLOT_MS: u64 = 100;
/// A link's life before the hub goes, so that its health is proven.
const LIFE: Duration = Duration::from_secs(90);
/// Nobody waits longer than this to see the end.
const END_MS: u64 = 1_800_000;

/// What came of one herd.
pub(crate) struct Run {
    pub(crate) name: String,
    /// Dials in each second since the hub went down.
    pub(crate) per_second: Vec<u64>,
    pub(crate) dials: u64,
    /// Seconds from the hub's return until 99 % are connected.
    pub(crate) back_99_s: Option<f64>,
    /// What the peak may be, where there is an aim.
    aim: Option<f64>,
}

impl Run {
    pub(crate) fn peak(&self) -> u64 {
        self.per_second.iter().copied().max().unwrap_or(0)
    }
}

/// One client's side: when it dials after the loss, and after each refusal.
trait Client {
    /// The time of the next dial after a refusal at `now_ms`, or after the loss at 0: later than that.
    /// All in milliseconds since the loss.
    fn next(&mut self, now_ms: u64) -> u64;
}

pub(crate) fn accepted_per_second(clients: u32) -> u64 {
    (f64::from(clients) * ACCEPTED_SHARE) as u64
}

/// Every kind of client, one after the other.
///
/// `hint` is the server's `retry:` where it gives one.
pub(crate) fn compare(clients: u32, down_s: u64, hint: Duration) -> Vec<Run> {
    let n = f64::from(clients);
    let of_hark = |hint: Option<Duration>| move |seed| HarkClient::new(seed, hint);
    vec![
        run(
            format!("Hark, hint of {} s", hint.as_secs()),
            clients,
            down_s,
            Some(1.2 * n / hint.as_secs_f64()),
            of_hark(Some(hint)),
        ),
        run("Hark, no hint", clients, down_s, Some(0.15 * n), of_hark(None)),
        run("EventSource, 3 s", clients, down_s, None, |_| Fixed(3_000)),
        run("ntfy, 10 s", clients, down_s, None, |_| Fixed(10_000)),
        run("full jitter, 1 s to 120 s", clients, down_s, None, FullJitter::new),
    ]
}

/// Prints whether the aims are met.
pub(crate) fn judge(runs: &[Run], clients: u32) -> bool {
    let mut met = true;
    for run in runs {
        let Some(aim) = run.aim else { continue };
        let peak = run.peak() as f64;
        let verdict = if peak <= aim { "met" } else { "MISSED" };
        met &= peak <= aim;
        let share = 100.0 * peak / f64::from(clients);
        println!(
            "{}: peak {peak:.0}/s is {share:.1} % of all; aim {aim:.0}/s: {verdict}",
            run.name
        );
    }
    met
}

fn run<C: Client>(
    name: impl Into<String>,
    clients: u32,
    down_s: u64,
    aim: Option<f64>,
    make: impl Fn(u64) -> C,
) -> Run {
    let mut all: Vec<C> = (0..u64::from(clients)).map(make).collect();
    // Whose dial falls into which millisecond.
    let mut dials: Vec<Vec<u32>> = vec![Vec::new(); END_MS as usize + 1];
    let mut plan = |dials: &mut Vec<Vec<u32>>, client: u32, now_ms: u64| {
        let at = all[client as usize].next(now_ms);
        if let Some(slot) = dials.get_mut(at as usize) {
            slot.push(client);
        }
    };
    for client in 0..clients {
        plan(&mut dials, client, 0);
    }
    let per_slot = (accepted_per_second(clients) * SLOT_MS / 1000).max(1);
    let wanted = clients / 100 * 99;
    let (mut taken, mut back) = (0, 0);
    let (mut total, mut per_second, mut back_99_s) = (0, Vec::new(), None);
    for now_ms in 0..=END_MS {
        if now_ms % SLOT_MS == 0 {
            taken = 0;
        }
        if now_ms % 1000 == 0 {
            per_second.push(0);
        }
        for client in std::mem::take(&mut dials[now_ms as usize]) {
            total += 1;
            if let Some(count) = per_second.last_mut() {
                *count += 1;
            }
            if now_ms >= down_s * 1000 && taken < per_slot {
                taken += 1;
                back += 1;
                if back == wanted {
                    back_99_s = Some((now_ms - down_s * 1000) as f64 / 1000.0);
                }
            } else {
                plan(&mut dials, client, now_ms);
            }
        }
        if back == clients {
            break;
        }
    }
    Run { name: name.into(), per_second, dials: total, back_99_s, aim }
}

/// The real link.
struct HarkClient {
    link: Link,
    lost: Moment,
    conn: ConnId,
    streaming: bool,
}

impl HarkClient {
    fn new(seed: u64, hint: Option<Duration>) -> Self {
        let config = Config::plain(Arc::new(Json), Clients::Many);
        let start = Moment { monotonic: Duration::from_secs(1), wall: Timestamp::UNIX_EPOCH };
        let lost = start + LIFE;
        let mut client =
            Self { link: Link::new(config, seed), lost, conn: ConnId(0), streaming: true };
        client.say(Input::Start, start);
        client.arrive(Arrival::Opened(Head::default()), start);
        if let Some(hint) = hint {
            client.arrive(Arrival::Retry(hint), start);
        }
        client.say(Input::Deadline, lost);
        client
    }

    fn arrive(&mut self, arrival: Arrival, now: Moment) {
        self.say(Input::Arrived(self.conn, arrival), now);
    }

    fn say(&mut self, input: Input, now: Moment) {
        let mut effects = Vec::new();
        self.link.handle(input, now, &mut effects);
        for effect in effects {
            if let Effect::Dial { conn, .. } = effect {
                self.conn = conn;
            }
        }
    }
}

impl Client for HarkClient {
    fn next(&mut self, now_ms: u64) -> u64 {
        let now = self.lost + Duration::from_millis(now_ms);
        if !std::mem::take(&mut self.streaming) {
            // The delay is over: it dials, and is refused at once.
            self.say(Input::Deadline, now);
        }
        let cause = if now_ms == 0 { Cause::EndOfStream } else { Cause::ConnectionRefused };
        self.arrive(Arrival::Closed(cause), now);
        match self.link.phase() {
            Phase::BackingOff { until, .. } => {
                let wait = until.since(self.lost).as_millis() as u64;
                // To the next millisecond, at which its deadline has surely come.
                wait + 1
            }
            other => unreachable!("a refused link backs off: {other:?}"),
        }
    }
}

/// A fixed interval, as EventSource and ntfy's clients have it.
struct Fixed(u64);

impl Client for Fixed {
    fn next(&mut self, now_ms: u64) -> u64 {
        now_ms + self.0
    }
}

/// The textbook's exponential backoff with full jitter.
struct FullJitter {
    rng: Rng,
    attempt: u32,
}

impl FullJitter {
    fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), attempt: 0 }
    }
}

impl Client for FullJitter {
    fn next(&mut self, now_ms: u64) -> u64 {
        let ceiling = (1000_u64 << self.attempt.min(7)).min(120_000);
        self.attempt += 1;
        now_ms + 1 + self.rng.u64(0..=ceiling)
    }
}
