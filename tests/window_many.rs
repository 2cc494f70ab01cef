//! The window over twenty thousand messages and ten thousand rows of the journal: it holds a part of them, asks for
//! few pages, and finds. Its agent is killed and started again under it, and it goes on by itself.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::Duration;

use hark_engine::{
    cursor::Cursor,
    failure::Cause,
    history::Entry,
    keep::Keep,
    link::{Delivery, Outcome},
    message::{Message, RawEvent},
    policy::{self, Origin},
};
use hark_store::Store;
use hark_tests::{LONG, World, desktop::Desktop, eventually, sse::Server, window::Window};
use jiff::Timestamp;
use serde_json::Value;

const MESSAGES: u64 = 20_000;
const AT_ONCE: u64 = 1_000;
/// Two to an outage.
const ROWS: u64 = 10_000;
const DAYS: u64 = 89;

/// So many times the end of the list is scrolled to.
const PAGES: u64 = 24;
/// So many of them are in the page at most.
const SHOWN_MAX: u64 = 300;
/// Elements of the page at most.
const NODES_MAX: u64 = 12_000;

/// Fills the store of a world as an agent of long standing has it.
fn fill(world: &World, followed: &[(&str, String)]) {
    let path = world.path("profile/data/hark.db");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let now = Timestamp::now();
    let begin = now - Duration::from_secs(DAYS * 86_400);
    let mut store = Store::open(&path, begin).unwrap().store;
    for (key, url) in followed {
        store.begin(key, url, begin).unwrap();
        store.keep(key, Keep { messages_max: 50_000, ..Keep::DEFAULT });
    }
    for from in (0..MESSAGES).step_by(AT_ONCE as usize) {
        let some: Vec<_> = (from..from + AT_ONCE).map(delivery).collect();
        let at = now - Duration::from_secs((MESSAGES - from) * 60);
        let decide = |message: &Message, event: &RawEvent, origin| {
            policy::decide(&[], message, event, origin)
        };
        store.commit("news", &some, at, decide).unwrap();
    }
    while store.index().unwrap() {}
    for pair in 0..ROWS / 2 {
        let key = followed[(pair % followed.len() as u64) as usize].0;
        let lost = begin + Duration::from_secs(pair * DAYS * 86_400 / (ROWS / 2));
        let failure = if pair % 3 == 0 { Cause::EndOfStream } else { Cause::ConnectionReset };
        let entry = Entry::Lost { failure: failure.into(), last_heard: lost };
        store.journal(Some(key), lost, &entry).unwrap();
        store.journal(Some(key), lost + Duration::from_secs(90), &Entry::Opened).unwrap();
    }
    store.alive(now).unwrap();
}

fn delivery(number: u64) -> Delivery {
    let mut message = Message::of_text(&format!("disk {} of the night, word{number}", number % 7));
    message.title = format!("Message {number}").as_str().into();
    let id = number.to_string();
    Delivery {
        event: RawEvent { own_id: Some(id.clone()), data: id.clone(), ..RawEvent::default() },
        outcome: Outcome::Message(Box::new(message), Origin::Live),
        ..Delivery::of_cursor(Cursor::of_id(&id))
    }
}

