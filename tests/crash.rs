//! An agent that is killed again and again, and one whose disk fails it: nothing is lost, nothing is
//! doubled, and the person is told.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fastrand::Rng;
use hark_api::{Decision, Message, Phase, Shown};
use hark_tests::{
    LONG, Running, SHORT, World, bus::Bus, eventually, fake::Notifications, hark, nchan::Nchan,
    soak, space,
};
use rustix::process::{Pid, Resource, Rlimit};
use tokio::time::sleep;

/// How often the agent is killed, unless [`KILLS_VARIABLE`] says otherwise.
const KILLS: u32 = 500;
/// `cargo xtask soak` wants more.
const KILLS_VARIABLE: &str = "HARK_SOAK_KILLS";
/// To see the same kills again.
const SEED_VARIABLE: &str = "HARK_SEED";
/// The longest time from a start to a kill: by then a link has usually caught up, too.
const LIFE_MAX: Duration = Duration::from_millis(250);
/// The longest time from one message to the next.
const PAUSE_MAX: Duration = Duration::from_millis(80);

/// Checks that these are `message 0`, `message 1`, …: each once, in this order.
fn assert_complete(messages: &[Message], count: usize) {
    for (number, message) in messages.iter().enumerate() {
        let wanted = format!("message {number}");
        let first_line = message.body.lines().next().unwrap();
        assert_eq!(first_line, wanted, "in place {number} of {}", messages.len());
        assert!(message.server_id.is_some());
    }
    assert_eq!(messages.len(), count);
    assert!(messages.is_sorted_by(|one, next| one.id < next.id), "ids are the order");
}

/// Starts an agent and does not wait for it.
fn start(world: &World) -> Running {
    world.start_hark("agent", &["agent", "--no-tray"])
}

#[tokio::test]
async fn an_agent_that_is_killed_500_times_at_random_moments_loses_and_doubles_nothing() {
    let kills = soak::times(KILLS_VARIABLE, KILLS);
    let seed = soak::number(SEED_VARIABLE).unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED_VARIABLE}={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let world = world;
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let begun = Instant::now();
    let mut agent = world.agent().await;
    // Earlier messages would be backlog, and not notified.
    let alerted = nchan.publish_until_alerted("news").await;

    let killed = Cell::new(false);
    let mut pauses = Rng::with_seed(rng.u64(..));
    let load = async {
        let mut count = alerted;
        while !killed.get() {
            nchan.publish("news", &format!("message {count}")).await;
            count += 1;
            sleep(PAUSE_MAX.mul_f64(pauses.f64())).await;
        }
        count
    };
    let kill = async {
        for _ in 0..kills {
            sleep(LIFE_MAX.mul_f64(rng.f64())).await;
            agent.kill();
            agent = start(&world);
        }
        killed.set(true);
        agent
    };
    let (count, _agent) = tokio::join!(load, kill);

    let messages = eventually("all is stored and shown", LONG, async || {
        world.streams("news").await?;
        let messages = world.all_messages().await;
        let pending = messages.iter().filter(|it| it.shown == Shown::Pending).count();
        let stored = messages.len();
        (stored >= count && pending == 0)
            .then_some(messages)
            .ok_or_else(|| format!("{stored} of {count} stored, {pending} to be shown"))
    })
    .await;
    assert_complete(&messages, count);
    for message in &messages[alerted..] {
        assert_eq!(message.decision, Decision::Alert, "{message:?}");
        assert!(
            matches!(message.shown, Shown::Shown | Shown::Digest | Shown::Folded),
            "{message:?}"
        );
    }

    let mut notified = BTreeMap::<String, u32>::new();
    while let Ok(call) = desktop.calls.try_recv() {
        *notified.entry(call.summary + "\n" + &call.body).or_default() += 1;
    }
    let notifications: u32 = notified.values().sum();
    let most = u32::try_from(count).unwrap() + kills;
    assert!(notifications <= most, "{notifications} notifications, {count} messages");
    let singly: Vec<&Message> = messages.iter().filter(|it| it.shown == Shown::Shown).collect();
    for message in &singly {
        let named = |text: &String| text.lines().any(|line| line == message.body);
        assert!(notified.keys().any(named), "{message:?} was never shown");
    }
    println!(
        "{kills} kills in {:.0?}: {count} messages stored, {notifications} notifications, {} \
         messages shown singly",
        begun.elapsed(),
        singly.len()
    );
}

/// Longer messages fill a disk sooner.
fn long(number: usize) -> String {
    format!("message {number}\n{}", "and so on ".repeat(200))
}

/// Publishes from `count` on until the agent says that it could not store; answers how many there are. The
/// link stands all the while: dialling anew would mend nothing.
async fn publish_until_not_stored(world: &World, nchan: &Nchan<'_>, mut count: usize) -> usize {
    eventually("a message is not stored", LONG, async || {
        nchan.publish("news", &long(count)).await;
        count += 1;
        let conditions = world.ask().await.map_err(|error| error.to_string())?.conditions;
        let failed = conditions.iter().any(|condition| condition.code == "store_failed");
        failed.then_some(()).ok_or(format!("{conditions:?}"))
    })
    .await;
    let phase = world.ask_link("news").await.unwrap().phase;
    assert!(matches!(phase, Phase::Streaming { .. }), "{phase:?}");
    // Reading what is there does not prove that more can be stored.
    assert!(!world.messages().await.is_empty());
    let status = world.status().await;
    let told = status["conditions"].as_array().unwrap();
    let told = told.iter().find(|condition| condition["code"] == "store_failed");
    let sentence = told.unwrap_or_else(|| panic!("{status}"))["sentence"].as_str().unwrap();
    hark::clear(sentence, &["database"]);
    count
}

