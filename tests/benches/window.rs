//! The window with a million messages and 10,000 rows of a journal: how soon it shows something, how long the agent and
//! the page wait for messages, how it scrolls, what it takes, and what is left when it is closed.
//!
//! `cargo bench --bench window -- 100000` takes so many messages.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    env, fs,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hark_api::{HistoryQuery, MessagesQuery, route};
use hark_engine::history::Entry;
use hark_tests::{
    LONG, World,
    desktop::{self, Desktop},
    eventually,
    figures::{heading, milliseconds, print, quantile},
    many,
    tray::Tray,
    window::Window,
};
use jiff::Timestamp;
use serde_json::json;

const MESSAGES: usize = 1_000_000;
const ROWS: u64 = 10_000;
const SAMPLES: usize = 200;
const OPENINGS: usize = 7;
/// The window's process, and those that the web engine has for it.
const PROGRAMS: [&str; 4] =
    ["hark-window", "WebKitWebProcess", "WebKitNetworkProcess", "WebKitGPUProcess"];
/// What is done at the start is over by then.
const SETTLED: Duration = Duration::from_secs(3);
/// A window that is closed leaves nothing after so long.
const GONE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let messages = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(MESSAGES);
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let database = world.folder("profile/data").join("hark.db");
    let mut store = many::store(&database, "all", messages);
    while store.index().unwrap() {}
    let begin = Timestamp::now() - Duration::from_secs(89 * 86_400);
    for row in 0..ROWS / 2 {
        let at = begin + Duration::from_secs(row * 1_500);
        store.journal(Some("all"), at, &Entry::Paused).unwrap();
        store.journal(Some("all"), at + Duration::from_secs(60), &Entry::Resumed).unwrap();
    }
    drop(store);
    world.settings(
        "[keep]\nmessages = 2000000\nbytes = \"4 GiB\"\ndays = 36500\njournal = 20000\n\
         [subscriptions.all]\nurl = \"http://127.0.0.1:9/\"\npaused = true\n",
    );
    let agent = world.agent_with(&[]).await;
    world.phase("all", "paused").await;
    heading();
    println!("{messages} messages, {ROWS} rows of a journal");
    in_the_agent(world).await;

    let before = pss(&[agent.pid()]);
    let mut openings = Vec::new();
    for _ in 0..OPENINGS {
        let window = Window::open(world).await;
        window.find_within("[data-testid=message]", LONG).await;
        openings.push(painted(world, &window).await);
        window.close().await;
        gone(world).await;
    }
    let p50 = quantile(&mut openings, 0.5);
    print("from its start to the first content, median of 7", milliseconds(p50), "500 ms");

    from_the_tray(&desktop, agent.pid()).await;

    let window = Window::open(world).await;
    window.find_within("[data-testid=message]", LONG).await;
    tokio::time::sleep(SETTLED).await;
    print("memory (PSS) of a window as it was opened", mib(pss(&parts(world))), "240 MiB");
    as_seen_by_the_page(&window).await;
    scrolling(world, &window).await;
    let own: Vec<u32> = parts(world);
    print("memory (PSS) of it after all that, all its processes", mib(pss(&own)), "240 MiB");
    for program in PROGRAMS {
        print(&format!("of that, {program}"), mib(pss(&world.running(program))), "");
    }
    window.close().await;
    gone(world).await;
    tokio::time::sleep(GONE).await;
    let left = parts(world).len();
    print("processes of it that are left after 5 s", left, "0");
    print("memory (PSS) of the agent, before", mib(before), "");
    print("and after the window", mib(pss(&[agent.pid()])), "as before");
}

/// What comes before that where the tray is clicked: until the window's process is there.
async fn from_the_tray(desktop: &Desktop, agent: u32) {
    let world = &desktop.world;
    let tray = Tray::of(&desktop.bus, agent).await;
    let mut starts = Vec::new();
    for _ in 0..OPENINGS {
        let begun = Instant::now();
        tray.click().await;
        let pid = loop {
            match world.running("hark-window").first() {
                Some(pid) => break *pid,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        };
        starts.push(begun.elapsed());
        let window = desktop::window_of(world, pid).await;
        desktop.painted(&window).await;
        desktop.close(&window).await;
        gone(world).await;
    }
    let p50 = quantile(&mut starts, 0.5);
    print("from a click in the tray to that start, median of 7", milliseconds(p50), "");
}

async fn in_the_agent(world: &World) {
    let client = world.client();
    for (what, search, aim) in [
        ("the latest 100", None, "5 ms, 50 ms"),
        ("100 with a word that many hold", Some("backup"), "5 ms, 50 ms"),
        ("100 in Chinese", Some("服务器"), "5 ms, 50 ms"),
        ("one that holds a word", Some("n1234"), "5 ms, 50 ms"),
    ] {
        let query = MessagesQuery {
            limit: Some(100),
            search: search.map(str::to_owned),
            ..MessagesQuery::default()
        };
        let mut took = Vec::new();
        for _ in 0..SAMPLES {
            let begun = Instant::now();
            client.call(&route::MESSAGES, &query).await.unwrap();
            took.push(begun.elapsed());
        }
        both(&format!("over the socket: {what}"), &mut took, aim);
    }
    let query = HistoryQuery { limit: Some(1_000), ..HistoryQuery::default() };
    let mut took = Vec::new();
    for _ in 0..SAMPLES / 10 {
        let begun = Instant::now();
        client.call(&route::OUTAGES, &query).await.unwrap();
        took.push(begun.elapsed());
    }
    both("over the socket: 1,000 entries of the history", &mut took, "");
}

/// How long the page waits for what it asks for, by its own clock.
async fn as_seen_by_the_page(window: &Window) {
    for (what, search) in
        [("the latest 100", ""), ("100 with a word that many hold", "backup"), ("none", "qwxyz")]
    {
        let script = "const [search, samples, done] = arguments; (async () => {
                const took = [];
                for (let n = 0; n < samples; n += 1) {
                    const begun = performance.now();
                    const body = search ? { limit: 100, search } : { limit: 100 };
                    await window.__TAURI_INTERNALS__.invoke('call', { path: '/v1/messages', body });
                    took.push(performance.now() - begun);
                }
                done(took);
            })();";
        let took = window.run_long(script, vec![json!(search), json!(SAMPLES)]).await;
        let mut took = lengths(&took);
        both(&format!("as the page sees it: {what}"), &mut took, "5 ms, 50 ms");
    }
}

