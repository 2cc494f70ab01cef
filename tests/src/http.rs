//! The little HTTP that publishing wants, and ports.

use std::{
    ops::Range,
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering::Relaxed},
    },
};

use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{SHORT, eventually};

/// Why there was no answer.
pub type Failure = Box<dyn std::error::Error>;

/// Posts `body` to a server on this machine; answers the status.
///
/// # Errors
/// Where there is no answer.
pub async fn post(port: u16, path: &str, body: &str) -> Result<u16, Failure> {
    let headers = [("content-type", "text/plain")];
    Ok(send(port, "POST", path, &headers, body).await?.0)
}

/// Sends a request to a server on this machine; answers the status and the body.
///
/// # Errors
/// Where there is no answer, or not the whole of it.
pub async fn send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<(u16, String), Failure> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut request =
        Request::builder().method(method).uri(path).header("host", format!("127.0.0.1:{port}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes())))?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    connection.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// A port that nobody listens on. It is none of those that Linux gives to connections by itself
/// (`ip_local_port_range`, from 32768 on): while a server is away none of these takes its place. Each process has
/// some of its own, which it claims by listening on the first of them, so that what runs beside it chooses none.
///
/// # Panics
/// Where all of them are listened on.
#[must_use]
pub fn free_port() -> u16 {
    const ALL: Range<u16> = 10_000..32_000;
    const OF_A_PROCESS: u16 = 100;
    static CLAIM: LazyLock<(u16, std::net::TcpListener)> = LazyLock::new(|| {
        let claim = |first| Some((first, std::net::TcpListener::bind(("127.0.0.1", first)).ok()?));
        ALL.step_by(OF_A_PROCESS.into()).find_map(claim).unwrap()
    });
    static NEXT: AtomicU16 = AtomicU16::new(0);
    (1..OF_A_PROCESS)
        .map(|_| CLAIM.0 + 1 + NEXT.fetch_add(1, Relaxed) % (OF_A_PROCESS - 1))
        // To listen for a moment would be no moment where another thread begins a program meanwhile, which holds what
        // is open here until it runs.
        .find(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_err())
        .unwrap()
}

/// Listens on a port of this machine, also where what listened there has ended just now: see [`free_port`] for what
/// may hold it a little longer.
///
/// # Panics
/// Where something else listens there.
pub async fn listen(port: u16) -> TcpListener {
    let what = format!("port {port} is free");
    eventually(&what, SHORT, async || TcpListener::bind(("127.0.0.1", port)).await).await
}

/// Waits until something listens on a port of this machine.
pub async fn listens(port: u16) {
    eventually(&format!("port {port} is listened on"), SHORT, async || reaches(port).await).await;
}

/// Connects to a port that somebody listens on: where nobody does, a connection to one of Linux' own may meet itself.
///
/// # Errors
/// Where nobody listens.
pub async fn reaches(port: u16) -> std::io::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    match stream.local_addr()? == stream.peer_addr()? {
        true => Err(std::io::ErrorKind::ConnectionRefused.into()),
        false => Ok(()),
    }
}
