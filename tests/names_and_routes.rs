//! Names that do not resolve, links that go down, addresses that change, servers that are frozen: in
//! a network of the test's own.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::Duration;

use hark_api::{HistoryQuery, route};
use hark_tests::{
    LONG, Running, SHORT, World,
    beat::Beat,
    eventually, hark,
    names::{Answers, Names},
    nchan::Nchan,
    outage::{HEARTBEAT, Link},
    space::{self, must},
};
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal};

#[tokio::test]
async fn a_name_that_does_not_resolve_is_told_and_asked_for_again() {
    if !space::enter("a_name_that_does_not_resolve_is_told_and_asked_for_again") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let names = Names::start_in(&world).await;
    let link = Link::start(&world, &beat, "push.example", "heartbeat = \"3s\"").await;
    for answers in [Answers::NoSuchName, Answers::Failure, Answers::Nothing] {
        names.answer(answers);
        let broken = Timestamp::now();
        // The stream ends, and the name is asked for again.
        beat.answer(Some(""));
        link.down(&["name not resolved", "connect timeout"]).await;
        beat.answer(None);
        names.answer(Answers::Loopback);
        let mended = Timestamp::now();
        let told = link.back(mended).await;
        let latest = told.outage.latest.as_ref().unwrap();
        assert!(["name not resolved", "connect timeout"].contains(&latest.code.as_str()));
        let name = format!("DNS: {answers:?} ({})", latest.code);
        let ends = ["end of stream", "truncated"];
        link.judge(&name, broken, mended, &told, &ends, Duration::ZERO);
    }
}

/// A hint makes it dial within 1.3 s on an idle machine; without one it would take a minute.
const HINT: SignedDuration = SignedDuration::from_secs(15);

/// A cable to an agent in a network of its own.
struct Cable {
    far: Running,
}

impl Cable {
    fn lay(world: &World) -> Self {
        let mut command = world.command("unshare");
        command.args(["-n", "sleep", "600"]);
        let far = Running::start(world, "far", command);
        Self { far }
    }

    /// A line of shell in the agent's network.
    fn there(&self, line: &str) -> String {
        format!("nsenter -t {} -n sh -euc '{line}'", self.far.pid())
    }

    async fn plug(&self) {
        let far = self.far.pid();
        eventually("the far network is another", SHORT, async || {
            let of = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
            (of("self") != of(&far.to_string())).then_some(()).ok_or("the same")
        })
        .await;
        must(&format!(
            "ip link add near type veth peer name far netns {far}
            ip address add 10.77.0.1/24 dev near; ip link set near up"
        ));
        must(
            &self.there(
                "ip address add 10.77.0.2/24 dev far; ip link set far up; ip link set lo up",
            ),
        );
    }

    fn agent(&self, world: &World) -> Running {
        let mut command = world.command("nsenter");
        command.args(["-t", &self.far.pid().to_string(), "-n"]);
        command.arg(hark::program("hark")).args(["agent", "--no-tray"]);
        Running::start(world, "agent", command)
    }
}

#[tokio::test]
async fn a_link_that_goes_down_and_comes_up_is_back_within_the_spread_of_a_hint() {
    if !space::enter("a_link_that_goes_down_and_comes_up_is_back_within_the_spread_of_a_hint") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let cable = Cable::lay(&world);
    cable.plug().await;
    let start = || cable.agent(&world);
    // By its own delay it would dial after a minute.
    let more = "heartbeat = \"3s\"\nretry = \"fixed 60s\"";
    let link = Link::start_by(&world, &beat, "10.77.0.1", more, start).await;
    let (down, up) = (cable.there("ip link set far down"), cable.there("ip link set far up"));
    let causes = ["missed heartbeat", "network changed", "no route"];
    let back = link.suffers("link down", &down, &up, &causes, HEARTBEAT).await;
    assert!(back <= HINT, "{back:?}");
}

#[tokio::test]
async fn another_address_is_dialled_from_before_the_old_connection_is_missed() {
    if !space::enter("another_address_is_dialled_from_before_the_old_connection_is_missed") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let cable = Cable::lay(&world);
    cable.plug().await;
    let start = || cable.agent(&world);
    // With its heartbeat alone it would take a minute to miss the old connection.
    let link = Link::start_by(&world, &beat, "10.77.0.1", "heartbeat = \"60s\"", start).await;
    let changed = Timestamp::now();
    must(&cable.there("ip address add 10.77.0.3/24 dev far; ip address del 10.77.0.2/24 dev far; ip address replace 10.77.0.3/24 dev far"));
    let query = HistoryQuery::default();
    let again = eventually("there is another connection", LONG, async || {
        let rows = world.client().call(&route::JOURNAL, &query).await.unwrap();
        let again = rows
            .iter()
            .find(|row| row.at.0 > changed && ["swapped", "opened"].contains(&row.kind.as_str()));
        again.cloned().ok_or(format!("{rows:?}"))
    })
    .await;
    let took = again.at.0.duration_since(changed);
    assert!(took <= HINT, "{took:?}: {again:?}");
    link.all_stored().await;
    println!("another address: {} after {} ms", again.kind, took.as_millis());
}

#[tokio::test]
async fn a_frozen_server_is_missed_and_found_again() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let url = nchan.url("news");
    // It is heard every 3 s.
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nheartbeat = \"4s\"\nspread = \"1s\"\n"
    ));
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    nchan.publish("news", "message 0").await;
    world.stored(1).await;
    let signal = |signal| {
        for pid in world.running("nginx") {
            let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            rustix::process::kill_process(pid, signal).unwrap();
        }
    };
    let frozen = Timestamp::now();
    signal(Signal::STOP);
    let query = HistoryQuery::default();
    eventually("it is missed", LONG, async || {
        let rows = world.client().call(&route::JOURNAL, &query).await.unwrap();
        let causes: Vec<_> =
            rows.iter().filter_map(|row| row.cause.as_ref()).map(|it| &*it.code).collect();
        let is_missed = causes.contains(&"missed heartbeat");
        is_missed.then_some(()).ok_or(format!("{rows:?}"))
    })
    .await;
    let missed = Timestamp::now().duration_since(frozen);
    // After 4 s on an idle machine; the kernel would take minutes.
    assert!(missed <= SignedDuration::from_secs(20), "{missed:?}");
    signal(Signal::CONT);
    nchan.publish("news", "message 1").await;
    let stored = world.stored(2).await;
    assert_eq!(stored[1]["body"], "message 1");
    println!("frozen server: missed after {} ms", missed.as_millis());
}
