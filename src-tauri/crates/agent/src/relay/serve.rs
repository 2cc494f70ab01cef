//! Takes the relay's connections and speaks HTTP on them. It bounds how many there are, what each may hold, and how
//! long one may leave what is sent to it; who asks, and for what, it does not know.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
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
    task::{AbortHandle, JoinSet},
    time::{Sleep, sleep},
};

/// How many connections and how long for a request; see each field.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// How many connections may be answered at a time: those who follow, and those that only ask something.
    answered: usize,
    /// How many may have a request that is not whole. One more, and the oldest of them is given up, so that nobody
    /// who says half of something holds a place that others want.
    unread: usize,
    /// How long a request may take to come.
    request: Duration,
}

const BOUNDS: Bounds = Bounds { answered: 320, unread: 64, request: Duration::from_secs(2) };
/// How many may wait to be taken.
const WAITING_MAX: u32 = 256;
/// How much of what is sent to one the kernel holds; it doubles that. Bytes.
const KERNEL_BYTES: u32 = 128 << 10;
/// How much of it, and of its request, is held here. Bytes.
const BUFFER_BYTES: usize = 16 << 10;
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
    serve_within(BOUNDS, listener, answer).await;
}

async fn serve_within<A, F>(bounds: Bounds, listener: Listener, answer: A)
where
    A: Fn(bool, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(bounds.answered));
    let (mut all, mut unread) = (JoinSet::new(), Unread::default());
    loop {
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
        unread.make_room(bounds.unread);
        let (answer, room) = (answer.clone(), room.clone());
        let decided = Arc::new(AtomicBool::new(false));
        let is_decided = decided.clone();
        let task = all.spawn(async move {
            // For as long as the connection stands.
            let place = Arc::new(OnceLock::new());
            let service = service_fn(move |request| {
                let (answer, room) = (answer.clone(), room.clone());
                let (decided, place) = (decided.clone(), place.clone());
                async move {
                    // The semaphore is never closed.
                    let _ = place.set(room.acquire_owned().await);
                    if decided.swap(true, Ordering::AcqRel) {
                        // It is being given up.
                        std::future::pending::<()>().await;
                    }
                    Ok::<_, Infallible>(answer(may, request).await)
                }
            });
            let io = TokioIo::new(Patient { io: stream, stalled: None });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(bounds.request)
                .max_buf_size(BUFFER_BYTES)
                .keep_alive(false)
                .serve_connection(io, service);
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the relay ended: {error}");
            }
        });
        unread.0.push_back((is_decided, task));
    }
}

/// Connections whose request is not whole, the oldest first; with some that are answered by now. Who first sets the
/// flag of one decides whether it is answered or given up.
#[derive(Default)]
struct Unread(VecDeque<(Arc<AtomicBool>, AbortHandle)>);

impl Unread {
    /// Makes room for one more than there are, of at most so many.
    fn make_room(&mut self, max: usize) {
        self.0.retain(|(decided, task)| !decided.load(Ordering::Acquire) && !task.is_finished());
        while self.0.len() >= max {
            let Some((decided, task)) = self.0.pop_front() else { return };
            if !decided.swap(true, Ordering::AcqRel) {
                task.abort();
            }
        }
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::Notify,
        time::timeout,
    };

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    async fn asks(at: SocketAddr, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn all_of(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        // One that is given up may end in a reset.
        let _ = timeout(LONG, stream.read_to_end(&mut text)).await.unwrap();
        String::from_utf8(text).unwrap()
    }

    /// Serves at a free port; a path other than `/` is answered when that is told.
    fn served() -> (SocketAddr, Arc<Notify>, tokio::task::JoinHandle<()>) {
        let listener = tcp("127.0.0.1:0".parse().unwrap()).unwrap();
        let at = listener.local_addr().unwrap();
        let told = Arc::new(Notify::new());
        let waits = told.clone();
        let answer = move |_, request: Request<Incoming>| {
            let waits = waits.clone();
            async move {
                if request.uri().path() != "/" {
                    waits.notified().await;
                }
                Response::new(Body::from("answered"))
            }
        };
        // Nobody is given up for the time.
        let bounds = Bounds { answered: 4, unread: 8, request: Duration::from_secs(3_600) };
        let task = tokio::spawn(serve_within(bounds, Listener::Tcp(listener), answer));
        (at, told, task)
    }

    const HALF: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n";

    #[tokio::test]
    async fn half_requests_keep_nobody_out() {
        let (at, _, task) = served();
        let mut half = Vec::new();
        for _ in 0..40 {
            half.push(asks(at, HALF).await);
        }
        assert!(all_of(asks(at, &format!("{HALF}\r\n")).await).await.ends_with("answered"));
        // The oldest gave way; the latest is still waited for.
        assert_eq!(all_of(half.remove(0)).await, "");
        let mut last = half.pop().unwrap();
        last.write_all(b"\r\n").await.unwrap();
        assert!(all_of(last).await.ends_with("answered"));
        task.abort();
    }

    #[tokio::test]
    async fn one_that_is_being_answered_is_not_given_up() {
        let (at, told, task) = served();
        let slow = asks(at, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        // It is read by then, as they are taken in their order.
        assert!(all_of(asks(at, &format!("{HALF}\r\n")).await).await.ends_with("answered"));
        let mut half = Vec::new();
        for _ in 0..40 {
            half.push(asks(at, HALF).await);
        }
        assert_eq!(all_of(half.remove(0)).await, "");
        told.notify_one();
        assert!(all_of(slow).await.ends_with("answered"));
        task.abort();
    }
}
