//! Hark's own voice: when a person is told that subscriptions are not connected, and that they are back.
//!
//! A problem is told once, when it has lasted, or soon where it needs the person; not while this machine is
//! the reason, nor right after it woke; and those of a moment together. What was told is taken back by
//! saying that it is over. Pure: who knows the links brings their state and the time, and finds the words.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{Moment, Monotonic, failure::Class};

/// How long a problem lasts before it is told, where the person has not said otherwise.
pub const TELL_AFTER: Duration = Duration::from_secs(120);
/// The same of one that needs the person.
pub const NEEDED_AFTER: Duration = Duration::from_secs(30);
/// Those that would be told so soon after another are told with it.
pub const TOGETHER: Duration = Duration::from_secs(30);
/// How long a link has to stand until its problem is over.
pub const STABLE: Duration = Duration::from_secs(10);

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It streams, and has caught up.
    Well,
    /// It is not connected, for a reason of this class.
    Down(Class),
    /// It is about to show how it is.
    Between,
    /// It is not to be connected.
    Off,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Input {
    /// These are the links, by the subscription's key: how each is, and how many messages it has stored.
    Links(BTreeMap<String, (State, u64)>),
    /// A problem is told after so long; never where it is none.
    TellAfter(Option<Duration>),
    /// The computer woke.
    Woke,
    /// [`Voice::poll_deadline`] has been reached.
    Deadline,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// These are not connected.
    Tell {
        /// The number of this telling, from 1 up.
        telling: u64,
        /// The subscriptions' keys.
        keys: Vec<String>,
        /// Since when, of the one that has been for longest.
        since: Moment,
    },
    /// All of a telling are connected again.
    Back {
        /// Which telling.
        telling: u64,
        /// The subscriptions' keys.
        keys: Vec<String>,
        /// How long the longest was not connected.
        after: Duration,
        /// How many messages came since.
        caught_up: u64,
    },
    /// Nothing is left of a telling: the person has paused or removed all of it.
    Withdraw {
        /// Which telling.
        telling: u64,
    },
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Voice {
    links: BTreeMap<String, Link>,
    tellings: BTreeMap<u64, Telling>,
    latest: u64,
    tell_after: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Link {
    /// How many messages it has stored.
    messages: u64,
    /// From its first failure on until it is over.
    problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug)]
struct Problem {
    since: Moment,
    /// From when on it counts: this machine was in order. None while it is not.
    counts: Option<Monotonic>,
    /// Since when the link stands again.
    well: Option<Monotonic>,
    /// How many messages were stored when it began.
    messages: u64,
    /// Whether it needs the person.
    needed: bool,
}

#[derive(Clone, Debug)]
struct Telling {
    since: Moment,
    /// Those that are still not connected.
    open: BTreeSet<String>,
    /// Those that are connected again.
    back: Vec<String>,
    caught_up: u64,
    /// When the latest of these was connected again.
    until: Monotonic,
}

type Out<'a> = &'a mut Vec<Effect>;

impl Default for Voice {
    fn default() -> Self {
        Self {
            links: BTreeMap::new(),
            tellings: BTreeMap::new(),
            latest: 0,
            tell_after: Some(TELL_AFTER),
        }
    }
}

impl Voice {
    /// Takes one input and appends what is to be told.
    pub fn handle(&mut self, input: Input, now: Moment, out: Out<'_>) {
        match input {
            Input::Links(all) => {
                let gone = self.links.keys().filter(|key| !all.contains_key(*key));
                for key in gone.cloned().collect::<Vec<_>>() {
                    self.links.remove(&key);
                    self.leave(&key, out);
                }
                for (key, (state, messages)) in all {
                    self.link(key, state, messages, now, out);
                }
            }
            Input::TellAfter(tell_after) => self.tell_after = tell_after,
            Input::Woke => {
                for problem in self.links.values_mut().filter_map(|link| link.problem.as_mut()) {
                    problem.counts = problem.counts.map(|_| now.monotonic);
                }
            }
            Input::Deadline => {}
        }
        self.end_problems(now, out);
        self.tell(now, out);
    }

    /// When to hand in [`Input::Deadline`].
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Monotonic> {
        let deadline = |(key, link): (&String, &Link)| {
            let problem = link.problem.as_ref()?;
            let told = self.is_told(key);
            problem.well.map(|at| at + STABLE).or_else(|| self.due(problem).filter(|_| !told))
        };
        self.links.iter().filter_map(deadline).min()
    }

    fn link(&mut self, key: String, state: State, messages: u64, now: Moment, out: Out<'_>) {
        let link = self.links.entry(key.clone()).or_insert(Link { messages, problem: None });
        link.messages = messages;
        match state {
            State::Off => {
                link.problem = None;
                self.leave(&key, out);
            }
            State::Down(Class::Routine) | State::Between => {}
            State::Down(class) => {
                let new = Problem { since: now, counts: None, well: None, messages, needed: false };
                let problem = link.problem.get_or_insert(new);
                problem.well = None;
                problem.needed = class == Class::Refused;
                let counts = problem.counts.unwrap_or(now.monotonic);
                problem.counts = (class != Class::Local).then_some(counts);
            }
            State::Well => {
                if let Some(problem) = &mut link.problem {
                    problem.well.get_or_insert(now.monotonic);
                }
            }
        }
    }

    /// Problems whose links have stood for long enough are over.
    fn end_problems(&mut self, now: Moment, out: Out<'_>) {
        for (key, link) in &mut self.links {
            let is_over = |it: &mut Problem| it.well.is_some_and(|at| now.monotonic >= at + STABLE);
            let Some(problem) = link.problem.take_if(is_over) else { continue };
            let Some((&telling, of_it)) =
                self.tellings.iter_mut().find(|(_, telling)| telling.open.contains(key))
            else {
                continue;
            };
            of_it.open.remove(key);
            of_it.back.push(key.clone());
            of_it.caught_up += link.messages.saturating_sub(problem.messages);
            let well = problem.well.unwrap_or(now.monotonic);
            of_it.until = of_it.until.max(well);
            if of_it.open.is_empty()
                && let Some(over) = self.tellings.remove(&telling)
            {
                out.push(over.ended(telling));
            }
        }
    }

    /// The subscription is no part of what was told any more.
    fn leave(&mut self, key: &str, out: Out<'_>) {
        let mut tellings = self.tellings.iter_mut();
        let Some((&telling, of_it)) = tellings.find(|(_, it)| it.open.contains(key)) else {
            return;
        };
        of_it.open.remove(key);
        if of_it.open.is_empty()
            && let Some(over) = self.tellings.remove(&telling)
        {
            out.push(over.ended(telling));
        }
    }

    /// Tells what has lasted, and with it what is about to.
    fn tell(&mut self, now: Moment, out: Out<'_>) {
        if self.due_by(now.monotonic).next().is_none() {
            return;
        }
        let keys: Vec<String> = self.due_by(now.monotonic + TOGETHER).cloned().collect();
        let problems = keys.iter().filter_map(|key| self.links[key].problem.as_ref());
        let Some(since) = problems.map(|problem| problem.since).min_by_key(|at| at.monotonic)
        else {
            return;
        };
        self.latest += 1;
        let open = keys.iter().cloned().collect();
        let telling = Telling { since, open, back: Vec::new(), caught_up: 0, until: now.monotonic };
        self.tellings.insert(self.latest, telling);
        out.push(Effect::Tell { telling: self.latest, keys, since });
    }

    /// The links whose problems are to be told by then, and have not been.
    fn due_by(&self, by: Monotonic) -> impl Iterator<Item = &String> {
        let is_due = move |link: &Link| {
            link.problem.as_ref().and_then(|it| self.due(it)).is_some_and(|at| at <= by)
        };
        let links = self.links.iter().filter(move |(_, link)| is_due(link));
        links.map(|(key, _)| key).filter(|key| !self.is_told(key))
    }

    fn is_told(&self, key: &str) -> bool {
        self.tellings.values().any(|telling| telling.open.contains(key))
    }

    /// When a problem is to be told, if it lasts; while the link stands it waits.
    fn due(&self, problem: &Problem) -> Option<Monotonic> {
        let tell_after = self.tell_after?;
        let after = if problem.needed { NEEDED_AFTER.min(tell_after) } else { tell_after };
        problem.counts.filter(|_| problem.well.is_none()).map(|at| at + after)
    }
}

impl Telling {
    fn ended(self, telling: u64) -> Effect {
        let Self { since, back, caught_up, until, .. } = self;
        if back.is_empty() {
            return Effect::Withdraw { telling };
        }
        let after = until.saturating_sub(since.monotonic);
        Effect::Back { telling, keys: back, after, caught_up }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const NETWORK: State = State::Down(Class::Network);

    struct World {
        voice: Voice,
        now: Moment,
        links: BTreeMap<String, (State, u64)>,
        told: Vec<Effect>,
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    impl World {
        /// With these links, which are well.
        fn of(keys: &[&str]) -> Self {
            let now = Moment { monotonic: secs(1000), wall: Timestamp::UNIX_EPOCH };
            let links = keys.iter().map(|key| ((*key).to_owned(), (State::Well, 0))).collect();
            let mut world = Self { voice: Voice::default(), now, links, told: Vec::new() };
            world.say();
            world
        }

        fn say(&mut self) {
            self.hear(Input::Links(self.links.clone()));
        }

        fn hear(&mut self, input: Input) {
            self.voice.handle(input, self.now, &mut self.told);
        }

        fn is(&mut self, key: &str, state: State) {
            self.links.entry(key.to_owned()).or_insert((state, 0)).0 = state;
            self.say();
        }

        fn pass(&mut self, span: Duration) {
            let end = self.now + span;
            for turn in 0.. {
                let due = self.voice.poll_deadline().filter(|at| *at <= end.monotonic);
                let Some(at) = due else { break };
                self.now = self.now + at.saturating_sub(self.now.monotonic);
                self.hear(Input::Deadline);
                assert!(turn < 100, "no storm of deadlines");
            }
            self.now = end;
        }

        /// What was told since this was last asked: the keys, and after how long they were back.
        fn told(&mut self) -> Vec<(String, Option<u64>)> {
            let told = self.told.drain(..).map(|effect| match effect {
                Effect::Tell { keys, .. } => (keys.join(" "), None),
                Effect::Back { keys, after, .. } => (keys.join(" "), Some(after.as_secs())),
                Effect::Withdraw { .. } => ("withdrawn".to_owned(), None),
            });
            told.collect()
        }
    }

    fn is(keys: &str, after: Option<u64>) -> Vec<(String, Option<u64>)> {
        vec![(keys.to_owned(), after)]
    }

    #[test]
    fn what_has_lasted_is_told_once_and_that_it_is_over() {
        let mut world = World::of(&["a", "b"]);
        world.is("a", NETWORK);
        world.pass(secs(119));
        assert_eq!(world.told(), []);
        world.pass(secs(1));
        assert_eq!(world.told(), is("a", None));
        world.pass(secs(3600));
        assert_eq!(world.told(), []);
        world.links.get_mut("a").unwrap().1 = 3;
        world.is("a", State::Well);
        world.pass(secs(9));
        assert_eq!(world.told(), [], "it has to stand first");
        world.pass(secs(1));
        assert!(matches!(world.told[..], [Effect::Back { caught_up: 3, .. }]), "{:?}", world.told);
        assert_eq!(world.told(), is("a", Some(3720)));
        assert_eq!(world.voice.poll_deadline(), None);
    }

    #[test]
    fn a_hiccup_and_one_that_flaps_are_not_told() {
        let mut world = World::of(&["a"]);
        world.is("a", NETWORK);
        world.pass(secs(100));
        world.is("a", State::Well);
        world.pass(secs(100));
        for _ in 0..50 {
            world.is("a", NETWORK);
            world.pass(secs(30));
            world.is("a", State::Well);
            world.pass(secs(15));
        }
        assert_eq!(world.told(), []);
    }

    #[test]
    fn one_that_stands_for_a_moment_now_and_then_is_a_problem() {
        let mut world = World::of(&["a"]);
        for _ in 0..5 {
            world.is("a", NETWORK);
            world.pass(secs(55));
            world.is("a", State::Well);
            world.pass(secs(5));
        }
        world.is("a", NETWORK);
        assert_eq!(world.told(), is("a", None));
    }

    #[test]
    fn what_needs_the_person_is_told_soon() {
        let mut world = World::of(&["a"]);
        world.is("a", State::Down(Class::Refused));
        world.pass(secs(29));
        assert_eq!(world.told(), []);
        world.pass(secs(1));
        assert_eq!(world.told(), is("a", None));
    }

    #[test]
    fn while_this_machine_is_offline_nothing_is_told() {
        let mut world = World::of(&["a", "b"]);
        for key in ["a", "b"] {
            world.is(key, State::Down(Class::Local));
        }
        world.pass(secs(3600));
        world.is("a", NETWORK);
        world.pass(secs(119));
        assert_eq!(world.told(), [], "it counts from when the network was there");
        world.is("a", State::Down(Class::Local));
        world.pass(secs(3600));
        assert_eq!(world.told(), []);
    }

    #[test]
    fn after_a_sleep_it_counts_anew() {
        let mut world = World::of(&["a"]);
        world.is("a", NETWORK);
        world.pass(secs(60));
        world.now = world.now + secs(8 * 3600);
        world.hear(Input::Woke);
        world.pass(secs(119));
        assert_eq!(world.told(), []);
        world.pass(secs(1));
        assert_eq!(world.told(), is("a", None));
    }

    #[test]
    fn those_of_a_moment_are_one_and_over_when_all_are() {
        let mut world = World::of(&["a", "b", "c", "d"]);
        for key in ["a", "b", "c"] {
            world.is(key, NETWORK);
            world.pass(secs(10));
        }
        world.pass(secs(90));
        assert_eq!(world.told(), is("a b c", None));
        world.is("d", NETWORK);
        world.pass(secs(120));
        assert_eq!(world.told(), is("d", None));
        world.is("b", State::Well);
        world.is("a", State::Off);
        world.pass(secs(60));
        assert_eq!(world.told(), []);
        world.is("c", State::Well);
        world.pass(secs(10));
        assert_eq!(world.told(), is("b c", Some(300)));
    }

    #[test]
    fn what_the_person_pauses_or_removes_is_taken_back() {
        let mut world = World::of(&["a", "b"]);
        for key in ["a", "b"] {
            world.is(key, NETWORK);
        }
        world.pass(secs(120));
        assert_eq!(world.told(), is("a b", None));
        world.is("a", State::Off);
        world.links.remove("b");
        world.say();
        assert_eq!(world.told(), is("withdrawn", None));
    }

    #[test]
    fn the_person_says_after_how_long_or_never() {
        let mut world = World::of(&["a"]);
        world.hear(Input::TellAfter(None));
        world.is("a", State::Down(Class::Refused));
        world.pass(secs(86_400));
        assert_eq!(world.told(), []);
        world.hear(Input::TellAfter(Some(secs(10))));
        assert_eq!(world.told(), is("a", None));
    }
}