/// Has the page note how much it holds at most, and what it asks for.
const WATCH: &str = "window.most = { rows: 0, nodes: 0, asked: 0 };
    const look = () => {
        const rows = document.querySelectorAll('[data-testid=message]').length;
        const nodes = document.getElementsByTagName('*').length;
        most.rows = Math.max(most.rows, rows);
        most.nodes = Math.max(most.nodes, nodes);
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    look();
    const fetch = window.fetch;
    window.fetch = (address, options) => {
        const body = options?.body;
        const text = typeof body === 'string' ? body : new TextDecoder().decode(body ?? new Uint8Array());
        if (text.includes('\"/v1/messages\"')) most.asked += 1;
        return fetch(address, options);
    };";

async fn most(window: &Window) -> [u64; 3] {
    let most = window.run("return [most.rows, most.nodes, most.asked]", Vec::new()).await;
    serde_json::from_value(most).unwrap()
}

/// The title at the end of the list.
async fn last(window: &Window) -> String {
    let script = "return [...document.querySelectorAll('[data-testid=open-message]')].at(-1)?.innerText.trim() ?? ''";
    window.run(script, Vec::new()).await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_window_holds_a_part_of_very_much_and_outlives_its_agent() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let (server, others) = (Server::start().await, [Server::start().await, Server::start().await]);
    let followed =
        [("news", server.url("/")), ("one", others[0].url("/")), ("two", others[1].url("/"))];
    fill(world, &followed);
    let tables =
        followed.iter().map(|(key, url)| format!("[subscriptions.{key}]\nurl = \"{url}\"\n"));
    world.settings(&format!("[keep]\nmessages = 50000\n{}", tables.collect::<String>()));
    let agent = world.agent_with(&[]).await;
    let _client = server.streaming(world).await;
    let window = Window::open(world).await;
    window.shows("[data-testid=message]", "Message 19999").await;
    window.run(WATCH, Vec::new()).await;

    // Down through some pages, as a person with a wheel.
    let mut seen = last(&window).await;
    for page in 1..=PAGES {
        window.run("scrollTo(0, document.documentElement.scrollHeight)", Vec::new()).await;
        seen = eventually(&format!("page {page} is there"), LONG, async || {
            let now = last(&window).await;
            if now == seen || now.is_empty() { Err(now) } else { Ok(now) }
        })
        .await;
    }
    let reached: u64 = seen.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(reached < MESSAGES - 600, "{seen}");
    let [rows, nodes, asked] = most(&window).await;
    assert!((100..SHOWN_MAX).contains(&rows), "{rows} messages in the page");
    assert!(nodes < NODES_MAX, "{nodes} elements");
    assert!((PAGES..=2 * PAGES).contains(&asked), "{asked} pages were asked for");
    window.click("[data-testid=to-latest]").await;
    window.shows("[data-testid=message]", "Message 19999").await;

    // Found as one types, among all of them, with no more questions than keys.
    let [_, _, before] = most(&window).await;
    for key in "word123".chars() {
        window.write("[data-testid=search]", &key.to_string()).await;
    }
    window.shows("[data-testid=message] mark", "word123").await;
    let [rows, nodes, asked] = most(&window).await;
    assert!(rows < SHOWN_MAX && nodes < NODES_MAX, "{rows} {nodes}");
    assert!(asked - before <= 9, "{} questions for 7 keys", asked - before);
    desktop.picture("many-found").await;
    window.write("[data-testid=search]", "\u{e009}a\u{e000}\u{e017}").await;
    window.shows("[data-testid=message]", "Message 19999").await;

    // A quarter of a year on the timeline.
    window.click("[data-testid=nav-outages]").await;
    window.find_within("[data-testid=open-entry]", LONG).await;
    window.click("[data-testid=range-quarter]").await;
    window.find_within("[data-testid=more-entries]", LONG).await;
    for _ in 0..3 {
        window.click("[data-testid=more-entries]").await;
    }
    window.drawn().await;
    desktop.picture("many-outages").await;
    let [_, nodes, _] = most(&window).await;
    assert!(nodes < NODES_MAX, "{nodes} elements");

    // The agent dies, and comes back: the page says so, and is as it was.
    window.click("[data-testid=nav-messages]").await;
    window.shows("[data-testid=message]", "Message 19999").await;
    window.run("window.born = document", Vec::new()).await;
    agent.kill();
    window.find_within("[data-testid=no-agent]", LONG).await;
    desktop.picture("many-no-agent").await;
    let agent = world.agent_with(&[]).await;
    let mut client = server.streaming(world).await;
    eventually("the window has its agent again", LONG, async || {
        if window.has("[data-testid=no-agent]").await { Err("no agent") } else { Ok(()) }
    })
    .await;
    client.send("id: 20000\ndata: {\"title\":\"After all of it\"}\n\n").await;
    window.shows("[data-testid=message]", "After all of it").await;
    window.shows("[data-testid=message]", "Message 19999").await;
    let rows = window.run(
        "return [window.born === document, document.querySelectorAll('[data-testid=message]').length]",
        Vec::new(),
    );
    let rows = rows.await;
    assert_eq!(rows[0], Value::Bool(true), "it was not loaded anew");
    assert!(rows[1].as_u64().unwrap() >= 100, "{rows}");
    desktop.picture("many-after").await;
    window.close().await;
    drop(agent);
}
