//! Handlers in virtual time.

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::failure::Cause;

pub(super) fn plan(name: &str, on: &[On]) -> Plan {
    Plan {
        name: name.to_owned(),
        on: on.to_vec(),
        subscription: None,
        after: Duration::ZERO,
        cooldown: Duration::ZERO,
        at_most: 1_000,
        repeat: false,
        escalates: None,
    }
}

pub(super) struct World {
    pub(super) machine: Handlers,
    pub(super) now: Moment,
    /// Each run: its second, handler, what for, subscription.
    pub(super) began: Vec<(u64, String, On, String)>,
    /// Runs end at once, well or not; none where the test ends them.
    pub(super) ends: Option<bool>,
}

impl World {
    pub(super) fn new(plans: Vec<Plan>) -> Self {
        let wall = Timestamp::from_second(1_700_000_000).unwrap();
        let now = Moment { monotonic: Duration::from_secs(1_000_000), wall };
        let (machine, began) = (Handlers::default(), Vec::new());
        let mut world = Self { machine, now, began, ends: Some(true) };
        world.hand(Input::Plans(plans));
        world
    }

    pub(super) fn hand(&mut self, input: Input<'_>) {
        let mut out = Vec::new();
        self.machine.handle(input, self.now, &mut out);
        for start in out {
            let second = self.now.monotonic.as_secs() - 1_000_000;
            self.began.push((second, start.name.clone(), start.on, start.key));
            if let Some(is_well) = self.ends {
                self.hand(Input::Ended(&start.name, is_well));
            }
        }
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.machine.poll_deadline().filter(|at| *at <= end.monotonic) {
            self.now = self.now + at.saturating_sub(self.now.monotonic);
            self.hand(Input::Deadline);
        }
        self.now = self.now + end.since(self.now);
    }

    pub(super) fn lost(&mut self, cause: Cause) {
        let (failure, last_heard) = (cause.into(), self.now.wall);
        self.hand(Input::Entry(Some("a"), &Entry::Lost { failure, last_heard }));
    }

    pub(super) fn fails(&mut self, cause: Cause) {
        let failure = cause.into();
        self.hand(Input::Entry(Some("a"), &Entry::DialFailed { failure, attempts: 1 }));
    }

    pub(super) fn opened(&mut self) {
        self.hand(Input::Entry(Some("a"), &Entry::Opened));
    }

    fn of(&self, name: &str) -> Vec<u64> {
        self.began.iter().filter(|run| run.1 == name).map(|run| run.0).collect()
    }
}

