//! Folders that only their owner may enter, or their group as well.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::Path,
};

/// Makes a folder that only its owner may enter, or checks that it is one.
///
/// # Errors
/// Where it cannot be made, belongs to somebody else, or is a symbolic link, whose target may change.
pub fn private(folder: &Path) -> io::Result<()> {
    of_mode(folder, 0o700)
}

/// The same of one that the members of its group may enter, too.
///
/// # Errors
/// As [`private`].
pub fn of_group(folder: &Path) -> io::Result<()> {
    of_mode(folder, 0o750)
}

fn of_mode(folder: &Path, mode: u32) -> io::Result<()> {
    let is_link = |found: fs::Metadata| found.is_symlink();
    if fs::symlink_metadata(folder).is_ok_and(is_link) {
        let said = "it is a symbolic link, and Hark wants a folder of its own there; put a folder in \
                    its place, or name another one with --profile";
        return Err(io::Error::new(io::ErrorKind::NotADirectory, said));
    }
    fs::DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    let mine = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    let others = 0o777 & !mode;
    if mine && found.mode() & others == 0 {
        return Ok(());
    }
    if mine {
        // The owner's own permissions stay as they were.
        let masked = found.mode() & mode;
        return fs::set_permissions(folder, fs::Permissions::from_mode(masked));
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder belongs to another user"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_the_place_of_a_folder_is_called_one() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        private(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let said = private(&link).unwrap_err().to_string();
        fs::remove_dir(&real).unwrap();
        let dangling = private(&link).unwrap_err().to_string();
        assert!(said.contains("symbolic link") && !said.contains("another user"), "{said}");
        assert_eq!(dangling, said);
    }
}
