//! `hark listen` as scripts use it: several servers at once, a state that survives being killed, an end of its own,
//! and a command for each message.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use hark_tests::{
    LONG, Running, SHORT, World, eventually, hark::under_wine, ntfy::Ntfy, process::gone,
    real_ntfy::RealNtfy, sse::Server,
};
use rustix::process::Signal;
use serde_json::{Value, json};

/// A server that accepts everybody with this stream, and stays.
async fn streaming(server: &Server, bytes: &str) -> hark_tests::sse::Client {
    let mut client = server.client().await;
    client.accept().await;
    client.send(bytes).await;
    client
}

fn bodies(out: &str) -> Vec<String> {
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["body"].as_str().unwrap().to_owned()).collect()
}

/// Waits until a command that runs beside the test has printed so many lines.
async fn printed(listen: &Running, count: usize) -> Vec<String> {
    eventually(&format!("{count} lines are printed"), LONG, async || {
        let lines = listen.lines();
        if lines.len() >= count { Ok(lines) } else { Err(listen.out() + &listen.err()) }
    })
    .await
}

#[tokio::test]
async fn several_are_followed_at_once_and_each_line_says_which_it_is_of() {
    let world = World::new();
    let (one, two) = (Server::start().await, Server::start().await);
    let no = Server::start().await.answering("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    let (first, second) = (one.url("/a?auth=secret"), two.url("/b"));
    for (name, form) in [("lines", &[][..]), ("json", &["--json"]), ("raw", &["--raw"])] {
        let no = no.url("/no");
        let args = [&["listen", &first, &second, &no, "--count", "2"], form].concat();
        let mut listen = world.start_hark(name, &args);
        let (mut a, mut b) = (one.client().await, two.client().await);
        a.accept().await;
        b.accept().await;
        a.send("id: 1\ndata: of the first\n\n").await;
        let of_first = listen.line("of the first", SHORT).await;
        b.send("id: 1\ndata: of the second\n\n").await;
        let of_second = listen.line("of the second", SHORT).await;
        assert!(listen.ended(SHORT).await.success(), "{}", listen.err());
        for (line, server, path) in [(of_first, &one, "/a"), (of_second, &two, "/b")] {
            let name = format!("127.0.0.1:{}{path}", server.port());
            if form.is_empty() {
                assert!(line.contains(&format!("  {name}  of the ")), "{line}");
            } else {
                let line: Value = serde_json::from_str(&line).unwrap();
                assert_eq!(line["from"], format!("http://{name}"));
            }
        }
        assert!(!listen.out().contains("secret"), "{}", listen.out());
        if form != ["--raw"] {
            assert!(listen.err().contains("The others are followed on."), "{}", listen.err());
        }
    }
    // With one, JSON says so too.
    let listen = world.start_hark("one", &["listen", &second, "--json"]);
    let _client = streaming(&two, "data: alone\n\n").await;
    let line: Value = serde_json::from_str(&printed(&listen, 1).await[0]).unwrap();
    assert_eq!(line["from"], second);
    // Where all refuse, that is how it ends.
    let all = world.hark(&["listen", &no.url("/1"), &no.url("/2")]).await;
    assert_eq!(all.code, Some(1), "{all:?}");
    assert_eq!(all.err.matches("401").count(), 2, "{all:?}");
}

#[tokio::test]
async fn it_ends_by_count_match_time_or_signal_and_its_exit_code_says_how() {
    let (world, server) = (World::new(), Server::start().await);
    let url = server.url("/events");
    let stream = "data: one\n\ndata: two\n\ndata: {\"title\":\"Deploy done\",\"body\":\"x\"}\n\ndata: four\n\n";
    for (args, wanted) in [
        (&["--count", "2"][..], &["one", "two"][..]),
        (&["--until", "(?i)deploy (done|failed)"], &["one", "two", "x"]),
        (&["--until", "^tw", "--count", "9"], &["one", "two"]),
    ] {
        let args = [&["listen", &url, "--json"], args].concat();
        let (answer, _client) = tokio::join!(world.hark(&args), streaming(&server, stream));
        assert_eq!(
            (answer.code, bodies(&answer.out)),
            (Some(0), wanted.iter().map(|it| (*it).to_owned()).collect()),
            "{args:?}"
        );
    }
    let args = ["listen", &url, "--timeout", "300ms"];
    let (answer, _client) = tokio::join!(world.hark(&args), streaming(&server, ""));
    assert_eq!((answer.code, &*answer.out), (Some(124), ""), "{answer:?}");
    // Also where nobody answers.
    let silent = ["listen", "http://127.0.0.1:1/", "--timeout", "300ms"];
    assert_eq!(world.hark(&silent).await.code, Some(124));
    let mut listen = world.start_hark("listen", &["listen", &url]);
    let _client = streaming(&server, "data: there\n\n").await;
    listen.line("there", SHORT).await;
    listen.signal(Signal::TERM);
    assert_eq!(listen.ended(SHORT).await.code(), Some(0));
    for (args, word) in [
        (&["--until", "("][..], "regular expression"),
        (&["--until", "((a{100}){100}){100}"], "regular expression"),
        (&["--timeout", "soon"], "length of time"),
        (&["--timeout", "0s"], "--timeout"),
        (&["--exec-timeout", "soon", "--exec", "--", "true"], "length of time"),
    ] {
        let answer = world.hark(&[&["listen", &url], args].concat()).await;
        answer.refused(&[word]);
        assert_eq!(answer.code, Some(2), "the command line is wrong: {answer:?}");
    }
    let runs = if under_wine() { ".bat or .cmd" } else { "chmod +x" };
    for (program, word) in [("no-such-program", "no-such-program"), ("/etc/passwd", runs)] {
        let answer = world.hark(&["listen", &url, "--exec", "--", program]).await;
        answer.refused(&[word]);
        assert_eq!(answer.code, Some(1), "{answer:?}");
    }
    for args in [
        &["--count", "0"][..],
        &["--exec"],
        &["--raw", "--until", "x"],
        &["--exec-timeout", "3s"],
        &["--", "true"],
    ] {
        let answer = world.hark(&[&["listen", &url], args].concat()).await;
        assert_eq!(answer.code, Some(2), "{answer:?}");
    }
    let other = Server::start().await.url("/");
    let secret = world.secret("headers", "Authorization: Bearer canary\n");
    let header = format!("@{}", secret.display());
    let both = world.hark(&["listen", &url, &other, "-H", &header]).await;
    both.refused(&["-H would be sent to"]);
}

#[tokio::test]
async fn only_news_are_told_where_that_is_wanted() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    let url = ntfy.url("/news/sse");
    ntfy.publish("news", "old");
    // Its times are in seconds, and so is its clock: nothing tells old from new within two of them.
    let second = || jiff::Timestamp::now().as_second();
    let published = second();
    eventually(
        "it is old",
        SHORT,
        async || {
            if second() > published + 1 { Ok(()) } else { Err("not yet") }
        },
    )
    .await;
    let args = ["listen", &url, "--json", "--new", "--feed", "ntfy", "--state"];
    let state = world.path("state").display().to_string();
    let args = [&args[..], &[&state]].concat();
    let mut listen = world.start_hark("listen", &args);
    eventually("it is followed", SHORT, async || {
        if ntfy.asked().is_empty() { Err("nobody asks") } else { Ok(()) }
    })
    .await;
    ntfy.publish("news", "new");
    listen.line("\"new\"", SHORT).await;
    assert!(!listen.out().contains("\"old\""), "{}", listen.out());
    listen.signal(Signal::TERM);
    listen.ended(SHORT).await;
    // What comes while nobody listens is news.
    ntfy.publish("news", "meanwhile");
    let listen = world.start_hark("again", &args);
    assert_eq!(bodies(&printed(&listen, 1).await.join("\n")), ["meanwhile"]);
}

