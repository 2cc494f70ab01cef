//! Takes the relay's connections and speaks HTTP on them. It bounds how many there are, what each may hold, and how
//! long one may leave what is sent to it; who asks, and for what, it does not know.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, http::Request, response::Response};
use hark_config::settings::RelayAt;
use hark_local::socket;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
    task::JoinSet,
    time::{Sleep, sleep},
};

/// How many connections there may be, with those that only ask something.
const CONNECTIONS_MAX: usize = 320;
/// How many may wait to be taken.
const WAITING_MAX: u32 = 256;
/// How much of what is sent to one the kernel holds; it doubles that. Bytes.
const KERNEL_BYTES: u32 = 128 << 10;
/// How much of it, and of its request, is held here. Bytes.
const BUFFER_BYTES: usize = 16 << 10;
/// How long a request may take to come.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is sent to it.
const STALL_MAX: Duration = Duration::from_secs(10);
/// How long to wait after a connection that could not be taken: it is gone, or there are no descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What connections come from.
pub(super) enum Listener {
    Tcp(TcpListener),
    Local { listener: socket::Listener, _socket: Remove },
}

/// Removes a socket when it is over.
pub(super) struct Remove(PathBuf);

impl Drop for Remove {
    fn drop(&mut self) {
        // It is gone already, or the next one replaces it.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Listens there.
    pub(super) fn bind(at: &RelayAt) -> io::Result<Self> {
        match at {
            RelayAt::Listen(at) => tcp(*at).map(Self::Tcp),
            RelayAt::Socket(path) => local(path),
        }
    }

    /// The next connection, and whether it is made by somebody who may.
    async fn accept(&self) -> io::Result<(Box<dyn Io>, bool)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Its messages are small, and each is wanted at once.
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), true))
            }
            Self::Local { listener, .. } => {
                let (stream, may) = listener.accept().await?;
                Ok((Box::new(stream), may))
            }
        }
    }
}

fn tcp(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // An agent that is started anew finds its own old connections there.
    socket.set_reuseaddr(true)?;
    // Each connection has it from here.
    socket.set_send_buffer_size(KERNEL_BYTES)?;
    socket.bind(at)?;
    socket.listen(WAITING_MAX)
}

fn local(path: &Path) -> io::Result<Listener> {
    let listener = socket::Listener::bind_at(path)?;
    Ok(Listener::Local { listener, _socket: Remove(path.to_owned()) })
}

/// Serves until it is dropped, and ends all connections then. `answer` is told whether the client is one that
/// may ask at all.
pub(super) async fn serve<A, F>(listener: Listener, answer: A)
where
    A: Fn(bool, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut all = JoinSet::new();
    loop {
        // The semaphore is never closed.
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let (stream, may) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!("a connection to the relay failed: {error}");
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        // Those that have ended.
        while all.try_join_next().is_some() {}
        let answer = answer.clone();
        all.spawn(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let answered = answer(may, request);
                async move { Ok::<_, Infallible>(answered.await) }
            });
            let io = TokioIo::new(Patient { io: stream, stalled: None });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REQUEST_TIMEOUT)
                .max_buf_size(BUFFER_BYTES)
                .keep_alive(false)
                .serve_connection(io, service);
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the relay ended: {error}");
            }
        });
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection that is given up where nothing of what is sent is taken for too long.
struct Patient {
    io: Box<dyn Io>,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL_MAX)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.judge(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        all: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, all);
        self.judge(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
