//! The tray on Linux: a StatusNotifierItem. Where no host shows one it waits for a host.

use std::sync::{Arc, atomic::Ordering};

use ksni::{Handle, MenuItem, OfflineReason, ToolTip, TrayMethods, menu::StandardItem};
use tokio::sync::mpsc;

use super::{Ask, Entry, Icon, View, project};
use crate::{core::Core, words::Language};

struct Item {
    core: Arc<Core>,
    view: View,
    asks: mpsc::Sender<Ask>,
}

impl Item {
    fn ask(&self, ask: Ask) {
        // A person who clicks faster than the agent acts has been heard.
        let _ = self.asks.try_send(ask);
    }

    fn shown(&self, shown: bool) {
        if self.core.tray.swap(shown, Ordering::Relaxed) != shown {
            self.core.tell_status();
        }
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "hark".into()
    }

    fn title(&self) -> String {
        "Hark".into()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        pixmaps(self.view.icon)
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: "Hark".into(),
            description: self.view.tooltip.clone(),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.ask(Ask::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let entry = |entry: &Entry| match entry {
            Entry::Rule => MenuItem::Separator,
            // An underscore would mark a key to press.
            Entry::Note(text) => {
                let label = text.replace('_', "__");
                StandardItem { label, enabled: false, ..StandardItem::default() }.into()
            }
            Entry::Click(label, ask) => {
                let ask = *ask;
                StandardItem {
                    label: (*label).into(),
                    activate: Box::new(move |item: &mut Self| item.ask(ask)),
                    ..StandardItem::default()
                }
                .into()
            }
        };
        self.view.menu.iter().map(entry).collect()
    }

    fn watcher_online(&self) {
        self.shown(true);
    }

    fn watcher_offline(&self, _reason: OfflineReason) -> bool {
        self.shown(false);
        true
    }
}

/// Shows the tray for as long as the agent runs.
pub async fn run(core: Arc<Core>, asks: mpsc::Sender<Ask>) {
    let language = Language::of_environment();
    let mut changes = core.hub.changes();
    let view = project(&core.status(), language);
    let item = Item { core: core.clone(), view: view.clone(), asks };
    // Where there is no host for it, the item is told so while it starts.
    core.tray.store(true, Ordering::Relaxed);
    let handle = match item.assume_sni_available(true).spawn().await {
        Ok(handle) => Shutdown(handle),
        Err(error) => {
            core.tray.store(false, Ordering::Relaxed);
            return tracing::info!("no tray: {error}");
        }
    };
    core.tell_status();
    let mut shown = view;
    while changes.changed().await.is_ok() {
        let view = project(&core.status(), language);
        if view != shown {
            shown = view.clone();
            handle.0.update(|item| item.view = view).await;
        }
    }
}

/// Takes the icon away when the task ends.
struct Shutdown(Handle<Item>);

impl Drop for Shutdown {
    fn drop(&mut self) {
        // Its end is not waited for: the bus sees that we leave.
        drop(self.0.shutdown());
    }
}

fn pixmaps(icon: Icon) -> Vec<ksni::Icon> {
    macro_rules! pngs {
        ($name:literal) => {
            [
                &include_bytes!(concat!("../../../../../icons/tray/", $name, "-22.png"))[..],
                &include_bytes!(concat!("../../../../../icons/tray/", $name, "-32.png"))[..],
                &include_bytes!(concat!("../../../../../icons/tray/", $name, "-48.png"))[..],
            ]
        };
    }
    let pngs = match icon {
        Icon::Idle => pngs!("idle"),
        Icon::Connected => pngs!("connected"),
        Icon::Trouble => pngs!("trouble"),
        Icon::Paused => pngs!("paused"),
    };
    pngs.into_iter().filter_map(argb).collect()
}

/// A pixmap as StatusNotifierItem wants it: ARGB, 8 bits each, in network order.
fn argb(png: &[u8]) -> Option<ksni::Icon> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().ok()?;
    let mut data = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut data).ok()?;
    data.truncate(info.buffer_size());
    let data = match info.color_type {
        png::ColorType::Rgba => {
            data.chunks_exact(4).flat_map(|p| [p[3], p[0], p[1], p[2]]).collect()
        }
        png::ColorType::GrayscaleAlpha => {
            data.chunks_exact(2).flat_map(|p| [p[1], p[0], p[0], p[0]]).collect()
        }
        _ => return None,
    };
    let (width, height) = (i32::try_from(info.width).ok()?, i32::try_from(info.height).ok()?);
    Some(ksni::Icon { width, height, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_icon_in_three_sizes() {
        let mut seen = Vec::new();
        for icon in [Icon::Idle, Icon::Connected, Icon::Trouble, Icon::Paused] {
            let pixmaps = pixmaps(icon);
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
