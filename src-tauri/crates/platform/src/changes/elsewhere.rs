//! Windows and macOS: the system tells of changed addresses, and a tick that comes late tells of a wake.
//!
//! `if-watch` asks `NotifyIpInterfaceChange` on Windows and the dynamic store of SystemConfiguration on macOS. It
//! begins under Wine, which has told of no change; on macOS it has not been run.

use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use if_watch::{IfEvent, tokio::IfWatcher};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{Notice, SLEEP_MIN, TICK};

/// Watches until the answer is dropped.
pub(super) fn watch(tell: mpsc::Sender<Notice>) -> JoinSet<()> {
    let mut watching = JoinSet::new();
    let wakes = tell.clone();
    watching.spawn(async move {
        loop {
            let before = Instant::now();
            sleep(TICK).await;
            if is_late(before.elapsed()) && wakes.send(Notice::Woke).await.is_err() {
                break;
            }
        }
    });
    watching.spawn(async move {
        let mut changes = match IfWatcher::new() {
            Ok(changes) => changes,
            Err(error) => {
                return tracing::info!("the network's changes are not told: {error}");
            }
        };
        // Those that are there already are no news.
        while let Some(Some(_)) = changes.next().now_or_never() {}
        while let Some(change) = changes.next().await {
            let Ok(IfEvent::Up(net) | IfEvent::Down(net)) = change else { continue };
            if tell.send(Notice::Network([net.addr()].into())).await.is_err() {
                break;
            }
        }
    });
    watching
}

/// Whether the computer has slept within a tick that took so long. Where the clock of `Instant` stands
/// still in sleep, as on macOS, the comparison of the clocks tells instead.
fn is_late(took: Duration) -> bool {
    took >= TICK + SLEEP_MIN
}

/// `if-watch` asks the system, which can on all of these.
pub(super) fn network_tells() -> std::io::Result<()> {
    Ok(())
}
