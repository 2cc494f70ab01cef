//! Handlers: a push server that is a real process fails, and the person's command mends it. What a stranger sends
//! reaches no argument, what a command does harms nothing, and no secret of the settings reaches one.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::fs;

use hark_api::{RunHandler, route};
use hark_tests::{
    LONG, Running, SHORT, World, eventually, hark, http, process::gone, real_ntfy::RealNtfy,
    sse::Server,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

fn handler(name: &str, on: &str, program: &str, more: &str) -> String {
    format!("[[handlers]]\nname = \"{name}\"\non = \"{on}\"\nrun = ['{program}']\n{more}\n")
}

/// The runs that the history tells of, oldest first, once there are so many.
async fn runs(world: &World, count: usize) -> Vec<Value> {
    eventually("handlers have run", LONG, async || {
        let history = world.history().await;
        let runs = history.into_iter().filter(|it| it["kind"] == "handler").collect::<Vec<_>>();
        if runs.len() >= count { Ok(runs) } else { Err(format!("{runs:?}")) }
    })
    .await
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

#[tokio::test]
async fn a_real_ntfy_that_is_killed_or_hangs_is_started_again_and_nothing_is_lost() {
    let world = World::new();
    let Some(mut ntfy) = RealNtfy::start(&world).await else { return };
    let (first, pids) = (world.running("ntfy"), world.path("ntfy.pid"));
    let config = world.path("ntfy/server.yml");
    let program = std::env::var("HARK_TEST_NTFY").unwrap();
    fs::write(&pids, first[0].to_string()).unwrap();
    let (config, pid_file) = (config.display(), pids.display());
    let restart = world.script(
        "restart",
        &format!(
            "kill -KILL $(cat '{pid_file}') 2>/dev/null\n\
             setsid '{program}' serve --config '{config}' >/dev/null 2>&1 &\n\
             echo $! > '{pid_file}'; sleep 1; echo \"restarted $HARK_KEY: $HARK_CAUSE\""
        ),
    );
    let url = ntfy.url("news");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\ncadence = \"5s\"\n{}",
        handler(
            "restart",
            "lost",
            &restart.display().to_string(),
            "cooldown = \"3s\"\nrepeat = true"
        )
    ));
    let _agent = world.agent().await;
    world.caught_up("news").await;
    ntfy.publish("news", "before").await;
    world.stored(1).await;
    ntfy.kill();
    let run = runs(&world, 1).await.remove(0);
    assert_eq!(
        (&run["on"], &run["ended"], &run["code"]),
        (&json!("lost"), &json!("code"), &json!(0))
    );
    assert!(run["output"].as_str().unwrap().starts_with("restarted news: "), "{run}");
    http::listens(ntfy.port).await;
    ntfy.publish("news", "meanwhile").await;
    world.phase_within("news", "streaming", LONG).await;
    // One that hangs is mute, and lost.
    let second: u32 = fs::read_to_string(&pids).unwrap().trim().parse().unwrap();
    signal(second, Signal::STOP);
    let run = runs(&world, 2).await.remove(1);
    assert_eq!(run["output"], "restarted news: missed heartbeat", "{run}");
    gone(second).await;
    http::listens(ntfy.port).await;
    ntfy.publish("news", "after").await;
    let stored = world.stored(3).await;
    assert_eq!(hark::bodies(&stored), ["before", "meanwhile", "after"]);
    let last: u32 = fs::read_to_string(&pids).unwrap().trim().parse().unwrap();
    signal(last, Signal::KILL);
}

#[tokio::test]
async fn a_server_of_ours_that_is_down_at_the_start_is_down_and_started_by_its_handler() {
    let world = World::new();
    let port = http::free_port();
    let hark = hark::program("hark");
    let start = world.script(
        "start",
        &format!("setsid '{}' demo --port {port} >/dev/null 2>&1 &\nsleep 1", hark.display()),
    );
    let told = world.script("told", "echo \"$HARK_ON $HARK_PHASE\"");
    let url = format!("http://127.0.0.1:{port}/events");
    world.settings(&format!(
        "[subscriptions.demo]\nurl = \"{url}\"\n{}{}{}",
        handler("lost", "lost", &told.display().to_string(), ""),
        handler("start", "down", &start.display().to_string(), ""),
        handler("back", "recovered", &told.display().to_string(), "")
    ));
    let _agent = world.agent().await;
    let runs = runs(&world, 2).await;
    let names: Vec<&Value> = runs.iter().map(|run| &run["handler"]).collect();
    assert_eq!(names, ["start", "back"]);
    assert_eq!(runs[1]["output"], "recovered streaming");
}

