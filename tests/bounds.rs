//! Servers that never stop: the agent's memory stays within its bound, and the next good event still
//! arrives. And a thousand links at once.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use hark_api::{Cause, Phase};
use hark_tests::{
    LONG, Running, SHORT, World, eventually,
    hark::under_wine,
    nchan::Nchan,
    sse::{Client, Server},
};
use serde_json::{Value, json};
use tokio::time::interval;

const MIB: usize = 1 << 20;
const KIB: usize = 1 << 10;
/// The most memory that anything a server sends may cost: five times the largest event. It is there three times
/// while the database takes it (the text, its bound copy, the row); the rest is what the allocator leaves between.
/// Bytes.
const GROWTH_MAX: usize = 5 * 4 * MIB;
/// What a link may cost, in a build for development.
const LINK_MAX: usize = 200 * KIB;

/// A line of `/proc/PID/status`, in bytes.
fn memory(agent: &Running, line: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    let value = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let kib = value.unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse::<usize>().unwrap() * KIB
}

/// An agent that has had one message from a scripted server, and what it cost then.
struct Link {
    world: World,
    server: Server,
    client: Client,
    agent: Running,
    idle: usize,
}

impl Link {
    async fn start() -> Self {
        let (world, server) = (World::new(), Server::start().await);
        world.follow(&[("news", &server.url("/events"))]);
        let agent = world.agent().await;
        let mut client = server.client().await;
        client.accept().await;
        client.send("id: first\ndata: first\n\n").await;
        world.stored(1).await;
        let idle = memory(&agent, "VmHWM");
        Self { world, server, client, agent, idle }
    }

    /// Sends one piece again and again.
    async fn pour(&mut self, piece: &[u8], times: usize) {
        for _ in 0..times {
            if !self.client.send_bytes(piece).await {
                return;
            }
        }
    }

    /// Checks that a good event on this connection arrives; answers what all before it has cost.
    async fn still_works(self, name: &str) -> Self {
        let Self { world, server, mut client, agent, idle } = self;
        client.send("id: good\ndata: good\n\n").await;
        eventually("the good event is stored", LONG, async || {
            let messages = world.all_messages().await;
            let good = messages.last().is_some_and(|message| message.body == "good");
            let link = world.ask_link("news").await?;
            good.then_some(()).ok_or(format!("{} messages, {link:?}", messages.len()))
        })
        .await;
        let grown = memory(&agent, "VmHWM").saturating_sub(idle);
        println!("{name}: +{} KiB at most", grown / KIB);
        // Parts of the program that are loaded when they are first run are private memory under Wine.
        let most = if under_wine() { GROWTH_MAX * 2 } else { GROWTH_MAX };
        assert!(grown < most, "{name} costs {grown} bytes");
        Self { world, server, client, agent, idle }
    }

