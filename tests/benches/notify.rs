//! How soon a message that is published on a real ntfy is asked of the notification server, beside `curl -N`
//! that prints it, `curl -N` piped into `notify-send`, and notify-rust's own sender behind the same pipe; and
//! what a flood costs.
//!
//! `cargo bench --bench notify -- 500` takes so many samples.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    env, fs,
    io::{BufRead, BufReader, stdin},
    os::unix::process::CommandExt,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    eventually,
    fake::Notifications,
    figures::{heading, milliseconds, print, quantile},
    real_ntfy::RealNtfy,
    sse::Server,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{interval, sleep, timeout},
};

/// Messages whose way is measured.
const SAMPLES: usize = 10_000;
/// Those that the slower peers are sent as well.
const PEERS: usize = 1_000;
/// Where the desktop's theme has the icons of programs.
const ICON: &str = "home/.local/share/icons/hicolor/64x64/apps";
/// Between two messages, so that what is still done for one is no part of the other's way.
const SETTLE: Duration = Duration::from_millis(10);
/// The argument with which this program is notify-rust's sender.
const SENDER: &str = "notify-rust";
/// Titles by which the peers' notifications are known.
const BY_SEND: &str = "by notify-send";
const BY_RUST: &str = "by notify-rust";

/// Events of the flood in a second, and how long it lasts.
const FLOOD: usize = 20_000;
const SECONDS: usize = 30;
/// How often some of them are written.
const TICK: Duration = Duration::from_millis(10);

fn main() {
    if env::args().nth(1).as_deref() == Some(SENDER) {
        return send_each();
    }
    let samples = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(SAMPLES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        heading();
        latency(samples).await;
        flood().await;
    });
}

/// notify-rust as its documentation shows it: a notification for each line of data.
fn send_each() {
    for line in stdin().lines().map_while(Result::ok).filter(|line| is_message(line)) {
        let shown = notify_rust::Notification::new().summary(BY_RUST).body(&line).show();
        shown.unwrap();
    }
}

fn is_message(line: &str) -> bool {
    line.starts_with("data:") && line.contains("number")
}

/// A process that ends with this.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        // It leads a group of its own, curl among it.
        let group = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
        _ = self.0.wait();
    }
}

fn piped(world: &World, url: &str, script: &str) -> Peer {
    let mut command = world.command("sh");
    command.args(["-c", script, "sh", url]).arg(env::current_exe().unwrap()).process_group(0);
    Peer(command.stdin(Stdio::null()).spawn().unwrap())
}

/// When `curl -N` printed each message.
fn printed(world: &World, url: &str) -> (Peer, UnboundedReceiver<Instant>) {
    let mut command = world.command("curl");
    command.args(["--no-buffer", "--silent", "--noproxy", "*", url]).stdout(Stdio::piped());
    let mut process = command.process_group(0).spawn().unwrap();
    let out = process.stdout.take().unwrap();
    let (sender, lines) = unbounded_channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if is_message(&line) && sender.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    (Peer(process), lines)
}

