//! The agent against a real ntfy server, whose own answer is the judge: what it holds is stored once,
//! whatever is killed or cut, and what it cannot bring back is told as a gap.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{collections::BTreeMap, env, time::Duration};

use fastrand::Rng;
use futures_util::future::join_all;
use hark_api::{Decision, HistoryEntry, HistoryQuery, Message, SpanKind, route};
use hark_tests::{
    LONG, SHORT, World,
    cutter::{Cutter, Fate, How, Step},
    eventually,
    fake::Notifications,
    load::Load,
    real_ntfy::{RealNtfy, SEQUENCES},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::sleep;

/// To see the same cuts again.
const SEED_VARIABLE: &str = "HARK_SEED";
/// What every live message says, and how many come while a replay is asked for.
const LIVE: &str = "message";
const BURST: usize = 4;

fn follow(world: &World, url: &str, more: &str) {
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n{more}"));
}

/// Waits until all that the server holds of a topic is stored, and checks that nothing is twice.
async fn all_held_is_stored(world: &World, ntfy: &RealNtfy<'_>, topic: &str) -> Vec<Message> {
    let stored = eventually("all that the server holds is stored", LONG, async || {
        let held = ntfy.held(topic).await;
        let stored = world.all_messages().await;
        let missing: Vec<_> = held
            .iter()
            .filter(|held| stored.iter().all(|it| it.server_id.as_deref() != held["id"].as_str()))
            .map(|held| held["message"].as_str().unwrap_or_default())
            .collect();
        if missing.is_empty() {
            return Ok(stored);
        }
        let (of, first) = (held.len(), &missing[..missing.len().min(5)]);
        Err(format!("of {of} that it holds {} are missing, such as {first:?}", missing.len()))
    })
    .await;
    let mut times = BTreeMap::<_, u32>::new();
    for message in &stored {
        *times.entry(message.server_id.as_deref()).or_default() += 1;
    }
    assert!(times.keys().all(Option::is_some), "every message has the id that it was given");
    times.retain(|_, times| *times > 1);
    assert!(times.is_empty(), "stored more than once: {times:?}");
    assert!(stored.is_sorted_by(|one, next| one.id < next.id));
    stored
}

/// Of these messages that with this body.
fn with_body<'a>(messages: &'a [Message], body: &str) -> &'a Message {
    let mut found = messages.iter().filter(|it| it.body == body);
    let first = found.next().unwrap_or_else(|| panic!("no {body:?} in {messages:?}"));
    assert!(found.next().is_none(), "{body:?} is there more than once");
    first
}

#[tokio::test]
async fn a_server_that_is_killed_5_times_under_load_loses_nothing_that_it_holds() {
    let world = World::new();
    let Some(mut ntfy) = RealNtfy::start(&world).await else { return };
    follow(&world, &ntfy.url("a"), "");
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    let load = Load::start(ntfy.port, "/a", Duration::from_millis(20));
    for kill in 0..5 {
        load.more(25).await;
        ntfy.kill();
        // A moment that differs: the agent dials while nobody listens, or not yet.
        sleep(Duration::from_millis(150 * kill)).await;
        ntfy.start_again().await;
        eventually("it streams again", LONG, || world.streams("news")).await;
    }
    load.more(25).await;
    drop(load);
    let stored = all_held_is_stored(&world, &ntfy, "a").await;
    println!("5 kills: {} messages are stored", stored.len());
}

