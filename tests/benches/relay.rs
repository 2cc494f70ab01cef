//! The relay beside Nchan itself: the same clients follow a channel of Nchan, first at Nchan, then at a Hark that
//! follows it. How many messages are handed out in a second, how late each one is, and what memory the relay takes.
//!
//! `cargo bench --bench relay -- 2000` takes so many messages.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    env, fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hark_tests::{LONG, Running, World, http::free_port, nchan::Nchan, relay::Relay};
use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

const CLIENTS: usize = 200;
const MESSAGES: usize = 100_000;
/// Published one after the other, each once the pause is over.
const TIMED: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);
/// Published at a time; Nchan answers each.
const AT_ONCE: usize = 50;
/// How long all may take.
const ALL: Duration = Duration::from_secs(600);

/// When each number was published.
type Published = Arc<Mutex<Vec<Instant>>>;

fn main() {
    let messages = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(MESSAGES);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{messages} messages to {CLIENTS} clients");
        println!("{:<28} {:>14} {:>12} {:>12} {:>12}", "", "messages/s", "p50", "p99", "memory");
        let world = World::new();
        let nchan = Nchan::start(&world).await;
        let direct = |path: &str| {
            let head = format!("GET /sub/{path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
            (nchan.port(), head)
        };
        let rate = handed_out(&nchan, "plain", direct("plain"), messages).await;
        let late = late(&nchan, "plainly", direct("plainly")).await;
        line("Nchan", rate, late, String::new());
        let port = free_port();
        let all = "[keep]\nmessages = 1000000\nbytes = \"1 GiB\"\n";
        let url = |channel: &str| format!("url = \"{}\"\nfeed = \"nchan\"\n", nchan.url(channel));
        world.settings(&format!(
            "[relay]\nlisten = \"127.0.0.1:{port}\"\n{all}[subscriptions.many]\n{}[subscriptions.timed]\n{}",
            url("many"),
            url("timed")
        ));
        let agent = world.agent_with(&["--headless"]).await;
        for key in ["many", "timed"] {
            world.caught_up(key).await;
        }
        let relay = world.relay(port).await;
        let before = memory(&agent);
        let rate = handed_out(&nchan, "many", through(&relay, "many"), messages).await;
        let most = memory(&agent);
        let late = self::late(&nchan, "timed", through(&relay, "timed")).await;
        line("Nchan, through Hark", rate, late, format!("+{:.1} MiB", most - before));
    });
}

fn line(what: &str, rate: f64, mut late: Vec<Duration>, memory: String) {
    late.sort();
    let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what:<28} {rate:>14.0} {:>12} {:>12} {memory:>12}",
        format!("{:.2} ms", at(0.5)),
        format!("{:.2} ms", at(0.99))
    );
}

fn through(relay: &Relay, key: &str) -> (u16, String) {
    let head = format!(
        "GET /relay/v1/messages?subscription={key} HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {}\r\n\r\n",
        relay.token
    );
    (relay.port, head)
}

/// The memory of an agent (RSS). MiB.
fn memory(agent: &Running) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1024.0
}

/// Asks so, and waits for the head of the answer.
async fn follow((port, head): &(u16, String)) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", *port)).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    stream
}

/// How many messages are handed out in a second, of all clients together.
async fn handed_out(nchan: &Nchan<'_>, channel: &str, to: (u16, String), messages: usize) -> f64 {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut stream = follow(&to).await;
        clients.spawn(async move {
            let (mut buffer, mut tail, end) =
                (vec![0; 64 << 10], 0, memmem::Finder::new("the last one"));
            loop {
                let read = stream.read(&mut buffer[tail..]).await.unwrap();
                assert!(read > 0, "it was cut off");
                let all = tail + read;
                if end.find(&buffer[..all]).is_some() {
                    return;
                }
                // It may stand over two reads.
                tail = all.min(16);
                buffer.copy_within(all - tail..all, 0);
            }
        });
    }
    let begun = Instant::now();
    let mut publisher = Publisher::new(nchan, channel).await;
    for first in (0..messages - 1).step_by(AT_ONCE) {
        let some: Vec<_> = (first..(messages - 1).min(first + AT_ONCE)).map(text).collect();
        publisher.publish(&some).await;
    }
    publisher.publish(&["the last one".to_owned()]).await;
    tokio::time::timeout(ALL, clients.join_all()).await.unwrap();
    (messages * CLIENTS) as f64 / begun.elapsed().as_secs_f64()
}

