//! Hark in a terminal, with no desktop and an empty home: the README's own command, the demo, and
//! `hark listen` against a server that says exactly what the test wants.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{env, fs, path::Path, process::Stdio};

use hark_tests::{
    LONG, Running, SHORT, World, eventually, hark,
    sse::{Client, Server},
    stand_in::{self, StandIn},
};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Waits until an agent has printed every message that it has stored, and there are some.
async fn prints_each_message(world: &World, agent: &Running) {
    eventually("each message is printed", LONG, async || {
        let messages = match world.hark(&["messages", "--json"]).await {
            answer if answer.code == Some(0) => answer.lines(),
            answer => return Err(answer.err),
        };
        let out = agent.out();
        let text = |message: &Value| {
            let title = message["title"].as_str().unwrap();
            if title.is_empty() { message["body"].as_str().unwrap() } else { title }.to_owned()
        };
        let missing = messages.iter().map(text).find(|text| !out.contains(text));
        match missing {
            None if messages.len() >= 2 => Ok(()),
            missing => Err(format!("{missing:?} of {} is missing in {out}", messages.len())),
        }
    })
    .await;
}

#[tokio::test]
async fn the_demo_needs_nothing_but_an_empty_home() {
    let world = World::new();
    let profile = world.path("profile");
    let args = ["--profile", profile.to_str().unwrap(), "agent", "--demo", "--no-tray"];
    let mut agent = world.start_hark("agent", &args);
    prints_each_message(&world, &agent).await;
    let first = world.messages().await.remove(0);
    assert_eq!(first["decision"], "alert", "the first sample is shown, too: {first}");
    assert_eq!(world.status().await["agent"]["demo"], true);
    let settings = fs::read_to_string(profile.join("config/config.toml")).unwrap_or_default();
    assert!(!settings.contains("127.0.0.1"), "the demo is never written down: {settings}");

    let second = world.hark(&args[2..]).await;
    assert!(format!("{}{}", second.out, second.err).contains("running"), "{second:?}");
    assert_eq!(second.code, Some(0), "{second:?}");

    agent.signal(Signal::INT);
    assert!(agent.ended(SHORT).await.success(), "{}", agent.err());
    // Under Wine there is the bridge's in its place.
    let left = profile.join("run/hark.sock").exists() && !hark::under_wine();
    assert!(!left, "the socket goes with the agent");
    assert_eq!(fs::read_dir(world.path("home")).unwrap().flatten().filter(is_of_hark).count(), 0);
}

/// Longer than what Windows' older interfaces take (`MAX_PATH`, 260), and than the address of a socket may be.
#[tokio::test]
async fn a_folder_of_any_letters_and_far_down_is_one_as_any_other() {
    let world = World::new();
    let down =
        [format!("张三 & Söhne {}", "d".repeat(90)), "e".repeat(90), "f".repeat(90)].join("/");
    let profile = world.folder(&down);
    let profile = profile.to_str().unwrap();
    let of = |args: &'static [&str]| [&["--profile", profile], args].concat();
    let mut agent = world.start_hark("agent", &of(&["agent", "--demo", "--no-tray"]));
    eventually("a message is stored there", LONG, async || {
        let told = world.hark(&of(&["messages", "--json"])).await;
        (told.code == Some(0) && !told.out.is_empty()).then_some(()).ok_or(format!("{told:?}"))
    })
    .await;
    assert!(world.path(&down).join("data/hark.db").is_file());
    world.hark(&of(&["stop"])).await.ok();
    assert!(agent.ended(SHORT).await.success(), "{}", agent.err());
}