#[tokio::test]
async fn what_a_stranger_sends_is_no_argument_and_comes_whole() {
    let world = World::new();
    let server = Server::start().await;
    let out = world.path("out");
    let out_path = out.display();
    let take = world.script(
        "take",
        &format!(
            "n=$(ls '{out_path}' | wc -l); d='{out_path}'/.new; mkdir \"$d\"; cat > \"$d\"/stdin\n\
             tr '\\0' '\\n' < /proc/$$/cmdline > \"$d\"/arguments; env > \"$d\"/environment\n\
             printf %s \"$HARK_BODY\" > \"$d\"/body; mv \"$d\" '{out_path}'/$n"
        ),
    );
    fs::create_dir(&out).unwrap();
    let program = take.display();
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\nname = \"--all $(touch pwned)\"\nevent_max = \"4MiB\"\n\
         [[handlers]]\nname = \"take\"\non = \"message\"\ntimeout = \"20s\"\n\
         run = [\"{program}\", \"$(touch pwned)\", \"{{key}}\", \"{{name}}\", \"{{cause}}\"]\n",
        server.url("/events")
    ));
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    // What comes before that was there before.
    world.caught_up("news").await;
    client.send_hostile().await;
    runs(&world, 5).await;
    for n in 0..5 {
        let file = |name: &str| fs::read(out.join(format!("{n}/{name}"))).unwrap();
        let arguments = String::from_utf8(file("arguments")).unwrap();
        let wanted =
            format!("/bin/sh\n{program}\n$(touch pwned)\nnews\n--all $(touch pwned)\nnone\n");
        assert_eq!(arguments, wanted);
        let all: Value = serde_json::from_slice(&file("stdin")).unwrap();
        let whole = all["message"]["body"].as_str().unwrap();
        let body = String::from_utf8(file("body")).unwrap();
        assert!(!whole.is_empty() && whole.starts_with(&body), "{whole}");
        let environment = String::from_utf8_lossy(&file("environment")).into_owned();
        let is_cut = environment.lines().any(|line| line == "HARK_TRUNCATED=1");
        assert_eq!(is_cut, whole.len() > 16 << 10, "{n}");
        assert!(body.len() <= 16 << 10);
    }
    assert_eq!(world.files_with("pwned\0"), Vec::<String>::new());
    assert!(!world.path("home/pwned").exists() && !world.path("pwned").exists());
}

#[tokio::test]
async fn one_that_hangs_forks_or_floods_harms_nothing_and_leaves_nothing() {
    let world = World::new();
    let server = Server::start().await;
    // Each has a child, which hears no more of a signal than it does. The names are in their command lines.
    let stays = |name: &str| {
        let loops = "trap \"\" TERM; while :; do sleep 300; done";
        let shell = format!("sh -c '{loops}' {name} &\n{loops}");
        let batch =
            "if \"%1\"==\"child\" goto stay\nstart /b cmd /c \"%~f0\" child\n:stay\ngoto stay";
        world.script_for(name, &shell, batch)
    };
    let (hang, forever) = (stays("hanging"), stays("lasting"));
    let flood = world.script_for(
        "flood",
        "printf '\\377'; exec yes 'all the same'",
        ":again\necho all the same\ngoto again",
    );
    let ended = async |name: &str| {
        eventually(&format!("{name} has ended, and its child"), SHORT, async || {
            let left = world.running_with(name);
            if left == 0 { Ok(()) } else { Err(left) }
        })
        .await;
    };
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\n{}{}{}{}",
        server.url("/events"),
        handler("hang", "message", &hang, "timeout = \"1s\""),
        handler("flood", "message", &flood, "timeout = \"2s\""),
        handler("none", "message", "/nowhere/none", ""),
        handler("forever", "gap", &forever, "timeout = \"1h\""),
    ));
    let mut agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    // What comes before that was there before.
    world.caught_up("news").await;
    client.send("data: one\n\n").await;
    let runs = runs(&world, 3).await;
    let of = |name: &str| runs.iter().find(|run| run["handler"] == name).unwrap();
    assert_eq!(of("none")["ended"], "not_started");
    assert_eq!(
        (&of("hang")["ended"], &of("flood")["ended"]),
        (&json!("timed_out"), &json!("timed_out"))
    );
    let output = of("flood")["output"].as_str().unwrap();
    assert!(output.len() < 20_000 && output.contains("bytes are left out"), "{output}");
    ended("hanging").await;
    // The messages come as ever, and an agent that stops takes what runs along.
    client.send("data: two\n\n").await;
    world.stored(2).await;
    let trial = world.start_hark("trial", &["handlers", "run", "forever", "--as", "gap"]);
    eventually("the handler runs, and its child", SHORT, async || {
        let found = world.running_with("lasting");
        if found >= 2 { Ok(()) } else { Err(found) }
    })
    .await;
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    ended("lasting").await;
    drop::<Running>(trial);
}

