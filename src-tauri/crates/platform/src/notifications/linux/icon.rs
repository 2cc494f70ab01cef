//! Hark's icon for a notification: by its name where the desktop's theme has it, else as pixels. Where Hark
//! runs without having been installed, the name alone would be a broken picture.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::picture::Picture;

const PNG: &[u8] = include_bytes!("../../../../../../icons/hark-64.png");
/// Where a theme keeps the icon of a program; every theme falls back to `hicolor` (Icon Theme
/// Specification).
const THEME: &str = "icons/hicolor";

/// The icon as pixels, where no theme has one of this name. Looks at the disk.
pub(super) fn if_missing(name: &str) -> Option<Picture> {
    let folders = data_folders(|variable| env::var(variable).ok());
    if folders.iter().any(|folder| has(&folder.join(THEME), name)) {
        return None;
    }
    built_in()
}

/// The icon as pixels.
pub(super) fn built_in() -> Option<Picture> {
    Picture::of_png(PNG)
}

fn has(theme: &Path, name: &str) -> bool {
    let Ok(sizes) = theme.read_dir() else { return false };
    let mut apps = sizes.flatten().map(|size| size.path().join("apps"));
    apps.any(|apps| ["png", "svg"].iter().any(|kind| apps.join(name).with_extension(kind).exists()))
}

/// The folders of the XDG Base Directory Specification.
fn data_folders(variable: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let home = set("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".local/share")));
    let others = set("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".to_owned());
    home.into_iter().chain(others.split(':').map(PathBuf::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_that_is_built_in_is_one() {
        let Picture { width, height, rgba } = Picture::of_png(PNG).unwrap();
        assert_eq!((width, height, rgba.len()), (64, 64, 64 * 64 * 4));
        assert!(rgba.chunks(4).any(|pixel| pixel[3] > 200), "it is visible");
    }

    #[test]
    fn a_theme_is_looked_for_where_the_specification_says() {
        let of = |all: &[(&str, &str)]| {
            data_folders(|name| all.iter().find(|(it, _)| *it == name).map(|(_, is)| (*is).into()))
        };
        let standard = ["/home/me/.local/share", "/usr/local/share", "/usr/share"];
        assert_eq!(of(&[("HOME", "/home/me"), ("XDG_DATA_DIRS", "")]), standard.map(PathBuf::from));
        let own = of(&[("XDG_DATA_HOME", "/d"), ("XDG_DATA_DIRS", "/a:/b")]);
        assert_eq!(own, ["/d", "/a", "/b"].map(PathBuf::from));
    }

    #[test]
    fn an_icon_of_any_size_is_enough() {
        let folder = std::env::temp_dir().join(format!("hark-icon-{}", std::process::id()));
        let apps = folder.join("48x48/apps");
        std::fs::create_dir_all(&apps).unwrap();
        assert!(!has(&folder, "hark"));
        std::fs::write(apps.join("hark.png"), "").unwrap();
        assert!(has(&folder, "hark") && !has(&folder, "harken"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