fn text(number: usize) -> String {
    format!(
        "{{\"title\":\"Build {number}\",\"body\":\"main is as it was before {number}\",\"priority\":3}}"
    )
}

/// How late each client has each message, from before it was published.
async fn late(nchan: &Nchan<'_>, channel: &str, to: (u16, String)) -> Vec<Duration> {
    let published = Published::default();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (mut stream, published) = (follow(&to).await, published.clone());
        clients.spawn(async move {
            let (mut buffer, mut kept, mut late) = (vec![0; 64 << 10], 0, Vec::new());
            let mark = memmem::Finder::new("number ");
            while late.len() < TIMED {
                let read = stream.read(&mut buffer[kept..]).await.unwrap();
                assert!(read > 0, "it was cut off");
                let (now, all) = (Instant::now(), kept + read);
                let mut from = 0;
                while let Some(at) = mark.find(&buffer[from..all]) {
                    let digits = from + at + "number ".len();
                    let Some(end) = buffer[digits..all].iter().position(|it| !it.is_ascii_digit())
                    else {
                        break;
                    };
                    let number: usize = std::str::from_utf8(&buffer[digits..digits + end])
                        .unwrap()
                        .parse()
                        .unwrap();
                    late.push(now - published.lock().unwrap()[number]);
                    from = digits + end;
                }
                kept = all - from;
                buffer.copy_within(from..all, 0);
                if kept > 4_096 {
                    buffer.copy_within(kept - 64..kept, 0);
                    kept = 64;
                }
            }
            late
        });
    }
    let mut publisher = Publisher::new(nchan, channel).await;
    for number in 0..TIMED {
        published.lock().unwrap().push(Instant::now());
        publisher.publish(&[format!("{{\"body\":\"number {number}.\"}}")]).await;
        sleep(PAUSE).await;
    }
    tokio::time::timeout(LONG, clients.join_all()).await.unwrap().concat()
}

/// One who publishes to a channel over one connection.
struct Publisher {
    stream: TcpStream,
    channel: String,
    answers: Vec<u8>,
}

impl Publisher {
    async fn new(nchan: &Nchan<'_>, channel: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", nchan.port())).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, channel: channel.to_owned(), answers: vec![0; 64 << 10] }
    }

    /// Publishes all of them, and waits until each was answered. nginx closes a connection after 1,000 requests.
    async fn publish(&mut self, texts: &[String]) {
        let mut all = String::new();
        for text in texts {
            all += &format!(
                "POST /pub/{} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{text}",
                self.channel,
                text.len()
            );
        }
        self.stream.write_all(all.as_bytes()).await.unwrap();
        let status = memmem::Finder::new("HTTP/1.1 20");
        let (mut answered, mut kept, mut closes) = (0, 0, false);
        while answered < texts.len() {
            let read = self.stream.read(&mut self.answers[kept..]).await.unwrap();
            assert!(read > 0, "Nchan has hung up");
            let bytes = &self.answers[..kept + read];
            closes |= memmem::find(bytes, b"Connection: close").is_some();
            let mut from = 0;
            while let Some(at) = status.find(&bytes[from..]) {
                (answered, from) = (answered + 1, from + at + 11);
            }
            kept = (kept + read - from).min(24);
            let all = bytes.len();
            self.answers.copy_within(all - kept..all, 0);
        }
        if closes {
            let at = self.stream.peer_addr().unwrap();
            self.stream = TcpStream::connect(at).await.unwrap();
            self.stream.set_nodelay(true).unwrap();
        }
    }
}
