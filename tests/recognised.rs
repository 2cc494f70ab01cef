//! A server that could not be recognised when it was added, as it was down, busy or behind a page: what it
//! speaks is found out at its first answer, and nothing is lost by that. The servers are real ones.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::fs;

use hark_tests::{
    LONG, World,
    django::Django,
    eventually,
    hark::{bodies, clear},
    mercure::{Hub, Version},
    names::{Answers, Names},
    nchan::Nchan,
    pocketbase::PocketBase,
    real_ntfy::RealNtfy,
    space,
    sse::Server,
    stand_in::{self, StandIn, TOKEN},
};

/// The settings file.
fn settings(world: &World) -> String {
    fs::read_to_string(world.path("profile/config/config.toml")).unwrap()
}

/// Waits until the settings say what the subscription speaks.
async fn speaks(world: &World, feed: &str) {
    eventually(&format!("the settings say {feed}"), LONG, async || {
        let settings = settings(world);
        let says = settings.contains(&format!("feed = \"{feed}\""));
        if says { Ok(()) } else { Err(settings) }
    })
    .await;
}

/// Adds a URL of which nothing can be known now; answers its key.
async fn add(world: &World, url: &str) -> String {
    let answer = world.hark(&["add", url, "--name", "News"]).await;
    assert_eq!(answer.code, Some(0), "{answer:?}");
    clear(
        &answer.err,
        &["could not be tried now", "What it speaks is found out at its first answer"],
    );
    speaks(world, "unknown").await;
    let key = world.status().await["links"][0]["subscription"].as_str().unwrap().to_owned();
    world.phase(&key, "backing_off").await;
    key
}

#[tokio::test]
async fn ntfy_added_by_its_topics_page_while_it_is_down_is_followed_once_it_is_up() {
    let world = World::new();
    let Some(mut ntfy) = RealNtfy::start(&world).await else { return };
    ntfy.kill();
    let _agent = world.agent().await;
    let page = format!("http://127.0.0.1:{}/news", ntfy.port);
    let key = add(&world, &page).await;
    ntfy.start_again().await;
    // It is published before Hark is there, and after.
    ntfy.publish("news", "first").await;
    speaks(&world, "ntfy").await;
    world.phase(&key, "streaming").await;
    ntfy.publish("news", "second").await;
    assert_eq!(bodies(&world.stored(2).await), ["first", "second"]);
    let link = world.link(&key).await;
    assert_eq!(link["feed"], "ntfy");
    let settings = settings(&world);
    assert!(settings.contains("/news/sse"), "where its events come from: {settings}");

    // What was recognised is so after a restart, and nothing comes twice.
    ntfy.kill();
    world.phase(&key, "backing_off").await;
    ntfy.start_again().await;
    ntfy.publish("news", "third").await;
    assert_eq!(bodies(&world.stored(3).await), ["first", "second", "third"]);
}

#[tokio::test]
async fn an_agent_that_starts_anew_goes_on_where_the_one_that_recognised_was() {
    let world = World::new();
    let Some(mut django) = Django::start(&world).await else { return };
    django.kill();
    let agent = world.agent().await;
    let key = add(&world, &django.url("news")).await;
    django.start_again().await.unwrap();
    speaks(&world, "django-eventstream").await;
    world.phase(&key, "streaming").await;
    django.publish().await;
    world.stored(1).await;
    agent.kill();
    django.publish().await;
    let _agent = world.agent().await;
    assert_eq!(bodies(&world.stored(2).await), django.published);
}

#[tokio::test]
async fn a_stream_that_is_of_no_known_kind_loses_not_even_its_first_event() {
    let world = World::new();
    let server = Server::start().await;
    world.settings(&format!(
        "# mine\n[subscriptions.news]\nurl = \"{}\"\nfeed = \"unknown\" # what is it?\n",
        server.url("/events")
    ));
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    speaks(&world, "unknown").await;
    client.send("data: one\n\n").await;
    client.send("data: two\n\n").await;
    assert_eq!(bodies(&world.stored(2).await), ["one", "two"]);
    speaks(&world, "json").await;
    let settings = settings(&world);
    assert!(settings.contains("# mine") && settings.contains("# what is it?"), "{settings}");
}

#[tokio::test]
async fn listen_recognises_as_add_does() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    ntfy.publish("news", "first").await;
    let page = format!("http://127.0.0.1:{}/news", ntfy.port);
    let mut listen = world.start_hark("listen", &["listen", &page]);
    listen.line("first", LONG).await;
    ntfy.publish("news", "second").await;
    listen.line("second", LONG).await;
    assert_eq!(listen.lines().len(), 2, "neither its greeting nor its keepalive: {}", listen.out());

    let nchan = Nchan::start(&world).await;
    let mut listen = world.start_hark("listening", &["listen", "--json", &nchan.url("news")]);
    nchan.publish("news", "third").await;
    listen.line("third", LONG).await;
}

