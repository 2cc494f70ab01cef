//! By access control list, and by volume and file index.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind},
    os::windows::fs::OpenOptionsExt,
    path::Path,
    thread,
    time::Duration,
};

use winapi_util::{
    AsHandleRef, Handle,
    file::{information, typ},
};

use super::FileError;
use crate::access;

/// What makes a file private that others may read, worded to follow why it is not taken.
pub const MAKE_PRIVATE: &str =
    "run: icacls FILE /inheritance:r /grant:r \"%USERNAME%:F\", with its name for FILE";

/// A virus scanner has a new file open for a moment, and then it cannot be renamed.
const RENAME_ATTEMPTS: u32 = 25;
const RENAME_POLL: Duration = Duration::from_millis(20);

pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<(File, Metadata), FileError> {
    // A folder cannot be opened as a file is, and the error would say that access is denied.
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(FileError::NotAFile("a folder"));
    }
    let file = options.open(path)?;
    let kind = typ(&file)?;
    let other = [(kind.is_pipe(), "a named pipe"), (!kind.is_disk(), "a device")];
    match other.into_iter().find(|(is, _)| *is) {
        Some((_, word)) => Err(FileError::NotAFile(word)),
        None => {
            let found = file.metadata()?;
            Ok((file, found))
        }
    }
}

pub(super) fn create_private(path: &Path) -> io::Result<File> {
    // Nobody else can open it until only its owner may.
    let made = OpenOptions::new().write(true).create_new(true).share_mode(0).open(path)?;
    let limited = access::make_private(path);
    drop(made);
    let opened = limited.and_then(|()| OpenOptions::new().write(true).open(path));
    opened.inspect_err(|_| drop(fs::remove_file(path)))
}

pub(super) fn is_private(file: &File) -> io::Result<bool> {
    Ok(access::is_private(file))
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut attempt = 1;
    loop {
        match fs::rename(from, to) {
            Err(error)
                if error.kind() == ErrorKind::PermissionDenied && attempt < RENAME_ATTEMPTS =>
            {
                attempt += 1;
                thread::sleep(RENAME_POLL);
            }
            renamed => return renamed,
        }
    }
}

/// Volume and file index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(u64, u64);

pub(super) fn number(path: &Path) -> io::Result<Number> {
    let found = information(Handle::from_path_any(path)?)?;
    Ok(Number(found.volume_serial_number(), found.file_index()))
}

/// Of the files of one path, which are on one volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    index: u64,
    /// Since 1601, each 100 ns.
    modified: Option<u64>,
    bytes: u64,
}

pub(super) fn version(path: &Path) -> io::Result<Version> {
    seen(&Handle::from_path_any(path)?)
}

pub(super) fn version_of(file: &File) -> io::Result<Version> {
    seen(file)
}

fn seen(file: impl AsHandleRef) -> io::Result<Version> {
    let found = information(file)?;
    Ok(Version {
        index: found.file_index(),
        modified: found.last_write_time(),
        bytes: found.file_size(),
    })
}