#[tokio::test]
async fn what_was_not_in_the_cache_yet_when_it_connected_comes_all_the_same() {
    let world = World::new();
    // As its documentation has it for busy servers, and a little slower.
    let batches = [("cache-batch-size", "100"), ("cache-batch-timeout", "4s")];
    let Some(ntfy) = RealNtfy::start_with(&world, &batches).await else { return };
    follow(&world, &ntfy.url("a"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    ntfy.publish("a", "first").await;
    world.stored(1).await;
    agent.kill();
    for number in 0..3 {
        ntfy.publish("a", &format!("while away {number}")).await;
    }
    assert!(ntfy.held("a").await.len() < 4, "it holds what it does not send yet");
    let _agent = world.agent().await;
    world.stored(4).await;
    all_held_is_stored(&world, &ntfy, "a").await;
    assert_eq!(world.gaps().await, 0);
}

#[tokio::test]
async fn a_replay_that_is_cut_20_times_between_live_messages_loses_nothing() {
    const CUTS: usize = 20;
    const WAITING: usize = 300;
    let seed =
        env::var(SEED_VARIABLE).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("{SEED_VARIABLE}={seed}");
    let mut rng = Rng::with_seed(seed);
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let cutter = Cutter::start(ntfy.port).await;
    let url = ntfy.url("a").replace(&ntfy.port.to_string(), &cutter.port.to_string());
    follow(&world, &url, "heartbeat = \"6s\"\nretry = \"fixed 500ms\"\n");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    // A message that the replay goes on from.
    ntfy.publish("a", "first").await;
    world.stored(1).await;
    world.caught_up("news").await;
    agent.kill();
    for number in 0..WAITING {
        ntfy.publish("a", &format!("waiting {number}")).await;
    }
    let fates = (0..CUTS).map(|number| {
        let how = match number % 7 {
            6 => How::Silence,
            it if it % 2 == 0 => How::End,
            _ => How::Reset,
        };
        // Longer than the link takes for the end of a replay where it goes by silence alone.
        let pause = Step::Pause(Duration::from_millis(400));
        // Head and `open` are 500 bytes, a message is 180.
        let bytes = |rng: &mut Rng| Step::Bytes(rng.usize(500..10_000));
        let steps = match rng.u8(..3) {
            0 => vec![bytes(&mut rng)],
            1 => vec![bytes(&mut rng), pause, Step::Bytes(rng.usize(1..500))],
            _ => vec![Step::Block(LIVE), pause, Step::Bytes(rng.usize(1..500))],
        };
        Fate { steps, how }
    });
    cutter.expect(fates.collect::<Vec<_>>());
    let load = Load::start(ntfy.port, "/a", Duration::from_millis(20));
    let bursts = async {
        loop {
            // What is published now comes before the replay, or between its messages. No sooner: of
            // what it is publishing while somebody subscribes, the server may tell them nothing.
            cutter.answered().await;
            join_all((0..BURST).map(|_| ntfy.publish("a", LIVE))).await;
        }
    };
    let cuts = async {
        let _agent = world.agent().await;
        eventually("all cuts are made", LONG * 2, async || {
            let cut = cutter.cut();
            (cut == CUTS).then_some(()).ok_or(format!("{cut} in {} dials", cutter.dials()))
        })
        .await;
        drop(load);
        all_held_is_stored(&world, &ntfy, "a").await
    };
    let stored = tokio::select! {
        never = bursts => never,
        stored = cuts => stored,
    };
    println!("{CUTS} cuts: {} messages are stored", stored.len());
}

#[tokio::test]
async fn a_message_that_falls_due_while_the_agent_is_away_arrives_once_it_is_back() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    follow(&world, &ntfy.url("a"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    // The least that the server takes.
    let due = |text| ntfy.send("POST", "a", &[("Delay", "10s")], text);
    due("published before what was stored").await;
    ntfy.publish("a", "now").await;
    world.stored(1).await;
    world.caught_up("news").await;
    agent.kill();
    due("published while the agent was away").await;
    eventually("both have fallen due", LONG, async || {
        let held = ntfy.held("a").await;
        (held.len() == 3).then_some(()).ok_or(format!("{held:?}"))
    })
    .await;
    let _agent = world.agent().await;
    let stored = all_held_is_stored(&world, &ntfy, "a").await;
    for text in ["published before what was stored", "published while the agent was away"] {
        assert_eq!(with_body(&stored, text).decision, Decision::Alert);
    }
}

#[tokio::test]
async fn a_break_is_a_gap_where_the_server_keeps_nothing() {
    let world = World::new();
    let usual = [("cache-duration", "0s")];
    let Some(mut ntfy) = RealNtfy::start_with(&world, &usual).await else { return };
    follow(&world, &ntfy.url("a"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    ntfy.publish("a", "before the break").await;
    world.stored(1).await;
    assert_eq!(ntfy.held("a").await, Vec::<Value>::new(), "it keeps nothing");

    ntfy.kill();
    world.phase("news", "backing_off").await;
    ntfy.start_again().await;
    world.phase("news", "streaming").await;
    let history = async || {
        let entries = world.client().call(&route::OUTAGES, &HistoryQuery::default()).await;
        entries.unwrap()
    };
    eventually("the history tells of what may be missing", SHORT, async || {
        let entries = history().await;
        let told = entries.iter().any(|it| matches!(it, HistoryEntry::Outage(it) if it.gap));
        told.then_some(()).ok_or(format!("{entries:?}"))
    })
    .await;

    // So it is where the agent itself was away.
    agent.kill();
    ntfy.publish("a", "to nobody").await;
    // A break of less than a second is in the journal alone.
    let killed = Timestamp::now();
    eventually("the break is long enough to be told", SHORT, async || {
        let away = Timestamp::now().duration_since(killed);
        (away > SignedDuration::from_millis(1_100)).then_some(()).ok_or(away)
    })
    .await;
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    eventually("the history tells of that, too", SHORT, async || {
        let entries = history().await;
        let told = entries
            .iter()
            .any(|it| matches!(it, HistoryEntry::Span(it) if it.span == SpanKind::Missed));
        told.then_some(()).ok_or(format!("{entries:?}"))
    })
    .await;
}

#[tokio::test]
async fn what_is_published_as_soon_as_a_topic_is_added_is_alerted() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    for text in ["old", "older", "oldest"] {
        ntfy.publish("garage", text).await;
    }
    // The server tells times in whole seconds: what came before is to be of an earlier one.
    let before = Timestamp::now().as_second();
    eventually("the second is over", SHORT, async || {
        (Timestamp::now().as_second() > before + 1).then_some(()).ok_or("it is not")
    })
    .await;
    let _agent = world.agent().await;
    let page = ntfy.url("garage").replace("/sse", "");
    world.hark(&["add", &page]).await.ok();
    ntfy.publish("garage", "hi").await;
    let stored = all_held_is_stored(&world, &ntfy, "garage").await;
    assert_eq!(with_body(&stored, "hi").decision, Decision::Alert);
    for text in ["old", "older", "oldest"] {
        assert_eq!(with_body(&stored, text).decision, Decision::Backlog);
    }
    assert_eq!(screen.next().await.body, "hi");
}

#[tokio::test]
async fn a_message_is_stored_and_shown_as_it_was_published() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    follow(&world, &ntfy.url("a,b"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    let headers = [
        ("Title", "Disk"),
        ("Priority", "5"),
        ("Tags", "warning,db"),
        ("Click", "https://a.example/click"),
        ("Actions", "view, Open, https://a.example/open; copy, Copy, 42"),
    ];
    // Since which version it has `copy` matters to nobody else.
    let headers = if ntfy.version >= SEQUENCES { &headers[..] } else { &headers[..4] };
    let told = ntfy.send("POST", "b", headers, "80 %").await;
    let shown = screen.next().await;
    assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("⚠️ Disk", "80 %"));
    let stored = all_held_is_stored(&world, &ntfy, "a,b").await;
    let message = &stored[0];
    assert_eq!(message.server_id.as_deref(), told["id"].as_str());
    assert_eq!(message.time.0.as_second(), told["time"].as_i64().unwrap());
    assert_eq!((message.priority, message.topic.as_deref()), (5, Some("b")));
    assert_eq!(Value::from(message.tags.clone()), told["tags"], "as the server has them");
    assert_eq!(message.url.as_deref(), Some("https://a.example/click"));
    if ntfy.version >= SEQUENCES {
        let labels: Vec<_> = message.actions.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(labels, ["Open", "Copy"]);
    }
    // One that the server does not keep is a message like any other.
    ntfy.send("POST", "a", &[("Cache", "no")], "not kept").await;
    assert_eq!(screen.next().await.body, "not kept");
    assert_eq!(ntfy.held("a,b").await.len(), 1);
}

#[tokio::test]
async fn an_update_takes_the_place_of_a_message_and_a_deletion_takes_it_away() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    if !ntfy.has("sequences", SEQUENCES) {
        return;
    }
    follow(&world, &ntfy.url("a"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    let bodies = async || -> Vec<String> {
        world.all_messages().await.into_iter().map(|it| it.body).collect()
    };
    ntfy.send("PUT", "a/disk", &[], "80 %").await;
    let shown = screen.next().await;
    assert_eq!((shown.body.as_str(), shown.replaces), ("80 %", 0));
    ntfy.send("PUT", "a/disk", &[], "81 %").await;
    let updated = screen.next().await;
    assert_eq!((updated.body.as_str(), updated.replaces), ("81 %", shown.id));
    assert_eq!(bodies().await, ["81 %"]);
    ntfy.send("PUT", "a/disk/clear", &[], "").await;
    assert_eq!(screen.next_closed().await, updated.id);
    assert_eq!(bodies().await, ["81 %"], "what was read stays a message");
    ntfy.send("PUT", "a/disk", &[], "82 %").await;
    let again = screen.next().await;
    ntfy.send("DELETE", "a/disk", &[], "").await;
    assert_eq!(screen.next_closed().await, again.id);
    eventually("it is gone", SHORT, async || {
        let bodies = bodies().await;
        bodies.is_empty().then_some(()).ok_or(format!("{bodies:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_sequence_that_changed_while_the_agent_was_away_is_as_the_server_has_it() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    if !ntfy.has("sequences", SEQUENCES) {
        return;
    }
    follow(&world, &ntfy.url("a"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    for (sequence, text) in [("disk", "80 %"), ("door", "open"), ("mail", "1 new")] {
        ntfy.send("PUT", &format!("a/{sequence}"), &[], text).await;
    }
    world.stored(3).await;
    world.caught_up("news").await;
    agent.kill();
    ntfy.send("PUT", "a/disk", &[], "81 %").await;
    ntfy.send("DELETE", "a/door", &[], "").await;
    ntfy.publish("a", "last").await;
    let _agent = world.agent().await;
    eventually("it is as the server has it", LONG, async || {
        let mut bodies: Vec<_> =
            world.all_messages().await.into_iter().map(|message| message.body).collect();
        bodies.sort();
        (bodies == ["1 new", "81 %", "last"]).then_some(()).ok_or(format!("{bodies:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_topic_is_a_name_that_commands_take_and_stands_in_no_log() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let mut agent = world.agent().await;
    let page = format!("http://127.0.0.1:{}/s3cret-topic", ntfy.port);
    let said = world.hark(&["add", &page]).await.ok();
    assert!(said.contains("Added as ntfy."), "{said}");
    world.phase("ntfy", "streaming").await;
    assert_eq!(world.link("ntfy").await["name"], "s3cret-topic");
    let said = world.hark(&["pause", "s3cret-topic"]).await.ok();
    assert!(said.contains("Paused ntfy."), "{said}");
    world.phase("ntfy", "paused").await;
    let said = world.hark(&["status"]).await.ok();
    assert!(said.contains("s3cret-topic"), "whoever asks is shown it: {said}");
    world.hark(&["remove", "s3cret-topic"]).await.ok();
    assert_eq!(world.status().await["links"].as_array().unwrap().len(), 0);
    agent.signal(rustix::process::Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    let mut logs = vec![agent.err()];
    for folder in ["profile/state", "profile/data"] {
        let files = std::fs::read_dir(world.path(folder)).into_iter().flatten().flatten();
        let logs_of =
            files.map(|file| file.path()).filter(|path| path.to_string_lossy().contains("log"));
        logs.extend(logs_of.filter_map(|path| std::fs::read_to_string(path).ok()));
    }
    assert!(logs.iter().any(|log| log.contains("following")), "{logs:?}");
    assert!(!logs.iter().any(|log| log.contains("s3cret")), "{logs:?}");
}

#[tokio::test]
async fn a_token_a_password_and_a_parameter_are_taken_and_a_wrong_one_is_a_refusal() {
    let world = World::new();
    let users = world.path("ntfy/users.db").display().to_string();
    let settings = [("auth-file", users.as_str()), ("auth-default-access", "deny-all")];
    let Some(ntfy) = RealNtfy::start_with(&world, &settings).await else { return };
    let token = ntfy.add_user("me", "correct horse").await;
    let _agent = world.agent().await;
    let page = format!("http://127.0.0.1:{}/alerts", ntfy.port);
    world.hark(&["add", &page]).await.refused(&[
        "the user or token may not read",
        "wants a credential",
        "--token-file",
    ]);

    let file = |name: &str, text: &str| world.secret(name, text).display().to_string();
    let wrong = file("wrong", "tk_00000000000000000000000000000");
    world.hark(&["add", &page, "--token-file", &wrong]).await.refused(&["HTTP 401", "token"]);
    let right = file("right", &token);
    world.hark(&["add", &page, "--token-file", &right]).await.ok();
    world.phase("ntfy", "streaming").await;

    // `Basic me:correct horse`, twice in base64 as ntfy wants it in a URL.
    let parameter = "QmFzaWMgYldVNlkyOXljbVZqZENCb2IzSnpaUT09";
    let (password, url) = (file("password", "correct horse"), ntfy.url("alerts"));
    world.settings(&format!(
        "[subscriptions.basic]\nurl = \"{url}\"\nfeed = \"ntfy\"\n\
         basic = {{ user = \"me\", password = {{ file = \"{password}\" }} }}\n\
         [subscriptions.parameter]\nurl = \"{url}?auth={parameter}\"\nfeed = \"ntfy\"\n\
         [subscriptions.wrong]\nurl = \"{url}\"\nfeed = \"ntfy\"\nbearer = {{ file = \"{wrong}\" }}\n"
    ));
    for key in ["basic", "parameter"] {
        eventually("it streams", LONG, async || world.streams(key).await).await;
    }
    let headers = [("authorization", &*format!("Bearer {token}"))];
    ntfy.send("POST", "alerts", &headers, "to whom it may concern").await;
    let stored = world.stored(2).await;
    let mut keys: Vec<_> = stored.iter().map(|it| it["subscription"].as_str().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["basic", "parameter"]);
    let link = world.phase("wrong", "backing_off").await;
    assert_eq!(link["phase"]["cause"]["class"], "refused", "{link}");
    let told = world.hark(&["status", "--json"]).await.ok();
    assert!(!told.contains(parameter) && !told.contains(&token), "{told}");
}

#[tokio::test]
async fn the_doctor_asks_as_the_feed_does_and_a_scheduled_message_is_no_fault() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let url = ntfy.url("a");
    // It falls due in the middle of the visit, with the row of its publication: ntfy looks every 10 s, and so sends it
    // 20 s later where it just was not due.
    ntfy.send("POST", "a", &[("delay", "10s")], "scheduled").await;
    let mut doctor = world.start_hark("doctor", &["doctor", &url, "--for", "25s", "--json"]);
    eventually("it listens", LONG, async || {
        if doctor.err().contains("Listening") { Ok(()) } else { Err(doctor.err()) }
    })
    .await;
    for number in 0..3 {
        ntfy.publish("a", &format!("at once {number}")).await;
    }
    doctor.ended(LONG).await;
    let told: serde_json::Value = serde_json::from_str(&doctor.out()).unwrap();
    assert_eq!(told["events"], 4, "{told}");
    let of = |about: &str| {
        let findings = told["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["about"] == about).unwrap().clone()
    };
    assert_eq!(of("resume")["mark"], "ok", "{told}");
    assert_eq!(of("ids")["mark"], "ok", "{told}");
}