    /// Hangs up and takes the next connection; the person asks for it where the link waits long.
    async fn again(mut self) -> Self {
        drop(self.client);
        eventually("the link has noticed", SHORT, async || {
            match self.world.ask_link("news").await?.phase {
                Phase::Streaming { .. } => Err("it streams".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
        self.world.hark(&["resume", "news"]).await.ok();
        self.client = self.server.client().await;
        self
    }

    /// Waits until the first dial after [`again`](Self::again) has failed; answers why. The wait before
    /// the next dial may be over before it is seen.
    async fn fails(&self) -> Cause {
        eventually("the link says what happened", LONG, async || {
            match self.world.ask_link("news").await?.phase {
                Phase::BackingOff { cause, .. }
                | Phase::Dialing { attempt: 2.., cause: Some(cause), .. } => Ok(cause),
                other => Err(format!("{other:?}")),
            }
        })
        .await
    }

    async fn set_aside(&self) -> u64 {
        self.world.ask_link("news").await.unwrap().set_aside
    }
}

#[tokio::test]
async fn an_endless_line_is_set_aside() {
    let mut link = Link::start().await;
    link.client.send("id: endless\ndata: ").await;
    link.pour(&vec![b'x'; 64 * KIB], 1_024).await;
    link.client.send("\n\n").await;
    let link = link.still_works("a line of 64 MiB").await;
    assert!(link.set_aside().await >= 1, "it is counted");
}

#[tokio::test]
async fn an_endless_event_is_set_aside() {
    let mut link = Link::start().await;
    link.client.send("id: endless\n").await;
    let line = [b"data: ".to_vec(), vec![b'x'; 16 * KIB], b"\n".to_vec()].concat();
    link.pour(&line, 4_096).await;
    link.client.send("\n").await;
    let link = link.still_works("an event of 64 MiB").await;
    assert!(link.set_aside().await >= 1, "it is counted");
}

#[tokio::test]
async fn a_gibibyte_of_comment_is_nothing() {
    let mut link = Link::start().await;
    let line = [b":".to_vec(), vec![b'x'; 64 * KIB], b"\n".to_vec()].concat();
    link.pour(&line, 16_384).await;
    let link = link.still_works("1 GiB of comment").await;
    assert_eq!(link.set_aside().await, 0);
}

#[tokio::test]
async fn a_hundred_thousand_ids_move_nothing_but_the_cursor() {
    let mut link = Link::start().await;
    for thousand in 0..100 {
        let ids = (0..1_000).map(|one| format!("id: {thousand}-{one}\n\n"));
        link.client.send(&ids.collect::<String>()).await;
    }
    link.still_works("100,000 ids").await;
}

#[tokio::test]
async fn retry_0_is_no_storm() {
    let mut link = Link::start().await;
    link.client.send("retry: 0\n\n").await;
    let mut link = link.still_works("retry: 0").await;
    let begun = Instant::now();
    const DIALS: u32 = 6;
    for _ in 0..DIALS {
        drop(link.client);
        link.client = link.server.client().await;
        link.client.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").await;
    }
    // Full jitter from one second on, near: six dials within 100 ms is one in many thousands.
    assert!(begun.elapsed().as_millis() > 100, "{DIALS} dials in {:?}", begun.elapsed());
}

#[tokio::test]
async fn endless_headers_end_the_dial() {
    let mut link = Link::start().await.again().await;
    link.client.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n").await;
    for number in 0..200_000 {
        let header = format!("X-{number}: {number}\r\n");
        if !link.client.send_bytes(header.as_bytes()).await {
            break;
        }
    }
    let cause = link.fails().await;
    println!("endless headers: {}: {}", cause.code, cause.sentence);
    assert_ne!(cause.code, "end of stream");
    let mut link = link.again().await;
    link.client.accept().await;
    link.still_works("endless headers").await;
}

#[tokio::test]
async fn headers_that_drip_end_the_dial_at_its_limit() {
    /// The dial's limit, and a second for a busy machine. Seconds.
    const LIMIT: u64 = 31;
    let link = Link::start().await;
    // It dials between these two.
    let asked = Instant::now();
    let mut link = link.again().await;
    let begun = Instant::now();
    link.client.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Drip: ").await;
    let mut drop = interval(Duration::from_millis(100));
    while link.client.send_bytes(b"x").await {
        drop.tick().await;
        assert!(begun.elapsed() < LONG, "it drips on");
    }
    let (took, ended) = (begun.elapsed(), Instant::now());
    let cause = link.fails().await;
    println!("dripping headers: {} after {took:?}: {}", cause.code, cause.sentence);
    assert_eq!(cause.code, "headers timeout");
    assert!(took.as_secs() <= LIMIT, "{took:?}");
    assert!(ended.duration_since(asked).as_secs() >= LIMIT - 1, "{took:?}");
    let mut link = link.again().await;
    link.client.accept().await;
    link.still_works("dripping headers").await;
}

#[tokio::test]
async fn a_gzip_bomb_is_not_unpacked() {
    let mut link = Link::start().await.again().await;
    let bomb = Command::new("sh").args(["-c", "head -c 256M /dev/zero | gzip -1"]).output();
    let bomb = bomb.unwrap().stdout;
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";
    link.client.send(head).await;
    link.pour(&bomb, 1).await;
    let cause = link.fails().await;
    assert_eq!(cause.code, "compressed");
    assert!(cause.sentence.contains("compresses the stream (gzip)"), "{cause:?}");
    println!("a gzip bomb: {}", cause.sentence);
    let mut link = link.again().await;
    link.client.accept().await;
    link.still_works("a gzip bomb of 256 MiB").await;
}

/// An event of so many bytes in lines that are each allowed.
fn event(id: &str, bytes: usize) -> Vec<u8> {
    let line = [b"data: ".to_vec(), vec![b'y'; MIB / 2 - 7], b"\n".to_vec()].concat();
    let mut event = format!("id: {id}\n").into_bytes();
    while event.len() < bytes {
        event.extend(&line[..line.len().min(bytes - event.len())]);
    }
    event.extend(b"\n\n");
    event
}

#[tokio::test]
async fn an_event_just_below_the_limit_is_a_message_and_one_above_is_set_aside() {
    let mut link = Link::start().await;
    link.client.send_bytes(&event("below", 4 * MIB - 2 * KIB)).await;
    let stored = link.world.stored(2).await;
    assert_eq!(stored[1]["server_id"], "below");
    let body = stored[1]["body"].as_str().unwrap();
    assert_eq!(body.chars().count(), 64_000, "shown up to its own limit");
    assert!(body.starts_with("yyy") && body.ends_with("y…"));
    assert_eq!(link.set_aside().await, 0);
    link.client.send_bytes(&event("above", 4 * MIB + 2 * KIB)).await;
    let link = link.still_works("events of 4 MiB").await;
    assert_eq!(link.set_aside().await, 1);
    let ids = link.world.messages().await.into_iter().map(|it| it["server_id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["first", "below", "good"]);
}

/// Whether a text could disguise itself, or move a terminal's cursor.
fn is_plain(text: &str) -> bool {
    let disguises = ['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}']
        .into_iter()
        .chain(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{feff}']);
    let disguises: Vec<_> = disguises.collect();
    text.chars().all(|c| matches!(c, '\n' | '\t') || !(c.is_control() || disguises.contains(&c)))
}

#[tokio::test]
async fn what_strangers_write_is_stored_whole_and_shown_safe() {
    let mut link = Link::start().await;
    let long = "T".repeat(100_000);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let odd = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{0}\u{85}\u{202e}gpj.exe\u{2066}\u{feff}";
    let json = |fields: Value| format!("data: {fields}\n\n");
    let events = [
        json(json!({"title": long, "body": "long"})),
        format!("data: {{\"title\":\"deep\",\"x\":{deep}}}\n\n"),
        json(json!({"title": format!("a{odd}b\nc"), "body": odd, "tags": [odd]})),
        format!("data: {odd}\n\n"),
    ];
    for (number, event) in events.iter().enumerate() {
        link.client.send(&format!("id: odd-{number}\n{event}")).await;
    }
    let stored = link.world.stored(5).await;
    let text = |number: usize, field: &str| stored[number][field].as_str().unwrap().to_owned();
    assert_eq!(text(1, "title").chars().count(), 1_000);
    assert!(text(1, "title").ends_with("T…"));
    // Deeper than anything that is read as JSON: it is text.
    assert!(text(2, "body").starts_with("{\"title\":\"deep\",\"x\":[[["), "{}", text(2, "body"));
    assert_eq!(text(3, "title"), "a]0;owned[2J gpj.exeb c");
    assert_eq!(text(3, "body"), text(4, "body"));
    for message in &stored {
        for field in message.as_object().unwrap().values().flat_map(texts) {
            assert!(is_plain(&field), "{field:?} in {message}");
        }
    }
    let plain = link.world.hark(&["messages"]).await.ok();
    assert!(is_plain(&plain), "{plain:?}");
    assert!(is_plain(&link.agent.out()), "{:?}", link.agent.out());
    assert_eq!(link.set_aside().await, 0);
    link.still_works("strangers' texts").await;
}

/// All texts in a value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_thousand_links_stream_in_one_agent() {
    // All of them stream under Wine, too, where nothing else runs.
    let links = if under_wine() { 250 } else { 1_000 };
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let agent = world.agent().await;
    let idle = memory(&agent, "VmRSS");
    let keys: Vec<_> = (0..links).map(|number| format!("n{number}")).collect();
    let url = nchan.url("news");
    world.follow(&keys.iter().map(|key| (key.as_str(), url.as_str())).collect::<Vec<_>>());
    // The server counts: to be asked for a thousand links again and again would keep the agent from them.
    eventually("all are there", LONG, async || match nchan.subscribers("news").await {
        count if count == links => Ok(()),
        count => Err(count),
    })
    .await;
    eventually("all stream", LONG, async || {
        let all = world.ask().await.map_err(|error| error.to_string())?.links;
        let streaming = all.iter().filter(|it| matches!(it.phase, Phase::Streaming { .. }));
        let streaming = streaming.count();
        (streaming == links).then_some(()).ok_or(format!("{streaming} of {}", all.len()))
    })
    .await;
    nchan.publish("news", "to each").await;
    eventually("each has its message", LONG, async || {
        let all = world.ask().await.map_err(|error| error.to_string())?.links;
        let served = all.iter().filter(|link| link.messages == 1).count();
        (served == links).then_some(()).ok_or(format!("{served}"))
    })
    .await;
    let each = (memory(&agent, "VmRSS").saturating_sub(idle)) / links;
    println!("{links} links: {} KiB each", each / KIB);
    assert!(each < LINK_MAX, "{each} bytes a link");
}