async fn latency(samples: usize) {
    let mut world = World::new();
    // As where it is installed: a notification names its icon, and carries no pixels.
    world.file(format!("{ICON}/hark.png"), "");
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let url = ntfy.url("news");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    let _agent = world.agent().await;
    world.caught_up("news").await;
    let (_curl, mut lines) = printed(&world, &url);
    let curl = "curl --no-buffer --silent --noproxy '*' \"$1\"";
    let by_send = format!(
        "{curl} | while IFS= read -r line; do case \"$line\" in *number*) \
         notify-send '{BY_SEND}' \"$line\";; esac; done"
    );
    let mut peers = vec![
        piped(&world, &url, &by_send),
        piped(&world, &url, &format!("{curl} | \"$2\" {SENDER}")),
    ];
    // Until all have subscribed.
    let mut number = 0;
    let mut heard = [false; 3];
    while heard.contains(&false) {
        number += 1;
        ntfy.publish("news", &format!("number {number}")).await;
        while let Ok(Some(call)) = timeout(Duration::from_millis(500), desktop.calls.recv()).await {
            heard[whose(&call.summary)] = true;
            desktop.dismiss(call.id).await;
        }
    }
    while lines.try_recv().is_ok() {}

    let [mut hark, mut plain, mut later, mut send, mut rust, mut hark_beside] =
        [const { Vec::new() }; 6];
    for sample in 0..samples {
        if sample == PEERS {
            peers.clear();
        }
        sleep(SETTLE).await;
        let text = format!("number {}", number + 1 + sample);
        let published = Instant::now();
        let (_, seen, calls) = tokio::join!(
            ntfy.publish("news", &text),
            async { lines.recv().await.unwrap() },
            calls(&mut desktop, &text, if peers.is_empty() { 1 } else { 3 }),
        );
        for (whose, at) in calls {
            let took = at - published;
            match whose {
                0 => {
                    hark.push(took);
                    later.push(at.saturating_duration_since(seen));
                    if !peers.is_empty() {
                        hark_beside.push(took);
                    }
                }
                1 => send.push(took),
                _ => rust.push(took),
            }
        }
        plain.push(seen - published);
    }
    println!("{samples} messages on ntfy {}.{}", ntfy.version.0, ntfy.version.1);
    for (share, name, aim) in [(0.5, "p50", "1 ms"), (0.99, "p99", "5 ms")] {
        print(
            &format!("published to Notify, {name}"),
            milliseconds(quantile(&mut hark, share)),
            "",
        );
        print(
            &format!("published to a line of curl -N, {name}"),
            milliseconds(quantile(&mut plain, share)),
            "",
        );
        print(
            &format!("Notify after curl saw it, {name}"),
            milliseconds(quantile(&mut later, share)),
            aim,
        );
    }
    println!("the first {} of them, with these beside", send.len());
    for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
        print(
            &format!("published to Notify, {name}"),
            milliseconds(quantile(&mut hark_beside, share)),
            "",
        );
        print(
            &format!("curl -N into notify-send, {name}"),
            milliseconds(quantile(&mut send, share)),
            "",
        );
        print(
            &format!("curl -N into notify-rust, {name}"),
            milliseconds(quantile(&mut rust, share)),
            "",
        );
    }
}

/// Whose notification this is: Hark's, notify-send's or notify-rust's.
fn whose(summary: &str) -> usize {
    match summary {
        BY_SEND => 1,
        BY_RUST => 2,
        _ => 0,
    }
}

/// When each of so many asked for the notification of this text. A place is left for the next.
async fn calls(desktop: &mut Notifications, text: &str, of: usize) -> Vec<(usize, Instant)> {
    let mut all = Vec::new();
    while all.len() < of {
        let call = timeout(LONG, desktop.calls.recv()).await.unwrap().unwrap();
        assert!(call.body.contains(text), "{call:?} is not {text}");
        all.push((whose(&call.summary), call.at));
        desktop.dismiss(call.id).await;
    }
    all
}

/// The most memory that the process has taken, or takes, in MiB.
fn memory(agent: &Running, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    let value = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let kib = value.unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse::<f64>().unwrap() / 1024.0
}

/// Many events a second for long: how far the store is behind, what it costs, and what of it is on the screen.
async fn flood() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let server = Server::start().await;
    let url = server.url("/");
    let all = FLOOD * SECONDS;
    world.settings(&format!(
        "[keep]\nmessages = {}\nbytes = \"4 GiB\"\n[subscriptions.news]\nurl = \"{url}\"\n",
        all * 2
    ));
    let agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("news").await;
    let before = memory(&agent, "VmHWM");

    let a_tick = FLOOD / 100;
    let mut tick = interval(TICK);
    let mut text = String::new();
    let begun = Instant::now();
    for number in 0..all {
        use std::fmt::Write as _;
        writeln!(text, "id: {number}\ndata: {{\"title\":\"flood {number}\"}}\n").unwrap();
        if number % a_tick == a_tick - 1 {
            tick.tick().await;
            client.send(&text).await;
            text.clear();
        }
    }
    let (written, took) = (Instant::now(), begun.elapsed());
    let stored = eventually("all is stored", LONG, async || {
        let stored = world.ask_link("news").await?.messages;
        if stored >= all as u64 { Ok(stored) } else { Err(format!("{stored} are stored")) }
    })
    .await;
    let lag = written.elapsed();
    let mut shown = 0;
    while desktop.calls.try_recv().is_ok() {
        shown += 1;
    }
    println!("{all} events in {:.0} s", took.as_secs_f64());
    print("the store is behind the last event by", format!("{:.2} s", lag.as_secs_f64()), "2 s");
    let grown = memory(&agent, "VmHWM") - before;
    print("memory, at most more than before", format!("{grown:.1} MiB"), "32 MiB");
    print("stored", stored, &all.to_string());
    print("calls of Notify", shown, "");
}
