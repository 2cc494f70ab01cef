//! Files that a person names: read only where they are files, only so far, and never on the runtime's
//! thread, which a pipe, a device or a network disk that is gone would stop.

use std::{
    fmt,
    fs::{File, Metadata, OpenOptions},
    io::{self, Read},
    os::{
        fd::AsFd,
        unix::fs::{FileTypeExt, OpenOptionsExt},
    },
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustix::{
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
};
use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

/// A file that is not read by then is on a disk that does not answer.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a file is not read, in words that stand behind its name.
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

/// Whose work takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its disk does not answer within {} seconds", .0.as_secs())]
pub struct Slow(pub Duration);

struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 >> 10 {
            kib if kib < 1_024 => write!(f, "{kib} KiB"),
            kib => write!(f, "{} MiB", kib >> 10),
        }
    }
}

/// Opens a file to be read: what is opened is what was looked at. Waits for no writer of a pipe and
/// takes over no terminal.
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

/// Reads a file of no more than `most` bytes. Blocks as long as its disk does: see [`Aside`].
///
/// # Errors
/// See [`FileError`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let (file, found) = open(path)?;
    read_opened(file, &found, most)
}

/// The same for what is opened already.
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

/// Does what may block on a thread that may, one after the other: what hangs takes one thread and no
/// more. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Aside(Arc<Mutex<()>>);

impl Aside {
    /// Does this. Whoever waits is told where it takes too long; what has begun cannot be taken back.
    ///
    /// # Errors
    /// [`Slow`].
    pub async fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Slow> {
        let turn = self.0.clone().lock_owned();
        let done = async {
            let turn = turn.await;
            spawn_blocking(move || {
                let _until_the_end = turn;
                work()
            })
            .await
        };
        match timeout(limit, done).await {
            Ok(Ok(done)) => Ok(done),
            // It panicked, or the runtime ends.
            Ok(Err(_)) | Err(_) => Err(Slow(limit)),
        }
    }

    /// Waits until what has begun is done.
    pub async fn done(&self) {
        drop(self.0.lock().await);
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::net::UnixListener, process::Command};

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

    #[tokio::test]
    async fn work_that_hangs_is_waited_for_no_longer_than_was_said_and_takes_one_thread() {
        let aside = Aside::default();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        assert_eq!(
            aside.within(limit, move || ends.recv().unwrap_or_default()).await,
            Err(Slow(limit))
        );
        let (told, begun) = std::sync::mpsc::channel();
        assert_eq!(aside.within(limit, move || told.send(()).unwrap()).await, Err(Slow(limit)));
        drop(end);
        assert_eq!(aside.within(FILE_TIMEOUT, || 1).await, Ok(1));
        assert!(begun.recv().is_err(), "what nobody waits for any more is not begun");
    }
}
