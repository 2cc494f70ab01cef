//! The client side of the local API: HTTP over the agent's socket.

use std::{
    future::Future,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use eventsource_client::{Client as _, ClientBuilder, Error as Ended, ReconnectOptions, SSE};
use futures_util::{Stream, StreamExt, stream};
use hark_local::socket;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture, TransportError};
use serde::{Serialize, de::DeserializeOwned};
use sync_wrapper::{SyncFuture, SyncStream};

use crate::{ApiError, Event, route};

/// The largest answer; the agent's own limits are far below. Bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// To add a URL takes the agent longest: it tries it for 5 s, looks for the latest message for 3 s, waits for
/// the settings' lock and their disk for up to 15 s, and for the subscription to settle for 4 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The agent's event stream has a heartbeat every 15 s: one that is silent for longer is stuck.
const SILENCE_MAX: Duration = Duration::from_secs(45);

/// A client of the agent whose socket this is.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody listens on the socket.
    #[error("No agent is running. Start one with: hark agent")]
    NoAgent,
    /// The agent says why not.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The agent did not answer in time.
    #[error("The agent does not answer. It may be stuck; see its log.")]
    TimedOut,
    /// It was there, and went away.
    #[error("The agent ended before it had answered. Start one with: hark agent")]
    Ended,
    /// The answer is larger than any that an agent of this version gives.
    #[error("The agent's answer is larger than {} MiB. Ask for less at a time.", ANSWER_BYTES_MAX >> 20)]
    TooLarge,
    /// The answer was not understood.
    #[error(
        "The agent's answer could not be read ({0}). Are agent and client of the same version?"
    )]
    Broken(String),
}

impl Client {
    /// A client for the agent at `socket`. Connects with each call.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_path_buf() }
    }

    /// Whether an agent answers.
    pub async fn is_running(&self) -> bool {
        socket::connect(&self.socket).await.is_ok()
    }

    /// Calls a route.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<Q: Serialize, R: DeserializeOwned>(
        &self,
        route: &route::Route<Q, R>,
        query: &Q,
    ) -> Result<R, CallError> {
        let (path, body) = if route.verb == route::Verb::Get {
            let query = serde_urlencoded::to_string(query).map_err(broken)?;
            (format!("{}?{query}", route.path), Bytes::new())
        } else {
            (route.path.to_owned(), serde_json::to_vec(query).map_err(broken)?.into())
        };
        self.call_raw(route.verb, &path, body)
            .await
            .and_then(|body| serde_json::from_slice(&body).map_err(broken))
    }

    /// Sends a request and gives the body of a successful answer: for a bridge that only passes
    /// values on.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_raw(
        &self,
        verb: route::Verb,
        path: &str,
        body: Bytes,
    ) -> Result<Bytes, CallError> {
        let request = Request::builder()
            .method(verb.method())
            .uri(path)
            .header(header::HOST, "hark")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(broken)?;
        within(CALL_TIMEOUT, async {
            let response = send(&self.socket, request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
                .collect()
                .await
                .map_err(of_body)?
                .to_bytes();
            if status.is_success() {
                return Ok(body);
            }
            Err(match serde_json::from_slice::<ApiError>(&body) {
                Ok(error) => error.into(),
                Err(_) => CallError::Broken(format!("HTTP {status}")),
            })
        })
        .await
    }

    /// The agent's events, from now on; [`Event::Reset`] first. The stream ends when the agent does.
    ///
    /// # Errors
    /// Each item may be a [`CallError`]; the stream ends after the first.
    pub fn events(
        &self,
    ) -> Result<impl Stream<Item = Result<Event, CallError>> + Send + use<>, CallError> {
        let stream = ClientBuilder::for_url(&format!("http://hark{}", route::EVENTS))
            .map_err(broken)?
            .reconnect(ReconnectOptions::reconnect(false).retry_initial(false).build())
            .build_with_transport(SocketTransport { socket: self.socket.clone() })
            .stream();
        Ok(stream::unfold(Some(stream), |stream| async {
            let mut stream = stream?;
            loop {
                let item = tokio::time::timeout(SILENCE_MAX, stream.next()).await;
                return Some(match item {
                    Ok(Some(Ok(SSE::Connected(_) | SSE::Comment(_)))) => continue,
                    Ok(Some(Ok(SSE::Event(event)))) => {
                        (serde_json::from_str(&event.data).map_err(broken), Some(stream))
                    }
                    Ok(None | Some(Err(Ended::Eof | Ended::UnexpectedEof))) => return None,
                    Ok(Some(Err(Ended::Transport(error)))) => {
                        (Err(no_agent_or_broken(&error)), None)
                    }
                    Ok(Some(Err(error))) => (Err(broken(error)), None),
                    Err(_) => (Err(CallError::TimedOut), None),
                });
            }
        }))
    }
}

