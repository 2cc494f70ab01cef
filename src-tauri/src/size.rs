//! The window's size as the person left it, in a file of its profile's own. (`tauri-plugin-window-state` keeps it for
//! the application's name, and two profiles must not meet.)

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use tauri::{LogicalSize, WebviewWindow};

/// The smallest that the page is made for; the first one shows a list with its subscriptions beside it.
pub(crate) const SMALLEST: Size = Size { width: 420.0, height: 400.0, maximized: false };
const FIRST: Size = Size { width: 1000.0, height: 680.0, maximized: false };
/// No screen is larger; a file that says more is not believed.
const LARGEST: f64 = 16_384.0;

const NAME: &str = "size.json";

/// A size in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Whether the window has the whole screen; then the others are what it had before, or has at first.
    pub(crate) maximized: bool,
}

/// The size that is kept in a folder; the first one where none is, or none that can be.
pub(crate) fn read(folder: &Path) -> Size {
    let text = fs::read(folder.join(NAME)).unwrap_or_default();
    let kept = serde_json::from_slice(&text).ok();
    let is_possible = |Size { width, height, .. }: &Size| {
        (SMALLEST.width..LARGEST).contains(width) && (SMALLEST.height..LARGEST).contains(height)
    };
    kept.filter(is_possible).unwrap_or(FIRST)
}

/// Keeps the size of a window that closes. One that cannot be kept is not: the next window has another size, and
/// nothing is lost by that.
pub(crate) fn keep(folder: &Path, window: &WebviewWindow) {
    let maximized = window.is_maximized().unwrap_or_default();
    let of = |scale| Some(window.inner_size().ok()?.to_logical(scale));
    let Some(LogicalSize { width, height }) = window.scale_factor().ok().and_then(of) else {
        return;
    };
    let size = if maximized {
        Size { maximized, ..read(folder) }
    } else {
        Size { width, height, maximized }
    };
    write(folder, size);
}

fn write(folder: &Path, size: Size) {
    if let Ok(text) = serde_json::to_vec(&size) {
        let _ = fs::create_dir_all(folder);
        let _ = fs::write(folder.join(NAME), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_and_nonsense_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), FIRST);
        let size = Size { width: 801.0, height: 600.0, maximized: true };
        write(folder.path(), size);
        assert_eq!(read(folder.path()), size);
        for (width, height) in [(1.0, 600.0), (800.0, 1e9), (f64::NAN, 600.0)] {
            write(folder.path(), Size { width, height, maximized: false });
            assert_eq!(read(folder.path()), FIRST, "{width} {height}");
        }
        fs::write(folder.path().join(NAME), "{").unwrap();
        assert_eq!(read(folder.path()), FIRST);
    }
}