#[tokio::test]
async fn a_state_goes_on_where_it_was_also_where_the_feed_was_recognised() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    let (url, state) = (ntfy.url("/news/sse"), world.path("deep/state"));
    let path = state.display().to_string();
    let args = ["listen", &url, "--json", "--state", &path, "--count"];
    ntfy.publish("news", "one");
    ntfy.publish("news", "two");
    fs::create_dir(world.path("deep")).unwrap();
    let first = world.hark(&[&args[..], &["1"]].concat()).await.ok();
    assert_eq!(bodies(&first), ["one"]);
    // Windows has lists of who may read.
    if !under_wine() {
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let text = fs::read_to_string(&state).unwrap();
    assert!(!text.contains("news") && text.contains("127.0.0.1"), "a topic is a secret: {text}");
    ntfy.publish("news", "three");
    let next = world.hark(&[&args[..], &["2"]].concat()).await.ok();
    assert_eq!(bodies(&next), ["two", "three"]);
    let nothing = world.hark(&[&args[..], &["1", "--timeout", "1s"]].concat()).await;
    assert_eq!((nothing.code, &*nothing.out), (Some(124), ""), "{nothing:?}");
}

#[tokio::test]
async fn a_state_of_another_kind_is_refused_and_stays_as_it_is() {
    let (world, server) = (World::new(), Server::start().await);
    let url = server.url("/events");
    for text in [
        "a diary",
        r#"{"hark_listen_state":9,"sources":[]}"#,
        r#"{"hark_listen_state":1,"sources":[7]}"#,
    ] {
        let path = world.file("state", text);
        let answer = world.hark(&["listen", &url, "--state", path.to_str().unwrap()]).await;
        answer.refused(&["left as it is", "delete it"]);
        assert_eq!((answer.code, fs::read_to_string(&path).unwrap()), (Some(1), text.to_owned()));
    }
    let folder = world.folder("folder").display().to_string();
    world.hark(&["listen", &url, "--state", &folder]).await.refused(&["folder"]);
    let path = world.path("mine").display().to_string();
    let args = ["listen", &url, "--state", &path];
    let mut first = world.start_hark("first", &args);
    let _client = streaming(&server, "data: there\n\n").await;
    first.line("there", SHORT).await;
    world.hark(&args).await.refused(&["another", "file of its own"]);
}

