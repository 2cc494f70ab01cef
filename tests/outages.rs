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
        assert!(one.whole_since >= first, "{one:?}");
    }
}