#[test]
fn each_kind_runs_for_its_own() {
    let all = On::ALL.map(|on| plan(on.word(), &[on])).to_vec();
    let of = |act: fn(&mut World)| {
        let mut world = World::new(all.clone());
        act(&mut world);
        world.began.into_iter().map(|run| run.1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of(|it| it.lost(Cause::EndOfStream)), "lost");
    // One that is down when the agent starts is down, and was not lost.
    assert_eq!(of(|it| it.fails(Cause::ConnectionRefused)), "down");
    assert_eq!(of(|it| it.lost(Cause::MissedHeartbeat { silence_ms: 9, mute: true })), "lost mute");
    let refused = |it: &mut World| {
        let detail = None;
        it.fails(Cause::Status { code: 401, detail, retry_after_ms: None, streamed_before: true });
    };
    assert_eq!(of(refused), "refused");
    assert_eq!(of(|it| it.hand(Input::Message("a", 7))), "message");
    let gap = |it: &mut World| {
        let since = it.now.wall;
        it.hand(Input::Entry(Some("a"), &Entry::Gap { since }));
    };
    assert_eq!(of(gap), "gap");
    let back = |it: &mut World| {
        it.lost(Cause::EndOfStream);
        it.fails(Cause::ConnectionRefused);
        it.fails(Cause::ConnectionRefused);
        it.opened();
    };
    assert_eq!(of(back), "lost down recovered");
    // What is no problem of the server runs nothing: the first connection, a pause, this machine's network.
    assert_eq!(of(World::opened), "");
    let ours = |it: &mut World| {
        it.lost(Cause::NetworkChanged);
        it.fails(Cause::NoRoute);
        it.opened();
        it.lost(Cause::Rotation);
    };
    assert_eq!(of(ours), "");
}

#[test]
fn after_waits_for_what_lasts() {
    let after = Duration::from_secs(30);
    let set = |on| Plan { after, ..plan("a", &[on]) };
    let mut world = World::new(vec![set(On::Lost)]);
    world.lost(Cause::EndOfStream);
    world.pass(29);
    world.opened();
    world.pass(100);
    assert!(world.of("a").is_empty());
    world.lost(Cause::EndOfStream);
    world.pass(100);
    assert_eq!(world.of("a"), [159]);
    // Time that was slept is not time that it lasted.
    let mut world = World::new(vec![set(On::Down)]);
    world.fails(Cause::ConnectionRefused);
    world.now = world.now + Duration::from_secs(3_600);
    let asleep_since = world.now.wall;
    world.hand(Input::Entry(None, &Entry::Woke { asleep_since }));
    world.pass(100);
    assert_eq!(world.of("a"), [3_630]);
    // A network of ours that goes away in between is no reason, and is waited for.
    let mut world = World::new(vec![set(On::Lost)]);
    world.lost(Cause::EndOfStream);
    world.pass(20);
    world.fails(Cause::NoRoute);
    world.pass(100);
    assert!(world.of("a").is_empty());
    world.fails(Cause::ConnectionRefused);
    world.pass(100);
    assert_eq!(world.of("a"), [150]);
    // A person who pauses it wants nothing of it.
    let mut world = World::new(vec![set(On::Lost)]);
    world.lost(Cause::EndOfStream);
    world.hand(Input::Entry(Some("a"), &Entry::Paused));
    world.pass(100);
    assert!(world.of("a").is_empty());
}

#[test]
fn flapping_is_held_by_cooldown_and_limit() {
    let flap = |set: Plan| {
        let mut world = World::new(vec![set]);
        for _ in 0..720 {
            world.lost(Cause::EndOfStream);
            world.pass(2);
            world.opened();
            world.pass(3);
        }
        world.of("a")
    };
    let set = plan("a", &[On::Lost]);
    assert_eq!(flap(set.clone()).len(), 720);
    let cooldown = Duration::from_secs(60);
    let slow = flap(Plan { cooldown, ..set.clone() });
    assert_eq!(slow.len(), 60);
    assert!(slow.windows(2).all(|two| two[1] - two[0] >= 60), "{slow:?}");
    assert_eq!(flap(Plan { at_most: 5, ..set }), [0, 5, 10, 15, 20]);
}

#[test]
fn one_runs_at_a_time_and_what_is_over_meanwhile_is_left_out() {
    let mut world = World::new(vec![plan("a", &[On::Lost, On::Message])]);
    world.ends = None;
    world.lost(Cause::EndOfStream);
    let entry = Entry::Lost { failure: Cause::EndOfStream.into(), last_heard: world.now.wall };
    world.hand(Input::Entry(Some("b"), &entry));
    world.hand(Input::Entry(Some("c"), &entry));
    world.hand(Input::Entry(Some("b"), &Entry::Opened));
    world.pass(100);
    assert_eq!(world.began.len(), 1);
    assert_eq!(world.machine.by_hand("a", On::Lost, "a", world.now), Err(Busy));
    world.hand(Input::Ended("a", true));
    let keys: Vec<_> = world.began.iter().map(|run| run.3.as_str()).collect();
    assert_eq!(keys, ["a", "c"]);
    // Messages wait, but not without end.
    for id in 0..MESSAGES_MAX as i64 + 7 {
        world.hand(Input::Message("a", id));
    }
    assert_eq!(world.machine.state("a"), (true, 7));
    world.ends = Some(true);
    world.hand(Input::Ended("a", true));
    world.pass(1);
    assert_eq!(world.began.len(), 2 + MESSAGES_MAX);
    assert!(!world.machine.state("a").0);
}

#[test]
fn messages_over_the_limit_are_left_out_and_do_not_wait_for_an_hour() {
    let mut world = World::new(vec![Plan { at_most: 3, ..plan("a", &[On::Message]) }]);
    world.ends = None;
    for id in 0..10 {
        world.hand(Input::Message("a", id));
    }
    assert_eq!(world.machine.state("a"), (true, 7));
    world.ends = Some(true);
    world.hand(Input::Ended("a", true));
    world.pass(2 * 3_600);
    assert_eq!(world.of("a"), [0, 0, 0]);
    world.hand(Input::Message("a", 11));
    assert_eq!(world.of("a").len(), 4);
    // One that comes within the cooldown is left out as well.
    let cooldown = Duration::from_secs(60);
    let mut world = World::new(vec![Plan { cooldown, ..plan("a", &[On::Message]) }]);
    for id in 0..4 {
        world.hand(Input::Message("a", id));
        world.pass(25);
    }
    assert_eq!((world.of("a"), world.machine.state("a").1), (vec![0, 75], 2));
}

#[test]
fn another_takes_over_after_some_failures_and_it_is_over_when_well() {
    let cooldown = Duration::from_secs(60);
    let plans = || {
        let restart = Plan { cooldown, repeat: true, ..plan("restart", &[On::Down, On::Lost]) };
        let from = Escalates { handler: "restart".to_owned(), after_failures: 3 };
        vec![restart, Plan { escalates: Some(from), ..plan("page", &[]) }]
    };
    let mut world = World::new(plans());
    world.lost(Cause::EndOfStream);
    world.fails(Cause::ConnectionRefused);
    world.pass(600);
    assert_eq!(world.of("restart"), [0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600]);
    assert_eq!(world.of("page"), [180]);
    world.opened();
    world.pass(600);
    // The next problem counts anew.
    world.lost(Cause::EndOfStream);
    world.pass(130);
    assert_eq!(world.of("page"), [180]);
    world.pass(60);
    assert_eq!(world.of("page").len(), 2);
    // A server that stands for a moment each time is not mended by it.
    let mut world = World::new(plans());
    for _ in 0..4 {
        world.lost(Cause::EndOfStream);
        world.pass(61);
        world.opened();
        world.pass(5);
    }
    assert_eq!(world.of("page").len(), 1, "{:?}", world.began);
    // One that says that it has failed is not waited for.
    let mut world = World::new(plans());
    world.ends = Some(false);
    world.lost(Cause::EndOfStream);
    world.pass(130);
    assert_eq!(world.of("page"), [120]);
    // Where it comes back in time, nobody is told.
    let mut world = World::new(plans());
    world.lost(Cause::EndOfStream);
    world.pass(170);
    world.opened();
    world.pass(600);
    assert!(world.of("page").is_empty());
}

#[test]
fn settings_that_change_keep_what_runs_and_their_limits() {
    let set = Plan { at_most: 1, ..plan("a", &[On::Lost]) };
    let mut world = World::new(vec![set.clone()]);
    world.lost(Cause::EndOfStream);
    world.opened();
    world.hand(Input::Plans(vec![plan("b", &[On::Gap]), set]));
    world.lost(Cause::EndOfStream);
    world.pass(60);
    assert_eq!(world.of("a"), [0]);
    // One that is new is for what is wrong already.
    world.hand(Input::Plans(vec![plan("c", &[On::Lost])]));
    assert_eq!(world.of("c"), [60]);
    let by_hand = world.machine.by_hand("c", On::Lost, "a", world.now).unwrap();
    assert!(by_hand.by_hand && by_hand.failure.is_some());
    assert_eq!(world.machine.by_hand("gone", On::Lost, "a", world.now), Err(Busy));
}
