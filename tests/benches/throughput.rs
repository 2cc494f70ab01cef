//! What an event costs on its way from the socket through guard, client library and engine, beside
//! the bare socket and beside other clients of the registry, on the same bytes over loopback.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    future::Future,
    io::{Read, Write},
    net::TcpListener,
    pin::Pin,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use hark_engine::{
    Moment,
    backoff::Clients,
    feed::Json,
    link::{Config, ConnId, Effect, Input, Link},
};
use hark_stream::connection::{Ask, Connection};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const EVENTS: usize = 300_000;
/// The size of an event on the wire, in bytes.
const EVENT_BYTES: usize = 251;
const ROUNDS: usize = 3;
const CHUNK_BYTES: usize = 64 << 10;

type Reader = fn(u16) -> Pin<Box<dyn Future<Output = usize>>>;

fn main() {
    let body: Arc<Vec<u8>> = Arc::new((0..EVENTS).flat_map(event).collect());
    let readers: [(&str, Reader); 5] = [
        ("socket and memchr", |port| Box::pin(memchr_lines(port))),
        ("Hark: guard, client, engine", |port| Box::pin(hark(port))),
        ("eventsource-client alone", |port| Box::pin(client_alone(port))),
        ("eventsource-stream", |port| Box::pin(eventsource_stream(port))),
        ("sse-stream", |port| Box::pin(sse_stream(port))),
    ];
    println!("{EVENTS} events of {EVENT_BYTES} B over loopback, best of {ROUNDS}");
    println!("{:<30} {:>14} {:>10} {:>16}", "reader", "CPU an event", "MB/s", "times the socket");
    // `cargo bench --bench throughput -- hark` measures one alone, as for a profile.
    let asked = std::env::args().skip(1).find(|it| !it.starts_with('-')).unwrap_or_default();
    let mut least = None;
    for (name, reader) in readers {
        if !name.to_lowercase().contains(&asked.to_lowercase()) {
            continue;
        }
        let (cpu, wall) = (0..ROUNDS).map(|_| measure(&body, reader)).min().unwrap();
        let first = *least.get_or_insert(cpu);
        println!(
            "{name:<30} {:>11.2} µs {:>10.0} {:>16.1}",
            cpu.as_secs_f64() * 1e6 / EVENTS as f64,
            body.len() as f64 / 1e6 / wall.as_secs_f64(),
            cpu.as_secs_f64() / first.as_secs_f64(),
        );
    }
}

fn event(number: usize) -> Vec<u8> {
    let mut event = format!("id: {number}\ndata: {{\"title\":\"t\",\"body\":\"").into_bytes();
    event.resize(EVENT_BYTES - 4, b'x');
    event.extend_from_slice(b"\"}\n\n");
    event
}

/// The CPU time of the reading thread, and the time that passed.
fn measure(body: &Arc<Vec<u8>>, reader: Reader) -> (Duration, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = Arc::clone(body);
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").unwrap();
        stream.write_all(&body).unwrap();
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cpu = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let (before, started) = (cpu(), Instant::now());
    let read = runtime.block_on(reader(port));
    let measured = (cpu() - before, started.elapsed());
    assert_eq!(read, EVENTS, "every event is read");
    server.join().unwrap();
    measured
}

async fn connect(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut end = 0;
    while end < 4 {
        let byte = stream.read_u8().await.unwrap();
        end = if byte == b"\r\n\r\n"[end] { end + 1 } else { 0 };
    }
    stream
}

async fn chunks(port: u16) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + Unpin {
    let stream = connect(port).await;
    Box::pin(futures_util::stream::unfold(stream, |mut stream| async {
        let mut chunk = vec![0; CHUNK_BYTES];
        let length = stream.read(&mut chunk).await.unwrap();
        chunk.truncate(length);
        (length > 0).then(|| (Ok(Bytes::from(chunk)), stream))
    }))
}

async fn memchr_lines(port: u16) -> usize {
    let mut chunks = chunks(port).await;
    let mut lines = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        lines += memchr::memchr_iter(b'\n', &chunk).count();
    }
    lines / 3
}

async fn hark(port: u16) -> usize {
    let config = Config::plain(Arc::new(Json), Clients::Few);
    let now = Moment { monotonic: Duration::from_secs(1), wall: Timestamp::UNIX_EPOCH };
    let mut link = Link::new(config, 1);
    let mut effects = Vec::new();
    let conn = ConnId(1);
    link.handle(Input::Start, now, &mut effects);
    let url = format!("http://127.0.0.1:{port}/").parse().unwrap();
    let mut connection = Connection::dial(Ask::get(url));
    let mut delivered = 0;
    while let Some(arrival) = connection.next().await {
        link.handle(Input::Arrived(conn, arrival), now, &mut effects);
        delivered +=
            effects.drain(..).filter(|effect| matches!(effect, Effect::Deliver(_))).count();
    }
    delivered
}

async fn client_alone(port: u16) -> usize {
    plain_client::events(port).await
}

async fn eventsource_stream(port: u16) -> usize {
    chunks(port).await.eventsource().filter(|event| std::future::ready(event.is_ok())).count().await
}

async fn sse_stream(port: u16) -> usize {
    let events = sse_stream::SseStream::from_bytes_stream(chunks(port).await);
    events.filter(|event| std::future::ready(event.is_ok())).count().await
}

/// The client library on a transport that does nothing but read.
mod plain_client {
    use eventsource_client::{Client, ClientBuilder, ReconnectOptions, SSE};
    use futures_util::StreamExt;
    use launchdarkly_sdk_transport::{
        ByteStream, HttpTransport, Request, ResponseFuture, TransportError,
    };
    use sync_wrapper::{SyncFuture, SyncStream};

    #[derive(Clone)]
    struct Plain(u16);

    impl HttpTransport for Plain {
        fn request(&self, _: Request<Option<bytes::Bytes>>) -> ResponseFuture {
            let port = self.0;
            Box::pin(SyncFuture::new(async move {
                let chunks =
                    super::chunks(port).await.map(|chunk| chunk.map_err(TransportError::new));
                Ok(http::Response::new(Box::pin(SyncStream::new(chunks)) as ByteStream))
            }))
        }
    }

    pub(super) async fn events(port: u16) -> usize {
        let stream = ClientBuilder::for_url("http://127.0.0.1/")
            .unwrap()
            .reconnect(ReconnectOptions::reconnect(false).retry_initial(false).build())
            .build_with_transport(Plain(port))
            .stream();
        stream.filter(|item| std::future::ready(matches!(item, Ok(SSE::Event(_))))).count().await
    }
}
