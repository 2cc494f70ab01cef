//! What a seed decides: how the server speaks, and what happens in which order.

use std::time::Duration;

use fastrand::Rng;

/// What the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any SSE server: ids that count up, `Last-Event-ID`, everything in order.
    Plain,
    /// ntfy: ids in the JSON, `since=`, live events before replayed ones, scheduled messages.
    Ntfy,
    /// Nchan: ids of a second and a number, the whole buffer where an id is not known.
    Nchan,
}

/// How fast a run goes: simulated time costs nothing, real time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// In hours, for a clock that is simulated.
    Simulated,
    /// In seconds.
    Real,
}

/// How the server behaves for the whole run.
#[derive(Clone, Debug)]
pub struct Manners {
    /// What it is.
    pub kind: Kind,
    /// Whether the body comes in chunks (RFC 9112, 7.1) or until the connection closes.
    pub chunked: bool,
    /// A comment as soon as a connection opens.
    pub greets: bool,
    /// How long after its greeting it looks up what was missed.
    pub replays_after: Duration,
    /// How many published events stand before the first connection.
    pub backlog: usize,
    /// A second connection beside one that stands gets this status.
    pub refuses_second: Option<u16>,
    /// How often it sends a heartbeat, at first; none where missing.
    pub heartbeat: Option<Duration>,
    /// Of a hundred connections, how many are cut.
    pub cuts: u8,
    /// A pause within a connection's bytes is at most so long.
    pub pause_max: Duration,
    /// So many events that came before the id that is asked for, and that one, are sent again.
    pub repeats: usize,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// So many events are published, one right after the other.
    Publish(usize),
    /// ntfy: one is published that falls due later; elsewhere as `Publish(1)`.
    Schedule(Duration),
    /// The heartbeat is another from now on.
    Heartbeat(Duration),
    /// The server goes for so long. It comes back with all that it held, or without its ids.
    Restart {
        /// Not there for so long.
        down: Duration,
        /// Whether it still has its events and counts on.
        keeps: bool,
    },
    /// The client is killed, and started again after so long.
    Kill(Duration),
}

/// A pause too short to be taken for the end of anything.
pub const BRIEF: Duration = Duration::from_millis(60);

/// A whole run.
#[derive(Clone, Debug)]
pub struct Script {
    /// The seed, to repeat the run.
    pub seed: u64,
    /// How the server behaves.
    pub manners: Manners,
    /// The actions, each with the wait before it.
    pub steps: Vec<(Duration, Action)>,
}

impl Script {
    /// The script that this seed determines.
    #[must_use]
    pub fn draw(seed: u64, pace: Pace) -> Self {
        let mut rng = Rng::with_seed(seed);
        let kind = *rng.choice(&[Kind::Plain, Kind::Plain, Kind::Ntfy, Kind::Nchan]).unwrap();
        let simulated = pace == Pace::Simulated;
        let heartbeat = match kind {
            Kind::Ntfy if simulated => {
                Some(Duration::from_secs(*rng.choice(&[15, 45, 45]).unwrap()))
            }
            Kind::Ntfy => Some(Duration::from_secs(1)),
            _ if simulated && rng.u8(0..4) == 0 => None,
            _ => Some(Duration::from_secs(rng.u64(if simulated { 2..40 } else { 1..3 }))),
        };
        let manners = Manners {
            kind,
            chunked: rng.bool(),
            greets: kind != Kind::Plain || rng.bool(),
            replays_after: match rng.u8(0..4) {
                0 => Duration::from_millis(500),
                1 => Duration::from_millis(rng.u64(0..1_500)),
                _ => Duration::ZERO,
            },
            backlog: if rng.bool() { rng.usize(0..20) } else { 0 },
            refuses_second: (rng.u8(0..5) == 0).then(|| *rng.choice(&[409, 429, 401]).unwrap()),
            heartbeat,
            cuts: *rng.choice(&[0, 40, 70, 90]).unwrap(),
            pause_max: match rng.u8(0..3) {
                0 => BRIEF,
                _ => Duration::from_millis(rng.u64(if simulated { 0..4_000 } else { 0..300 })),
            },
            repeats: 0,
        };
        // A repetition that pauses looks like a new counter. Drawn apart, so that the seeds stay.
        let mut apart = Rng::with_seed(!seed);
        let may_repeat = kind == Kind::Plain && manners.pause_max <= BRIEF;
        let repeats = if may_repeat && apart.bool() { apart.usize(1..20) } else { 0 };
        let manners = Manners { repeats, ..manners };
        let steps = (0..rng.usize(if simulated { 10..40 } else { 8..16 }))
            .map(|_| (wait(&mut rng, pace), action(&mut rng, kind, pace)))
            .collect();
        Self { seed, manners, steps }
    }
}

fn wait(rng: &mut Rng, pace: Pace) -> Duration {
    match (pace, rng.u8(0..10)) {
        (Pace::Simulated, 0) => Duration::from_secs(rng.u64(60..1_800)),
        (Pace::Simulated, 1..=4) => Duration::from_millis(rng.u64(1_000..30_000)),
        (Pace::Simulated, _) => Duration::from_millis(rng.u64(0..1_000)),
        (Pace::Real, _) => Duration::from_millis(rng.u64(0..400)),
    }
}

fn action(rng: &mut Rng, kind: Kind, pace: Pace) -> Action {
    let simulated = pace == Pace::Simulated;
    match rng.u8(0..20) {
        0 => Action::Restart {
            // Nchan's new buffer cannot be told from the old one if it begins within the same second.
            down: Duration::from_millis(rng.u64(if simulated {
                1_100..20_000
            } else {
                1_100..1_500
            })),
            keeps: kind == Kind::Ntfy || (kind == Kind::Plain && rng.bool()),
        },
        1 if simulated => Action::Heartbeat(Duration::from_secs(rng.u64(2..40))),
        2 => {
            Action::Kill(Duration::from_millis(rng.u64(if simulated { 0..60_000 } else { 0..500 })))
        }
        3 | 4 => Action::Publish(rng.usize(2..25)),
        5 if simulated => Action::Schedule(Duration::from_secs(rng.u64(10..600))),
        _ => Action::Publish(1),
    }
}