#[tokio::test]
async fn an_address_without_a_scheme_is_tried_over_https_and_then_over_http_without_a_token() {
    if !space::enter(
        "an_address_without_a_scheme_is_tried_over_https_and_then_over_http_without_a_token",
    ) {
        return;
    }
    let world = World::new();
    let names = Names::start_in(&world).await;
    names.answer(Answers::Loopback);
    let nchan = Nchan::start(&world).await;
    let _agent = world.agent().await;
    let address = |host: &str| nchan.url("news").replace("http://127.0.0.1", host);
    let answer = world.hark(&["add", &address("push.example")]).await;
    assert_eq!(answer.code, Some(0), "{answer:?}");
    clear(&answer.err, &["Over https it does not answer", "over http"]);
    assert!(settings(&world).contains("url = \"http://push.example:"), "{}", settings(&world));

    // With a token it is https or nothing.
    let token = world.secret("token", "secret");
    let options = ["--token-file", token.to_str().unwrap()];
    let other = address("other.example");
    let answer = world.hark(&[&["add", &other], &options[..]].concat()).await;
    assert_eq!(answer.code, Some(0), "{answer:?}");
    clear(&answer.err, &["could not be tried now"]);
    assert!(settings(&world).contains("url = \"https://other.example:"), "{}", settings(&world));

    // This computer is asked over http at once.
    world.hark(&["add", &address("127.0.0.1")]).await.ok();
    assert!(settings(&world).contains("url = \"http://127.0.0.1:"), "{}", settings(&world));
}

#[tokio::test]
async fn a_websocket_is_not_followed_and_what_is_there_instead_is_said() {
    let world = World::new();
    world.hark(&["add", "wss://ntfy.sh/alerts/ws"]).await.refused(&["WebSocket", "https://"]);
    world.hark(&["add", "ws://gotify.example/stream"]).await.refused(&["WebSocket", "Gotify"]);
}

#[tokio::test]
async fn the_page_of_a_server_leads_to_what_it_has_and_says_what_is_missing() {
    let world = World::new();
    if let Some(ntfy) = RealNtfy::start(&world).await {
        let page = format!("http://127.0.0.1:{}/", ntfy.port);
        let topic = format!("{}TOPIC", page);
        world.hark(&["add", &page]).await.refused(&["this is ntfy", &topic]);
    }
    if let Some(base) = PocketBase::start(&world).await {
        let page = format!("http://127.0.0.1:{}/", base.port);
        let stream = base.url("?collection=NAME");
        world.hark(&["add", &page]).await.refused(&["PocketBase", &stream]);
        world.hark(&["add", &format!("{page}_/")]).await.refused(&["PocketBase", &stream]);
    }
    assert!(!world.path("profile/config/config.toml").exists(), "nothing was saved");
}

#[tokio::test]
async fn home_assistants_page_leads_to_its_stream_and_the_token_is_asked_for_at_once() {
    let world = World::new();
    let _agent = world.agent().await;
    let server = StandIn::start(stand_in::home_assistant).await;
    let page = server.url("/");
    world.hark(&["add", &page]).await.refused(&["long-lived access token", "--token-file"]);
    let token = world.secret("token", TOKEN);
    let said = world.hark(&["add", &page, "--token-file", token.to_str().unwrap()]).await.ok();
    clear(&said, &["Home Assistant"]);
    assert!(settings(&world).contains("/api/stream"), "{}", settings(&world));
}

#[tokio::test]
async fn mastodons_page_leads_to_its_stream_and_the_token_is_asked_for_at_once() {
    let world = World::new();
    let _agent = world.agent().await;
    let server = StandIn::start(stand_in::mastodon).await;
    let stream = "/api/v1/streaming/user/notification";
    let token = world.secret("token", TOKEN).display().to_string();
    for page in ["/", "/@me"].map(|path| server.url(path)) {
        let words = ["this is Mastodon", stream, "access token", "--token-file"];
        world.hark(&["add", &page]).await.refused(&words);
    }
    let said = world.hark(&["add", &server.url("/"), "--token-file", &token]).await.ok();
    clear(&said, &["It speaks Mastodon"]);
    assert!(settings(&world).contains(stream), "{}", settings(&world));

    // Where its streams are another server, the token is not sent there unasked.
    let apart = StandIn::start(stand_in::mastodon_apart).await;
    let there = format!("http://localhost:{}/apart{stream}", apart.port);
    let answer = world.hark(&["add", &apart.url("/"), "--token-file", &token]).await;
    answer.refused(&["sends its clients on to", &there, "add its address"]);
    assert!(!answer.err.contains("Name one with"), "another token would not help: {answer:?}");
}