/// Publishes texts with numbers until it is stopped, through restarts; answers those that were taken.
async fn publish(port: u16, topic: &str, count: usize) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    for number in 0..count {
        let text = format!("{topic}-{number}");
        let sent =
            async || hark_tests::http::send(port, "POST", &format!("/{topic}"), &[], &text).await;
        // One that was sent while the server was killed may have been taken or not.
        if let Ok((200, _)) = sent().await {
            taken.insert(text);
        }
        tokio::time::sleep(Duration::from_millis(8)).await;
    }
    taken
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_where_it_and_a_real_ntfy_are_killed_again_and_again() {
    const KILLS: usize = 8;
    let world = World::new();
    let Some(mut ntfy) = RealNtfy::start(&world).await else { return };
    let path = world.path("state").display().to_string();
    let (one, two) = (ntfy.url("one"), ntfy.url("two"));
    let args = ["listen", &one, &two, "--json", "--state", &path];
    let port = ntfy.port;
    let publishers = ["one", "two"].map(|topic| tokio::spawn(publish(port, topic, 600)));
    let mut runs = Vec::new();
    for round in 0..KILLS {
        let listen = world.start_hark(&format!("listen-{round}"), &args);
        printed(&listen, 7 * (round + 1)).await;
        let lines = listen.kill();
        runs.push((lines, noted(&world.path("state"))));
        if round % 3 == 1 {
            ntfy.kill();
            ntfy.start_again().await;
        }
    }
    let mut taken = BTreeSet::new();
    for publisher in publishers {
        taken.extend(publisher.await.unwrap());
    }
    // ntfy writes its cache in the background.
    let held = ntfy.held("one,two").await;
    let held: BTreeSet<String> =
        held.iter().map(|message| message["message"].as_str().unwrap().to_owned()).collect();
    let listen = world.start_hark("listen", &args);
    let before = runs.iter().flat_map(|(lines, _)| lines);
    let before: BTreeSet<String> = before.map(|line| body(line)).collect();
    eventually("all that it holds is told", LONG, async || {
        let mut told = before.clone();
        told.extend(listen.lines().iter().map(|line| body(line)));
        match held.iter().find(|text| !told.contains(*text)) {
            None => Ok(()),
            Some(missing) => Err(format!("{missing} is missing of {}", held.len())),
        }
    })
    .await;
    assert!(held.len() > 600 && taken.len() > 600, "{} {}", held.len(), taken.len());
    // What was printed in the instant of a kill, before it could be noted, comes again, and nothing else.
    runs.push((listen.lines(), 0));
    let mut told = BTreeSet::new();
    let mut not_noted = 0;
    for (lines, noted) in runs {
        let texts: Vec<String> = lines.iter().map(|line| body(line)).collect();
        let each: BTreeSet<&String> = texts.iter().collect();
        assert_eq!(each.len(), texts.len(), "one run tells each once");
        let again = texts.iter().filter(|text| told.contains(*text)).count();
        assert!(again <= not_noted, "{again} again, of {not_noted}: {texts:?}");
        told.extend(texts);
        not_noted = told.len().saturating_sub(noted);
    }
    // What the server has lost as it was killed, and this before it was noted, is noted by nobody.
    eventually("all that it holds is noted", SHORT, async || match noted(&world.path("state")) {
        noted if noted >= held.len() => Ok(()),
        noted => Err(format!("{noted} of {}", held.len())),
    })
    .await;
}

