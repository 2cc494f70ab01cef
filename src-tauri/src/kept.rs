//! What the window keeps of itself: its size, its look and its language, in a file of its profile's own.
//! (`tauri-plugin-window-state` keeps a size for the application's name, and two profiles must not meet.)

use std::{fs, path::Path};

use hark_local::file;
use serde::{Deserialize, Serialize};
use tauri::{LogicalSize, Theme, WebviewWindow};

/// The smallest that the page is made for. CSS pixels.
pub(crate) const SMALLEST: (f64, f64) = (420.0, 400.0);
/// The first one shows a list with its subscriptions beside it.
const FIRST: Kept = Kept {
    width: 1000.0,
    height: 680.0,
    maximized: false,
    appearance: Appearance { look: Look::System, language: Language::System },
};
/// No screen is larger; a file that says more is not believed.
const LARGEST: f64 = 16_384.0;

const NAME: &str = "window.json";

/// Sizes in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Whether the window has the whole screen; then the others are what it had before, or has at first.
    pub(crate) maximized: bool,
    #[serde(default)]
    pub(crate) appearance: Appearance,
}

/// How the window looks and speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Appearance {
    /// Light or dark.
    pub(crate) look: Look,
    /// The language of its page.
    pub(crate) language: Language,
}

/// The language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Language {
    /// As the desktop is.
    #[default]
    #[serde(rename = "")]
    System,
    /// English, whatever the desktop speaks.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese, likewise.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// Its tag, by which the page is told of it; empty for the desktop's.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::System => "",
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum Look {
    /// As the desktop is.
    #[default]
    System,
    /// Dark on light, whatever the desktop is.
    Light,
    /// Light on dark, likewise.
    Dark,
}

impl Look {
    /// The toolkit's word for it; none is the desktop's.
    pub(crate) fn theme(self) -> Option<Theme> {
        match self {
            Self::System => None,
            Self::Light => Some(Theme::Light),
            Self::Dark => Some(Theme::Dark),
        }
    }
}

/// What is kept in a folder; the first where nothing is, or nothing that can be.
pub(crate) fn read(folder: &Path) -> Kept {
    let text = fs::read(folder.join(NAME)).unwrap_or_default();
    let kept = serde_json::from_slice(&text).ok();
    let is_possible = |Kept { width, height, .. }: &Kept| {
        (SMALLEST.0..LARGEST).contains(width) && (SMALLEST.1..LARGEST).contains(height)
    };
    kept.filter(is_possible).unwrap_or(FIRST)
}

/// Keeps the size of a window that closes. One that cannot be kept is not: the next window has another size, and
/// nothing is lost by that.
pub(crate) fn keep_size(folder: &Path, window: &WebviewWindow) {
    let before = read(folder);
    let maximized = window.is_maximized().unwrap_or_default();
    let of = |scale| Some(window.inner_size().ok()?.to_logical(scale));
    let size = window.scale_factor().ok().and_then(of).filter(|_| !maximized);
    let LogicalSize { width, height } = size.unwrap_or((before.width, before.height).into());
    write(folder, Kept { width, height, maximized, ..before });
}

/// Keeps look and language.
pub(crate) fn keep_appearance(folder: &Path, appearance: Appearance) {
    write(folder, Kept { appearance, ..read(folder) });
}

fn write(folder: &Path, kept: Kept) {
    if let Ok(text) = serde_json::to_vec(&kept) {
        // What cannot be kept is as it was.
        let _ = file::replace(&folder.join(NAME), &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), FIRST);
        let kept = Kept { width: 801.0, height: 600.0, maximized: true, ..FIRST };
        let fresh = folder.path().join("window");
        write(&fresh, kept);
        assert_eq!(read(&fresh), kept, "its folder is made");
        write(folder.path(), kept);
        let link = folder.path().join("beside");
        fs::hard_link(folder.path().join(NAME), &link).unwrap();
        let appearance = Appearance { look: Look::Dark, language: Language::Chinese };
        keep_appearance(folder.path(), appearance);
        assert_eq!(read(folder.path()), Kept { appearance, ..kept });
        let before: Kept = serde_json::from_slice(&fs::read(&link).unwrap()).unwrap();
        assert_eq!(before, kept, "the file is replaced, and never half of one");
        for (width, height) in [(1.0, 600.0), (800.0, 1e9), (f64::NAN, 600.0)] {
            write(folder.path(), Kept { width, height, ..kept });
            assert_eq!(read(folder.path()), FIRST, "{width} {height}");
        }
        fs::write(folder.path().join(NAME), "{").unwrap();
        assert_eq!(read(folder.path()), FIRST);
    }
}