#[tokio::test]
async fn ctrl_c_while_a_token_is_tried_leaves_neither_token_nor_subscription() {
    let (world, server) = (World::new(), Server::start().await);
    let add = format!("{} add {}", hark::program("hark").display(), server.url("/events"));
    let mut script = tokio::process::Command::from(world.command("script"));
    script.args(["-qec", &add, "/dev/null"]).kill_on_drop(true);
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let mut client = server.client().await;
    client.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await;
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("Token (") {
        assert!(screen.read_buf(&mut said).await.unwrap() > 0, "{said:?}");
    }
    keys.write_all(b"sesame\n").await.unwrap();
    let _tried = server.client().await;
    let tokens = world.path("profile/config/tokens");
    // While it waits it has a second name.
    assert_eq!(world.files_with("sesame").len(), 2);
    keys.write_all(b"\x03").await.unwrap();
    screen.read_to_end(&mut said).await.unwrap();
    assert!(!script.wait().await.unwrap().success());
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("Nothing was saved.") && !said.contains("sesame"), "{said}");
    assert!(tokens.is_dir() && world.files_with("sesame").is_empty());
    assert!(!world.path("profile/config/config.toml").exists());
}

/// Adds a URL at a terminal and answers the question with this line; answers whether it succeeded, and what
/// the screen showed.
async fn adds_and_says(world: &World, url: &str, line: &str) -> (bool, String) {
    let add = format!("{} add {url}", hark::program("hark").display());
    let mut script = tokio::process::Command::from(world.command("script"));
    script.args(["-qec", &add, "/dev/null"]).kill_on_drop(true);
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("[y/N] ") {
        assert!(screen.read_buf(&mut said).await.unwrap() > 0, "{said:?}");
    }
    keys.write_all(line.as_bytes()).await.unwrap();
    screen.read_to_end(&mut said).await.unwrap();
    let ended = script.wait().await.unwrap().success();
    (ended, String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn what_is_no_push_feed_is_followed_all_the_same_where_the_person_says_so() {
    const HEAD: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let answer: &str = format!("{HEAD}data: {{\"a\":1}}\n\ndata: [DONE]\n\n").leak();
    for (says, told) in [(answer, "[DONE]"), (HEAD, "ended the stream")] {
        let (world, server) = (World::new(), Server::start().await.answering(says));
        let settings = world.path("profile/config/config.toml");
        let url = server.url("/v1/completions");
        for no in ["\n", "n\n", "maybe\n", "\u{4}"] {
            let (ended, said) = adds_and_says(&world, &url, no).await;
            let nothing = said.contains(told) && said.contains("Nothing was saved.");
            assert!(!ended && nothing && !said.contains("--unchecked"), "{no:?}: {said}");
            assert!(!settings.exists(), "{no:?}");
        }
        let (ended, said) = adds_and_says(&world, &url, "y\n").await;
        assert!(ended && said.contains("Added as completions."), "{said}");
        assert!(fs::read_to_string(&settings).unwrap().contains(&url), "{said}");
    }
}

#[tokio::test]
async fn what_was_found_behind_a_page_is_what_is_followed_where_the_person_says_so() {
    let (world, site) = (World::new(), StandIn::start(stand_in::site_with_hub).await);
    let (ended, said) = adds_and_says(&world, &site.url("/ends"), "y\n").await;
    assert!(ended && said.contains("It probably speaks Mercure"), "{said}");
    let settings = fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    let found =
        settings.contains(&site.url("/hub?ends&topic=")) && settings.contains("\"mercure\"");
    assert!(found, "{settings}");
}

/// Whether an entry of the home folder was not there before.
fn is_of_hark(entry: &fs::DirEntry) -> bool {
    ![".config", ".local", ".cache"].iter().any(|name| entry.file_name() == *name)
}

#[tokio::test]
async fn the_readmes_command_runs_the_agent_here_and_ends_with_it() {
    let world = World::new();
    let mut command = world.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let home = env::var_os("HOME").unwrap_or_default();
    for (name, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        // The compiler's own; the home is empty.
        let folder = env::var_os(name).unwrap_or_else(|| Path::new(&home).join(default).into());
        command.env(name, folder);
    }
    for name in ["RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
        // Else everything would be compiled anew.
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    command.args(["xtask", "run"]).env("CARGO_TARGET_DIR", hark::target());
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut run = Running::start(&world, "run", command);
    run.line("No desktop here", LONG * 5).await;
    run.line("Ctrl-C ends it", LONG * 10).await;
    prints_each_message(&world, &run).await;

    run.signal(Signal::TERM);
    assert!(run.ended(SHORT).await.success(), "{}", run.err());
    assert_eq!(world.running("hark"), Vec::<u32>::new(), "the agent has ended with it");
}

#[tokio::test]
async fn the_demo_server_can_be_followed() {
    let world = World::new();
    let mut demo = world.start_hark("demo", &["demo"]);
    let url = demo.line("http://", SHORT).await;
    assert_eq!(demo.lines().first(), Some(&url), "the URL comes first");
    let url = url.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    assert!(url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:"), "{url}");
    let mut listen = world.start_hark("listen", &["listen", url, "--json"]);
    let first = listen.line("{", SHORT).await;
    let first: Value = serde_json::from_str(&first).unwrap();
    assert!(first["title"].is_string() && first["server_id"].is_string(), "{first}");
}

/// `hark listen` on a scripted server, and its first connection.
async fn listen(world: &World, server: &Server, args: &[&str]) -> (Running, Client) {
    let url = server.url("/events");
    let listen = world.start_hark("listen", &[&["listen", &url], args].concat());
    let mut client = server.client().await;
    client.accept().await;
    (listen, client)
}

#[tokio::test]
async fn listen_prints_a_line_a_message_as_it_comes() {
    let (world, server) = (World::new(), Server::start().await);
    let (mut listen, mut client) = listen(&world, &server, &[]).await;
    client.send("id: 1\ndata: {\"title\":\"Door\",\"body\":\"It is open\"}\n\n").await;
    let line = listen.line("Door", SHORT).await;
    assert!(line.contains("It is open"), "{line}");
    client.send("data: two\ndata: lines\n\n").await;
    let line = listen.line("two", SHORT).await;
    assert!(line.contains("lines"), "one line a message: {line}");
}

#[tokio::test]
async fn listen_json_prints_the_decoded_message() {
    let (world, server) = (World::new(), Server::start().await);
    let (mut listen, mut client) = listen(&world, &server, &["--json"]).await;
    client.send("id: 7\ndata: {\"title\":\"Tür\",\"message\":\"offen\",\"priority\":5,").await;
    client.send("\"url\":\"https://example.org/door\"}\n\n").await;
    let line = listen.line("Tür", SHORT).await;
    let message: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(message["server_id"], "7");
    assert_eq!(message["priority"], 5);
    assert_eq!(message["body"], "offen");
    assert_eq!(message["url"], "https://example.org/door");
}

/// The raw lines of a kind, without the time that each must have.
fn raw(listen: &Running, kind: &str) -> Vec<Value> {
    let lines = listen.lines();
    let lines = lines.iter().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let at = line.as_object_mut().unwrap().remove("at").unwrap();
        at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        line
    });
    lines.filter(|line| line["kind"] == kind).collect()
}

#[tokio::test]
async fn listen_raw_says_what_is_on_the_wire() {
    let (world, server) = (World::new(), Server::start().await);
    let (mut listen, mut client) = listen(&world, &server, &["--raw", "--retry", "fixed 1s"]).await;
    client.send(":hello\n\nid: 1\nevent: note\ndata: first\ndata: second\n\n").await;
    client.send("data: third\n\nid: 2\n\nevent: ping\n\ndata: fourth\n\n").await;
    listen.line("fourth", SHORT).await;
    let event = |event: &str, data: &str, id: &str, own: Option<&str>| json!({"kind": "event", "type": event, "data": data, "id": id, "own_id": own});
    let wanted = [
        event("note", "first\nsecond", "1", Some("1")),
        event("message", "third", "1", None),
        event("message", "fourth", "2", None),
    ];
    assert_eq!(raw(&listen, "event"), wanted);
    assert_eq!(raw(&listen, "comment"), [json!({"kind": "comment", "text": "hello"})]);
    assert_eq!(raw(&listen, "ignored").len(), 2, "the id alone, and the ping: {}", listen.out());

    drop(client);
    listen.line("\"backing_off\"", SHORT).await;
    let lost = &raw(&listen, "error")[0];
    assert_eq!(lost["class"], "server", "{lost}");
    assert!(lost["cause"].as_str().is_some_and(|cause| !cause.is_empty()), "{lost}");
    let links = raw(&listen, "link");
    let waits = links.iter().find(|link| link["phase"] == "backing_off").unwrap();
    assert_eq!(waits["retry_in_ms"], 1_000, "{waits}");
    let mut again = server.client().await;
    assert_eq!(again.header("last-event-id"), Some("2"));
    again.accept().await;
    again.send("data: fifth\n\n").await;
    listen.line("fifth", SHORT).await;
    assert_eq!(raw(&listen, "event")[3], event("message", "fifth", "2", None));
}

#[tokio::test]
async fn listen_sends_what_it_is_told_to_and_warns_of_a_literal_credential() {
    let (world, server) = (World::new(), Server::start().await);
    let secret = world.file("token", "Authorization: Bearer from-a-file\n");
    let secret = format!("@{}", secret.display());
    let args = ["--raw", "-H", "X-Room: 7", "-H", &secret, "--last-event-id", "abc"];
    let (mut listening, client) = listen(&world, &server, &args).await;
    assert_eq!(client.header("x-room"), Some("7"));
    assert_eq!(client.header("authorization"), Some("Bearer from-a-file"));
    assert_eq!(client.header("last-event-id"), Some("abc"));
    assert_eq!(client.header("accept"), Some("text/event-stream"));
    listening.line("\"streaming\"", SHORT).await;
    assert_eq!(listening.err(), "", "a file is no reason to warn");
    listening.signal(Signal::TERM);
    listening.ended(SHORT).await;

    let args = ["--raw", "-H", "Authorization: Bearer typed"];
    let (mut listening, client) = listen(&world, &server, &args).await;
    assert_eq!(client.header("authorization"), Some("Bearer typed"));
    listening.line("\"streaming\"", SHORT).await;
    assert!(listening.err().contains('@'), "it tells the way by a file: {}", listening.err());
    assert!(!listening.err().contains("typed"), "and does not repeat it: {}", listening.err());
}

#[tokio::test]
async fn listen_redials_a_silent_server() {
    let (world, server) = (World::new(), Server::start().await);
    let args = ["--raw", "--heartbeat", "1s", "--retry", "fixed 1s"];
    let (mut listen, mut client) = listen(&world, &server, &args).await;
    client.send("id: 1\ndata: only\n\n").await;
    listen.line("only", SHORT).await;
    client.hung_up().await;
    listen.line("missed heartbeat", SHORT).await;
    assert_eq!(server.client().await.header("last-event-id"), Some("1"));
}

#[tokio::test]
async fn listen_goes_on_through_a_refused_connection() {
    let world = World::new();
    let port = hark_tests::http::free_port();
    let url = format!("http://127.0.0.1:{port}/");
    let mut listen = world.start_hark("listen", &["listen", &url, "--raw", "--retry", "fixed 1s"]);
    listen.line("\"backing_off\"", SHORT).await;
    assert_eq!(raw(&listen, "error")[0]["class"], "network");
    assert!(listen.is_running());
}

#[tokio::test]
async fn listen_ends_where_it_is_refused() {
    let world = World::new();
    for (answer, word) in [
        ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nhtml", "html"),
    ] {
        let server = Server::start().await.answering(answer);
        let answer = world.hark(&["listen", &server.url("/"), "--raw"]).await;
        assert!(answer.code.is_some_and(|code| code != 0), "{answer:?}");
        let error = answer.out.lines().find(|line| line.contains("\"error\"")).unwrap_or_default();
        assert!(error.contains("refused") && error.contains(word), "no {word} in {answer:?}");
        let plain = world.hark(&["listen", &server.url("/")]).await;
        plain.refused(&[word]);
    }
}
