//! The relay: one upstream for all programs of this computer, each at its own speed, from any message on, over
//! restarts; and what it tells beside messages.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{collections::BTreeSet, fs, time::Instant};

use hark_tests::{
    LONG, SHORT, World, eventually,
    http::free_port,
    relay::{Light, Relay, Set, events_of},
    sse::Server,
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

const CLIENTS: usize = 200;
const STALLED: usize = 20;
const MESSAGES: usize = 2_000;
/// Longer than what the kernel holds for one who does not read, all together.
const TEXT_BYTES: usize = 600;
/// How much more memory the relay of all of them may take: what is held for each, and what is held once. KiB.
const MEMORY_MAX: u64 = 48 << 10;

/// One who asks and then reads nothing.
async fn stalled(relay: &Relay) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let at = format!("127.0.0.1:{}", relay.port).parse().unwrap();
    let mut stream = socket.connect(at).await.unwrap();
    let request = format!(
        "GET /relay/v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        relay.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// All that one finds who reads at last, up to the end of its connection.
async fn read_at_last(mut stream: TcpStream) -> Vec<i64> {
    let mut bytes = Vec::new();
    // A connection that was cut off may end in a reset.
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap();
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    events_of(&unchunked(&bytes[head..])).0.iter().filter_map(|event| event.id).collect()
}

/// The data of a chunked body (RFC 9112, 7.1), as far as it is there.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let rest = &body[end + 2..];
        data.extend_from_slice(&rest[..size.min(rest.len())]);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    data
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenth_that_stalls_holds_back_neither_the_others_nor_memory_and_resumes() {
    let mut set = Set::start("").await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS - STALLED {
        clients.push(Light::start(&set.relay).await);
    }
    let mut stalling = Vec::new();
    for _ in 0..STALLED {
        stalling.push(stalled(&set.relay).await);
    }
    set.has_clients(CLIENTS).await;
    let before = set.memory();
    let text = "x".repeat(TEXT_BYTES);
    let begun = Instant::now();
    for _ in 0..MESSAGES / 100 {
        set.publish(100, &text).await;
    }
    let wanted: Vec<i64> = (1..=MESSAGES as i64).collect();
    for client in &clients {
        assert_eq!(client.has(MESSAGES).await.0, wanted);
    }
    let taken = begun.elapsed();
    let more = set.memory().saturating_sub(before);
    assert!(more < MEMORY_MAX, "{more} KiB more");
    // Each has the last one as soon as any: nobody waits for those who do not read.
    set.publish(1, &text).await;
    let mut at = Vec::new();
    for client in &clients {
        at.push(client.has(MESSAGES + 1).await.1);
    }
    let (first, last) = (*at.iter().min().unwrap(), *at.iter().max().unwrap());
    assert!(last - first < SHORT / 5, "{:?} apart, {taken:?} for all", last - first);
    // They are cut off, and come back from where they were.
    set.has_clients(CLIENTS - STALLED).await;
    let had = read_at_last(stalling.pop().unwrap()).await;
    assert!(had.len() < MESSAGES, "it was cut off: {}", had.len());
    let since = had.last().copied().unwrap_or_default();
    let back = set.relay.follow("", &[("last-event-id", &since.to_string())]).await;
    let rest = back.has(MESSAGES + 1 - had.len()).await;
    assert_eq!([had, rest].concat(), (1..=MESSAGES as i64 + 1).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_was_away_over_a_restart_has_exactly_the_ids_of_the_store() {
    let mut set = Set::start("").await;
    let client = set.relay.follow("", &[]).await;
    set.publish(30, "before").await;
    let had = client.has(30).await;
    drop(client);
    set.publish(300, "away").await;
    set.world.caught_up("news").await;
    eventually("all are stored", LONG, async || {
        let stored = set.world.ask_link("news").await?.messages;
        (stored == 330).then_some(()).ok_or_else(|| stored.to_string())
    })
    .await;
    set.restart().await;
    let deleted = set.world.hark(&["delete", "100"]).await;
    assert_eq!(deleted.code, Some(0), "{deleted:?}");
    set.publish(20, "after").await;
    let last = had.last().unwrap().to_string();
    let by_header = set.relay.follow("since=0", &[("last-event-id", &last)]).await;
    let by_query = set.relay.follow(&format!("since={last}"), &[]).await;
    let raw = set.relay.follow("since=0&format=raw", &[]).await;
    by_header.has(319).await;
    set.world.stored(1).await;
    let stored = set.stored_ids().await;
    let behind: Vec<i64> = stored.iter().copied().filter(|id| *id > had[29]).collect();
    assert_eq!(by_header.has(behind.len()).await, behind);
    assert_eq!(by_query.has(behind.len()).await, behind);
    assert_eq!(raw.has(stored.len()).await, stored);
    let first = &raw.messages()[0].data;
    assert_eq!((&first["type"], &first["server_id"]), (&"message".into(), &"1".into()));
    assert_eq!(first["data"], r#"{"title":"1","body":"before"}"#);
    assert!(by_header.of("gap").is_empty(), "{:?}", by_header.of("gap"));
    let gone = by_header.event("removed", |removed| removed["message"] == 100).await;
    assert_eq!(gone["subscription"], "news");
}

#[tokio::test]
async fn upstreams_removals_gaps_and_filters_are_told_as_they_are() {
    let mut set = Set::start("[keep]\nmessages = 20").await;
    let client = set.relay.follow("", &[]).await;
    let other = set.relay.follow("subscription=nosuch", &[]).await;
    client.event("status", |status| status["state"] == "up").await;
    set.publish(1, "one").await;
    let id = client.has(1).await[0];
    set.world.hark(&["delete", &id.to_string()]).await.ok();
    client.event("removed", |removed| removed["message"] == id).await;
    // Over its bound: who comes from before is told, whatever is still there.
    for more in 1..=60 {
        set.publish(1, "more").await;
        client.has(1 + more).await;
    }
    assert!(client.of("gap").is_empty(), "it had each while it was there");
    let late = set.relay.follow(&format!("since={id}"), &[]).await;
    let gap = late.event("gap", |gap| gap["subscription"] == "news").await;
    assert!(gap["after"] == id && gap["up_to"].as_i64().unwrap() > id, "{gap}");
    let stored = set.stored_ids().await;
    assert_eq!(late.has(stored.len()).await, stored);
    let unknown = set.relay.follow("since=100000", &[]).await;
    assert_eq!(unknown.event("gap", |_| true).await["subscription"], Value::Null);
    assert_eq!(unknown.has(stored.len()).await, stored);
    // What goes in the very commit that it came with was never there to be sent.
    set.publish(100, "a flood").await;
    client.has(70).await;
    eventually("the flood is over", LONG, async || {
        let last = client.ids().pop().unwrap();
        (last == 161).then_some(()).ok_or(last)
    })
    .await;
    let had: BTreeSet<i64> = client.ids().into_iter().collect();
    let told = |id: i64| {
        let gaps = client.of("gap");
        let is_in =
            |gap: &Value| gap["after"].as_i64() < Some(id) && gap["up_to"].as_i64() >= Some(id);
        gaps.iter().any(|gap| is_in(&gap.data))
    };
    assert!((1..=161).all(|id| had.contains(&id) || told(id)), "{:?}, {had:?}", client.of("gap"));
    // The server goes away, and comes back.
    let (world, port) = (set.world, set.server.port());
    drop((set.upstream, set.server));
    let down = client.event("status", |status| status["state"] == "down").await;
    assert!(
        down["cause"]["sentence"].as_str().is_some_and(|it| it.contains("127.0.0.1")),
        "{down}"
    );
    let server = Server::at(port).await;
    let _upstream = server.streaming(&world).await;
    eventually("it is up again", LONG, async || {
        let last = client.of("status").pop().unwrap().data;
        (last["state"] == "up").then_some(()).ok_or_else(|| last.to_string())
    })
    .await;
    world.hark(&["pause", "news"]).await.ok();
    client.event("status", |status| status["state"] == "paused").await;
    assert!(other.events().is_empty(), "{:?}", other.events());
}

#[tokio::test]
async fn one_that_has_no_message_yet_comes_back_to_all_that_it_missed() {
    let mut set = Set::start("").await;
    set.publish(3, "before").await;
    set.world.stored(3).await;
    let client = set.relay.follow("", &[]).await;
    let other = set.relay.follow("subscription=nosuch", &[]).await;
    let came = client.last_id(|_| true).await;
    assert!(came.starts_with("3."), "{came}");
    drop(client);
    set.restart().await;
    set.publish(2, "away").await;
    let back = set.relay.follow("", &[("last-event-id", &came)]).await;
    assert_eq!(back.has(2).await, [4, 5]);
    assert!(back.of("gap").is_empty(), "{:?}", back.of("gap"));
    // What passes one by that it does not want moves it on, with a heartbeat.
    drop(other);
    let other = set.relay.follow("subscription=nosuch", &[]).await;
    other.last_id(|id| id.starts_with("5.")).await;
    set.publish(2, "passes by").await;
    back.has(4).await;
    other.last_id(|id| id.starts_with("7.")).await;
    assert!(other.events().is_empty(), "{:?}", other.events());
}

#[tokio::test]
async fn an_id_of_another_store_is_told_from_the_same_number_in_this_one() {
    let mut set = Set::start("").await;
    let client = set.relay.follow("", &[]).await;
    set.publish(30, "before").await;
    client.has(30).await;
    let last = client.last_id(|id| id.starts_with("30.")).await;
    drop(client);
    let mut agent = set.agent.take().unwrap();
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    for file in ["hark.db", "hark.db-wal", "hark.db-shm"] {
        let _ = fs::remove_file(set.world.path("profile/data").join(file));
    }
    set.agent = Some(set.world.agent_with(&["--headless"]).await);
    set.upstream = set.server.streaming(&set.world).await;
    set.publish(80, "after").await;
    set.world.caught_up("news").await;
    eventually("all are stored", LONG, async || {
        let stored = set.world.ask_link("news").await?.messages;
        (stored == 80).then_some(()).ok_or(stored.to_string())
    })
    .await;
    for (query, headers) in
        [("", &[("last-event-id", &*last)][..]), (&format!("since={last}"), &[])]
    {
        let back = set.relay.follow(query, headers).await;
        assert_eq!(back.has(80).await, (1..=80).collect::<Vec<_>>());
        let gap = &back.of("gap")[0];
        assert_eq!((gap.id, &gap.data["subscription"]), (Some(0), &Value::Null));
        let here = back.last_id(|id| id.starts_with("80.")).await;
        assert_ne!(here.split_once('.').unwrap().1, last.split_once('.').unwrap().1);
    }
    // A number alone is taken for one of this store.
    let plain = set.relay.follow("since=30", &[]).await;
    assert_eq!(plain.has(50).await, (31..=80).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_rules_drop_is_not_relayed_and_what_is_quiet_is() {
    let rules = "[[subscriptions.news.rules]]\ntag = \"no\"\nthen = \"drop\"\n\
                 [[subscriptions.news.rules]]\ntag = \"hush\"\nthen = \"quiet\"";
    let (world, server, port) = (World::new(), Server::start().await, free_port());
    let url = server.url("/");
    world.settings(&format!(
        "[relay]\nlisten = \"127.0.0.1:{port}\"\n[subscriptions.news]\nurl = \"{url}\"\n{rules}\n"
    ));
    let _agent = world.agent_with(&["--headless"]).await;
    let mut upstream = server.streaming(&world).await;
    let relay = world.relay(port).await;
    let client = relay.follow("", &[]).await;
    for (id, tag) in [(1, "no"), (2, "hush"), (3, "yes")] {
        let data = format!("{{\"title\":\"{tag}\",\"tags\":[\"{tag}\"]}}");
        upstream.send(&format!("id: {id}\ndata: {data}\n\n")).await;
    }
    // What a server says of Harks keeps nothing from anybody: only a relay's word is taken.
    let hops = vec!["x"; 16];
    let data = serde_json::json!({ "title": "claims", "hark_hops": hops });
    upstream.send(&format!("id: 4\ndata: {data}\n\n")).await;
    client.has(3).await;
    let titles: Vec<_> =
        client.messages().iter().map(|message| message.data["title"].clone()).collect();
    assert_eq!(titles, ["hush", "yes", "claims"]);
    let back = relay.follow("since=0", &[("hark-hops", "x")]).await;
    assert_eq!(back.has(3).await, client.ids());
}

#[tokio::test]
async fn nobody_misses_what_has_a_number_for_the_second_time_as_a_copy_was_put_back() {
    let mut set = Set::start("").await;
    set.publish(2, "a").await;
    set.world.stored(2).await;
    let data = set.world.path("profile/data");
    let copy = set.world.folder("copy");
    let copied = |from: &std::path::Path, to: &std::path::Path| {
        for file in fs::read_dir(from).unwrap().flatten() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    set.restart_after(|| copied(&data, &copy)).await;
    let client = set.relay.follow("since=0", &[]).await;
    set.publish(1, "gone").await;
    assert_eq!(client.has(3).await, [1, 2, 3]);
    let last = client.last_id(|id| id.starts_with("3.")).await;
    drop(client);
    set.restart_after(|| {
        fs::remove_dir_all(&data).unwrap();
        fs::create_dir(&data).unwrap();
        copied(&copy, &data);
    })
    .await;
    set.publish(1, "new").await;
    set.world.stored(3).await;
    let back = set.relay.follow("", &[("last-event-id", &last)]).await;
    eventually("what came since is told", LONG, async || {
        let all = back.messages();
        let texts: Vec<_> = all.iter().map(|event| event.data["body"].to_string()).collect();
        texts.contains(&"\"new\"".to_owned()).then_some(()).ok_or(texts.join(", "))
    })
    .await;
}
