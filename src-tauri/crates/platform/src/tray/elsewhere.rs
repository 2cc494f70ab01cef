//! Windows and macOS: no icon is shown yet.

use std::future::pending;

use tokio::sync::{mpsc, watch};

use super::View;

/// Shows nothing for as long as it is polled.
pub(super) async fn run<A>(
    _views: watch::Receiver<View<A>>,
    _clicks: mpsc::Sender<A>,
    _shown: watch::Sender<bool>,
) {
    pending().await
}
