//! Hark's icon for the tray in each of its states, in the sizes that the system asks for.

use super::Icon;

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
#[cfg(not(target_os = "linux"))]
macro_rules! pngs {
    ($name:literal) => {
        [png!($name, "16"), png!($name, "20"), png!($name, "24"), png!($name, "32")]
    };
}

/// The widths of an icon's pictures, in pixels.
#[cfg(target_os = "linux")]
pub(super) const SIZES: [i32; 3] = [22, 32, 48];
/// The widths of an icon's pictures, in pixels.
#[cfg(not(target_os = "linux"))]
pub(super) const SIZES: [i32; 4] = [16, 20, 24, 32];

/// The pictures of an icon, as PNG, in the order of [`SIZES`].
pub(super) fn pngs(icon: Icon, unread: bool) -> [&'static [u8]; SIZES.len()] {
    match (icon, unread) {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Picture;

    #[test]
    fn every_state_has_its_icon_in_each_size() {
        use Icon::{Idle, Live, NeedsYou, Paused, Silent, Trying};

        let mut seen = Vec::new();
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
        }
    }
}
