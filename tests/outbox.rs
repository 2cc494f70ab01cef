//! The outbox on disk: an agent that is killed at random moments shows no alert more than once too often,
//! and what it showed is still replaced, closed and understood by the one that comes after it. The
//! notification server's own list of calls is the judge.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fastrand::Rng;
use hark_api::{Message, Shown};
use hark_tests::{
    LONG, World,
    bus::Bus,
    eventually,
    fake::{Manner, Notifications, Notified},
    ntfy::Ntfy,
    soak,
};
use serde_json::json;
use tokio::time::sleep;

/// How often the agent is killed, unless [`KILLS_VARIABLE`] says otherwise.
const KILLS: u32 = 40;
/// `cargo xtask soak` wants more.
const KILLS_VARIABLE: &str = "HARK_SOAK_OUTBOX_KILLS";
/// To see the same kills again.
const SEED_VARIABLE: &str = "HARK_SEED";
/// The longest time from an update to a kill: by then it is usually shown.
const LIFE_MAX: Duration = Duration::from_millis(120);

/// The calls of `Notify` so far.
struct Screen {
    notifications: Notifications,
    calls: Vec<Notified>,
}

impl Screen {
    /// Waits for the call with this title.
    async fn shows(&mut self, title: &str) -> Notified {
        loop {
            let call = self.notifications.next().await;
            self.calls.push(call.clone());
            if call.summary == title {
                return call;
            }
        }
    }

    fn take(&mut self) {
        while let Ok(call) = self.notifications.calls.try_recv() {
            self.calls.push(call);
        }
    }
}

/// The state of a job, of which the latest alone is of interest.
fn update(ntfy: &Ntfy, number: u32) {
    let fields = json!({ "title": format!("job {number}"), "sequence_id": "job" });
    ntfy.publish_as("message", "a", fields);
}

async fn all_is_shown(world: &World, latest: &str) -> Vec<Message> {
    eventually("all is shown", LONG, async || {
        let messages = world.all_messages().await;
        let waits = messages.iter().filter(|it| it.shown == Shown::Pending).count();
        let has_latest = messages.last().is_some_and(|it| it.title == latest);
        (has_latest && waits == 0).then_some(messages).ok_or(format!("{waits} wait"))
    })
    .await
}

#[tokio::test]
async fn an_agent_that_is_killed_shows_nothing_more_than_once_too_often_and_goes_on_in_place() {
    let kills = soak::times(KILLS_VARIABLE, KILLS);
    let seed = soak::number(SEED_VARIABLE).unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED_VARIABLE}={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let notifications = Notifications::start(&bus).await;
    // Many a kill comes between a call and its answer.
    notifications.answer("job", Manner::After(LIFE_MAX / 4));
    let mut screen = Screen { notifications, calls: Vec::new() };
    let ntfy = Ntfy::start().await;
    let url = ntfy.url("/a");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    let mut agent = world.agent().await;
    world.caught_up("news").await;
    for number in 0..kills {
        update(&ntfy, number);
        sleep(LIFE_MAX.mul_f64(rng.f64())).await;
        agent.kill();
        agent = world.agent().await;
    }
    let latest = format!("job {kills}");
    update(&ntfy, kills);
    all_is_shown(&world, &latest).await;
    screen.take();

    // One that was killed before it could write down the first number cannot replace it. From the first
    // that it knew on, all is in place.
    let known = screen.calls.iter().skip_while(|call| call.replaces == 0);
    let numbers: BTreeSet<u32> = known.map(|call| call.replaces).collect();
    assert!(numbers.len() == 1 && !numbers.contains(&0), "{numbers:?}: {:?}", screen.calls);
    let mut times = BTreeMap::<&str, u32>::new();
    for call in &screen.calls {
        *times.entry(&call.summary).or_default() += 1;
    }
    let repeats = times.values().filter(|times| **times > 1).count();
    assert!(times.values().all(|times| *times <= 2), "at most one repeat each: {times:?}");

    let shown: BTreeSet<u32> = screen.calls.iter().map(|call| call.id).collect();
    let known = screen.calls.last().unwrap().id;
    println!(
        "{kills} kills: {} calls, {repeats} repeats, {} numbers",
        screen.calls.len(),
        shown.len()
    );
    agent.kill();
    let _agent = world.agent().await;
    world.caught_up("news").await;
    ntfy.publish_as("message_clear", "a", json!({ "sequence_id": "job" }));
    assert_eq!(screen.notifications.next_closed().await, known, "what is cleared is closed");
}

#[tokio::test]
async fn numbers_of_a_server_that_has_ended_are_not_used_on_another() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let notifications = Notifications::start(&bus).await;
    let mut screen = Screen { notifications, calls: Vec::new() };
    let ntfy = Ntfy::start().await;
    let url = ntfy.url("/a");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    let agent = world.agent().await;
    world.caught_up("news").await;
    update(&ntfy, 1);
    let first = screen.shows("job 1").await;
    all_is_shown(&world, "job 1").await;
    agent.kill();

    // Another one takes its place while nobody looks; by that number it knows another program's.
    screen.notifications.end().await;
    let notifications = Notifications::start(&bus).await;
    let mut screen = Screen { notifications, calls: Vec::new() };
    let agent = world.agent().await;
    world.caught_up("news").await;
    update(&ntfy, 2);
    let second = screen.shows("job 2").await;
    assert_eq!((first.replaces, second.replaces), (0, 0));
    all_is_shown(&world, "job 2").await;

    // The same server after a restart of the agent alone.
    agent.kill();
    let _agent = world.agent().await;
    world.caught_up("news").await;
    update(&ntfy, 3);
    assert_eq!(screen.shows("job 3").await.replaces, second.id);
}

#[tokio::test]
async fn what_is_closed_is_dismissed_and_what_is_read_is_closed() {
    let mut world = World::new();
    let mut notifications = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    let url = ntfy.url("/a");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    let _agent = world.agent().await;
    world.caught_up("news").await;
    ntfy.publish("a", "one");
    let one = notifications.next().await;
    ntfy.publish("a", "two");
    let two = notifications.next().await;
    let messages = all_is_shown(&world, "a").await;
    let marks = async || {
        let messages = world.all_messages().await;
        let marks = messages.iter().map(|it| (it.dismissed.is_some(), it.read.is_some()));
        marks.collect::<Vec<_>>()
    };
    notifications.dismiss(one.id).await;
    eventually("it is dismissed, and not read", LONG, async || {
        let marks = marks().await;
        (marks == [(true, false), (false, false)]).then_some(()).ok_or(format!("{marks:?}"))
    })
    .await;
    let read = hark_api::ReadMessages { messages: vec![messages[1].id], ..Default::default() };
    let answer = world.client().call(&hark_api::route::READ, &read).await.unwrap();
    assert_eq!(answer.messages, 1);
    assert_eq!(notifications.next_closed().await, two.id);
    assert_eq!(marks().await, [(true, false), (false, true)]);
}
