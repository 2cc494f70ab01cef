//! Connections against a scripted server on loopback: raw bytes in, items out.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};

use hark_engine::{
    cursor::Cursor,
    feed::{Centrifugo, Feed},
    wire::Ignored,
};

use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// Serves one response to one request and closes; answers the URL and the request it got.
async fn serve(response: Vec<u8>) -> (String, oneshot::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/s", listener.local_addr().unwrap());
    let (got, request) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let _ = got.send(String::from_utf8(head).unwrap());
        let _ = stream.write_all(&response).await;
    });
    (url, request)
}

async fn items_of(ask: Ask) -> Vec<Arrival> {
    let all = Connection::dial(ask).collect::<Vec<_>>();
    let items = tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
    items.into_iter().filter(|item| !matches!(item, Arrival::Opened(_) | Arrival::Alive)).collect()
}

async fn items(body: &str) -> Vec<Arrival> {
    let (url, _) = serve(format!("{HEAD}{body}").into_bytes()).await;
    items_of(Ask::get(url.parse().unwrap())).await
}

async fn end_of(response: &str) -> Cause {
    let (url, _) = serve(response.as_bytes().to_vec()).await;
    match items_of(Ask::get(url.parse().unwrap())).await.pop() {
        Some(Arrival::Closed(cause)) => cause,
        other => panic!("{other:?}"),
    }
}

fn event(data: &str, own_id: Option<&str>, id: &str) -> Arrival {
    let own_id = own_id.map(str::to_owned);
    let event = RawEvent { kind: "message".into(), data: data.into(), own_id };
    Arrival::Event { event, id: id.into() }
}

#[tokio::test]
async fn events_comments_and_blocks_come_in_their_order() {
    let found =
        items(": hi\n\nid: 1\ndata: a\n\nevent: ping\n\ndata: b\n\nid: 2\n\nretry: 7\ndata: c\n\n")
            .await;
    let ping = Ignored::NoData { kind: Some("ping".into()), own_id: None };
    let wanted = [
        Arrival::Comment("hi".into()),
        event("a", Some("1"), "1"),
        Arrival::Ignored(ping),
        event("b", None, "1"),
        Arrival::Ignored(Ignored::IdAlone("2".into())),
        Arrival::Retry(Duration::from_millis(7)),
        event("c", None, "2"),
        Arrival::Closed(Cause::EndOfStream),
    ];
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_large_event_arrives_whole_between_others() {
    let line = "x".repeat(100_000);
    let data = [&*line, "short", &line, &line].join("\n");
    let large = data.replace('\n', "\ndata: ");
    let body = format!("data: before\n\nid: 2\ndata: {large}\n\n: still here\ndata: after\n\n");
    let got = items(&body).await;
    let wanted = [
        event("before", None, ""),
        event(&data, Some("2"), "2"),
        Arrival::Comment("still here".into()),
        event("after", None, "2"),
        Arrival::Closed(Cause::EndOfStream),
    ];
    assert!(got == wanted, "{} items", got.len());
}

#[tokio::test]
async fn a_resumed_stream_inherits_the_id_that_it_asked_with() {
    let (url, request) = serve(format!("{HEAD}data: a\n\n").into_bytes()).await;
    let mut ask = Ask::get(url.parse().unwrap());
    ask.last_event_id = Some("41".into());
    assert_eq!(items_of(ask).await[0], event("a", None, "41"));
    assert!(request.await.unwrap().contains("last-event-id: 41\r\n"));
}

#[tokio::test]
async fn what_is_no_event_stream_is_told_by_its_type() {
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>";
    assert_eq!(end_of(html).await, Cause::ContentType { found: "text/html".into() });
    assert_eq!(end_of("HTTP/1.1 204 No Content\r\n\r\n").await, Cause::NoContent);
    let gzip =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\nx";
    assert_eq!(end_of(gzip).await, Cause::Compressed { encoding: "gzip".into() });
    assert!(matches!(end_of("SSH-2.0-OpenSSH\r\n").await, Cause::NotHttp { .. }));
    assert_eq!(end_of("").await, Cause::ConnectionReset);
}

#[tokio::test]
async fn a_refusal_says_what_the_server_wrote_and_when_to_come_back() {
    let body = r#"{"code":42901,"error":"limit reached"}"#;
    let response = format!(
        "HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let wanted = Cause::Status {
        code: 429,
        detail: Some("42901 limit reached".into()),
        retry_after_ms: Some(60_000),
        streamed_before: false,
    };
    assert_eq!(end_of(&response).await, wanted);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_truncated() {
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
                   9\r\ndata: a\n\n\r\nff\r\ndata";
    assert_eq!(end_of(chunked).await, Cause::Truncated);
}

#[tokio::test]
async fn a_redirect_to_another_origin_drops_the_credentials_and_one_to_the_same_keeps_them() {
    for cross in [false, true] {
        let (target, request) = serve(format!("{HEAD}data: a\n\n").into_bytes()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let first = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for location in [if cross { target.as_str() } else { "/again" }, target.as_str()] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let kept = String::from_utf8_lossy(&head).contains("authorization: Bearer secret");
                assert!(kept, "the same origin keeps it");
                let response = format!(
                    "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
                );
                stream.write_all(response.as_bytes()).await.unwrap();
                if cross {
                    break;
                }
            }
        });
        let mut ask = Ask::get(format!("http://{first}/").parse().unwrap());
        ask.headers.insert("authorization", "Bearer secret".parse().unwrap());
        assert_eq!(items_of(ask).await[0], event("a", None, ""));
        assert!(!request.await.unwrap().contains("secret"));
    }
}

#[tokio::test]
async fn a_token_in_the_url_follows_no_redirect_to_another_origin() {
    let moved =
        "HTTP/1.1 301 Moved\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n";
    let (url, request) = serve(moved.as_bytes().to_vec()).await;
    let mut ask = Ask::get(format!("{url}?channel=a").parse().unwrap());
    ask.headers.insert("authorization", "Bearer secret".parse().unwrap());
    let feed = Centrifugo::default();
    let ask = ask.as_asks(&feed, feed.request(&ask.url, &Cursor::NONE));
    assert!(!ask.headers.contains_key("authorization"));
    let items = items_of(ask).await;
    let [Arrival::Closed(Cause::Redirect { detail })] = items.as_slice() else {
        panic!("{items:?}")
    };
    assert!(detail.contains("http://other.example") && !detail.contains("secret"), "{detail}");
    assert!(request.await.unwrap().contains("secret"), "the server itself is told");
}

#[tokio::test]
async fn redirects_that_lead_nowhere_are_refused() {
    let to = |location: &str| format!("HTTP/1.1 301 Moved\r\n{location}Content-Length: 0\r\n\r\n");
    for (location, detail) in [
        ("", "it does not say where to"),
        ("Location: ftp://a.example/\r\n", "its target is neither http nor https"),
        ("Location: http://[\r\n", "its target is no URL"),
    ] {
        assert_eq!(end_of(&to(location)).await, Cause::Redirect { detail: detail.into() });
    }
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let closed = items_of(Ask::get(format!("http://127.0.0.1:{port}/").parse().unwrap())).await;
    assert_eq!(closed, [Arrival::Closed(Cause::ConnectionRefused)]);
    let unknown = items_of(Ask::get("http://no-such-host.invalid/".parse().unwrap())).await;
    assert_eq!(unknown, [Arrival::Closed(Cause::NameNotResolved)]);
}
