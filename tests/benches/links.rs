//! What links cost while nothing happens, and how soon they are back: memory and wakeups by their
//! number, and the time from a near server's return to the next notification.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{fs, time::Duration};

use hark_tests::{LONG, Running, World, bus::Bus, fake::Notifications};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};

const MANY: usize = 1_000;
const SOME: usize = 100;
const RESTARTS: usize = 20;
/// How long a connection lives before its server goes.
const SETTLED: Duration = Duration::from_secs(3);
/// How long a server stays away.
const DOWN: Duration = Duration::from_secs(2);
/// How long idle links are watched, and how often their servers send a heartbeat.
const WATCHED: Duration = Duration::from_secs(60);
const HEARTBEAT: Duration = Duration::from_secs(15);
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{:<44} {:>12}   aim", "figure", "here");
        let one = idle(1, true).await;
        idle(SOME, true).await;
        let many = idle(MANY, false).await;
        let each = (many - one) / (MANY - 1) as f64;
        println!("{:<44} {each:>8.0} KiB   37 KiB with TLS", "memory of each further link");
        back().await;
    });
}

/// So many links, each with a heartbeat; prints memory, and wakeups where they are watched. Answers
/// the memory in KiB.
async fn idle(links: usize, watched: bool) -> f64 {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let subscriptions: Vec<(String, String)> =
        (0..links).map(|n| (format!("l{n}"), format!("http://127.0.0.1:{port}/{n}"))).collect();
    let all: Vec<(&str, &str)> =
        subscriptions.iter().map(|(key, url)| (key.as_str(), url.as_str())).collect();
    world.follow(&all);
    let agent = world.start_hark("agent", &["agent", "--no-tray"]);
    let mut clients = Vec::with_capacity(links);
    while clients.len() < links {
        clients.push(accept(&listener).await);
    }
    world.phase(&format!("l{}", links - 1), "streaming").await;
    sleep(Duration::from_secs(5)).await;
    let memory = pss(&agent);
    println!("{:<44} {:>8.1} MiB", format!("memory (PSS), {links} links"), memory / 1024.0);
    if watched {
        let before = wakeups(&agent);
        let (mut heartbeats, end) = (0, Instant::now() + WATCHED);
        while Instant::now() + HEARTBEAT <= end {
            sleep(HEARTBEAT).await;
            for client in &mut clients {
                client.write_all(b": heartbeat\n\n").await.unwrap();
                heartbeats += 1;
            }
        }
        sleep(end.saturating_duration_since(Instant::now())).await;
        let count = wakeups(&agent) - before;
        println!(
            "{:<44} {count:>12}   2 to 3, and {heartbeats} heartbeats",
            format!("wakeups a minute, {links} idle links")
        );
    }
    memory
}

/// From the moment a near server listens again to the next notification; the server sends the
/// message as soon as it is asked.
async fn back() {
    let mut samples = Vec::new();
    for number in 0..RESTARTS {
        // An agent and a desktop of its own each time: a link that was lost a moment ago would back off, and a screen
        // that is full would show no more.
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let mut desktop = Notifications::start(&bus).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        world.follow(&[("bench", &format!("http://{address}/"))]);
        let mut agent = world.start_hark("agent", &["agent", "--no-tray"]);
        let client = accept(&listener).await;
        world.phase("bench", "streaming").await;
        // What comes in the first two seconds is what was there before it was followed, and never shown.
        sleep(SETTLED).await;
        drop((client, listener));
        sleep(DOWN).await;
        let listener = TcpListener::bind(address).await.unwrap();
        let begun = Instant::now();
        let mut client = accept(&listener).await;
        client.write_all(format!("id: {number}\ndata: back\n\n").as_bytes()).await.unwrap();
        timeout(LONG, desktop.calls.recv()).await.unwrap().unwrap();
        samples.push(begun.elapsed());
        agent.signal(rustix::process::Signal::TERM);
        agent.ended(LONG).await;
    }
    samples.sort();
    let median = samples[samples.len() / 2].as_secs_f64();
    println!(
        "{:<44} {median:>10.2} s   peers: 0.6 to 7.3 s",
        "near server back to Notify, median of 20"
    );
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        let (mut stream, _) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
        let mut head = [0; 2048];
        if stream.read(&mut head).await.is_ok_and(|length| length > 0) {
            stream.write_all(HEAD).await.unwrap();
            return stream;
        }
    }
}

fn pss(process: &Running) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid())).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How often its threads have gone to sleep.
fn wakeups(process: &Running) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", process.pid())).unwrap();
    tasks
        .map(|task| {
            let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
            line.unwrap().split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
        })
        .sum()
}
