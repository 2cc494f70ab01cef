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

use super::{Entry, Event, View, art};
use crate::picture::Picture;

struct Item<A> {
    view: View<A>,
    clicks: mpsc::Sender<Event<A>>,
    /// Whether a host shows it; assumed unless the item is told otherwise.
    hosted: Arc<AtomicBool>,
    shown: watch::Sender<bool>,
}

impl<A> Item<A> {
    fn click(&self, action: A) {
        // A full queue drops the click: the person clicks faster than the agent acts.
        let _ = self.clicks.try_send(Event::Click(action));
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
        art::pngs(self.view.icon, self.view.unread).into_iter().filter_map(argb).collect()
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
    clicks: mpsc::Sender<Event<A>>,
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
    clicks: &mpsc::Sender<Event<A>>,
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

/// A pixmap as StatusNotifierItem wants it: ARGB, 8 bits each, in network order.
fn argb(png: &[u8]) -> Option<ksni::Icon> {
    let Picture { width, height, rgba } = Picture::of_png(png)?;
    let data = rgba.chunks_exact(4).flat_map(|p| [p[3], p[0], p[1], p[2]]).collect();
    Some(ksni::Icon { width, height, data })
}

#[cfg(test)]
mod tests {
    use super::{super::Icon, *};

    #[test]
    fn a_pixmap_has_its_opacity_first() {
        let png = art::pngs(Icon::Live, false)[0];
        let (picture, pixmap) = (Picture::of_png(png).unwrap(), argb(png).unwrap());
        assert_eq!((pixmap.width, pixmap.height), (22, 22));
        assert_eq!(pixmap.data.len(), picture.rgba.len());
        for (argb, rgba) in pixmap.data.chunks(4).zip(picture.rgba.chunks(4)) {
            assert_eq!(argb, [rgba[3], rgba[0], rgba[1], rgba[2]]);
        }
    }
}
