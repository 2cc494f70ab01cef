//! The pictures of toasts: Windows wants each as a file, for as long as the toast is there. They lie in Hark's own
//! folder, by the number of their toast, and no longer than that.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::picture::Picture;

/// Writes the picture of the toast of this number. Answers its address; none where it cannot be written, and
/// then it is shown without.
pub(super) fn keep(folder: &Path, number: u32, picture: &Picture) -> Option<String> {
    let path = place(folder, number);
    let written = fs::write(&path, picture.to_png()?);
    written.inspect_err(|error| tracing::warn!("a picture is left out: {error}")).ok()?;
    Some(super::super::toast_xml::file_address(&path.to_string_lossy()))
}

/// The toast of this number is gone.
pub(super) fn drop(folder: &Path, number: u32) {
    // There may be none.
    let _ = fs::remove_file(place(folder, number));
}

/// Removes those of toasts that are gone, of earlier runs too.
pub(super) fn tidy(folder: &Path, there: &[u32]) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if number.is_some_and(|number| !there.contains(&number)) {
            let _ = fs::remove_file(path);
        }
    }
}

fn place(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number}.png"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_there_as_long_as_its_toast() {
        let folder = tempfile::tempdir().unwrap();
        let picture = Picture { width: 1, height: 1, rgba: vec![1, 2, 3, 255] };
        for number in [7, 8, 9] {
            let address = keep(folder.path(), number, &picture).unwrap();
            assert!(
                address.starts_with("file:///") && address.ends_with(&format!("/{number}.png"))
            );
        }
        fs::write(folder.path().join("hark.png"), "the icon").unwrap();
        drop(folder.path(), 7);
        tidy(folder.path(), &[8]);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["8.png", "hark.png"]);
    }
}
