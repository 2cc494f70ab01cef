//! Folders that only their owner may enter, or their group as well.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::{fs, io, path::Path};

/// Makes a folder that only its owner may enter, or checks that it is one.
///
/// # Errors
/// Where it cannot be made, belongs to somebody else, or is a symbolic link, whose target may change.
pub fn private(folder: &Path) -> io::Result<()> {
    no_link(folder)?;
    system::make(folder, system::FOR_ONE)
}

/// The same of one that the members of its group may enter, too.
///
/// # Errors
/// As [`private`], and on Windows.
pub fn of_group(folder: &Path) -> io::Result<()> {
    no_link(folder)?;
    system::make(folder, system::FOR_GROUP)
}

fn no_link(folder: &Path) -> io::Result<()> {
    let is_link = |found: fs::Metadata| found.is_symlink();
    if fs::symlink_metadata(folder).is_ok_and(is_link) {
        let said = "it is a symbolic link, and Hark wants a folder of its own there; put a folder in \
                    its place, or name another one with --profile";
        return Err(io::Error::new(io::ErrorKind::NotADirectory, said));
    }
    Ok(())
}

fn of_another() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the folder belongs to another user")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
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

    #[test]
    fn a_folder_is_made_once_and_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        private(&path).unwrap();
        private(&path).unwrap();
        fs::write(path.join("file"), "x").unwrap();
        fs::write(folder.path().join("file"), "x").unwrap();
        assert!(private(&folder.path().join("file")).is_err());
    }
}
