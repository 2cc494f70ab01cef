//! The window's list of messages as it is read, on real parts: from a message that is asked for, far from its top while
//! more comes, and closed while something in it could still be taken back.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, Running, SHORT, World, desktop,
    desktop::Desktop,
    eventually, many,
    sse::Server,
    window::{self, Window},
};
use serde_json::Value;

const MESSAGES: usize = 5_000;

/// A world whose agent follows one feed and has had many messages of it, all of them read no sooner than seen.
async fn begin(desktop: &Desktop, url: &str) -> Running {
    let world = &desktop.world;
    drop(many::store(&world.folder("profile/data").join("hark.db"), "news", MESSAGES));
    world.settings(&format!(
        "[keep]\nmessages = 50000\ndays = 36500\n[subscriptions.news]\nurl = \"{url}\"\n"
    ));
    world.agent_with(&[]).await
}

/// The rows in view, each by its id and where it stands.
async fn in_view(window: &Window) -> Value {
    let script = "return [...document.querySelectorAll('[data-testid=message]')]
        .map((row) => [Number(row.dataset.id), Math.round(row.getBoundingClientRect().top)])
        .filter(([, top]) => top > 0 && top < innerHeight)";
    window.run(script, Vec::new()).await
}

/// The ids of the first and the last row.
async fn ends(window: &Window) -> (u64, u64) {
    let script = "const rows = [...document.querySelectorAll('[data-testid=message]')];
        return [rows[0], rows.at(-1)].map((row) => Number(row?.dataset.id ?? 0))";
    serde_json::from_value(window.run(script, Vec::new()).await).unwrap()
}

#[tokio::test]
async fn a_message_of_long_ago_is_opened_at_once_and_the_list_goes_on_from_it() {
    let desktop = Desktop::start().await;
    let _agent = begin(&desktop, "http://127.0.0.1:9/").await;
    let window = Window::open_with(&desktop.world, &["--message=1000"]).await;
    window.find("[data-testid=message][data-id='1000'][aria-current] [data-testid=detail]").await;
    assert!(in_view(&window).await.to_string().contains("[1000,"));
    let (first, last) = ends(&window).await;
    assert!((1001..1500).contains(&first) && (500..1000).contains(&last), "{first} to {last}");
    window.drawn().await;
    desktop.picture("list-asked-for").await;

    // Upwards what is newer is put above what is read, which stays where it is.
    window.run("scrollTo(0, 100)", Vec::new()).await;
    let before = in_view(&window).await;
    let newer = eventually("newer ones are there", LONG, async || {
        let (now, _) = ends(&window).await;
        if now > first { Ok(now) } else { Err(now) }
    })
    .await;
    window.drawn().await;
    assert_eq!(in_view(&window).await, before, "{newer}");
    window.click("[data-testid=to-latest]").await;
    window.find(&format!("[data-testid=message][data-id='{MESSAGES}']")).await;
    window.gone("[data-testid=to-latest]").await;

    window.run("location.hash = '#message=999999'", Vec::new()).await;
    window.shows("[data-testid=missing]", "no longer kept").await;
    window.find(&format!("[data-testid=message][data-id='{MESSAGES}']")).await;
    window.drawn().await;
    desktop.picture("list-not-kept").await;
    window.close().await;
}

#[tokio::test]
async fn what_is_read_far_down_stays_where_it_is_whatever_comes() {
    let desktop = Desktop::start().await;
    let server = Server::start().await;
    let _agent = begin(&desktop, &server.url("/")).await;
    let world = &desktop.world;
    let mut client = server.streaming(world).await;
    world.caught_up("news").await;
    let window = Window::open(world).await;
    window.find_within("[data-testid=message]", LONG).await;
    // Down to where as many are held as may be.
    for _ in 0..3 {
        let (_, last) = ends(&window).await;
        window.run("scrollTo(0, document.documentElement.scrollHeight)", Vec::new()).await;
        eventually("older ones are there", LONG, async || {
            let (_, now) = ends(&window).await;
            if now < last { Ok(()) } else { Err(now) }
        })
        .await;
    }
    window.run("scrollBy(0, -innerHeight)", Vec::new()).await;
    window.drawn().await;
    let before = in_view(&window).await;
    let mut events = String::new();
    for n in 0..30 {
        events += &format!("id: new-{n}\ndata: {{\"title\":\"New {n}\"}}\n\n");
    }
    client.send(&events).await;
    window.shows("[data-testid=to-latest]", "30 new").await;
    window.drawn().await;
    assert_eq!(in_view(&window).await, before);
    desktop.picture("list-new-while-read").await;
    window.click("[data-testid=to-latest]").await;
    window.shows("[data-testid=message]", "New 29").await;
    window.gone("[data-testid=to-latest]").await;
    window.close().await;
}

/// Closes a window as a person does, and waits until it is gone.
async fn close(desktop: &Desktop, world: &World) {
    let pid = world.running("hark-window")[0];
    let window = desktop::window_of(world, pid).await;
    desktop.close(&window).await;
    window::ended(world).await;
}

#[tokio::test]
async fn a_window_that_closes_does_first_what_could_still_be_taken_back() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let (server, other) = (Server::start().await, Server::start().await);
    world.follow(&[("news", &server.url("/")), ("other", &other.url("/"))]);
    let _agent = world.agent_with(&[]).await;
    let mut client = server.streaming(world).await;
    world.caught_up("news").await;
    client.send("data: {\"title\":\"Goes\"}\n\ndata: {\"title\":\"Stays\"}\n\n").await;
    world.stored(2).await;
    let window = Window::open(world).await;
    window.click("[data-testid=message][data-id='1'] [data-testid=open-message]").await;
    window.click("[data-testid=delete]").await;
    window.find("[data-testid=undo]").await;
    close(&desktop, world).await;
    drop(window);
    let left = eventually("the message is gone", SHORT, async || {
        let left: Vec<_> = world.all_messages().await.into_iter().map(|one| one.title).collect();
        if left.len() == 1 { Ok(left) } else { Err(format!("{left:?}")) }
    })
    .await;
    assert_eq!(left, ["Stays"]);

    // A page that answers nothing does not hold it up.
    let window = Window::open(world).await;
    window.find("[data-testid=message]").await;
    window.run("setTimeout(() => { for (;;); }, 50)", Vec::new()).await;
    close(&desktop, world).await;
    drop(window);
}
