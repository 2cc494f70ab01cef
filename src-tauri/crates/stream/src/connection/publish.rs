//! A message on its way to a server: one request that hands it over and is answered once, with no stream.

use std::time::Duration;

use hark_engine::{failure::Cause, feed::publish::Publish, readable::Line};
use http::{HeaderValue, Method, Response, header};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::dial::{Ask, exchange, status};

/// How long it may take, from the name to the answer's head: a person waits for it.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Sends a message, once. Any 2xx says that it was taken, but for a web page, as a login or a captive
/// portal answers. A redirect is not followed: what a person sends, and the credential with it, is for the
/// address that they have named. `ask` is how that is asked.
///
/// # Errors
/// Why it was not taken.
pub async fn publish(ask: Ask, message: Publish) -> Result<(), Cause> {
    within(TIMEOUT, ask, message).await
}

async fn within(limit: Duration, mut ask: Ask, message: Publish) -> Result<(), Cause> {
    let Publish { url, content_type, body } = message;
    ask.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    ask.headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let ask = Ask { url, method: Method::POST, body: body.into(), ..ask };
    let answered = async {
        let response = exchange(&ask).await?;
        match response.status() {
            code if code.is_success() => no_page(&response),
            code if code.is_redirection() => Err(redirect(&ask, &response)),
            _ => Err(status(response, &ask).await),
        }
    };
    timeout(limit, answered).await.unwrap_or(Err(Cause::HeadersTimeout))
}

fn no_page(response: &Response<Incoming>) -> Result<(), Cause> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    match kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        true => Err(Cause::ContentType { found: "a web page".into() }),
        false => Ok(()),
    }
}

/// Where it leads, without a query, which may hold what the person's own had.
fn redirect(ask: &Ask, response: &Response<Incoming>) -> Cause {
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    let to = to.and_then(|to| ask.url.join(to).ok()).map_or_else(
        || "it does not say where to".to_owned(),
        |to| {
            let to = format!("{}{}", to.origin().ascii_serialization(), to.path());
            format!("it leads to {}; if that is right, name that address", Line::brief(&to))
        },
    );
    Cause::Redirect { detail: to.into() }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        sync::mpsc,
    };

    use super::*;
    use crate::connection::{Io, Via, Wire};

    /// What is posted to a server that answers so, and what was answered; none where it is silent.
    async fn posted(answer: Option<&'static str>) -> (String, Result<(), Cause>) {
        let limit = if answer.is_some() { TIMEOUT } else { Duration::from_millis(10) };
        let (told, mut requests) = mpsc::channel(4);
        let wire = Wire::new(move || {
            let (here, mut there) = duplex(64 << 10);
            let told = told.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"the text") {
                    request.push(there.read_u8().await.unwrap());
                }
                told.send(String::from_utf8(request).unwrap()).await.unwrap();
                match answer {
                    Some(answer) => there.write_all(answer.as_bytes()).await.unwrap(),
                    None => std::future::pending().await,
                }
            });
            Box::pin(async { Ok(Box::new(here) as Box<dyn Io>) })
        });
        let url: url::Url = "http://a.example/x?auth=s3cret".parse().unwrap();
        let mut ask = Ask::get(url.clone());
        ask.headers.insert("authorization", HeaderValue::from_static("Bearer s3cret"));
        ask.via = Via { wire: Some(wire), ..Via::default() };
        let message = Publish { url, content_type: "text/plain", body: "the text".into() };
        let answered = within(limit, ask, message).await;
        let request = requests.recv().await.unwrap();
        assert!(requests.try_recv().is_err(), "it is sent once");
        (request, answered)
    }

    #[tokio::test]
    async fn any_2xx_is_a_yes_to_a_request_that_is_sent_as_it_is() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
        ] {
            let (request, answered) = posted(Some(answer)).await;
            assert_eq!(answered, Ok(()), "{answer}");
            assert!(request.starts_with("POST /x?auth=s3cret HTTP/1.1\r\n"), "{request}");
            for line in [
                "authorization: Bearer s3cret\r\n",
                "accept: */*\r\n",
                "content-type: text/plain\r\n",
                "content-length: 8\r\n",
            ] {
                assert!(request.contains(line), "{request}");
            }
        }
    }

    #[tokio::test]
    async fn a_page_a_refusal_and_a_redirect_are_a_no_and_nothing_is_sent_again() {
        let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
        let answered = posted(Some(page)).await.1;
        assert!(matches!(answered, Err(Cause::ContentType { .. })), "{answered:?}");
        let full = "HTTP/1.1 507 Full\r\nContent-Length: 4\r\n\r\nfull";
        let answered = posted(Some(full)).await.1;
        assert!(matches!(answered, Err(Cause::Status { code: 507, .. })), "{answered:?}");
        for (code, to, wanted) in [
            (301, "https://a.example/x?auth=s3cret", "https://a.example/x;"),
            (303, "/login?next=x", "http://a.example/login;"),
            (308, "https://b.example/", "https://b.example/;"),
        ] {
            let answer = format!("HTTP/1.1 {code} Moved\r\nLocation: {to}\r\n\r\n");
            let Err(Cause::Redirect { detail }) = posted(Some(answer.leak())).await.1 else {
                panic!("{to}")
            };
            assert!(detail.contains(wanted) && !detail.contains("s3cret"), "{detail}");
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_given_up() {
        assert_eq!(posted(None).await.1, Err(Cause::HeadersTimeout));
    }
}
