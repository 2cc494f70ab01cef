//! The tray on Linux: a StatusNotifierItem. Where no host shows one it waits for a host.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ksni::{
    Handle, MenuItem, OfflineReason, ToolTip, TrayMethods,
    menu::{StandardItem, SubMenu},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{Entry, Icon, View};
use crate::picture::Picture;

struct Item<A> {
    view: View<A>,
    clicks: mpsc::Sender<A>,
    /// Whether a host shows it; assumed unless the item is told otherwise.
    hosted: Arc<AtomicBool>,
    shown: watch::Sender<bool>,
}

impl<A> Item<A> {
    fn click(&self, action: A) {
        // A full queue drops the click: the person clicks faster than the agent acts.
        let _ = self.clicks.try_send(action);
    }

    fn host(&self, hosted: bool) {
        self.hosted.store(hosted, Ordering::Relaxed);
        tell(&self.shown, hosted);
    }
}

/// Tells whether there is an icon.
fn tell(shown: &watch::Sender<bool>, now: bool) {
    shown.send_if_modified(|shown| std::mem::replace(shown, now) != now);
}

impl<A: Copy + Send + Sync + 'static> ksni::Tray for Item<A> {
    fn id(&self) -> String {
        "hark".into()
    }

    fn title(&self) -> String {
        "Hark".into()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        pixmaps(self.view.icon, self.view.unread)
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: "Hark".into(),
            description: self.view.tooltip.clone(),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.click(self.view.primary);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.view.menu.iter().map(item).collect()
    }

    fn watcher_online(&self) {
        self.host(true);
    }

    fn watcher_offline(&self, _reason: OfflineReason) -> bool {
        self.host(false);
        true
    }
}

/// An entry as ksni has it.
fn item<A: Copy + Send + Sync + 'static>(entry: &Entry<A>) -> MenuItem<Item<A>> {
    match entry {
        Entry::Rule => MenuItem::Separator,
        Entry::Menu(label, entries) => {
            let submenu = entries.iter().map(item).collect();
            SubMenu { label: (*label).into(), submenu, ..SubMenu::default() }.into()
        }
        Entry::Note(text) => {
            StandardItem { label: plain(text), enabled: false, ..StandardItem::default() }.into()
        }
        Entry::Click(label, action) => {
            let action = *action;
            StandardItem {
                label: plain(label),
                activate: Box::new(move |item: &mut Item<A>| item.click(action)),
                ..StandardItem::default()
            }
            .into()
        }
    }
}

/// A label as it is: an underscore would mark a key to press.
fn plain(text: &str) -> String {
    text.replace('_', "__")
}

/// An icon that no host has shown for so long is registered anew.
const ANEW: Duration = Duration::from_secs(60);
/// The first wait after it could not be registered; each further one is twice as long.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// Shows the tray for as long as it is polled.
pub(super) async fn run<A: Copy + PartialEq + Send + Sync + 'static>(
    mut views: watch::Receiver<View<A>>,
    clicks: mpsc::Sender<A>,
    shown: watch::Sender<bool>,
) {
    let mut wait = RETRY_MIN;
    loop {
        match show(&mut views, &clicks, &shown).await {
            Ok(()) => wait = RETRY_MIN,
            // No session bus yet, or a host that is not ready.
            Err(error) => {
                tracing::info!("no tray: {error}");
                tell(&shown, false);
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
        }
    }
}

/// Shows the icon until no host has shown it for [`ANEW`]: a host that came at a bad moment might never
/// show it otherwise.
async fn show<A: Copy + PartialEq + Send + Sync + 'static>(
    views: &mut watch::Receiver<View<A>>,
    clicks: &mpsc::Sender<A>,
    shown: &watch::Sender<bool>,
) -> Result<(), ksni::Error> {
    let hosted = Arc::new(AtomicBool::new(true));
    let item = Item {
        view: views.borrow_and_update().clone(),
        clicks: clicks.clone(),
        hosted: hosted.clone(),
        shown: shown.clone(),
    };
    // Where there is no host for it, the item is told so while it starts.
    let handle = Shutdown(item.assume_sni_available(true).spawn().await?);
    tell(shown, hosted.load(Ordering::Relaxed));
    let mut until = Instant::now() + ANEW;
    loop {
        let hosted = hosted.load(Ordering::Relaxed);
        if hosted {
            until = Instant::now() + ANEW;
        }
        tokio::select! {
            change = views.changed() => if change.is_err() { return Ok(()) },
            () = sleep_until(until), if !hosted => return Ok(()),
        }
        let view = views.borrow_and_update().clone();
        handle.0.update(|item| item.view = view).await;
    }
}

