//! Files that are not regular files, a runtime that is stuck, a terminal that is gone: nothing that a
//! person names blocks the agent, each problem is told in a sentence, and the agent can always be ended.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use hark_tests::{
    LONG, Running, SHORT, World, eventually,
    hark::{self, clear},
    sse::Server,
};
use rustix::process::Signal;

fn pipe(path: PathBuf) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg("-m600").arg(&path).status().unwrap().success());
    path
}

#[tokio::test]
async fn a_credential_or_certificate_that_is_a_pipe_stops_its_own_link_alone() {
    let world = World::new();
    let server = Server::start().await;
    let pipe = pipe(world.path("pipe")).display().to_string();
    world.settings(&format!(
        "[subscriptions.token]\nurl = \"http://127.0.0.1:1/\"\nbearer = {{ file = \"{pipe}\" }}\n\
         [subscriptions.trust]\nurl = \"https://127.0.0.1:1/\"\nca = \"{pipe}\"\n\
         [subscriptions.key]\nurl = \"https://127.0.0.1:1/\"\n\
         client_certificate = {{ certificate = \"{pipe}\", key = \"{pipe}\" }}\n\
         [subscriptions.news]\nurl = \"{}\"\n",
        server.url("/events")
    ));
    let mut agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send("data: it works\n\n").await;
    assert_eq!(world.stored(1).await[0]["body"], "it works");
    for key in ["token", "trust", "key"] {
        let link = world.phase(key, "backing_off").await;
        let sentence = link["phase"]["cause"]["sentence"].as_str().unwrap();
        clear(sentence, &[&pipe, "named pipe"]);
    }
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
}

#[tokio::test]
async fn settings_that_are_a_pipe_are_told_and_taken_once_they_are_a_file() {
    let world = World::new();
    let server = Server::start().await;
    let settings = pipe(world.path("profile/config/config.toml"));
    let mut agent = world.agent().await;
    clear(&world.told("settings_invalid", true).await, &["config.toml", "named pipe"]);
    world.hark(&["add", &server.url("/x"), "--unchecked"]).await.refused(&["named pipe"]);
    // Another file in its place, as editors do it.
    let text = format!("[subscriptions.news]\nurl = \"{}\"\n", server.url("/events"));
    fs::rename(world.file("fresh.toml", text), &settings).unwrap();
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.phase("news", "streaming").await;
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
}

#[tokio::test]
async fn a_lock_that_is_none_is_told_and_is_no_other_agent() {
    let world = World::new();
    let lock = pipe(world.path("profile/config/.config.toml.lock"));
    let mut agent = world.agent().await;
    let answer = world.hark(&["add", "http://127.0.0.1:1/", "--unchecked"]).await;
    answer.refused(&[".config.toml.lock", "not a file"]);
    assert_eq!(world.status().await["links"].as_array().unwrap().len(), 0);
    fs::remove_file(lock).unwrap();
    world.hark(&["add", "http://127.0.0.1:1/", "--unchecked"]).await.ok();
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());

    fs::remove_file(world.path("profile/state/agent.lock")).unwrap();
    pipe(world.path("profile/state/agent.lock"));
    world.hark(&["agent", "--no-tray"]).await.refused(&["agent.lock", "not a file"]);
}

#[tokio::test]
async fn a_terminal_that_is_halted_halts_no_link() {
    let (world, server) = (World::new(), Server::start().await);
    world.follow(&[("news", &server.url("/events"))]);
    let mut command = world.command(hark::program("hark"));
    command.args(["agent", "--no-tray"]).stdin(Stdio::null()).process_group(0);
    // Nobody reads what it prints, and a pipe holds 64 KiB.
    let mut agent = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut client = server.client().await;
    client.accept().await;
    for number in 0..2_000 {
        client.send(&format!("id: {number}\ndata: {}\n\n", "x".repeat(1_000))).await;
    }
    eventually("all are stored", LONG, async || {
        let stored = world.ask_link("news").await?.messages;
        (stored == 2_000).then_some(()).ok_or(stored.to_string())
    })
    .await;
    let pid = rustix::process::Pid::from_child(&agent);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    eventually("it ends", SHORT, async || {
        agent.try_wait().unwrap().ok_or_else(|| "it runs".to_owned())
    })
    .await;
}

/// Starts an agent whose only thread is stuck: its log waits for a reader.
async fn stuck(world: &World) -> Running {
    for day in [0, 1] {
        let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * day);
        pipe(world.path(format!("profile/state/log/hark.{}.log", day.strftime("%Y-%m-%d"))));
    }
    let agent = world.start_hark("agent", &["agent", "--no-tray"]);
    eventually("it is stuck", LONG, async || {
        let open = fs::read_to_string(format!("/proc/{}/wchan", agent.pid())).unwrap_or_default();
        (open.contains("fifo") || open.contains("partner")).then_some(()).ok_or(open)
    })
    .await;
    agent
}

#[tokio::test]
async fn an_agent_that_is_stuck_ends_all_the_same() {
    let world = World::new();
    let mut agent = stuck(&world).await;
    agent.signal(Signal::TERM);
    assert_eq!(agent.ended(SHORT).await.code(), Some(143));
    // And the next one starts.
    fs::remove_dir_all(world.path("profile/state/log")).unwrap();
    world.agent().await;
}

#[tokio::test]
async fn a_second_signal_waits_for_nothing() {
    let world = World::new();
    let mut agent = stuck(&world).await;
    let begun = std::time::Instant::now();
    let ended = eventually("it ends", SHORT, async || {
        // Two equal signals that are not yet taken count as one.
        agent.signal(Signal::INT);
        if agent.is_running() { Err("it runs") } else { Ok(agent.ended(SHORT).await) }
    })
    .await;
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_agent_that_ends_while_it_is_asked_is_said_to_have_ended() {
    let world = World::new();
    let listener = tokio::net::UnixListener::bind(world.folder("profile/run").join("hark.sock"));
    let listener = listener.unwrap();
    let ends = async { drop(listener.accept().await.unwrap()) };
    let (answer, ()) = tokio::join!(world.hark(&["status"]), ends);
    answer.refused(&["agent ended before it had answered", "hark agent"]);
}

#[tokio::test]
async fn a_terminal_that_hangs_up_ends_it_in_good_order_and_says_so() {
    let world = World::new();
    let mut agent = world.agent().await;
    agent.signal(Signal::HUP);
    assert_eq!(agent.ended(SHORT).await.code(), Some(129));
    let left = fs::read_dir(world.path("profile/run")).unwrap().flatten().collect::<Vec<_>>();
    assert!(left.is_empty(), "the socket is taken away: {left:?}");

    // As nohup starts it.
    let mut command = world.command("sh");
    let script = "trap '' HUP; exec \"$0\" agent --no-tray";
    command.args(["-c", script]).arg(Path::new(&hark::program("hark")));
    let mut agent = world.answers(Running::start(&world, "stays", command)).await;
    agent.signal(Signal::HUP);
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
}

#[tokio::test]
async fn an_agent_that_answers_nobody_is_no_other_agent() {
    let world = World::new();
    let first = world.agent().await;
    first.signal(Signal::STOP);
    world.hark(&["agent", "--no-tray"]).await.refused(&["does not answer", "End its process"]);
    // One that was killed is waited for.
    let second = world.start_hark("second", &["agent", "--no-tray"]);
    eventually("it begins", SHORT, async || {
        let threads = fs::read_dir(format!("/proc/{}/task", second.pid())).unwrap().count();
        if threads > 1 { Ok(()) } else { Err(threads) }
    })
    .await;
    first.kill();
    let _second = world.answers(second).await;
}
