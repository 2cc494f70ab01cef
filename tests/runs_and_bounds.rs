//! A server's ids and another process's use of the database, through the real agent: nothing is lost to a
//! counter that begins anew, to an id that is refused, or to a lock; and what is kept stays within its
//! bounds.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::{Duration, Instant};

use hark_tests::{LONG, World, eventually, hark::bodies, lock::locked, sse::Server};

#[tokio::test]
async fn a_counter_that_begins_anew_loses_no_message_to_an_equal_text() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    let three = "id: 1\ndata: done\n\nid: 2\ndata: done\n\nid: 3\ndata: done\n\n";
    client.send(three).await;
    world.stored(3).await;
    // The server is started again, and its counter with it. It then sends everything at once.
    drop(client);
    let mut client = server.streaming(&world).await;
    assert_eq!(client.header("last-event-id"), Some("3"));
    client.send(three).await;
    client.send("id: 4\ndata: more\n\n").await;
    let stored = world.stored(7).await;
    assert_eq!(bodies(&stored), ["done", "done", "done", "done", "done", "done", "more"]);
    let journal = world.hark(&["history", "--json"]).await.lines();
    let outage = journal.iter().find(|entry| entry["kind"] == "outage").unwrap();
    assert_eq!(outage["gap"], true, "what had the new ids meanwhile may be missing: {journal:?}");
}

#[tokio::test]
async fn a_counter_that_began_anew_while_the_agent_was_off_loses_no_message_either() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    client.send("id: 1\ndata: done\n\nid: 2\ndata: done\n\nid: 3\ndata: done\n\n").await;
    world.stored(3).await;
    drop((agent, client));
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    assert_eq!(client.header("last-event-id"), Some("3"));
    client.send("id: 1\ndata: done\n\nid: 2\ndata: done\n\n").await;
    world.stored(5).await;
    client.send("id: 3\ndata: done\n\nid: 4\ndata: done\n\n").await;
    assert_eq!(bodies(&world.stored(7).await), ["done"; 7]);
}

#[tokio::test]
async fn what_a_server_sends_again_after_each_close_of_its_own_comes_once() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    let some = |from: u64, to: u64| -> String {
        (from..=to).map(|it| format!("id: {it}\ndata: text {it}\n\n")).collect()
    };
    client.send(&some(1, 10)).await;
    world.stored(10).await;
    for last in 11..15 {
        drop(client);
        client = server.streaming(&world).await;
        // Three more than it is asked for.
        client.send(&some(last - 3, last)).await;
        world.stored(last as usize).await;
    }
    let stored = world.stored(14).await;
    let texts: Vec<_> = (1..=14).map(|it| format!("text {it}")).collect();
    assert_eq!(bodies(&stored), texts);
    let journal = world.hark(&["history", "--json"]).await.lines();
    assert!(!journal.iter().any(|entry| entry["gap"] == true), "{journal:?}");
}

#[tokio::test]
async fn an_id_that_the_server_refuses_keeps_nobody_out() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    client.send("id: error\ndata: before\n\n").await;
    world.stored(1).await;
    drop(client);
    let mut refused = server.client_within(LONG).await.unwrap();
    assert_eq!(refused.header("last-event-id"), Some("error"));
    refused.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let mut client = server.streaming(&world).await;
    assert_eq!(client.header("last-event-id"), None);
    client.send("id: 7\ndata: after\n\n").await;
    assert_eq!(bodies(&world.stored(2).await), ["before", "after"]);
    drop(client);
    let client = server.client_within(LONG).await.unwrap();
    assert_eq!(client.header("last-event-id"), Some("7"), "the cursor has begun anew");
    let history = world.history().await;
    assert!(history.iter().any(|entry| entry["gap"] == true), "{history:?}");
}

#[tokio::test]
async fn a_message_that_says_ping_is_one() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    client.send("data: ping\n\n").await;
    assert_eq!(bodies(&world.stored(1).await), ["ping"]);
}

#[tokio::test]
async fn what_is_kept_stays_within_the_settings_bounds() {
    let world = World::new();
    let server = Server::start().await;
    world.settings(&format!(
        "[keep]\nmessages = 500\n[subscriptions.news]\nurl = \"{}\"\nevent_max = \"2 MiB\"\n\
         keep = {{ bytes = \"4 MiB\" }}\n",
        server.url("/")
    ));
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    let large = "x".repeat(900_000);
    for id in 0..60 {
        // Where the text is small, the type is not.
        client.send(&format!("event: {large}\nid: {id}\ndata: {id} {large}\n\n")).await;
    }
    eventually("the last one is stored", LONG, async || {
        let messages = world.messages().await;
        let last = messages.last().map(|it| it["body"].as_str().unwrap().starts_with("59 "));
        if last == Some(true) { Ok(()) } else { Err(messages.len()) }
    })
    .await;
    // What is read a page at a time while more comes is none of one moment.
    let last = world.messages().await;
    assert!((2..=4).contains(&last.len()), "{} of 0.9 MB each", last.len());
    for id in 60..1_200 {
        client.send(&format!("id: {id}\ndata: {id}\n\n")).await;
    }
    eventually("the last one is stored", LONG, async || {
        let messages = world.messages().await;
        let last = messages.last().unwrap()["body"] == "1199";
        if last { Ok(()) } else { Err(messages.len()) }
    })
    .await;
    let kept = world.messages().await.len();
    assert!((400..=500).contains(&kept), "{kept}");

    // A narrower bound counts at once, for what clients see, too.
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\nevent_max = \"2 MiB\"\nkeep = {{ messages = 7 }}\n",
        server.url("/")
    ));
    eventually("only seven are left", LONG, async || {
        client.send(": still here\n\n").await;
        let counted = world.link("news").await["messages"].as_u64();
        let stored = world.messages().await.len();
        let seven = (counted, stored) == (Some(7), 7);
        if seven { Ok(()) } else { Err(format!("{counted:?} counted, {stored} stored")) }
    })
    .await;
}

#[tokio::test]
async fn a_database_that_another_process_holds_costs_no_message_no_link_and_no_answer() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    client.send("id: 1\ndata: before\n\n").await;
    world.stored(1).await;
    let other = locked(&world).await;
    for id in 2..=40 {
        client.send(&format!("id: {id}\ndata: message {id}\n\n")).await;
    }
    let status = eventually("the agent says that it cannot store", LONG, async || {
        let begun = Instant::now();
        let status = world.status().await;
        assert!(begun.elapsed() < Duration::from_secs(5), "an answer waits for the database");
        let said = status["conditions"].to_string().contains("store_failed");
        if said { Ok(status) } else { Err(status) }
    })
    .await;
    assert_eq!(status["links"][0]["phase"]["phase"], "streaming", "the link stands: {status}");
    drop(other);
    let stored = world.stored(40).await;
    assert_eq!(stored.len(), 40);
    assert!(stored.is_sorted_by_key(|message| message["id"].as_i64()));
    assert_eq!(stored[39]["body"], "message 40");
    eventually("and it is over", LONG, async || {
        let status = world.status().await;
        let conditions = status["conditions"].to_string();
        if conditions.contains("store_failed") { Err(conditions) } else { Ok(()) }
    })
    .await;
    let history = world.history().await;
    assert!(history.iter().all(|entry| entry["kind"] != "outage"), "{history:?}");
}