/// Takes the icon away when the task ends.
struct Shutdown<A: Copy + Send + Sync + 'static>(Handle<Item<A>>);

impl<A: Copy + Send + Sync + 'static> Drop for Shutdown<A> {
    fn drop(&mut self) {
        // Its end is not waited for: the bus sees that we leave.
        drop(self.0.shutdown());
    }
}

fn pixmaps(icon: Icon, unread: bool) -> Vec<ksni::Icon> {
    macro_rules! png {
        ($name:literal, $size:literal) => {
            &include_bytes!(concat!("../../../../../icons/tray/", $name, "-", $size, ".png"))[..]
        };
    }
    macro_rules! pngs {
        ($name:literal) => {
            [png!($name, "22"), png!($name, "32"), png!($name, "48")]
        };
    }
    let pngs = match (icon, unread) {
        (Icon::Idle, false) => pngs!("idle"),
        (Icon::Idle, true) => pngs!("idle-unread"),
        (Icon::Live, false) => pngs!("live"),
        (Icon::Live, true) => pngs!("live-unread"),
        (Icon::Silent, false) => pngs!("silent"),
        (Icon::Silent, true) => pngs!("silent-unread"),
        (Icon::Trying, false) => pngs!("trying"),
        (Icon::Trying, true) => pngs!("trying-unread"),
        (Icon::NeedsYou, false) => pngs!("needs-you"),
        (Icon::NeedsYou, true) => pngs!("needs-you-unread"),
        (Icon::Paused, false) => pngs!("paused"),
        (Icon::Paused, true) => pngs!("paused-unread"),
    };
    pngs.into_iter().filter_map(argb).collect()
}

/// A pixmap as StatusNotifierItem wants it: ARGB, 8 bits each, in network order.
fn argb(png: &[u8]) -> Option<ksni::Icon> {
    let Picture { width, height, rgba } = Picture::of_png(png)?;
    let data = rgba.chunks_exact(4).flat_map(|p| [p[3], p[0], p[1], p[2]]).collect();
    Some(ksni::Icon { width, height, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_icon_in_three_sizes() {
        use Icon::{Idle, Live, NeedsYou, Paused, Silent, Trying};

        let mut seen = Vec::new();
        let icons = [Idle, Live, Silent, Trying, NeedsYou, Paused];
        for (icon, unread) in icons.into_iter().flat_map(|icon| [(icon, false), (icon, true)]) {
            let pixmaps = pixmaps(icon, unread);
            let sizes: Vec<_> = pixmaps.iter().map(|icon| (icon.width, icon.height)).collect();
            assert_eq!(sizes, [(22, 22), (32, 32), (48, 48)], "{icon:?}");
            for pixmap in &pixmaps {
                assert_eq!(pixmap.data.len(), (pixmap.width * pixmap.height * 4) as usize);
                assert!(pixmap.data.chunks(4).any(|pixel| pixel[0] > 200), "{icon:?} is visible");
            }
            assert!(!seen.contains(&pixmaps[0].data), "{icon:?} looks like another");
            seen.push(pixmaps[0].data.clone());
        }
    }
}