fn broken(error: impl std::fmt::Display) -> CallError {
    CallError::Broken(error.to_string())
}

fn no_agent_or_broken(error: &TransportError) -> CallError {
    let inner = error.inner();
    match (inner.downcast_ref::<CallError>(), inner.downcast_ref::<hyper::Error>()) {
        (Some(CallError::NoAgent), _) => CallError::NoAgent,
        (Some(CallError::Ended), _) => CallError::Ended,
        (_, Some(error)) => of_exchange(error),
        _ => broken(error),
    }
}

/// The meaning of a failed exchange: what is not HTTP is broken; any other failure means that the agent
/// ended.
fn of_exchange(error: &hyper::Error) -> CallError {
    if error.is_parse() || error.is_user() { broken(error) } else { CallError::Ended }
}

fn of_body(error: Box<dyn std::error::Error + Send + Sync>) -> CallError {
    match error.downcast_ref::<hyper::Error>() {
        Some(error) => of_exchange(error),
        None if error.is::<LengthLimitError>() => CallError::TooLarge,
        None => broken(error),
    }
}

async fn within<T>(
    timeout: Duration,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    tokio::time::timeout(timeout, call).await.unwrap_or(Err(CallError::TimedOut))
}

async fn send(path: &Path, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, CallError> {
    let stream = socket::connect(path).await.map_err(|_| CallError::NoAgent)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| of_exchange(&error))?;
    // Ends by itself when the response's body is dropped.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(|error| of_exchange(&error))
}

#[derive(Clone)]
struct SocketTransport {
    socket: PathBuf,
}

impl HttpTransport for SocketTransport {
    fn request(&self, request: Request<Option<Bytes>>) -> ResponseFuture {
        let socket = self.socket.clone();
        Box::pin(SyncFuture::new(async move {
            let mut request = request.map(|body| Full::new(body.unwrap_or_default()));
            *request.uri_mut() = http::Uri::from_static(route::EVENTS);
            request.headers_mut().insert(header::HOST, http::HeaderValue::from_static("hark"));
            let response = send(&socket, request).await.map_err(TransportError::new)?;
            Ok(response.map(|body| {
                let frames =
                    body.into_data_stream().map(|frame| frame.map_err(TransportError::new));
                Box::pin(SyncStream::new(frames)) as ByteStream
            }))
        }))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// The error of a client when an agent answers so and then is gone.
    async fn said(answer: &[u8]) -> CallError {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("run/s");
        let listener = socket::Listener::bind(&socket, socket::Circle::Owner).unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            if !answer.is_empty() {
                assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
                // One that has heard enough hangs up.
                let _ = stream.write_all(answer).await;
            }
        };
        let client = Client::new(&socket);
        let (said, ()) = tokio::join!(client.call(&route::STATUS, &()), serve);
        said.unwrap_err()
    }

    #[tokio::test]
    async fn an_agent_that_ends_is_told_from_one_that_is_not_understood() {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: ";
        for answer in [String::new(), format!("{ok}9\r\n\r\n{{"), "HTTP/1.1 2".to_owned()] {
            let said = said(answer.as_bytes()).await;
            assert!(matches!(said, CallError::Ended), "{answer:?}: {said}");
        }
        for answer in [format!("{ok}2\r\n\r\n{{}}"), "what?\r\n\r\n".to_owned()] {
            let said = said(answer.as_bytes()).await;
            assert!(said.to_string().contains("same version"), "{answer:?}: {said}");
        }
        let large = format!("{ok}{}\r\n\r\n", ANSWER_BYTES_MAX + 1);
        let mut large = large.into_bytes();
        large.resize(large.len() + ANSWER_BYTES_MAX + 1, b' ');
        assert!(matches!(said(&large).await, CallError::TooLarge));
    }
}
