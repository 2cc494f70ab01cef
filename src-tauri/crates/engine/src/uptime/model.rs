//! Random days of a machine, second by second, beside the account of its journal. The naive side writes down for each
//! second of the calendar what the link was in it; a clock that is set back lives those seconds anew.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::Timestamp;

use super::{Standing, State, Told};
use crate::{failure::Cause, history::Entry};

const RUNS: u64 = 4_000;
const STEPS: usize = 40;
const DAY: i64 = 86_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn lost() -> Entry {
    Entry::Lost { failure: Cause::EndOfStream.into(), last_heard: at(0) }
}

fn refused() -> Entry {
    Entry::DialFailed { failure: Cause::ConnectionRefused.into(), attempts: 1 }
}

struct World {
    chance: Rng,
    /// What the clock says.
    clock: i64,
    state: State,
    /// Each second of the calendar that was watched.
    seconds: BTreeMap<i64, State>,
    standing: Standing,
    /// By day: seconds live and down.
    account: BTreeMap<i64, (i64, i64)>,
    told: Vec<(i64, Entry)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let clock = 20 * DAY;
        Self {
            chance: Rng::with_seed(seed),
            clock,
            state: State::Absent,
            seconds: BTreeMap::new(),
            standing: Standing::unknown(at(clock)),
            account: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    fn upto(&mut self, most: i64) -> i64 {
        self.chance.i64(1..=most)
    }

    /// So many times of ten.
    fn is(&mut self, of_ten: u8) -> bool {
        self.chance.u8(0..10) < of_ten
    }

    /// Time goes by, watched.
    fn live(&mut self, seconds: i64) {
        for second in self.clock..self.clock + seconds {
            if self.state != State::Absent {
                self.seconds.insert(second, self.state);
            }
        }
        self.clock += seconds;
    }

    fn tell(&mut self, entry: Entry) {
        let now = at(self.clock);
        for told in self.standing.take(now, &entry) {
            add(&mut self.account, &told);
        }
        self.told.push((self.clock, entry));
    }

    fn link(&mut self) {
        let (state, entry) = match (self.state, self.chance.u8(0..5)) {
            (State::Absent, 0) | (State::Down, 0..=2) => (State::Live, Entry::Opened),
            (State::Absent, _) => return self.tell(Entry::Rotated),
            (_, 4) => {
                self.tell(Entry::Paused);
                self.state = State::Absent;
                let paused = self.upto(900);
                self.live(paused);
                self.tell(Entry::Resumed);
                return self.dial();
            }
            (State::Live, _) => (State::Down, lost()),
            (State::Down, _) => (State::Down, refused()),
        };
        self.tell(entry);
        self.state = state;
    }

    /// The first dial of a link that was not followed.
    fn dial(&mut self) {
        match self.chance.u8(0..3) {
            0 => {}
            1 => {
                self.tell(refused());
                self.state = State::Down;
            }
            _ => {
                self.tell(Entry::Opened);
                self.state = State::Live;
            }
        }
    }

    /// What broke is told before what broke it, or not.
    fn told_early(&mut self) {
        if self.state == State::Live && self.is(5) {
            self.tell(lost());
            self.state = State::Down;
            if self.is(5) {
                self.tell(Entry::Opened);
                self.state = State::Live;
            }
        }
    }

    fn sleep(&mut self) {
        let asleep_since = at(self.clock);
        self.clock += self.upto(40_000);
        self.told_early();
        self.tell(Entry::Woke { asleep_since });
    }

    fn jump(&mut self) -> i64 {
        let far = if self.is(2) { 5 * DAY } else { 3_000 };
        let by = self.upto(far);
        if self.is(5) { by } else { -by.min(3_000) }
    }

    /// What the clock says from now on; what it has said before of later times does not count.
    fn set(&mut self, by: i64) {
        self.clock += by;
        drop(self.seconds.split_off(&self.clock));
    }

    fn clock_set(&mut self) {
        let (before, by) = (at(self.clock), self.jump());
        self.set(by);
        if by > 0 {
            self.told_early();
        }
        self.tell(Entry::ClockSet { before });
    }

    fn restart(&mut self) {
        let last_alive = Some(at(self.clock));
        if self.is(5) {
            self.tell(Entry::AgentStopped);
        }
        self.state = State::Absent;
        self.clock += self.upto(40_000);
        if self.is(3) {
            // Nobody is there to tell.
            let by = self.jump();
            self.set(by);
        }
        self.tell(Entry::AgentStarted { last_alive });
        self.dial();
    }

    fn step(&mut self) {
        let seconds = self.upto(600);
        self.live(seconds);
        match self.chance.u8(0..10) {
            0 => self.sleep(),
            1 => self.clock_set(),
            2 => self.restart(),
            _ => self.link(),
        }
    }
}

fn add(account: &mut BTreeMap<i64, (i64, i64)>, told: &Told<'_>) {
    let (state, from, to, sign) = match told {
        Told::Spent(state, from, to) => (state, from, to, 1),
        Told::Taken(state, from, to) => (state, from, to, -1),
        Told::Begun(..) | Told::Ended(..) => return,
    };
    let (mut from, to) = (from.as_second(), to.as_second());
    while from < to {
        let day = from.div_euclid(DAY);
        let end = to.min((day + 1) * DAY);
        let sum = account.entry(day).or_default();
        match state {
            State::Live => sum.0 += sign * (end - from),
            State::Down => sum.1 += sign * (end - from),
            State::Absent => {}
        }
        from = end;
    }
}

#[test]
fn the_account_is_what_a_count_of_every_second_says() {
    for seed in 0..RUNS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.live(100);
        let so_far = world.standing.so_far(at(world.clock));
        add(&mut world.account, &so_far);
        let mut counted: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for (second, state) in &world.seconds {
            let sum = counted.entry(second.div_euclid(DAY)).or_default();
            *(if *state == State::Live { &mut sum.0 } else { &mut sum.1 }) += 1;
        }
        world.account.retain(|_, sum| *sum != (0, 0));
        assert_eq!(world.account, counted, "seed {seed}: {:#?}", world.told);
        for (live, down) in counted.values() {
            assert!(live + down <= DAY);
        }
    }
}