/// How many events a file of `--state` says have come.
fn noted(state: &Path) -> usize {
    let Ok(text) = fs::read_to_string(state) else { return 0 };
    let state: Value = serde_json::from_str(&text).unwrap();
    let sources = state["sources"].as_array().unwrap().iter();
    let groups = sources.flat_map(|source| source["known"].as_array().unwrap());
    // 16 bytes each, in hexadecimal digits.
    groups.map(|group| group["prints"].as_str().unwrap().len() / 32).sum()
}

/// The body that a line tells.
fn body(line: &str) -> String {
    let line: Value = serde_json::from_str(line).unwrap();
    line["body"].as_str().unwrap().to_owned()
}

/// A script that keeps what it is given, each run in a folder of its own below `out`.
fn taking(world: &World) -> std::path::PathBuf {
    let out = world.folder("out");
    let out = out.display();
    world.script(
        "take",
        &format!(
            "n=$(ls '{out}' | wc -l); d='{out}'/.new; mkdir \"$d\"; cat > \"$d\"/stdin\n\
             tr '\\0' '\\n' < /proc/$$/cmdline > \"$d\"/arguments; env > \"$d\"/environment\n\
             printf %s \"$HARK_TITLE\" > \"$d\"/title; mv \"$d\" '{out}'/$n\n\
             echo \"took $n\"; exit $((n % 2))"
        ),
    )
}

async fn runs(out: &Path, count: usize) {
    eventually(&format!("the command has run {count} times"), LONG, async || {
        let all = fs::read_dir(out).unwrap().flatten();
        let names: Vec<_> = all.map(|entry| entry.file_name().into_string().unwrap()).collect();
        let whole = names.iter().filter(|name| !name.starts_with('.')).count();
        if whole >= count { Ok(()) } else { Err(format!("{names:?}")) }
    })
    .await;
}