/// How long each frame takes while the list is scrolled by a screen's tenth at a time, and more is loaded.
async fn scrolling(world: &World, window: &Window) {
    let script = "const [done] = arguments; const took = []; let last = performance.now();
        const step = (now) => {
            took.push(now - last);
            last = now;
            scrollBy(0, innerHeight / 10);
            if (took.length < 600) requestAnimationFrame(step); else done(took.slice(1));
        };
        requestAnimationFrame(step);";
    let web = world.running("WebKitWebProcess");
    let before: Duration = web.iter().copied().map(busy).sum();
    let mut took = lengths(&window.run_long(script, Vec::new()).await);
    let after: Duration = web.iter().copied().map(busy).sum();
    let each = after.saturating_sub(before) / 600;
    print("processor time of the web process for each frame", milliseconds(each), "< 16.7 ms");
    let late = took.iter().filter(|took| took.as_millis() > 50).count();
    both("a frame while scrolling", &mut took, "16.7 ms");
    print("frames of 599 that took more than 50 ms", late, "0");
    let rows = "return document.querySelectorAll('[data-testid=message]').length";
    let rows = window.run(rows, Vec::new()).await;
    print("messages in the page after that", rows, "< 300");
}

/// From the start of the window's process to its first content, by the kernel's clock and the page's.
async fn painted(world: &World, window: &Window) -> Duration {
    let script = "const paint = performance.getEntriesByName('first-contentful-paint')[0];
        return paint ? performance.timeOrigin + paint.startTime : null";
    let at = eventually("the page says when it was painted", LONG, async || {
        window.run(script, Vec::new()).await.as_f64().ok_or("not yet")
    })
    .await;
    let pid = world.running("hark-window")[0];
    let painted = UNIX_EPOCH + Duration::from_secs_f64(at / 1e3);
    painted.duration_since(started(pid)).unwrap()
}

/// A figure of a process in ticks of 10 ms (`proc(5)`), by its place behind the name.
fn ticks(pid: u32, place: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let behind = stat.rsplit_once(')').unwrap().1;
    behind.split_whitespace().nth(place).unwrap().parse().unwrap()
}

/// How long a process has kept processors busy.
fn busy(pid: u32) -> Duration {
    Duration::from_secs_f64((ticks(pid, 11) + ticks(pid, 12)) / 100.0)
}

/// When a process was started, since the boot.
fn started(pid: u32) -> SystemTime {
    let ticks = ticks(pid, 19);
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
    let ago = Duration::from_secs_f64((uptime - ticks / 100.0).max(0.0));
    SystemTime::now() - ago
}

/// The window's process, and those of the web engine.
fn parts(world: &World) -> Vec<u32> {
    PROGRAMS.iter().flat_map(|program| world.running(program)).collect()
}

async fn gone(world: &World) {
    eventually("the window's processes have ended", LONG, async || {
        let left = parts(world);
        left.is_empty().then_some(()).ok_or(format!("{left:?}"))
    })
    .await;
}

/// The proportional set size of processes together. KiB.
fn pss(pids: &[u32]) -> f64 {
    let of = |pid: &u32| {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = rollup.lines().find(|line| line.starts_with("Pss:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok())
            .unwrap_or_default()
    };
    pids.iter().map(of).sum()
}

fn mib(kib: f64) -> String {
    format!("{:.1} MiB", kib / 1024.0)
}

fn lengths(milliseconds: &serde_json::Value) -> Vec<Duration> {
    let all = milliseconds.as_array().unwrap().iter().filter_map(serde_json::Value::as_f64);
    all.map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1e3)).collect()
}

fn both(what: &str, took: &mut [Duration], aim: &str) {
    let (p50, p99) = (quantile(took, 0.5), quantile(took, 0.99));
    print(
        &format!("{what}, p50 and p99"),
        format!("{}, {}", milliseconds(p50), milliseconds(p99)),
        aim,
    );
}
