//! PocketBase 0.40, as its own server sends it. It replays nothing, so a break is a gap.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, World, eventually,
    fake::Notifications,
    hark::{bodies, clear},
    pocketbase::PocketBase,
    sse::Server,
};

/// Adds a URL, and answers its key once records come.
async fn add(world: &World, base: &PocketBase<'_>, query: &str, options: &[&str]) -> String {
    let url = base.url(query);
    let said = world.hark(&[&["add", &url], options].concat()).await.ok();
    clear(&said, &["pocketbase"]);
    let key = world.status().await["links"][0]["subscription"].as_str().unwrap().to_owned();
    world.phase(&key, "streaming").await;
    key
}

/// Creates records until one has come: nothing shows when the server has been told what to send.
async fn flows(world: &World, base: &PocketBase<'_>, collection: &str) -> usize {
    let before = world.messages().await.len();
    eventually("a record comes", LONG, async || {
        base.create(collection, "is it there?", 9).await;
        let now = world.messages().await.len();
        if now > before { Ok(now) } else { Err(now) }
    })
    .await
}

#[tokio::test]
async fn records_are_messages_their_updates_take_their_place_and_their_end_leaves_the_screen() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let Some(base) = PocketBase::start(&world).await else { return };
    let _agent = world.agent().await;
    let none = base.url("");
    world.hark(&["add", &none]).await.refused(&["PocketBase", "?collection=NAME"]);
    add(&world, &base, "?collection=alerts", &["--name", "Base"]).await;
    flows(&world, &base, "alerts").await;
    screen.next().await;

    let id = base.create("alerts", "disk full", 3).await;
    let mut shown = screen.next().await;
    while shown.summary != "disk full" {
        shown = screen.next().await;
    }
    base.update(&id, "disk nearly full").await;
    let updated = screen.next().await;
    assert_eq!((updated.summary.as_str(), updated.replaces), ("disk nearly full", shown.id));
    base.delete(&id).await;
    assert_eq!(screen.next_closed().await, shown.id);
    let messages = world.messages().await;
    let last = messages.last().unwrap();
    assert_eq!((&last["title"], &last["topic"]), (&"disk nearly full".into(), &"alerts".into()));
}

#[tokio::test]
async fn a_filter_and_a_token_are_the_servers_to_judge() {
    let world = World::new();
    let Some(base) = PocketBase::start(&world).await else { return };
    let _agent = world.agent().await;
    let token = world.secret("token", &base.token);
    let query = "?collection=alerts&collection=secret&filter=level%20%3E%202";
    add(&world, &base, query, &["--token-file", token.to_str().unwrap()]).await;
    flows(&world, &base, "secret").await;
    base.create("alerts", "low", 1).await;
    base.create("alerts", "high", 5).await;
    eventually("the high one comes", LONG, async || {
        let messages = world.messages().await;
        let titles: Vec<_> = messages.iter().map(|it| it["title"].as_str().unwrap()).collect();
        assert!(!titles.contains(&"low"), "{titles:?}");
        if titles.contains(&"high") { Ok(()) } else { Err(format!("{titles:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_break_is_a_gap_and_what_comes_after_it_is_told() {
    let world = World::new();
    let Some(mut base) = PocketBase::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &base, "?collection=alerts", &[]).await;
    flows(&world, &base, "alerts").await;
    for _ in 0..2 {
        base.kill();
        world.phase(&key, "backing_off").await;
        base.start_again().await;
        base.create("alerts", "to nobody", 3).await;
        world.phase(&key, "streaming").await;
        flows(&world, &base, "alerts").await;
    }
    assert_eq!(world.gaps().await, 2);
    let outages = world.history().await;
    assert!(
        outages.iter().filter(|it| it["kind"] == "outage").all(|it| it["gap"] == true),
        "{outages:?}"
    );
    // What is told of a break is why it came, and no event of the server's own.
    assert!(
        !world.messages().await.iter().any(|it| it["body"].as_str().unwrap().contains("clientId"))
    );
}

#[tokio::test]
async fn the_form_of_the_settings_reads_the_records() {
    let world = World::new();
    let Some(base) = PocketBase::start(&world).await else { return };
    let url = base.url("?collection=alerts");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"pocketbase\"\n\
         mapping = {{ body = \"{{/action}}: {{/record/title}}\", priority = \"/record/level\", \
         message = {{ at = \"/action\", equals = \"create\" }} }}\n"
    ));
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    flows(&world, &base, "alerts").await;
    let message = &world.messages().await[0];
    assert_eq!(
        (&message["body"], &message["priority"]),
        (&"create: is it there?".into(), &5.into())
    );
}

/// What the real server cannot be made to do: to refuse what it is asked to send.
#[tokio::test]
async fn a_refusal_of_what_is_to_be_sent_is_the_connections() {
    let world = World::new();
    let server = Server::start().await;
    let url = server.url("/api/realtime?collection=alerts");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"pocketbase\"\n"));
    let _agent = world.agent().await;
    let mut client = server.client().await;
    assert!(client.request.starts_with("GET /api/realtime HTTP"), "{}", client.request);
    client.accept().await;
    client.send("id:a\nevent:PB_CONNECT\ndata:{\"clientId\":\"a\"}\n\n").await;
    let mut told = server.client().await;
    assert!(told.request.starts_with("POST /api/realtime HTTP"), "{}", told.request);
    told.send(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 53\r\n\r\n\
         {\"data\":{},\"message\":\"The current one is another.\"}    ",
    )
    .await;
    let link = world.phase("news", "backing_off").await;
    clear(
        link["phase"]["cause"]["sentence"].as_str().unwrap(),
        &["HTTP 403", "The current one is another"],
    );
    client.hung_up().await;
    assert_eq!(bodies(&world.messages().await), [] as [&str; 0]);
}