#[tokio::test]
async fn what_a_stranger_sends_is_no_argument_of_the_command_and_comes_whole() {
    let mut world = World::new();
    world.set("CANARY_TOKEN", "canary");
    let server = Server::start().await;
    let (take, out) = (taking(&world), world.path("out"));
    let program = take.display().to_string();
    let url = server.url("/events");
    let args = ["listen", &url, "--event-max", "4MiB", "--count", "5", "--exec", "--"];
    let command = [&*program, "--flag", "$(touch pwned)", "{title}"];
    let mut listen = world.start_hark("listen", &[&args[..], &command].concat());
    let mut client = server.client().await;
    client.accept().await;
    client.send_hostile().await;
    assert_eq!(listen.ended(LONG).await.code(), Some(0), "{}", listen.err());
    runs(&out, 5).await;
    for n in 0..5 {
        let file = |name: &str| fs::read(out.join(format!("{n}/{name}"))).unwrap();
        let arguments = String::from_utf8(file("arguments")).unwrap();
        assert_eq!(arguments, format!("/bin/sh\n{program}\n--flag\n$(touch pwned)\n{{title}}\n"));
        let all: Value = serde_json::from_slice(&file("stdin")).unwrap();
        assert_eq!((&all["on"], &all["name"]), (&json!("message"), &json!(url)));
        let title = all["message"]["title"].as_str().unwrap();
        assert_eq!(String::from_utf8(file("title")).unwrap(), title);
        let body = all["message"]["body"].as_str().unwrap();
        assert!(!body.is_empty());
        let environment = String::from_utf8_lossy(&file("environment")).into_owned();
        assert!(!environment.contains("canary"), "{environment}");
        let is_cut = environment.lines().any(|line| line == "HARK_TRUNCATED=1");
        assert_eq!(is_cut, body.len() > 16 << 10, "{n}");
    }
    assert!(!world.path("home/pwned").exists() && !world.path("pwned").exists());
    // What it prints, and that it has failed, is told beside the messages.
    let said = listen.err();
    assert!(said.contains("took 0") && said.contains("exit code 1"), "{said}");
    assert_eq!(said.matches("ended with exit code 1").count(), 2, "{said}");
    assert_eq!(listen.lines().len(), 5);
}

#[tokio::test]
async fn a_command_that_will_not_end_is_ended_whole_and_what_waits_is_told() {
    let (world, server) = (World::new(), Server::start().await);
    let pids = world.path("pids");
    let file = pids.display();
    let stubborn = world.script(
        "stubborn",
        &format!(
            "trap '' TERM\n\
             sh -c 'trap \"\" TERM; echo $$ >> \"{file}\"; while :; do sleep 300; done' &\n\
             sleep 0.2; echo $$ >> '{file}'; while :; do sleep 300; done"
        ),
    );
    let (url, stubborn) = (server.url("/events"), stubborn.display().to_string());
    let started = async |expected: usize| {
        eventually("it runs", SHORT, async || {
            let text = fs::read_to_string(&pids).unwrap_or_default();
            let all: Vec<u32> = text.lines().map(|pid| pid.parse().unwrap()).collect();
            if all.len() >= expected { Ok(all) } else { Err(text) }
        })
        .await
    };
    // By its own time, and the next one begins.
    let args = ["listen", &url, "--count", "2", "--exec", "--exec-timeout", "1s", "--", &stubborn];
    let mut listen = world.start_hark("short", &args);
    let _client = streaming(&server, "data: one\n\ndata: two\n\n").await;
    let four = started(4).await;
    assert!(listen.ended(LONG).await.success(), "{}", listen.err());
    assert_eq!(listen.err().matches("took longer than 1s").count(), 2, "{}", listen.err());
    for pid in four {
        gone(pid).await;
    }
    // By a signal: what runs is ended, and no more begins.
    fs::remove_file(&pids).unwrap();
    let mut listen = world.start_hark("long", &["listen", &url, "--exec", "--", &stubborn]);
    let _client = streaming(&server, "data: one\n\ndata: two\n\ndata: three\n\n").await;
    let two = started(2).await;
    listen.line("three", SHORT).await;
    listen.signal(Signal::TERM);
    assert_eq!(listen.ended(SHORT).await.code(), Some(0), "{}", listen.err());
    assert!(listen.err().contains("2 messages waited for the command"), "{}", listen.err());
    for pid in two {
        gone(pid).await;
    }
}

