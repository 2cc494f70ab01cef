//! Many messages, and large ones: all of them can be read, a page at a time.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{LONG, World, eventually, sse::Server};

/// As long as a message's text may be, and twice that as JSON.
const LARGE: usize = 64_000;
/// Together they are larger than any answer.
const LARGE_ONES: usize = 540;
const SMALL_ONES: usize = 500;

#[tokio::test]
async fn all_messages_can_be_read_however_many_and_large_they_are() {
    let (world, server) = (World::new(), Server::start().await);
    let url = server.url("/events");
    world.settings(&format!("[keep]\nbytes = \"1 GiB\"\n[subscriptions.news]\nurl = \"{url}\"\n"));
    let _agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    let large = format!("data: {}\n\n", "\"".repeat(LARGE));
    for id in 0..LARGE_ONES {
        client.send(&format!("id: {id}\n{large}")).await;
    }
    for id in 0..SMALL_ONES {
        client.send(&format!("id: small-{id}\ndata: {id}\n\n")).await;
    }
    let all = LARGE_ONES + SMALL_ONES;
    eventually("all are stored", LONG, async || {
        let stored = world.ask_link("news").await?.messages;
        (stored == all as u64).then_some(()).ok_or(stored.to_string())
    })
    .await;

    let messages = world.hark(&["messages", "--json", "--limit", "5000"]).await.lines();
    assert_eq!(messages.len(), all);
    assert!(messages.is_sorted_by_key(|message| message["id"].as_i64()), "oldest first");
    assert_eq!(messages[0]["body"].as_str().unwrap().len(), LARGE);
    assert_eq!(messages[all - 1]["body"], (SMALL_ONES - 1).to_string());
    assert_eq!(world.all_messages().await.len(), all, "forwards too");
    let latest = world.hark(&["messages", "--json", "--limit", "1010"]).await.lines();
    assert_eq!(latest, messages[all - 1_010..]);
    let text = world.hark(&["messages", "--limit", "700"]).await.ok();
    assert_eq!(text.lines().count(), 700);
}