#[tokio::test]
async fn no_secret_of_the_settings_reaches_a_handler_or_what_is_kept() {
    const CANARY: &str = "canary-5318008";
    let mut world = World::new();
    world.set("TZ", CANARY);
    world.set("PUSH_TOKEN", CANARY);
    world.set("OTHER_SECRET", CANARY);
    let server = Server::start().await;
    let show = world.script_for("show", "env; cat", "set");
    let url = server.url("/events");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nbearer = {{ env = \"PUSH_TOKEN\" }}\n\
         headers = {{ X-Zone = {{ env = \"TZ\" }} }}\n{}",
        handler("show", "lost", &show, "")
    ));
    let _agent = world.agent().await;
    let client = server.streaming(&world).await;
    assert_eq!(client.header("authorization"), Some(&*format!("Bearer {CANARY}")));
    drop(client);
    let run = runs(&world, 1).await.remove(0);
    let output = run["output"].as_str().unwrap();
    assert!(output.contains("HARK_KEY=news") && output.contains("PATH="), "{output}");
    assert!(!output.contains(CANARY), "{output}");
    assert!(!output.contains("PUSH_TOKEN") && !output.contains("TZ="), "{output}");
    assert_eq!(world.files_with(CANARY), Vec::<String>::new());
}

#[tokio::test]
async fn one_is_tried_by_hand_and_the_settings_alone_change_it() {
    let world = World::new();
    let server = Server::start().await;
    let say = world.script_for(
        "say",
        "echo \"$HARK_ON $HARK_BY_HAND $HARK_KEY\"; exit 3",
        "echo %HARK_ON% %HARK_BY_HAND% %HARK_KEY%\nexit 3",
    );
    let text = format!(
        "[subscriptions.news]\nurl = \"{}\"\n{}",
        server.url("/events"),
        handler("say", "lost", &say, "")
    );
    world.settings(&text);
    let _agent = world.agent().await;
    let _client = server.streaming(&world).await;
    assert!(world.hark(&["handlers"]).await.ok().contains("has not run yet"));
    let tried = world.hark(&["handlers", "run", "say", "--as", "mute"]).await;
    assert_eq!(tried.code, Some(1));
    assert!(tried.out.contains("say ran by hand for mute, ended with code 3"), "{tried:?}");
    assert!(tried.out.ends_with("mute 1 news\n"), "{tried:?}");
    hark::clear(&tried.err, &["say", "code 3"]);
    assert!(world.hark(&["handlers"]).await.ok().contains("by hand for mute"));
    assert!(world.hark(&["history"]).await.ok().contains("say ran by hand"));
    world.hark(&["handlers", "run", "other", "--as", "mute"]).await.refused(&["other", "say"]);
    world.hark(&["handlers", "run", "say", "--as", "dead"]).await.refused(&["dead", "lost"]);
    let odd = ["handlers", "run", "say", "--as", "lost", "--for", "x"];
    world.hark(&odd).await.refused(&["no subscription", "x"]);
    // A file that is wrong leaves those that are in force.
    world.settings(&text.replace("\"lost\"", "\"dead\""));
    let said = world.told("settings_invalid", true).await;
    assert!(said.contains("is called \"dead\"; known are lost"), "{said}");
    assert!(world.hark(&["handlers"]).await.ok().contains("say  lost"));
    world.settings(&text.replace("\"lost\"", "[\"down\", \"mute\"]"));
    eventually("the new settings are in force", SHORT, async || {
        let said = world.hark(&["handlers"]).await.ok();
        if said.contains("say  down, mute") { Ok(()) } else { Err(said) }
    })
    .await;
}

/// A script that adds its name to a file of its own and ends so. A batch file keeps others out of what it writes.
fn noting(world: &World, name: &str, exit: u8) -> String {
    let log = world.path(format!("ran-{name}"));
    let shell = format!("echo {name} >> '{}'; exit {exit}", log.display());
    let batch = format!("echo {name}>> \"{}\"\nexit {exit}", hark::shown(&log));
    world.script_for(name, &shell, &batch)
}

/// How often the script of this name has run.
fn count(world: &World, name: &str) -> usize {
    let text = fs::read_to_string(world.path(format!("ran-{name}"))).unwrap_or_default();
    text.lines().filter(|it| *it == name).count()
}

