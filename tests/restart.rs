//! An agent that is to begin anew: by whoever watches it, or by the client.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_api::{route, start};
use hark_local::profile::Profile;
use hark_tests::{LONG, Running, SHORT, World, eventually, hark::program};

/// Starts the agent anew, as the window does; answers the number of its process before, and now.
async fn anew(world: &World) -> (u32, u32) {
    let client = world.client();
    let profile = Profile::find(Some(&world.path("profile"))).unwrap();
    let pid = async || client.call(&route::STATUS, &()).await.unwrap().agent.pid;
    let before = pid().await;
    start::anew(&profile, &client).await.unwrap();
    (before, pid().await)
}

#[tokio::test]
async fn one_that_is_watched_is_started_by_who_watches_it() {
    let world = World::new();
    // As a unit: it is told where to say that it is ready, and which process it is.
    let unit = world.script(
        "unit",
        &format!(
            "export NOTIFY_SOCKET='{}'\nuntil sh -c 'export SYSTEMD_EXEC_PID=$$; exec \"$0\" \"$@\"' '{}' \"$@\"; \
             do echo \"ended with $?\"; done; echo well",
            world.path("notify").display(),
            program("hark").display()
        ),
    );
    // Not run itself: it may still be open for writing in a process that another test starts.
    let mut command = world.command("sh");
    command.arg(unit).args(["agent", "--no-tray"]);
    let mut unit = Running::start(&world, "unit", command);
    eventually("the agent answers", LONG, || world.ask()).await;
    let (before, now) = anew(&world).await;
    assert_ne!(before, now);
    eventually("it has ended as one that begins anew", LONG, async || {
        let out = unit.out();
        out.contains("ended with 75").then_some(()).ok_or(out)
    })
    .await;
    assert!(unit.is_running());
    world.hark(&["stop"]).await.ok();
    assert!(unit.ended(SHORT).await.success(), "asked to stop, it is not started again");
}

#[tokio::test]
async fn one_that_nobody_watches_ends_well() {
    let world = World::new();
    let mut agent = world.agent().await;
    let restarting = world.client().call(&route::RESTART, &()).await.unwrap();
    assert!(!restarting.by_itself);
    assert!(agent.ended(SHORT).await.success());
}
