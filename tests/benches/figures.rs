//! The figures of the agent on the machine at hand, each beside its aim. `cargo xtask bench` runs
//! it with a release build.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    fmt::Display,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    eventually,
    fake::{Notifications, Watcher},
    hark,
    sse::{Client, Server},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const SAMPLES: usize = 1_000;
const STARTS: usize = 20;
const TRAY_LINKS: usize = 10;
/// What is allocated at the start has been given back by then.
const SETTLED: Duration = Duration::from_secs(5);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{:<44} {:>12}   aim", "figure", "here");
        latency().await;
        start().await;
        memory_of_one().await;
        memory_with_tray().await;
        sizes();
    });
}

fn print(figure: &str, value: impl Display, aim: &str) {
    println!("{figure:<44} {value:>12}   {aim}");
}

/// The value below which this share of the sorted samples is.
fn quantile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort();
    let last = samples.len() - 1;
    samples[((last as f64) * share).round() as usize]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
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

/// `curl -N` on a URL: when it printed each line of data.
struct Curl {
    lines: UnboundedReceiver<Instant>,
    process: Child,
}

impl Curl {
    fn start(world: &World, url: &str) -> Self {
        let mut command = world.command("curl");
        command.args(["--no-buffer", "--silent", "--noproxy", "*", url]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let out = process.stdout.take().unwrap();
        let (sender, lines) = unbounded_channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if line.starts_with("data:") && sender.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
        Self { lines, process }
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// From the server's write to the call of `Notify`, and to what curl printed of the same bytes.
async fn latency() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let server = Server::start().await;
    world.follow(&[("bench", &server.url("/agent"))]);
    let agent = world.start_hark("agent", &["agent", "--no-tray"]);
    let mut to_agent = subscribers(&server, 1).await.remove(0);
    world.phase("bench", "streaming").await;
    let mut curl = Curl::start(&world, &server.url("/curl"));
    let mut to_curl = subscribers(&server, 1).await.remove(0);

    // What comes at once with the first connection is backlog, and shown by nobody.
    let mut number = 0;
    eventually("a notification is shown", LONG, async || {
        number += 1;
        to_agent.send(&event(number)).await;
        let shown = tokio::time::timeout(Duration::from_millis(500), desktop.calls.recv()).await;
        shown.map_err(|_| "none")
    })
    .await;

    let (mut hark, mut plain, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for sample in 0..SAMPLES {
        let text = event(number + 1 + sample);
        // The two take turns at who is written to first.
        let written = Instant::now();
        if sample % 2 == 0 {
            to_curl.send(&text).await;
            to_agent.send(&text).await;
        } else {
            to_agent.send(&text).await;
            to_curl.send(&text).await;
        }
        let seen = curl.lines.recv().await.unwrap();
        let call = desktop.calls.recv().await.unwrap();
        let wanted = format!("number {}", number + 1 + sample);
        assert!(format!("{call:?}").contains(&wanted), "{call:?} is not {wanted}");
        hark.push(call.at - written);
        plain.push(seen - written);
        later.push(call.at.saturating_duration_since(seen));
    }
    for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
        print(
            &format!("write to Notify, stored, {name}"),
            milliseconds(quantile(&mut hark, share)),
            "",
        );
        print(
            &format!("write to a line of curl -N, {name}"),
            milliseconds(quantile(&mut plain, share)),
            "",
        );
    }
    print("Notify after curl, p50", milliseconds(quantile(&mut later, 0.5)), "within 2 ms");
    drop(agent);
}

fn event(number: usize) -> String {
    format!("id: {number}\ndata: {{\"title\":\"Bench\",\"body\":\"number {number}\"}}\n\n")
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
