//! A connection in memory that can be reset, for a network whose time is simulated.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    net::TcpStream,
};

/// What a socket of a usual size holds on its way. Bytes.
const ON_THE_WAY_MAX: usize = 64 << 10;

/// A connection that the server can end as it likes.
pub trait Line: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Its end will be a reset.
    fn reset(&mut self);
}

/// One end of a connection in memory.
#[derive(Debug)]
pub struct Pipe {
    stream: DuplexStream,
    is_reset: Arc<AtomicBool>,
}

/// Both ends of a new connection.
#[must_use]
pub fn pipe() -> (Pipe, Pipe) {
    let (one, other) = tokio::io::duplex(ON_THE_WAY_MAX);
    let is_reset = Arc::new(AtomicBool::new(false));
    let end = |stream| Pipe { stream, is_reset: is_reset.clone() };
    (end(one), end(other))
}

impl Line for Pipe {
    fn reset(&mut self) {
        self.is_reset.store(true, Ordering::Relaxed);
    }
}

impl Line for TcpStream {
    fn reset(&mut self) {
        _ = self.set_zero_linger();
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let ended = buffer.filled().len() == before && buffer.remaining() > 0;
        if ended && self.is_reset.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
