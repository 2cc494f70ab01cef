//! Tray hosts that come later than the agent.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_api::route;
use hark_tests::{
    LONG, Running, World, bus::Bus, eventually, fake::Watcher, sse::Server, tray::Tray,
};

/// Waits until the agent says that it has an icon, or none.
async fn has_icon(world: &World, wanted: bool) {
    eventually(&format!("it has an icon: {wanted}"), LONG, async || {
        let status = world.ask().await.map_err(|error| error.to_string())?;
        (status.agent.tray == wanted).then_some(()).ok_or("not yet".to_owned())
    })
    .await;
}

async fn registers(watcher: &Watcher, agent: &mut Running) {
    eventually("the icon is registered", LONG, async || {
        assert!(agent.is_running());
        (!watcher.items().is_empty()).then_some(()).ok_or("no item")
    })
    .await;
}

#[tokio::test]
async fn a_host_that_comes_later_has_the_icon() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut agent = world.agent_with(&[]).await;
    has_icon(&world, false).await;
    let watcher = Watcher::start(&bus).await;
    registers(&watcher, &mut agent).await;
    has_icon(&world, true).await;
    drop(watcher);
    has_icon(&world, false).await;
    let watcher = Watcher::start(&bus).await;
    registers(&watcher, &mut agent).await;
    has_icon(&world, true).await;
}

#[tokio::test]
async fn a_bus_that_comes_later_has_the_icon() {
    let mut world = World::new();
    let socket = world.folder("run").join("session-bus");
    world.set("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    let mut agent = world.agent_with(&[]).await;
    has_icon(&world, false).await;
    let bus = Bus::start(&mut world).await;
    let watcher = Watcher::start(&bus).await;
    registers(&watcher, &mut agent).await;
    has_icon(&world, true).await;
}

#[tokio::test]
async fn what_is_followed_no_more_is_unread_nowhere() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let _watcher = Watcher::start(&bus).await;
    let (gone, other) = (Server::start().await, Server::start().await);
    world.follow(&[("gone", &gone.url("/")), ("other", &other.url("/"))]);
    let agent = world.agent_with(&[]).await;
    let mut gone = gone.client().await;
    gone.accept().await;
    world.caught_up("gone").await;
    gone.send("id: 1\ndata: {\"title\":\"Disk full\"}\n\n").await;
    world.stored(1).await;
    let tray = Tray::of(&bus, agent.pid()).await;
    let says = async |wanted: bool| {
        eventually(
            &format!("the tray says that something is unread: {wanted}"),
            LONG,
            async || {
                let tip = tray.tooltip().await;
                (tip.contains("unread") == wanted).then_some(()).ok_or(tip)
            },
        )
        .await;
        let counts = world.client().call(&route::UNREAD, &()).await.unwrap();
        assert_eq!(counts.iter().any(|one| one.messages > 0), wanted, "{counts:?}");
        let told = world.hark(&["status"]).await.ok();
        assert_eq!(told.contains("1 message, 1 unread"), wanted, "{told}");
    };
    says(true).await;
    world.hark(&["remove", "gone"]).await.ok();
    says(false).await;
    assert_eq!(world.messages().await.len(), 1, "it is history");
}
