//! By access control list, and by volume and file index.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
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

/// A virus scanner has a new file open for a moment, and then it can neither be renamed nor be opened.
const ATTEMPTS: u32 = 25;
const POLL: Duration = Duration::from_millis(20);
/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION`.
const IN_USE: [i32; 3] = [5, 32, 33];

/// What makes a file private that others may read, worded to follow why it is not taken. By the SID, since not every
/// account is found by its name, and each shell has its own way to say it.
pub fn how_to_make_private(path: &Path) -> String {
    let own = access::own_sid().unwrap_or_default();
    format!("run: icacls \"{}\" /inheritance:r /grant:r \"*{own}:F\"", path.display())
}

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
    let open = || OpenOptions::new().write(true).open(path);
    let opened = limited.and_then(|()| patiently(open));
    opened.inspect_err(|_| drop(fs::remove_file(path)))
}

pub(super) fn is_private(file: &File) -> io::Result<bool> {
    Ok(access::is_private(file))
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| fs::rename(from, to))
}

/// Does what fails for a moment where somebody else has the file open.
fn patiently<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let is_in_use = |error: &io::Error| error.raw_os_error().is_some_and(|it| IN_USE.contains(&it));
    for _ in 1..ATTEMPTS {
        match act() {
            Err(error) if is_in_use(&error) => thread::sleep(POLL),
            done => return done,
        }
    }
    act()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_somebody_looks_into_for_a_moment_is_replaced_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("new"), folder.path().join("old"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        let scanner = OpenOptions::new().read(true).share_mode(0).open(&from).unwrap();
        assert!(fs::rename(&from, &to).is_err());
        let looks = thread::spawn(move || {
            thread::sleep(2 * POLL);
            drop(scanner);
        });
        rename(&from, &to).unwrap();
        looks.join().unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
    }
}