/// Checks that the agent is as it was before its disk failed, with these messages.
async fn assert_recovered(world: &World, agent: &mut Running, count: usize) {
    let messages = eventually("what was not stored is", LONG, async || {
        let messages = world.all_messages().await;
        let stored = messages.len();
        (stored >= count).then_some(messages).ok_or_else(|| format!("{stored} of {count}"))
    })
    .await;
    assert_complete(&messages, count);
    eventually("the condition is over", SHORT, async || {
        let conditions = world.ask().await.map_err(|error| error.to_string())?.conditions;
        let failed = conditions.iter().any(|condition| condition.code == "store_failed");
        (!failed).then_some(()).ok_or(format!("{conditions:?}"))
    })
    .await;
    assert!(agent.is_running());
}

/// A world with a server, whose first three messages are stored.
async fn three_stored(world: &World, nchan: &Nchan<'_>, agent: Running) -> Running {
    let agent = world.answers(agent).await;
    eventually("it streams", SHORT, async || world.streams("news").await).await;
    for number in 0..3 {
        nchan.publish("news", &long(number)).await;
    }
    world.stored(3).await;
    agent
}

#[tokio::test]
async fn a_database_that_is_taken_away_or_replaced_is_told_until_it_is_back() {
    const GONE: &str = "database_gone";
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let agent = world.agent().await;
    let _agent = three_stored(&world, &nchan, agent).await;
    let (path, away) = (world.path("profile/data/hark.db"), world.path("away.db"));
    fs::rename(&path, &away).unwrap();
    nchan.publish("news", "while it is away").await;
    hark::clear(&world.told(GONE, true).await, &["hark.db was deleted or moved"]);
    fs::copy(&away, &path).unwrap();
    nchan.publish("news", "while a copy is in its place").await;
    eventually("it is another file", LONG, async || {
        let sentence = world.told(GONE, true).await;
        let is_another = sentence.contains("hark.db was replaced by another file");
        is_another.then_some(()).ok_or(sentence)
    })
    .await;
    fs::rename(&away, &path).unwrap();
    nchan.publish("news", "now it is back").await;
    world.told(GONE, false).await;
    assert_eq!(world.messages().await.len(), 6);
}

#[tokio::test]
async fn a_full_disk_is_told_and_what_came_meanwhile_is_stored_once_there_is_room() {
    if !space::allowed("-Urm") {
        return;
    }
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let data = world.folder("profile/data");
    let mount = "mount -t tmpfs -o size=2m,mode=700 tmpfs \"$1\"";
    let command = space::agent_after(&world, Some("-Urm"), mount, &[data.as_os_str()]);
    let agent = Running::start(&world, "agent", command);
    let mut agent = three_stored(&world, &nchan, agent).await;

    // The small disk can be seen only from within.
    let inside = PathBuf::from(format!("/proc/{}/root", agent.pid()));
    let filler = inside.join(data.strip_prefix("/").unwrap()).join("filler");
    fill(&filler);
    let count = publish_until_not_stored(&world, &nchan, 3).await;
    assert!(agent.is_running());
    assert!(world.all_messages().await.len() >= 3, "what is stored can still be read");
    fs::remove_file(&filler).unwrap();
    nchan.publish("news", &long(count)).await;
    assert_recovered(&world, &mut agent, count + 1).await;
}

/// Writes a file until there is no room left.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    for bytes in [4_096, 1] {
        while file.write_all(&vec![0; bytes]).is_ok() {}
    }
}

#[tokio::test]
async fn a_disk_that_fails_to_write_is_told_and_nothing_is_lost() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    // A write past the limit fails with EFBIG, which SQLite takes for an I/O error; it kills where
    // the signal is not ignored. What the agent prints is not to fail with it.
    let ignore = "trap '' XFSZ; exec >/dev/null 2>&1";
    let command = space::agent_after(&world, None, ignore, &[]);
    let agent = Running::start(&world, "agent", command);
    let mut agent = three_stored(&world, &nchan, agent).await;

    let pid = Pid::from_raw(i32::try_from(agent.pid()).unwrap());
    let limit = |bytes| {
        let limit = Rlimit { current: bytes, maximum: None };
        rustix::process::prlimit(pid, Resource::Fsize, limit).unwrap();
    };
    limit(Some(1));
    let count = publish_until_not_stored(&world, &nchan, 3).await;
    assert!(agent.is_running());
    assert_eq!(world.all_messages().await.len(), 3, "what is stored can still be read");
    limit(None);
    nchan.publish("news", &long(count)).await;
    assert_recovered(&world, &mut agent, count + 1).await;
}

#[tokio::test]
async fn a_read_only_folder_is_told_and_nothing_is_lost_when_it_is_writable_again() {
    if !space::allowed("-Urm") {
        return;
    }
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    three_stored(&world, &nchan, start(&world)).await.kill();

    let data = world.folder("profile/data");
    let mount = "mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"";
    let command = space::agent_after(&world, Some("-Urm"), mount, &[data.as_os_str()]);
    let agent = world.answers(Running::start(&world, "agent", command)).await;
    let count = publish_until_not_stored(&world, &nchan, 3).await;
    assert_eq!(world.all_messages().await.len(), 3, "what is stored can still be read");
    agent.kill();

    let mut agent = world.agent().await;
    assert_recovered(&world, &mut agent, count).await;
}
