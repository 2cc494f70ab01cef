//! Windows and macOS: the system tells of changed addresses, and Windows that the computer woke (`told`).
//!
//! `if-watch` asks `NotifyIpInterfaceChange` on Windows and the dynamic store of SystemConfiguration on macOS. It
//! begins under Wine, which has told of no change; on macOS it has not been run.

use futures_util::{FutureExt, StreamExt};
use if_watch::{IfEvent, tokio::IfWatcher};
use tokio::{sync::mpsc, task::JoinSet};

use super::Notice;

/// Whether a tick that comes late tells of a wake. A Windows that only stands by counts that as awake, and holds
/// its programs, while `Instant` goes on. On macOS `Instant` stands still.
pub(super) const TELLS_LATE: bool = cfg!(windows);

/// Watches until the answer is dropped.
pub(super) fn watch(tell: mpsc::Sender<Notice>) -> JoinSet<()> {
    let mut watching = JoinSet::new();
    #[cfg(windows)]
    let wakes = tell.clone();
    #[cfg(windows)]
    watching.spawn(async move {
        crate::told::begin();
        loop {
            crate::told::WOKE.notified().await;
            if wakes.send(Notice::Woke).await.is_err() {
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

/// `if-watch` asks the system, which can on all of these.
pub(super) fn network_tells() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, windows))]
mod tests {
    use super::super::{Change, Watch};

    #[tokio::test]
    async fn a_wake_that_the_system_tells_of_is_one_of_unknown_length() {
        let mut watch = Watch::begin();
        crate::told::WOKE.notify_one();
        assert_eq!(watch.next().await, Some(Change::Woke(None)));
    }
}
