//! Files that a person names, and files that only their owner may read: only regular files are read, up to
//! a limit. All functions block for as long as the disk does.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::{
    fmt,
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::Path,
    process,
};

pub use system::{Number, how_to_make_private};

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
    system::open(path, OpenOptions::new().read(true))
}

/// Opens a file to lock it, and makes it where there is none: a private one, where modes say so.
///
/// # Errors
/// See [`FileError`].
pub fn open_lock(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    let (file, _) = system::open(path, options.write(true).create(true).truncate(false))?;
    Ok(file)
}

/// Locks a file for this process alone. Answers whether it could: another one may have it locked. On Windows nobody
/// else can read or write it meanwhile.
///
/// # Errors
/// Where the file's system has no locks, or none left.
pub fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
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

/// Whether only its owner may read a file, beside the system itself.
///
/// # Errors
/// Those of the system.
pub fn is_private(file: &File) -> io::Result<bool> {
    system::is_private(file)
}

/// What tells a file, or the one that it links to, from all others that are there, whatever it is called.
///
/// # Errors
/// Those of the system.
pub fn number(path: &Path) -> io::Result<Number> {
    system::number(path)
}

/// Makes a file that only its owner may read.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::AlreadyExists`] where there is one of that name.
pub fn create_private(path: &Path) -> io::Result<File> {
    system::create_private(path)
}

/// What tells one version of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(system::Version);

impl Stamp {
    /// The stamp of the file at `path`, or of the one that it links to; none where there is no file.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        system::version(path).ok().map(Self)
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
    // What a process of the same number has left.
    let _ = fs::remove_file(&fresh);
    let written = (|| {
        let mut file = system::create_private(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        system::rename(&fresh, &path)?;
        // A name is a change, too.
        system::version_of(&file).map(Stamp)
    })();
    written.inspect_err(|_| drop(fs::remove_file(&fresh)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_named_and_waited_for_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        let _listener = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
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
        drop(first);
        assert!(lock(&second).unwrap());
        // What has no content has no lock.
        #[cfg(target_os = "linux")]
        {
            let mode = rustix::fs::Mode::empty();
            let nameless = rustix::fs::open(&path, rustix::fs::OFlags::PATH, mode).unwrap();
            assert!(lock(&File::from(nameless)).is_err());
        }
    }

    #[test]
    fn no_more_is_read_than_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "0123456789").unwrap();
        assert_eq!(read(&path, 10).unwrap(), b"0123456789");
        assert!(matches!(read(&path, 9), Err(FileError::TooLarge(9))));
        // Has no size and yet a content.
        #[cfg(target_os = "linux")]
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
        assert!(is_private(&File::open(&path).unwrap()).unwrap());
        let second = replace(&path, b"two").unwrap();
        assert_ne!(first, second);
        fs::write(&path, "2").unwrap();
        let third = Stamp::of(&path);
        assert_ne!(third, Some(second));
        #[cfg(unix)]
        {
            let others = std::os::unix::fs::PermissionsExt::from_mode(0o640);
            fs::set_permissions(&path, others).unwrap();
            assert_ne!(Stamp::of(&path), third, "who may read it is a change");
            assert!(!is_private(&File::open(&path).unwrap()).unwrap());
        }
        assert_eq!(Stamp::of(&folder.path().join("none")), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
