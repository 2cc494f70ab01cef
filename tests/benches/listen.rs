//! What `hark listen` costs beside `curl -N` and ntfy's own client, on the same messages in the same run: messages
//! a second, processor time and memory.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hark_tests::{World, hark};

const MESSAGES: usize = 100_000;
const ROUNDS: usize = 3;
/// As many processor ticks are in a second.
const TICKS: f64 = 100.0;

/// The same messages, as each client asks for them.
struct Streams {
    sse: Vec<u8>,
    json: Vec<u8>,
}

struct Measured {
    took: Duration,
    cpu: f64,
    idle_kib: u64,
    peak_kib: u64,
}

fn main() {
    let message = |number: usize| {
        format!(
            r#"{{"id":"m{number:011}","time":{},"expires":1900000000,"event":"message","topic":"t","title":"Build {number}","message":"The build of the branch main has gone through all of its steps","priority":4,"tags":["tada"]}}"#,
            1_772_000_000 + number / 100
        )
    };
    let all: Vec<String> = (0..MESSAGES).map(message).collect();
    let sse = all.iter().flat_map(|one| format!("data: {one}\n\n").into_bytes()).collect();
    let json = all.iter().flat_map(|one| format!("{one}\n").into_bytes()).collect();
    let streams = Arc::new(Streams { sse, json });
    let world = World::new();
    let (hark, curl) = (hark::program("hark"), PathBuf::from("curl"));
    let state = world.path("state").display().to_string();
    let ntfy = env::var_os("HARK_TEST_NTFY").map(PathBuf::from).filter(|path| path.exists());
    let mut readers: Vec<(&str, PathBuf, Vec<&str>, &str)> = vec![
        ("curl -N", curl, vec!["-sN"], "/t/sse"),
        ("hark listen --feed ntfy", hark.clone(), vec!["listen", "--feed", "ntfy"], "/t/sse"),
        ("  with --json", hark.clone(), vec!["listen", "--feed", "ntfy", "--json"], "/t/sse"),
        (
            "  with --json --state",
            hark,
            vec!["listen", "--feed", "ntfy", "--json", "--state", &state],
            "/t/sse",
        ),
    ];
    match ntfy {
        Some(ntfy) => readers.push(("ntfy subscribe", ntfy, vec!["subscribe"], "/t")),
        None => println!("ntfy subscribe is missing: `cargo xtask test` fetches it"),
    }
    println!("{MESSAGES} messages over loopback, best of {ROUNDS}");
    println!(
        "{:<26} {:>12} {:>14} {:>12} {:>12}",
        "reader", "messages/s", "CPU a message", "idle (RSS)", "peak (RSS)"
    );
    for (name, program, args, path) in readers {
        let rounds = (0..ROUNDS).map(|_| {
            // What was remembered would be left out.
            _ = fs::remove_file(world.path("state"));
            measure(&world, &program, &args, path, &streams)
        });
        let best = rounds.min_by_key(|round| round.took).unwrap();
        println!(
            "{name:<26} {:>12.0} {:>11.2} µs {:>8.1} MiB {:>8.1} MiB",
            MESSAGES as f64 / best.took.as_secs_f64(),
            best.cpu * 1e6 / MESSAGES as f64,
            best.idle_kib as f64 / 1024.0,
            best.peak_kib as f64 / 1024.0,
        );
    }
}

fn measure(
    world: &World,
    program: &PathBuf,
    args: &[&str],
    path: &str,
    streams: &Arc<Streams>,
) -> Measured {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}{path}", listener.local_addr().unwrap().port());
    let mut command = world.command(program);
    command.args(args).arg(url).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Killed(command.spawn().unwrap());
    let (mut stream, is_sse) = opened(&listener);
    // Connected, and nothing to do: all have settled by then.
    thread::sleep(Duration::from_secs(1));
    let (idle_kib, before) = (status(&child.0, "VmRSS"), cpu(&child.0));
    let out = child.0.stdout.take().unwrap();
    let streams = Arc::clone(streams);
    let started = Instant::now();
    let server = thread::spawn(move || {
        stream.write_all(if is_sse { &streams.sse } else { &streams.json }).unwrap();
        stream
    });
    read(out, if program.ends_with("curl") { 2 * MESSAGES } else { MESSAGES });
    let took = started.elapsed();
    let peak_kib = status(&child.0, "VmHWM");
    let used = cpu(&child.0) - before;
    drop(server.join());
    Measured { took, cpu: used, idle_kib, peak_kib }
}

/// Accepts the one that asks, and says what it wants.
fn opened(listener: &TcpListener) -> (TcpStream, bool) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut head = [0; 4096];
    let length = stream.read(&mut head).unwrap();
    let is_sse = String::from_utf8_lossy(&head[..length]).contains("/sse");
    let kind = if is_sse { "text/event-stream" } else { "application/x-ndjson" };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n").unwrap();
    let open = r#"{"id":"open00000000","time":1772000000,"event":"open","topic":"t"}"#;
    let open = if is_sse { format!("event: open\ndata: {open}\n\n") } else { format!("{open}\n") };
    stream.write_all(open.as_bytes()).unwrap();
    (stream, is_sse)
}

/// Reads so many lines, of which curl has two a message.
fn read(mut out: ChildStdout, lines: usize) {
    let (mut piece, mut seen) = (vec![0; 64 << 10], 0);
    while seen < lines {
        let length = out.read(&mut piece).unwrap();
        assert!(length > 0, "it has ended after {seen} lines");
        seen += piece[..length].iter().filter(|byte| **byte == b'\n').count();
    }
}

/// The processor time that it has used. Seconds.
fn cpu(child: &Child) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let rest = stat.rsplit_once(") ").unwrap().1;
    let field = |at: usize| rest.split(' ').nth(at).unwrap().parse::<f64>().unwrap();
    (field(11) + field(12)) / TICKS
}

/// A line of its status. KiB.
fn status(child: &Child, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A child that ends with this.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
