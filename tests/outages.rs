//! The history as a client narrows it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_api::{HistoryEntry, HistoryQuery, Whose, route};
use hark_tests::{LONG, World, eventually, sse::Server};

#[tokio::test]
async fn what_is_asked_for_by_whose_doing_it_was_is_that_alone() {
    let world = World::new();
    let refusing =
        Server::start().await.answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    world.follow(&[("refused", &refusing.url("/")), ("away", "http://127.0.0.1:1/")]);
    let _agent = world.agent().await;
    let of = async |whose| {
        let query = HistoryQuery { whose, ..HistoryQuery::default() };
        let all = world.client().call(&route::OUTAGES, &query).await.unwrap();
        let key = |entry| match entry {
            HistoryEntry::Outage(outage) => outage.subscription,
            other => panic!("{other:?}"),
        };
        let mut keys: Vec<String> = all.into_iter().map(key).collect();
        keys.sort();
        keys
    };
    eventually("both are lost", LONG, async || {
        let all = of(None).await;
        (all == ["away", "refused"]).then_some(()).ok_or(all.join(", "))
    })
    .await;
    assert_eq!(of(Some(Whose::Refused)).await, ["refused"]);
    assert_eq!(of(Some(Whose::Network)).await, ["away"]);
    assert_eq!(of(Some(Whose::Server)).await, Vec::<String>::new());
    assert_eq!(of(Some(Whose::Own)).await, Vec::<String>::new());
    // From when on all of it is there.
    for one in world.client().call(&route::UPTIME, &()).await.unwrap() {
        let first = world.ask_link(&one.subscription).await.unwrap().known_since;
        assert!(one.history_since >= first, "{one:?}");
    }
}

#[tokio::test]
async fn who_is_paused_from_the_start_was_not_followed_since() {
    let world = World::new();
    let server = Server::start().await;
    let followed = format!("[subscriptions.old]\nurl = \"{}\"\n", server.url("/"));
    world.settings(&format!("{followed}paused = true\n"));
    let pauses = async || {
        let all = world.hark(&["history", "--json"]).await.lines();
        let of_old = all.into_iter().filter(|it| it["span"] == "paused");
        of_old.map(|it| (it["subscription"].clone(), it["to"].is_null())).collect::<Vec<_>>()
    };
    let lasts = vec![("old".into(), true)];
    for _ in 0..2 {
        let _agent = world.agent().await;
        world.phase("old", "paused").await;
        eventually("the history has one pause", LONG, async || {
            let pauses = pauses().await;
            (pauses == lasts).then_some(()).ok_or(format!("{pauses:?}"))
        })
        .await;
    }
    world.settings(&followed);
    let _agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.phase("old", "streaming").await;
    eventually("the pause is over", LONG, async || {
        let pauses = pauses().await;
        // One of a moment is not told.
        pauses.iter().all(|(_, lasts)| !lasts).then_some(()).ok_or(format!("{pauses:?}"))
    })
    .await;
}
