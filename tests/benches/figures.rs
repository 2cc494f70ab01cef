//! How soon the agent follows after its start, and what it takes of memory and disk, each beside its aim.
//! `cargo xtask bench` runs it with a release build.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{fs, time::Duration};

use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    eventually,
    fake::{Notifications, Watcher},
    figures::{heading, milliseconds, print, quantile},
    hark,
    sse::{Client, Server},
};

const STARTS: usize = 20;
const TRAY_LINKS: usize = 10;
/// What is allocated at the start has been given back by then.
const SETTLED: Duration = Duration::from_secs(5);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        heading();
        start().await;
        memory_of_one().await;
        memory_with_tray().await;
        sizes();
    });
}

/// Accepts so many subscribers. Answers their connections, which must be kept open.
async fn subscribers(server: &Server, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = server.client().await;
        client.accept().await;
        client.send(": hello\n\n").await;
        clients.push(client);
    }
    clients
}

/// From starting the program to the link streaming, by the link's own word.
async fn start() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("bench", &server.url("/"))]);
    let mut samples = Vec::new();
    for _ in 0..STARTS {
        let begun = jiff::Timestamp::now();
        let agent = world.start_hark("agent", &["agent", "--no-tray"]);
        let _client = subscribers(&server, 1).await;
        let link = world.phase("bench", "streaming").await;
        let since: jiff::Timestamp = link["phase"]["since"].as_str().unwrap().parse().unwrap();
        samples.push(Duration::try_from(since.duration_since(begun)).unwrap_or_default());
        agent.signal(rustix::process::Signal::TERM);
        let mut agent = agent;
        agent.ended(LONG).await;
    }
    print("start to streaming, median of 20", milliseconds(quantile(&mut samples, 0.5)), "50 ms");
}

async fn memory_of_one() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("bench", &server.url("/"))]);
    let agent = world.start_hark("agent", &["agent", "--no-tray"]);
    let _clients = subscribers(&server, 1).await;
    world.phase("bench", "streaming").await;
    print("memory (PSS), 1 subscription, no tray", settled(&agent).await, "6 MiB");
}

async fn memory_with_tray() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let _desktop = Notifications::start(&bus).await;
    let watcher = Watcher::start(&bus).await;
    // The agent asks for a display before it has a tray; the watcher draws on none.
    world.set("DISPLAY", ":none");
    let server = Server::start().await;
    let links: Vec<(String, String)> =
        (0..TRAY_LINKS).map(|n| (format!("bench{n}"), server.url(&format!("/{n}")))).collect();
    let links: Vec<(&str, &str)> = links.iter().map(|(k, u)| (k.as_str(), u.as_str())).collect();
    world.follow(&links);
    let agent = world.start_hark("agent", &["agent"]);
    let _clients = subscribers(&server, TRAY_LINKS).await;
    for (key, _) in &links {
        world.phase(key, "streaming").await;
    }
    eventually("the tray icon is registered", LONG, async || {
        let items = watcher.items();
        (items.len() == 1).then_some(()).ok_or(format!("{items:?}"))
    })
    .await;
    print("memory (PSS), 10 subscriptions, tray", settled(&agent).await, "8 MiB");
}

/// The proportional set size of a process that has nothing to do.
async fn settled(process: &Running) -> String {
    tokio::time::sleep(SETTLED).await;
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid())).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    format!("{:.1} MiB", kib / 1024.0)
}

fn sizes() {
    let bytes = fs::metadata(hark::program("hark")).unwrap().len();
    print("size of hark", format!("{:.1} MB", bytes as f64 / 1e6), "below 8 MB");
}
