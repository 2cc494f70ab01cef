//! The tray on Windows: `tray-icon`, which wants a message loop. That is on a thread of its own, with a window
//! that is never shown: a view that is another wakes it, and only what differs is handed on. `tray-icon` puts the
//! icon back when Explorer starts anew; what could not be handed on meanwhile is handed on later.
//!
//! Run under Wine, which shows the icon and tells of no clicks.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::sleep,
};
use tray_icon::TrayIcon;
use winsafe::{co, gui, prelude::*};

use super::{
    Event, Icon, View, art,
    shown::{Show, Shown, put_away, put_up, with_shown},
};
use crate::told;

/// When it is tried again where no window can be had.
const RETRY: Duration = Duration::from_secs(60);
/// The one timer of the window.
const TIMER: usize = 1;

/// Whether a click on the icon opens its menu by itself.
pub(super) const OPENS_MENU: bool = false;

/// The picture in the size that the taskbar wants, or the next larger one that there is.
pub(super) fn png(icon: Icon, unread: bool) -> &'static [u8] {
    let wanted = winsafe::GetSystemMetrics(co::SM::CXSMICON);
    let last = art::SIZES.len() - 1;
    let place = art::SIZES.iter().position(|size| *size >= wanted).unwrap_or(last);
    art::pngs(icon, unread)[place]
}

pub(super) fn set_icon(to: &TrayIcon, icon: Option<tray_icon::Icon>) -> tray_icon::Result<()> {
    to.set_icon(icon)
}

/// Shows the tray for as long as it is polled.
pub(super) async fn run<A: Copy + PartialEq + Send + Sync + 'static>(
    mut views: watch::Receiver<View<A>>,
    events: mpsc::Sender<Event<A>>,
    shown: watch::Sender<bool>,
) {
    let shown = Arc::new(shown);
    loop {
        if let Some(ui) = Ui::begin(views.clone(), events.clone(), shown.clone()).await {
            while views.changed().await.is_ok() {
                let updated = ui.update();
                let _ = updated.await;
            }
            return;
        }
        sleep(RETRY).await;
    }
}

/// The thread of the loop, until it is dropped.
struct Ui {
    window: gui::WindowMain,
    /// Whether it has ended.
    has_ended: Arc<AtomicBool>,
}

impl Ui {
    async fn begin<A: Copy + PartialEq + Send + Sync + 'static>(
        views: watch::Receiver<View<A>>,
        events: mpsc::Sender<Event<A>>,
        tell: Arc<watch::Sender<bool>>,
    ) -> Option<Self> {
        let (ready, began) = oneshot::channel();
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = has_ended.clone();
        let begun = thread::Builder::new().name("tray".to_owned()).spawn(move || {
            told::know_of_scaled_screens();
            // Where no window can be had it says so, and the loop would panic.
            let shown = match Shown::new(views, events, tell) {
                Ok(shown) => shown,
                Err(error) => return tracing::warn!("no tray: {error}"),
            };
            let window = window(shown, ready);
            if let Err(error) = window.run_main(Some(co::SW::HIDE)) {
                tracing::warn!("the tray ends: {error}");
            }
            ended.store(true, Relaxed);
            put_away();
        });
        if let Err(error) = begun {
            tracing::warn!("no tray: {error}");
            return None;
        }
        match began.await {
            Ok(window) => Some(Self { window, has_ended }),
            Err(_) => None,
        }
    }

    /// Has what is seen follow the view. An open menu is waited for aside.
    fn update(&self) -> JoinHandle<()> {
        let window = self.window.clone();
        let has_ended = self.has_ended.clone();
        let update = move || {
            if !has_ended.load(Relaxed) {
                window.run_ui_thread(|| {
                    with_shown(|shown| shown.update());
                    Ok(())
                });
            }
        };
        tokio::task::spawn_blocking(update)
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        if !self.has_ended.load(Relaxed) {
            self.window.run_ui_thread(|| {
                // The icon goes before its loop does.
                put_away();
                winsafe::PostQuitMessage(0);
                Ok(())
            });
        }
    }
}

/// The window that is never shown. Answers it through `ready` once it is there, with the icon.
fn window(shown: impl Show + 'static, ready: oneshot::Sender<gui::WindowMain>) -> gui::WindowMain {
    let window = told::unseen();
    let begin = RefCell::new(Some((shown, ready)));
    let own = window.clone();
    window.on().wm_create(move |_| {
        if let Some((mut shown, ready)) = begin.take() {
            let timer = own.clone();
            shown.begin(Box::new(move |after| {
                let after = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
                // Without a timer it is handed on with the next view.
                let _ = timer.hwnd().SetTimer(TIMER, after, None);
            }));
            put_up(shown);
            let _ = ready.send(own.clone());
        }
        Ok(0)
    });
    let own = window.clone();
    window.on().wm_timer(TIMER, move || {
        let _ = own.hwnd().KillTimer(TIMER);
        with_shown(|shown| shown.update());
        Ok(())
    });
    // It stays until the agent ends, which hears of it by a window of its own (`told`).
    window.on().wm_close(|| Ok(()));
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_loop_begins_follows_its_view_and_ends_and_begins_again() {
        let view = |tooltip: &str| View {
            icon: Icon::Live,
            unread: false,
            tooltip: tooltip.to_owned(),
            primary: 1,
            menu: Vec::new(),
        };
        for _ in 0..2 {
            let (views, seen) = watch::channel(view("one"));
            let (events, _told) = mpsc::channel(4);
            let tell = Arc::new(watch::channel(false).0);
            // Without a display, as where nobody is logged in, there is none, and nothing more happens.
            let Some(ui) = Ui::begin(seen.clone(), events, tell).await else { continue };
            views.send_replace(view("two"));
            ui.update().await.unwrap();
            let has_ended = ui.has_ended.clone();
            drop(ui);
            while !has_ended.load(Relaxed) {
                tokio::task::yield_now().await;
            }
        }
    }
}
