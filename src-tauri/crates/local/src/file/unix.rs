//! By mode, and by device and inode.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::{fs::OFlags, io::Errno};

use super::FileError;

/// What makes a file private that others may read, worded to follow why it is not taken.
pub fn how_to_make_private(path: &Path) -> String {
    format!("run: chmod 600 {}", path.display())
}

pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<(File, Metadata), FileError> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = options.mode(0o600).custom_flags(flags).open(path);
    let file = file.map_err(|error| match error.raw_os_error() {
        // A socket, a device without a driver, or a pipe that nobody reads; a socket on macOS.
        Some(code) if [Errno::NXIO, Errno::OPNOTSUPP].map(Errno::raw_os_error).contains(&code) => {
            FileError::NotAFile("a socket, a pipe or a device")
        }
        _ => FileError::Io(error),
    })?;
    let found = file.metadata()?;
    let kind = found.file_type();
    let other = [
        (kind.is_dir(), "a folder"),
        (kind.is_fifo(), "a named pipe"),
        (kind.is_socket(), "a socket"),
        (!kind.is_file(), "a device"),
    ];
    match other.into_iter().find(|(is, _)| *is) {
        Some((_, word)) => Err(FileError::NotAFile(word)),
        None => Ok((file, found)),
    }
}

pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

pub(super) fn is_private(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.mode() & 0o077 == 0)
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(u64, u64);

pub(super) fn number(path: &Path) -> io::Result<Number> {
    let found = fs::metadata(path)?;
    Ok(Number(found.dev(), found.ino()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    device: u64,
    inode: u64,
    /// Nanoseconds since 1970.
    modified: i128,
    /// When its content, owner, permissions or name last changed, likewise.
    changed: i128,
    bytes: u64,
}

pub(super) fn version(path: &Path) -> io::Result<Version> {
    fs::metadata(path).map(|found| of_found(&found))
}

pub(super) fn version_of(file: &File) -> io::Result<Version> {
    file.metadata().map(|found| of_found(&found))
}

fn of_found(found: &Metadata) -> Version {
    let at = |seconds, nanoseconds| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    Version {
        device: found.dev(),
        inode: found.ino(),
        modified: at(found.mtime(), found.mtime_nsec()),
        changed: at(found.ctime(), found.ctime_nsec()),
        bytes: found.len(),
    }
}