#[tokio::test]
async fn what_is_too_much_for_the_command_is_left_out_and_counted() {
    let (world, server) = (World::new(), Server::start().await);
    let gate = world.path("gate");
    let wait =
        world.script("wait", &format!("while [ ! -e '{}' ]; do sleep 0.02; done", gate.display()));
    let url = server.url("/events");
    let wait = wait.display().to_string();
    let args = ["listen", &url, "--count", "150", "--exec", "--", &wait];
    let mut listen = world.start_hark("listen", &args);
    let stream: String = (0..150).map(|number| format!("data: {number}\n\n")).collect();
    let _client = streaming(&server, &stream).await;
    printed(&listen, 150).await;
    fs::write(gate, "").unwrap();
    assert!(listen.ended(LONG).await.success(), "{}", listen.err());
    let said = listen.err();
    assert!(said.contains("100 messages wait for it"), "{said}");
    // The one that runs has left the queue, where it had begun by then.
    let in_all = said.lines().find(|line| line.contains("In all")).unwrap();
    assert!(in_all.contains(" 49 ") || in_all.contains(" 50 "), "{said}");
}

#[tokio::test]
async fn a_message_whose_run_was_cut_short_is_run_again_and_one_that_was_done_is_not() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    let (out, gate) = (world.path("out"), world.path("gate"));
    let (out_path, gate_path) = (out.display(), gate.display());
    let program = world.script(
        "once",
        &format!(
            "[ \"$HARK_BODY\" = first ] || while [ ! -e '{gate_path}' ]; do sleep 0.02; done\n\
             echo \"$HARK_BODY\" >> '{out_path}'"
        ),
    );
    let program = program.display().to_string();
    let state = world.path("state").display().to_string();
    let url = ntfy.url("/news/sse");
    let args = ["listen", &url, "--feed", "ntfy", "--state", &state, "--exec", "--", &program];
    for text in ["first", "second", "third"] {
        ntfy.publish("news", text);
    }
    let listen = world.start_hark("listen", &args);
    printed(&listen, 3).await;
    let lines = || fs::read_to_string(&out).unwrap_or_default();
    eventually(
        "the first is run",
        SHORT,
        async || {
            if lines() == "first\n" { Ok(()) } else { Err(lines()) }
        },
    )
    .await;
    eventually("that is noted", SHORT, async || {
        let known = fs::read_to_string(&state).unwrap();
        let known: Value = serde_json::from_str(&known).unwrap();
        let prints = known["sources"][0]["known"][0]["prints"].as_str().unwrap_or_default();
        if prints.len() == 32 { Ok(()) } else { Err(known.to_string()) }
    })
    .await;
    listen.kill();
    // What it had begun goes on without it and is to end here.
    for pid in world.running("dash") {
        let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
        _ = rustix::process::kill_process(pid, Signal::KILL);
    }
    fs::write(&gate, "").unwrap();
    let mut again = world.start_hark("again", &args);
    eventually("the others are run", SHORT, async || {
        if lines() == "first\nsecond\nthird\n" { Ok(()) } else { Err(lines()) }
    })
    .await;
    again.signal(Signal::TERM);
    again.ended(SHORT).await;
    assert_eq!(again.lines().len(), 2, "{}", again.out());
    assert_eq!(lines(), "first\nsecond\nthird\n");
}
