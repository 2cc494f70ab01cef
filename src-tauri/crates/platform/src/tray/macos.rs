//! The icon in macOS' menu bar: `tray-icon`, on the process's first thread, whose loop is that of an application (see
//! [`crate::main_thread`]). A view that is another is handed on there. A click opens the menu, as all do there; the
//! picture is a template, which macOS colours for a light and a dark bar. Not run yet: it was type-checked.

use std::{sync::Arc, time::Duration};

use dispatch2::{DispatchQueue, DispatchTime};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};
use tray_icon::TrayIcon;

use super::{
    Event, Icon, View, art,
    shown::{Show, Shown, put_away, put_up, with_shown},
};

/// Whether a click on the icon opens its menu by itself.
pub(super) const OPENS_MENU: bool = true;
/// When it is tried again where no icon can be had.
const RETRY: Duration = Duration::from_secs(60);

pub(super) fn png(icon: Icon, unread: bool) -> &'static [u8] {
    art::template(icon, unread)
}

pub(super) fn set_icon(to: &TrayIcon, icon: Option<tray_icon::Icon>) -> tray_icon::Result<()> {
    to.set_icon_templated(icon)
}

/// Shows the tray for as long as it is polled.
pub(super) async fn run<A: Copy + PartialEq + Send + Sync + 'static>(
    mut views: watch::Receiver<View<A>>,
    events: mpsc::Sender<Event<A>>,
    shown: watch::Sender<bool>,
) {
    let shown = Arc::new(shown);
    let _away = Away;
    while !begin(views.clone(), events.clone(), shown.clone()).await {
        sleep(RETRY).await;
    }
    while views.changed().await.is_ok() {
        on_first_thread(|| with_shown(|shown| shown.update()));
    }
}

/// Puts the icon there. Answers whether it is.
async fn begin<A: Copy + PartialEq + Send + Sync + 'static>(
    views: watch::Receiver<View<A>>,
    events: mpsc::Sender<Event<A>>,
    tell: Arc<watch::Sender<bool>>,
) -> bool {
    let (ready, began) = oneshot::channel();
    on_first_thread(move || {
        let is_there = match Shown::new(views, events, tell) {
            Ok(mut shown) => {
                shown.begin(Box::new(again));
                put_up(shown);
                true
            }
            Err(error) => {
                tracing::warn!("no tray: {error}");
                false
            }
        };
        // Who asked may have ended.
        let _ = ready.send(is_there);
    });
    began.await.unwrap_or(false)
}

/// Has what is seen follow the view again in so long.
fn again(after: Duration) {
    let update = || with_shown(|shown| shown.update());
    if let Ok(then) = DispatchTime::try_from(after) {
        // Where it fails it is handed on with the next view.
        let _ = DispatchQueue::main().after(then, update);
    }
}

fn on_first_thread(run: impl FnOnce() + Send + 'static) {
    DispatchQueue::main().exec_async(run);
}

/// Takes the icon away when nothing polls it any more.
struct Away;

impl Drop for Away {
    fn drop(&mut self) {
        on_first_thread(put_away);
    }
}
