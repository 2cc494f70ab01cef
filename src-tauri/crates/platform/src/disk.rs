//! What a folder or file is on its disk: whose it is, who may use it, and how much room there is. Blocks for as
//! long as the disk does.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use rustix::fs::statvfs;

/// A folder or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether this user owns it.
    pub is_mine: bool,
    /// The permissions, as `chmod` has them.
    pub mode: u32,
    /// What it takes. Bytes.
    pub bytes: u64,
}

/// What is there.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::NotFound`] where there is nothing.
pub fn found(path: &Path) -> io::Result<Found> {
    let found = fs::metadata(path)?;
    let is_mine = found.uid() == rustix::process::geteuid().as_raw();
    Ok(Found { is_mine, mode: found.mode() & 0o7777, bytes: found.len() })
}

/// How much room a user has on the disk of a folder, or of the nearest one above it that is there. Bytes.
///
/// # Errors
/// Those of the system.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let there = path.ancestors().find(|folder| folder.exists()).unwrap_or_else(|| Path::new("/"));
    let room = statvfs(there)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
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
        assert!(seen.is_mine && seen.bytes == 4 && seen.mode & 0o600 == 0o600, "{seen:?}");
        assert_eq!(found(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(free_bytes(&folder.path().join("not/yet")).unwrap() > 0);
    }
}
