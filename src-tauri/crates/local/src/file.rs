//! Files that a person names, and files that only their owner may read: only regular files are read, up to
//! a limit. All functions block for as long as the disk does.

use std::{
    fmt,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    },
    path::Path,
    process,
};

use rustix::{
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
};
/// Why a file is not read, worded to follow its name.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is something else, as this word says.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It is larger than so many bytes.
    #[error("it is larger than {}", Size(*.0))]
    TooLarge(u64),
    /// What the system says.
    #[error(transparent)]
    Io(#[from] io::Error),
}

struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 >> 10 {
            kib if kib < 1_024 => write!(f, "{kib} KiB"),
            kib => write!(f, "{} MiB", kib >> 10),
        }
    }
}

/// Opens a regular file to be read; the metadata is that of the opened file. Does not wait for the writer
/// of a pipe or take over a terminal.
///
/// # Errors
/// See [`FileError`].
pub fn open(path: &Path) -> Result<(File, Metadata), FileError> {
    open_with(path, OpenOptions::new().read(true))
}

/// Opens a file to lock it, and makes it where there is none.
///
/// # Errors
/// See [`FileError`].
pub fn open_lock(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    let (file, _) = open_with(path, options.write(true).create(true).truncate(false).mode(0o600))?;
    Ok(file)
}

/// Locks a file for this process alone. Answers whether it could: another one may have it locked.
///
/// # Errors
/// Where the file's system has no locks, or none left.
pub fn lock(file: impl AsFd) -> io::Result<bool> {
    loop {
        return match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(Errno::INTR) => continue,
            Err(error) => Err(error.into()),
        };
    }
}

fn open_with(path: &Path, options: &mut OpenOptions) -> Result<(File, Metadata), FileError> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = options.custom_flags(flags).open(path);
    let file = file.map_err(|error| match error.raw_os_error() {
        // A socket, a device without a driver, or a pipe that nobody reads.
        Some(code) if code == Errno::NXIO.raw_os_error() => {
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

/// Reads a file of no more than `most` bytes.
///
/// # Errors
/// See [`FileError`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let (file, found) = open(path)?;
    read_opened(file, &found, most)
}

/// The same for a file that is open already.
///
/// # Errors
/// See [`FileError`].
pub fn read_opened(file: File, found: &Metadata, most: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    // It may grow, and those of /proc have no size.
    if found.len() > most || file.take(most + 1).read_to_end(&mut bytes)? as u64 > most {
        return Err(FileError::TooLarge(most));
    }
    Ok(bytes)
}

/// Whether only its owner may read a file.
#[must_use]
pub fn is_private(found: &Metadata) -> bool {
    found.mode() & 0o077 == 0
}

/// What tells a file from all others that are there, whatever it is called: its device and its number there.
#[must_use]
pub fn number(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// Makes a file that only its owner may read.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::AlreadyExists`] where there is one of that name.
pub fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// What tells one version of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    /// Nanoseconds since 1970.
    modified: i128,
    /// When its content, owner, permissions or name last changed, likewise.
    changed: i128,
    bytes: u64,
}

impl Stamp {
    /// The stamp of the file at `path`, or of the one that it links to; none where there is no file.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|found| Self::of_found(&found))
    }

    fn of_found(found: &Metadata) -> Self {
        let at =
            |seconds, nanoseconds| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        Self {
            device: found.dev(),
            inode: found.ino(),
            modified: at(found.mtime(), found.mtime_nsec()),
            changed: at(found.ctime(), found.ctime_nsec()),
            bytes: found.len(),
        }
    }
}

/// Replaces a file as a whole: a reader sees the old one or the new one. Only the owner may read it. A link
/// stays a link, as people keep their files elsewhere. Answers the stamp of the new file.
///
/// # Errors
/// Those of the system. The file is as it was then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<Stamp> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Another process may write at the same time.
    let fresh = path.with_file_name(format!(".{name}.{}.new", process::id()));
    let written = (|| {
        let options = &mut OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        // A name is a change, too.
        Ok(Stamp::of_found(&file.metadata()?))
    })();
    written.inspect_err(|_| drop(fs::remove_file(&fresh)))
}

#[cfg(test)]
mod tests {
    use std::{
        fs::Permissions,
        os::unix::{fs::PermissionsExt, net::UnixListener},
        process::Command,
    };

    use super::*;

    #[test]
    fn what_is_no_file_is_named_and_waited_for_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        let _listener = UnixListener::bind(path("socket")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path("endless")).unwrap();
        for (name, word) in [
            ("pipe", "a named pipe"),
            ("socket", "a socket, a pipe or"),
            ("folder", "a folder"),
            ("endless", "a device"),
        ] {
            let said = read(&path(name), 10).unwrap_err().to_string();
            assert!(said.contains(word) && said.ends_with("not a file"), "{name}: {said}");
        }
        for name in ["pipe", "socket"] {
            assert!(matches!(open_lock(&path(name)), Err(FileError::NotAFile(_))), "{name}");
        }
        assert!(read(&path("none"), 10).unwrap_err().to_string().contains("No such file"));
    }

    #[test]
    fn a_lock_that_another_has_is_told_from_one_that_cannot_be_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (first, second) = (open_lock(&path).unwrap(), open_lock(&path).unwrap());
        assert!(lock(&first).unwrap());
        assert!(!lock(&second).unwrap());
        let nameless = rustix::fs::open(&path, OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
        assert!(lock(&nameless).is_err());
    }

    #[test]
    fn no_more_is_read_than_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "0123456789").unwrap();
        assert_eq!(read(&path, 10).unwrap(), b"0123456789");
        assert!(matches!(read(&path, 9), Err(FileError::TooLarge(9))));
        // Has no size and yet a content.
        assert!(matches!(read(Path::new("/proc/self/status"), 9), Err(FileError::TooLarge(9))));
        assert_eq!(FileError::TooLarge(64 << 10).to_string(), "it is larger than 64 KiB");
        assert_eq!(FileError::TooLarge(1 << 20).to_string(), "it is larger than 1 MiB");
    }

    #[test]
    fn a_file_that_was_replaced_is_told_from_the_one_before_and_from_what_another_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let first = replace(&path, b"one").unwrap();
        assert_eq!(Stamp::of(&path), Some(first));
        assert!(is_private(&fs::metadata(&path).unwrap()));
        let second = replace(&path, b"two").unwrap();
        assert_ne!(first, second);
        fs::write(&path, "2").unwrap();
        let third = Stamp::of(&path);
        assert_ne!(third, Some(second));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert_ne!(Stamp::of(&path), third, "who may read it is a change");
        assert_eq!(Stamp::of(&folder.path().join("none")), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
