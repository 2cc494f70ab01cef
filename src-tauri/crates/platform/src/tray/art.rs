//! Hark's icon for the tray in each of its states, in the sizes that the system asks for.

use super::Icon;

#[cfg(any(test, not(target_os = "macos")))]
macro_rules! png {
    ($name:literal, $size:literal) => {
        &include_bytes!(concat!("../../../../../icons/tray/", $name, "-", $size, ".png"))[..]
    };
}

#[cfg(target_os = "linux")]
macro_rules! pngs {
    ($name:literal) => {
        [png!($name, "22"), png!($name, "32"), png!($name, "48")]
    };
}

/// Of a taskbar at 100, 125, 150 and 200 %.
#[cfg(any(windows, all(test, target_os = "macos")))]
macro_rules! pngs {
    ($name:literal) => {
        [png!($name, "16"), png!($name, "20"), png!($name, "24"), png!($name, "32")]
    };
}

#[cfg(any(test, target_os = "macos"))]
macro_rules! template {
    ($name:literal) => {
        &include_bytes!(concat!("../../../../../icons/tray/template/", $name, ".png"))[..]
    };
}

/// The widths of an icon's pictures, in pixels.
#[cfg(target_os = "linux")]
pub(super) const SIZES: [i32; 3] = [22, 32, 48];
/// The widths of an icon's pictures, in pixels.
#[cfg(any(windows, all(test, target_os = "macos")))]
pub(super) const SIZES: [i32; 4] = [16, 20, 24, 32];

/// What this macro makes of the name of an icon.
macro_rules! named {
    ($make:ident of $icon:expr, $unread:expr) => {
        match ($icon, $unread) {
            (Icon::Idle, false) => $make!("idle"),
            (Icon::Idle, true) => $make!("idle-unread"),
            (Icon::Live, false) => $make!("live"),
            (Icon::Live, true) => $make!("live-unread"),
            (Icon::Silent, false) => $make!("silent"),
            (Icon::Silent, true) => $make!("silent-unread"),
            (Icon::Trying, false) => $make!("trying"),
            (Icon::Trying, true) => $make!("trying-unread"),
            (Icon::NeedsYou, false) => $make!("needs-you"),
            (Icon::NeedsYou, true) => $make!("needs-you-unread"),
            (Icon::Paused, false) => $make!("paused"),
            (Icon::Paused, true) => $make!("paused-unread"),
        }
    };
}

/// The pictures of an icon, as PNG, in the order of [`SIZES`].
#[cfg(any(test, not(target_os = "macos")))]
pub(super) fn pngs(icon: Icon, unread: bool) -> [&'static [u8]; SIZES.len()] {
    named!(pngs of icon, unread)
}

/// The picture of an icon for the menu bar of macOS, as PNG: 22 points at twice their size.
#[cfg(any(test, target_os = "macos"))]
pub(super) fn template(icon: Icon, unread: bool) -> &'static [u8] {
    named!(template of icon, unread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Picture;

    #[test]
    fn every_state_has_its_icon_in_each_size() {
        use Icon::{Idle, Live, NeedsYou, Paused, Silent, Trying};

        let (mut seen, mut templates) = (Vec::new(), Vec::new());
        let icons = [Idle, Live, Silent, Trying, NeedsYou, Paused];
        for (icon, unread) in icons.into_iter().flat_map(|icon| [(icon, false), (icon, true)]) {
            let pictures = pngs(icon, unread).map(|png| Picture::of_png(png).unwrap());
            let sizes = pictures.each_ref().map(|picture| (picture.width, picture.height));
            assert_eq!(sizes, SIZES.map(|size| (size, size)), "{icon:?}");
            for Picture { width, height, rgba } in &pictures {
                assert_eq!(rgba.len(), (width * height * 4) as usize);
                assert!(rgba.chunks(4).any(|pixel| pixel[3] > 200), "{icon:?} is visible");
            }
            assert!(!seen.contains(&pictures[0].rgba), "{icon:?} looks like another");
            seen.push(pictures[0].rgba.clone());
            // The opacity alone must tell it.
            let Picture { width, height, rgba } = Picture::of_png(template(icon, unread)).unwrap();
            assert_eq!((width, height), (44, 44));
            let opacity: Vec<u8> = rgba.chunks(4).map(|pixel| pixel[3]).collect();
            assert!(!templates.contains(&opacity), "{icon:?} looks like another in the menu bar");
            templates.push(opacity);
        }
    }
}
