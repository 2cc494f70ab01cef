//! What a folder or file is on its disk: whose it is, who may use it, and how much room there is. Blocks for as
//! long as the disk does.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::{fs, io, path::Path};

/// A folder or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who may use it, where the system says that by permissions (POSIX). Windows has lists of its own for it.
    pub access: Option<Access>,
    /// What it takes. Bytes.
    pub bytes: u64,
}

/// Who may use a folder or file, where permissions say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether this user owns it.
    pub is_mine: bool,
    /// The permissions, as `chmod` has them.
    pub mode: u32,
}

/// What is there.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::NotFound`] where there is nothing.
pub fn found(path: &Path) -> io::Result<Found> {
    let found = fs::metadata(path)?;
    Ok(Found { access: system::access(&found), bytes: found.len() })
}

/// How much room a user has on the disk of a folder, or of the nearest one above it that is there. Bytes.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::NotFound`] where there is not even such a disk.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let there = path.ancestors().find(|folder| folder.exists());
    system::free_bytes(there.ok_or(io::ErrorKind::NotFound)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_an_owner_permissions_and_room() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "four").unwrap();
        let seen = found(&file).unwrap();
        assert_eq!(seen.bytes, 4);
        let is_usable = seen.access.map(|access| access.is_mine && access.mode & 0o600 == 0o600);
        assert_eq!(is_usable, cfg!(unix).then_some(true), "{seen:?}");
        assert_eq!(found(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(free_bytes(&folder.path().join("not/yet")).unwrap() > 0);
    }
}
