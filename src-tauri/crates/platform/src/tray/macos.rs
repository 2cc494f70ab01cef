//! The tray on macOS: none yet. An icon of the menu bar (`NSStatusItem`) is of the main thread and of an application
//! with an event loop there; the agent is a program of the command line. Everything that the tray offers is in
//! Hark's window and in its commands.

use std::future::pending;

use tokio::sync::{mpsc, watch};

use super::{Event, View};

/// Shows nothing for as long as it is polled.
pub(super) async fn run<A>(
    _views: watch::Receiver<View<A>>,
    _events: mpsc::Sender<Event<A>>,
    _shown: watch::Sender<bool>,
) {
    pending().await
}