#[tokio::test]
async fn a_server_that_flaps_has_its_handler_run_as_often_as_it_may_and_no_more() {
    let (world, server) = (World::new(), Server::start().await);
    let note = |name: &str, exit: u8| noting(&world, name, exit);
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\n{}{}",
        server.url("/events"),
        handler("often", "lost", &note("often", 0), "cooldown = \"1ms\"\nat_most = 3"),
        handler("seldom", "lost", &note("seldom", 0), "cooldown = \"1h\""),
    ));
    let _agent = world.agent().await;
    for _ in 0..6 {
        let mut client = server.streaming(&world).await;
        // It asks for so quick a return; else so many short streams would be one outage.
        client.send("retry: 100\n\n").await;
        drop(client);
    }
    let _client = server.streaming(&world).await;
    // Each loss was told before the next dial.
    assert_eq!(runs(&world, 4).await.len(), 4);
    assert_eq!((count(&world, "often"), count(&world, "seldom")), (3, 1));
}

#[tokio::test]
async fn what_restarting_does_not_mend_is_told_to_a_person_once_and_is_over_when_it_is_well() {
    let (world, server) = (World::new(), Server::start().await);
    let note = |name: &str, exit: u8| noting(&world, name, exit);
    let page = note("page", 0);
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\n{}{}\
         [[handlers]]\nname = \"page\"\nescalates = \"mend\"\nafter_failures = 2\nrun = ['{page}']\n",
        server.url("/events"),
        handler("mend", "lost", &note("mend", 1), "cooldown = \"1s\""),
        handler("well", "recovered", &note("well", 0), ""),
    ));
    let _agent = world.agent().await;
    let (client, port) = (server.streaming(&world).await, server.port());
    drop((client, server));
    eventually("somebody is told", LONG, async || {
        let (mended, told) = (count(&world, "mend"), count(&world, "page"));
        if mended >= 2 && told == 1 { Ok(()) } else { Err(format!("{mended} {told}")) }
    })
    .await;
    let server = Server::at(port).await;
    let _client = server.streaming(&world).await;
    eventually("that it is well", LONG, async || {
        let well = count(&world, "well");
        if well == 1 { Ok(()) } else { Err(well) }
    })
    .await;
    // What mends goes on, each second, until it is well; the person is told once.
    assert_eq!(count(&world, "page"), 1);
}

#[tokio::test]
async fn a_server_that_says_nothing_any_more_is_mute() {
    let (world, server) = (World::new(), Server::start().await);
    let say =
        world.script_for("say", "echo \"$HARK_ON $HARK_CAUSE\"", "echo %HARK_ON% %HARK_CAUSE%");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\nheartbeat = \"3s\"\n{}",
        server.url("/events"),
        handler("say", "mute", &say, "")
    ));
    let _agent = world.agent().await;
    let client = server.streaming(&world).await;
    let run = runs(&world, 1).await.remove(0);
    assert_eq!((&run["on"], &run["output"]), (&json!("mute"), &json!("mute missed heartbeat")));
    // It had not ended the connection itself.
    client.hung_up().await;
}

/// The processes that were started by this path.
fn started_by(path: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|it| fs::read_to_string(it.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(path)).collect()
}

/// On Windows it ends with the agent, whose job it is in.
#[tokio::test]
async fn what_a_killed_agent_has_left_running_is_ended_by_the_next_at_the_latest() {
    let world = World::new();
    let more = world.script_for(
        "waits-more",
        "exec tail -f \"$0\" >/dev/null 2>&1",
        "ping -n 600 127.0.0.1 >nul",
    );
    let (shell, batch) = (format!("'{more}' & wait"), format!("cmd /c \"{more}\""));
    let waits = world.script_for("waits", &shell, &batch);
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"http://127.0.0.1:1/\"\n{}",
        handler("waits", "lost", &waits, "timeout = \"1h\"")
    ));
    let agent = world.agent().await;
    let asked = RunHandler { name: "waits".into(), on: "lost".into(), subscription: None };
    world.client().call(&route::RUN_HANDLER, &asked).await.unwrap();
    let path = waits.trim_end_matches(".bat");
    let both_run = async || {
        let found = started_by(path);
        if found.len() >= 2 { Ok(()) } else { Err(format!("{found:?}")) }
    };
    eventually("both run", LONG, both_run).await;
    agent.kill();
    let next = match hark::under_wine() {
        true => None,
        false => {
            eventually("both outlive it", SHORT, both_run).await;
            Some(world.agent().await)
        }
    };
    eventually("all of it is gone", SHORT, async || {
        let left = started_by(path);
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    if let Some(mut next) = next {
        next.signal(Signal::TERM);
        assert!(next.ended(SHORT).await.success());
    }
}
