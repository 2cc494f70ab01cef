//! Tray hosts that come later than the agent.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{LONG, Running, World, bus::Bus, eventually, fake::Watcher};

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
