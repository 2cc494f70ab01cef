//! One request that a message asks for: sent once, over no redirect, with nothing of the person's own.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hark_engine::{asked::Asked, failure::Cause, reach::Reach, readable::Line};
use http::{HeaderName, HeaderValue, Method, header};
use tokio::time::timeout;
use url::Url;

use super::{
    connect::{Via, addresses},
    dial::{Ask, detail, exchange},
};
use crate::routes::source_towards;

/// How long it may take, from the name to the answer's head: a person waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the answer's text is read, of which no more than the first 4 KiB are.
const DETAIL_TIMEOUT: Duration = Duration::from_secs(2);
/// The port with which the way to an address is asked for; nothing is sent there.
const ANY_PORT: u16 = 9;

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status code.
    pub code: u16,
    /// What it means, e.g. `Forbidden`.
    pub means: Option<&'static str>,
    /// What the server says about it, where that is no success.
    pub detail: Option<Line>,
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// Its name leads where it may not go.
    Inside,
    /// Any other reason.
    Failed(Cause),
}

/// Sends a request this way. Its name is looked up once: where it leads out of reach nothing is sent, and no other
/// address is dialled.
///
/// # Errors
/// Why there is no answer.
pub async fn request(asked: &Asked, reach: Reach, via: Via) -> Result<Answered, NotSent> {
    within(TIMEOUT, DETAIL_TIMEOUT, asked, reach, via).await
}

async fn within(
    limit: Duration,
    detail_limit: Duration,
    asked: &Asked,
    reach: Reach,
    via: Via,
) -> Result<Answered, NotSent> {
    let mut ask = ask(asked)?;
    let answer = async {
        let at = placed(&ask.url, reach).await?;
        ask.via = Via { at, ..via };
        exchange(&ask).await.map_err(NotSent::Failed)
    };
    let late = Err(NotSent::Failed(Cause::HeadersTimeout));
    let response = timeout(limit, answer).await.unwrap_or(late)?;
    let status = response.status();
    // What has been answered stays so, however long the rest of it takes.
    let detail = match status.is_success() {
        true => None,
        false => timeout(detail_limit, detail(response, &ask)).await.ok().flatten(),
    };
    Ok(Answered { code: status.as_u16(), means: status.canonical_reason(), detail })
}

/// The addresses of a URL's host, looked up once, to be dialled and no other.
pub(super) async fn placed(url: &Url, reach: Reach) -> Result<Vec<IpAddr>, NotSent> {
    let at = addresses(url).await.map_err(NotSent::Failed)?;
    // What goes to an address of this machine comes from it.
    let is_here = |ip| source_towards(SocketAddr::new(ip, ANY_PORT)) == Some(ip);
    reach.of(at, is_here).ok_or(NotSent::Inside)
}

fn ask(asked: &Asked) -> Result<Ask, NotSent> {
    let wrong = |detail: &dyn std::fmt::Display| {
        NotSent::Failed(Cause::NotHttp { detail: detail.to_string().into() })
    };
    let method = Method::from_bytes(asked.method.as_bytes()).map_err(|error| wrong(&error))?;
    let mut ask = Ask { method, body: asked.body.clone().into(), ..Ask::get(asked.url.clone()) };
    ask.headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    for name in asked.headers.iter().map(|(name, _)| name) {
        ask.headers.remove(name);
    }
    for (name, value) in &asked.headers {
        let name = HeaderName::try_from(name).map_err(|error| wrong(&error))?;
        let value = HeaderValue::try_from(value).map_err(|error| wrong(&error))?;
        ask.headers.append(name, value);
    }
    Ok(ask)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// What a server at `host`, on this machine, is sent, where it is, and what comes of it.
    async fn asked(
        host: &str,
        reach: Reach,
        answer: &'static str,
    ) -> (Option<String>, Result<Answered, NotSent>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"the text") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let headers = [("X-A".into(), "b".into()), ("Cookie".into(), "c=d".into())];
        let url = format!("http://{host}:{port}/x?y");
        let asked = Asked::of(&url, "PUT", &headers, "the text").unwrap();
        let short = Duration::from_secs(1);
        let answered = within(TIMEOUT, short, &asked, reach, Via::default()).await;
        let request = match answered {
            Ok(_) => Some(server.await.unwrap()),
            // Nobody may have knocked.
            Err(_) => server.is_finished().then_some("something".to_owned()),
        };
        (request, answered)
    }

    #[tokio::test]
    async fn it_is_sent_as_it_was_shown_and_no_redirect_is_followed() {
        let answer = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n";
        let (request, answered) = asked("localhost", Reach::Own, answer).await;
        let wanted = Answered { code: 302, means: Some("Found"), detail: None };
        assert_eq!(answered, Ok(wanted));
        let request = request.unwrap().to_ascii_lowercase();
        assert!(request.starts_with("put /x?y http/1.1\r\nhost: localhost:"), "{request}");
        assert!(request.contains("x-a: b\r\n") && request.contains("content-length: 8\r\n"));
        assert!(!request.contains("cookie") && !request.contains("authorization"), "{request}");
    }

    #[tokio::test]
    async fn what_leads_inside_is_not_dialled() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let (request, answered) = asked(host, Reach::Internet, "").await;
            assert_eq!((request, answered), (None, Err(NotSent::Inside)), "{host}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_what_the_server_says() {
        let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\n\r\n{\"error\":\"never\"}";
        let (_, answered) = asked("127.0.0.1", Reach::Own, answer).await;
        let wanted = Answered { code: 403, means: Some("Forbidden"), detail: Some("never".into()) };
        assert_eq!(answered, Ok(wanted));
    }

    #[tokio::test]
    async fn an_answer_is_one_however_long_its_text_takes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = b"HTTP/1.1 500 Oh\r\nContent-Length: 99\r\n\r\n";
            stream.write_all(head).await.unwrap();
            std::future::pending::<()>().await;
        });
        let asked = Asked::of(&url, "GET", &[], "").unwrap();
        let (limit, short) = (Duration::from_secs(60), Duration::from_millis(50));
        let answered = within(limit, short, &asked, Reach::Own, Via::default()).await;
        server.abort();
        let wanted = Answered { code: 500, means: Some("Internal Server Error"), detail: None };
        assert_eq!(answered, Ok(wanted));
    }
}
