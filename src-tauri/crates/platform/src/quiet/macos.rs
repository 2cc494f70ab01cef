//! macOS: no interface that programs may use tells of its "Focus". It holds notifications back itself and keeps
//! them in its list, so nothing is lost where Hark does not know of it.

use std::future::pending;

use tokio::sync::watch;

use super::Session;

/// Says for as long as it is polled that nobody tells.
pub(super) async fn run(tell: watch::Sender<Session>) {
    tell.send_replace(Session { asked: true, there: true, ..Session::default() });
    pending().await
}