#[tokio::test]
async fn a_mercure_hub_and_a_site_that_names_one_ask_for_a_topic_and_a_page_of_it_is_followed() {
    let world = World::new();
    let _agent = world.agent().await;
    let hub = Hub::start(Version::Zero).await;
    let port = hub.url("").split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    let topic = format!("http://127.0.0.1:{port}/.well-known/mercure?topic=TOPIC");
    for at in ["", "/", "/.well-known/mercure"] {
        let url = format!("http://127.0.0.1:{port}{at}");
        world.hark(&["add", &url]).await.refused(&["this is a Mercure hub", &topic]);
        hub.protect("a token");
    }

    let site = StandIn::start(stand_in::site_with_hub).await;
    let said = world.hark(&["add", &site.url("/books/1")]).await.ok();
    clear(&said, &["mercure"]);
    let follows = settings(&world);
    let books = "/hub?topic=http%3A%2F%2F127.0.0.1%3A";
    assert!(follows.contains(books) && follows.contains("%2Fbooks%2F1"), "{follows}");
    let away = world.hark(&["add", &site.url("/away")]).await;
    away.refused(&["https://hub.example/.well-known/mercure?topic=", "add its address"]);
    let root = world.hark(&["add", &site.url("/")]).await;
    root.refused(&["its page names a Mercure hub", &site.url("/hub?topic=TOPIC")]);
}

#[tokio::test]
async fn gotify_is_named_with_what_it_speaks_and_no_token_is_asked_for() {
    let world = World::new();
    let server = StandIn::start(stand_in::gotify).await;
    let right = world.secret("token", TOKEN).display().to_string();
    for path in ["/", "/stream"] {
        let answer = world.hark(&["add", &server.url(path)]).await;
        answer.refused(&["this is Gotify", "WebSocket", "(SSE)", "ntfy"]);
        assert!(!answer.err.contains("--token-file"), "{answer:?}");
    }
    let with = world.hark(&["add", &server.url("/stream"), "--token-file", &right]).await;
    with.refused(&["a WebSocket is at this URL", "ntfy"]);
    assert!(!world.path("profile/config/config.toml").exists(), "nothing was saved");
}

/// Asserts that this status has the command that follows a URL, in quotes, and that nothing of the sentence
/// comes after it: the end of a line ends a command, too.
fn copies(status: &str, url: &str) {
    assert!(status.contains(&format!("hark add '{url}'\n")), "{status}");
}

#[tokio::test]
async fn what_a_page_says_is_no_command_to_the_shell_that_its_address_is_copied_to() {
    let world = World::new();
    let _agent = world.agent().await;
    let mut site = StandIn::start(stand_in::site_with_hub).await;
    site.kill().await;
    let key = add(&world, &site.url("/shell?session=SECRET")).await;
    site.start_again().await;
    world.hark(&["resume", &key]).await.ok();
    let status = eventually("its stream is told", LONG, async || {
        let status = world.hark(&["status"]).await.ok();
        if status.contains("a page of Mercure") { Ok(status) } else { Err(status) }
    })
    .await;
    let topic = format!("http%3A%2F%2F127.0.0.1%3A{}%2Fshell", site.port);
    copies(&status, &site.url(&format!("/hub%27$(id)?a=1;touch${{IFS}}/tmp/x;b=1&topic={topic}")));
}

#[tokio::test]
async fn a_page_that_was_added_while_it_was_down_says_where_its_stream_is() {
    let stream = "/api/v1/streaming/user/notification";
    for (answers, path, words) in [
        (stand_in::home_assistant as stand_in::Answers, "/api/stream", "a page of Home Assistant"),
        (stand_in::mastodon, stream, "a page of Mastodon"),
        (stand_in::gotify, "", "this is Gotify"),
        (stand_in::site_with_hub, "/hub?topic=TOPIC", "its page names a Mercure hub"),
    ] {
        let world = World::new();
        let _agent = world.agent().await;
        let mut server = StandIn::start(answers).await;
        server.kill().await;
        let key = add(&world, &server.url("/")).await;
        server.start_again().await;
        world.hark(&["resume", &key]).await.ok();
        let status = eventually(&format!("{words:?} is said"), LONG, async || {
            let status = world.hark(&["status"]).await.ok();
            if status.contains(words) { Ok(status) } else { Err(status) }
        })
        .await;
        assert!(status.contains(path), "{status}");
        if path.starts_with("/api/") {
            copies(&status, &server.url(path));
            assert!(status.contains("wants a token, which hark add asks for"), "{status}");
        }
    }
}
