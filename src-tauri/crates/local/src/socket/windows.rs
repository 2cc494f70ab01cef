//! A named pipe, which only its owner may open: its access control list says so, remote clients are refused, and
//! whoever connects makes sure of its owner before the first byte, as any program may make a pipe of this name first.

use std::{
    io::{self, ErrorKind},
    path::Path,
    time::Duration,
};

use interprocess::os::windows::{
    named_pipe::{PipeListenerOptions, pipe_mode::Bytes, tokio as pipes},
    security_descriptor::SecurityDescriptor,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::windows::named_pipe::{ClientOptions, NamedPipeClient},
    runtime::{Builder, Runtime},
    time::{Instant, sleep, timeout},
};
use widestring::U16CString;

use super::{Circle, HEEDED, SAID_MAX, SAYING_TIMEOUT};
use crate::{access, profile};

/// Why no socket can be where the person wants it, where none can.
pub const NO_PATHS: Option<&str> =
    Some("there are no sockets at a path on Windows; use an address such as 127.0.0.1:7275");
/// A connection as the process has it that listens.
pub type Stream = pipes::DuplexPipeStream<Bytes>;
/// One as the process has it that connects.
pub type Connected = NamedPipeClient;

/// What the system keeps of what was written and not read. Bytes.
const BUFFER_BYTES: u32 = 64 << 10;
/// All instances of the pipe are taken (`ERROR_PIPE_BUSY`): the next one is made at once.
const BUSY: i32 = 231;
/// How long a free one is waited for, and how often.
const BUSY_PATIENCE: Duration = Duration::from_secs(2);
const BUSY_POLL: Duration = Duration::from_millis(5);

/// A pipe's name is made of this path, and has room for all.
pub fn has_room_for(_path: &Path) -> bool {
    true
}

/// Takes connections.
#[derive(Debug)]
pub struct Listener(pipes::PipeListener<Bytes, Bytes>);

impl Listener {
    /// Makes the pipe that stands for this path. One of another process is never joined.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be made.
    pub fn bind(path: &Path, of: Circle) -> io::Result<Self> {
        if of == Circle::Group {
            let said = "a pipe for a group is not had on Windows";
            return Err(io::Error::new(ErrorKind::Unsupported, said));
        }
        let wide = |text: String| U16CString::from_str(text).map_err(io::Error::other);
        let listener = PipeListenerOptions::new()
            .path(wide(name_of(path)?)?)
            .input_buffer_size_hint(BUFFER_BYTES)
            .output_buffer_size_hint(BUFFER_BYTES)
            .security_descriptor(Some(SecurityDescriptor::deserialize(&wide(
                access::pipe_of_owner()?,
            )?)?))
            .create_tokio()?;
        Ok(Self(listener))
    }

    /// See [`NO_PATHS`].
    ///
    /// # Errors
    /// Always.
    pub fn bind_at(_path: &Path) -> io::Result<Self> {
        Err(io::Error::new(ErrorKind::Unsupported, NO_PATHS.unwrap_or_default()))
    }

    /// The next connection, and whether it is made by one for whom it is: the system lets nobody else in.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn accept(&self) -> io::Result<(Stream, bool)> {
        // The next instance is made before this one is handed out.
        Ok((self.0.accept().await?, true))
    }
}

/// The name of the pipe that stands for a path: of this user, and of that path alone.
fn name_of(path: &Path) -> io::Result<String> {
    let path = path.to_string_lossy().to_lowercase();
    Ok(format!(r"\\.\pipe\hark-{}-{:016x}", access::own_sid()?, profile::hash(path.as_bytes())))
}

/// Connects to the process that listens at `path`. It cannot act as this user: it may find out who this is, and no more.
///
/// # Errors
/// Where nobody listens, or somebody else.
pub async fn connect(path: &Path) -> io::Result<Connected> {
    let name = name_of(path)?;
    let deadline = Instant::now() + BUSY_PATIENCE;
    loop {
        // The level of identification is what `ClientOptions` begins with.
        match ClientOptions::new().open(&name) {
            Ok(pipe) if access::is_mine(&*access::owner_of_pipe(&pipe)?)? => return Ok(pipe),
            Ok(_) => {
                let said = "the pipe belongs to another user";
                return Err(io::Error::new(ErrorKind::PermissionDenied, said));
            }
            Err(error) if error.raw_os_error() == Some(BUSY) && Instant::now() < deadline => {
                sleep(BUSY_POLL).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A pipe for a process without a runtime: each connection to it is one call, of a few words at most.
#[derive(Debug)]
pub struct Bell {
    listener: Listener,
    runtime: Runtime,
}

/// Ends what a caller says, who cannot close one half of a pipe.
const END: u8 = b'\n';

impl Bell {
    /// As [`Listener::bind`].
    ///
    /// # Errors
    /// As [`Listener::bind`].
    pub fn bind(path: &Path) -> io::Result<Self> {
        let runtime = runtime()?;
        let listener = {
            let _within = runtime.enter();
            Listener::bind(path, Circle::Owner)?
        };
        Ok(Self { listener, runtime })
    }

    /// Waits for the next call and hands on what it says: nothing, where that cannot be read. The caller is
    /// told of success where `heed` answers that it did what was asked. Blocks.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wait(&self, heed: impl FnOnce(&str) -> bool) -> io::Result<()> {
        let (mut caller, said) = self.runtime.block_on(async {
            let (mut caller, _) = self.listener.accept().await?;
            let said = timeout(SAYING_TIMEOUT, hear(&mut caller)).await;
            let said = said.ok().and_then(Result::ok).unwrap_or_default();
            Ok::<_, io::Error>((caller, said))
        })?;
        if heed(&said) {
            // A caller that does not wait for it has no need of it.
            let answer = async { timeout(SAYING_TIMEOUT, caller.write_all(&[HEEDED])).await };
            let _ = self.runtime.block_on(answer);
        }
        let _within = self.runtime.enter();
        drop(caller);
        Ok(())
    }

    /// Rings the bell at `path`, says this, and waits for no longer than `patience` until it is heeded. Blocks.
    ///
    /// # Errors
    /// Where nobody listens, or it is not heeded.
    pub fn ring(path: &Path, say: &str, patience: Duration) -> io::Result<()> {
        let call = async {
            let mut called = connect(path).await?;
            called.write_all(say.as_bytes()).await?;
            called.write_all(&[END]).await?;
            called.read_exact(&mut [0]).await.map(drop)
        };
        runtime()?.block_on(async { timeout(patience, call).await })?
    }
}

async fn hear(caller: &mut Stream) -> io::Result<String> {
    let mut said = Vec::new();
    while said.len() as u64 <= SAID_MAX {
        match caller.read_u8().await? {
            END => return String::from_utf8(said).map_err(io::Error::other),
            byte => said.push(byte),
        }
    }
    Err(ErrorKind::InvalidData.into())
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
