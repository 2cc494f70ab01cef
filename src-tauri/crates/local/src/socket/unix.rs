//! A Unix socket: its mode and that of its folder say who may connect, and the kernel who has.

use std::{
    fs,
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, PermissionsExt},
        net::{UnixListener as StdListener, UnixStream as StdStream},
    },
    path::Path,
    time::Duration,
};

use tokio::net::UnixListener;

use super::{Circle, HEEDED, SAID_MAX, SAYING_TIMEOUT};
use crate::folder;

/// Why no socket can be where the person wants it, where none can.
pub const NO_PATHS: Option<&str> = None;
/// A socket's path holds 107 bytes and a closing zero (`unix(7)`).
const PATH_BYTES_MAX: usize = 107;

/// Whether a socket can have this path.
pub fn has_room_for(path: &Path) -> bool {
    path.as_os_str().as_bytes().len() <= PATH_BYTES_MAX
}

/// A connection as the process has it that listens.
pub type Stream = tokio::net::UnixStream;
/// One as the process has it that connects.
pub type Connected = tokio::net::UnixStream;

/// Takes connections.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    /// For whom it is.
    of: Circle,
}

impl Circle {
    fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Group => 0o660,
        }
    }
}

impl Listener {
    /// Binds the socket: only these may enter its folder or use it. One that an earlier process left behind
    /// is replaced; the caller has made sure that none runs.
    ///
    /// # Errors
    /// Where the folder is not ours alone or the socket cannot be made.
    pub fn bind(path: &Path, of: Circle) -> io::Result<Self> {
        let listener = bind(path, of)?;
        listener.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(listener)?, of })
    }

    /// Binds a socket where the person wants it, in a folder that may be others' too: only its owner may use
    /// it. Its folder is made for the owner alone where there is none, and left as it is where there is one. A socket on
    /// which nobody listens is replaced, and nothing else.
    ///
    /// # Errors
    /// Where something else is there, somebody listens, or the socket cannot be made.
    pub fn bind_at(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            folder::private(folder)?;
        }
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                let said = "something that is no socket is there";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, said));
            }
            Ok(_) if StdStream::connect(path).is_ok() => {
                let said = "another program listens there";
                return Err(io::Error::new(io::ErrorKind::AddrInUse, said));
            }
            _ => {}
        }
        let of = Circle::Owner;
        let listener = listen(path, of)?;
        listener.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(listener)?, of })
    }

    /// The next connection, and whether it is made by one for whom it is.
    ///
    /// # Errors
    /// Those of `accept(2)`.
    pub async fn accept(&self) -> io::Result<(Stream, bool)> {
        let (stream, _) = self.socket.accept().await?;
        let own = rustix::process::geteuid().as_raw();
        let is_owner = || stream.peer_cred().is_ok_and(|peer| peer.uid() == own);
        let may = self.of == Circle::Group || is_owner();
        Ok((stream, may))
    }
}

/// Connects to the process that listens at `path`.
///
/// # Errors
/// Where nobody listens.
pub async fn connect(path: &Path) -> io::Result<Connected> {
    Connected::connect(path).await
}

/// A socket for a process without a runtime: each connection to it is one call, of a few words at most.
#[derive(Debug)]
pub struct Bell(StdListener);

impl Bell {
    /// As [`Listener::bind`].
    ///
    /// # Errors
    /// As [`Listener::bind`].
    pub fn bind(path: &Path) -> io::Result<Self> {
        bind(path, Circle::Owner).map(Self)
    }

    /// Waits for the next call and hands on what it says: nothing, where that cannot be read. The caller is
    /// told of success where `heed` answers that it did what was asked. Blocks.
    ///
    /// # Errors
    /// Those of `accept(2)`.
    pub fn wait(&self, heed: impl FnOnce(&str) -> bool) -> io::Result<()> {
        let (mut caller, _) = self.0.accept()?;
        let mut said = String::new();
        let is_read = caller
            .set_read_timeout(Some(SAYING_TIMEOUT))
            .and_then(|()| (&caller).take(SAID_MAX).read_to_string(&mut said));
        if is_read.is_err() {
            said.clear();
        }
        if heed(&said) {
            // A caller that does not wait for it has no need of it.
            _ = caller.write_all(&[HEEDED]);
        }
        Ok(())
    }

    /// Rings the bell at `path`, says this, and waits for no longer than `patience` until it is heeded. Blocks.
    ///
    /// A connection alone proves nothing: a process that is ending still takes some.
    ///
    /// # Errors
    /// Where nobody listens, or it is not heeded.
    pub fn ring(path: &Path, say: &str, patience: Duration) -> io::Result<()> {
        let mut called = StdStream::connect(path)?;
        called.set_read_timeout(Some(patience))?;
        called.write_all(say.as_bytes())?;
        called.shutdown(Shutdown::Write)?;
        called.read_exact(&mut [0])
    }
}

fn bind(path: &Path, of: Circle) -> io::Result<StdListener> {
    if let Some(folder) = path.parent() {
        match of {
            Circle::Owner => folder::private(folder)?,
            Circle::Group => folder::of_group(folder)?,
        }
    }
    listen(path, of)
}

fn listen(path: &Path, of: Circle) -> io::Result<StdListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = StdListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(of.mode()))?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_in_a_folder_of_others_takes_nobodys_place_and_leaves_the_folder_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let shared = folder.path().join("shared");
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = shared.join("s");
        let first = Listener::bind_at(&path).unwrap();
        assert_eq!((mode(&shared), mode(&path)), (0o755, 0o600));
        let said = Listener::bind_at(&path).unwrap_err().to_string();
        assert!(said.contains("another program listens"), "{said}");
        drop(first);
        drop(Listener::bind_at(&path).unwrap());
        let file = shared.join("file");
        fs::write(&file, "mine").unwrap();
        assert!(Listener::bind_at(&file).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        let fresh = folder.path().join("fresh/s");
        let _fresh = Listener::bind_at(&fresh).unwrap();
        assert_eq!(mode(fresh.parent().unwrap()), 0o700);
    }
}
