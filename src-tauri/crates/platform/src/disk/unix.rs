//! Linux and macOS. Only Linux has been run.

use std::{fs::Metadata, io, os::unix::fs::MetadataExt, path::Path};

use rustix::fs::statvfs;

use super::Access;

pub(super) fn access(found: &Metadata) -> Option<Access> {
    let is_mine = found.uid() == rustix::process::geteuid().as_raw();
    Some(Access { is_mine, mode: found.mode() & 0o7777 })
}

pub(super) fn free_bytes(there: &Path) -> io::Result<u64> {
    let room = statvfs(there)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}
