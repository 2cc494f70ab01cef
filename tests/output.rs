//! What commands print for scripts: as the schema says, as a spreadsheet takes it, and for as long as it is read.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, Running, SHORT, World, described::as_described, eventually, hark, sse::Server,
};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_printed_as_json_is_what_the_schema_says_and_csv_is_text() {
    let (world, server, gone) = (World::new(), Server::start().await, Server::start().await);
    let mends = world.script_for("mends", "true", "exit 0");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\n[[subscriptions.news.rules]]\ntag = \"low\"\nthen = \"quiet\"\n\
         [subscriptions.gone]\nurl = \"{}\"\n\
         [[handlers]]\nname = \"mend\"\non = [\"down\"]\nrun = ['{mends}']\n",
        server.url("/"),
        gone.url("/"),
    ));
    drop(gone);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    world.caught_up("news").await;
    for message in [
        json!({ "title": "=cmd|'/c calc'!A1", "message": "one", "tags": ["low"], "url": "https://a.example/" }),
        json!({ "title": "Disk \"full\", now", "message": "two\nlines", "priority": 5 }),
    ] {
        client.send(&format!("data: {message}\n\n")).await;
    }
    world.stored(2).await;
    let history = eventually("the handler was run", LONG, async || {
        let history = world.hark(&["history", "--json"]).await.lines();
        let ran = history.iter().any(|entry| entry["kind"] == "handler");
        ran.then_some(history.clone()).ok_or(format!("{history:?}"))
    })
    .await;
    as_described("hark history --json", &history);
    as_described("hark messages --json", &world.hark(&["messages", "--json"]).await.lines());
    as_described("hark handlers --json", &world.hark(&["handlers", "--json"]).await.lines());
    for (command, args) in [
        ("hark status --json", &["status", "--json"][..]),
        ("hark rules --json", &["rules", "news", "--json"]),
        ("hark relay --json", &["relay", "--json"]),
        (
            "hark handlers run --json",
            &["handlers", "run", "mend", "--as", "lost", "--for", "gone", "--json"],
        ),
    ] {
        let printed: Value = serde_json::from_str(&world.hark(args).await.ok()).unwrap();
        as_described(command, &[printed]);
    }

    let doctor = world.hark(&["doctor", "--json"]).await;
    as_described("hark doctor --json", &[serde_json::from_str(&doctor.out).unwrap()]);

    let csv = world.hark(&["messages", "--csv"]).await.ok();
    let python = "import csv,sys,json; print(json.dumps(list(csv.DictReader(sys.stdin))))";
    let file = world.file("messages.csv", &csv);
    let read = world.run_on("python3".as_ref(), &["-c", python], &file).await.ok();
    let rows: Vec<Value> = serde_json::from_str(&read).unwrap();
    let titles: Vec<&str> = rows.iter().map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["'=cmd|'/c calc'!A1", "Disk \"full\", now"]);
    assert_eq!(
        (rows[1]["body"].as_str(), rows[1]["priority"].as_str()),
        (Some("two\nlines"), Some("5"))
    );
    let csv = world.hark(&["history", "gone", "--csv"]).await.ok();
    assert!(csv.starts_with("kind,subscription,from,to,seconds,"), "{csv}");
    assert!(csv.lines().any(|line| line.starts_with("outage,gone,")), "{csv}");
}

#[tokio::test]
async fn what_needs_no_agent_is_described_as_well() {
    let (world, server) = (World::new(), Server::start().await);
    let url = server.url("/");
    let listen =
        world.start_hark("listen", &["listen", &url, "--feed", "json", "--json", "--count", "2"]);
    let mut client = server.client_within(LONG).await.unwrap();
    client.accept().await;
    let full = json!({ "title": "a", "message": "b", "tags": ["t"], "url": "https://a.example/" });
    client.send(&format!("id: 1\ndata: {full}\n\ndata: text\n\n")).await;
    let lines = eventually("both are printed", LONG, async || {
        let out = listen.out();
        let lines: Vec<Value> = out.lines().flat_map(serde_json::from_str).collect();
        if lines.len() == 2 { Ok(lines) } else { Err(out) }
    })
    .await;
    as_described("hark listen --json", &lines);

    let doctor = world.start_hark("doctor", &["doctor", &url, "--json", "--for", "1s"]);
    let mut client = server.client_within(LONG).await.unwrap();
    client.accept().await;
    let seen = eventually("the doctor has seen it", LONG, async || {
        let out = doctor.out();
        serde_json::from_str::<Value>(&out).map_err(|_| out)
    })
    .await;
    as_described("hark doctor URL --json", &[seen]);
}

#[tokio::test]
async fn what_prints_as_it_comes_ends_with_its_reader_and_not_at_the_next_line() {
    let (world, server) = (World::new(), Server::start().await);
    let url = server.url("/events");
    world.follow(&[("news", &url)]);
    let _agent = world.agent().await;
    let mut kept = server.streaming(&world).await;
    kept.send("id: 1\ndata: one\n\n").await;
    world.stored(1).await;
    let commands = [
        ("messages", &["messages", "--follow"][..]),
        ("logs", &["logs", "--follow"]),
        ("listen", &["listen", &url]),
    ];
    for (name, args) in commands {
        let mut command = world.command("sh");
        command
            .args(["-c", r#"{ "$0" "$@"; echo "code $?" >&2; } | head -n 1"#])
            .arg(hark::program("hark"))
            .args(args);
        let mut both = Running::start(&world, name, command);
        let client = match name {
            "listen" => {
                let mut client = server.client().await;
                client.accept().await;
                client.send("data: first\n\n").await;
                Some(client)
            }
            _ => None,
        };
        assert!(both.ended(SHORT).await.success(), "{}", both.err());
        assert_eq!((both.lines().len(), &*both.err()), (1, "code 0\n"), "{}", both.out());
        drop(client);
    }
}
