//! Stand-ins for servers that are not had here: each answers as the real one was seen, or is documented, to
//! answer somebody who adds it.

use tokio::task::JoinHandle;

use crate::sse::{Client, Server};

/// What is answered to a request.
pub enum Says {
    /// Its status, content type, body, and other headers, each with its line's end.
    Once(&'static str, &'static str, &'static str, String),
    /// An event stream that begins so and stays open.
    Stream(&'static str),
}

use Says::{Once, Stream};

/// A request: its path with the query, its bearer token, and the port that it came to.
pub struct Asked<'a> {
    path: &'a str,
    token: Option<&'a str>,
    port: u16,
}

/// Answers a request.
pub type Answers = fn(&Asked<'_>) -> Says;

/// A server that answers by a function.
pub struct StandIn {
    /// Its port.
    pub port: u16,
    answers: Answers,
    task: JoinHandle<()>,
}

impl StandIn {
    /// Starts it on a port of its own.
    pub async fn start(answers: Answers) -> Self {
        let server = Server::start().await;
        let port = server.port();
        Self { port, answers, task: tokio::spawn(serve(server, answers)) }
    }

    /// Ends it, with its streams.
    pub async fn kill(&mut self) {
        self.task.abort();
        // Its port is free once it has gone.
        _ = (&mut self.task).await;
    }

    /// Starts it again, on its port.
    pub async fn start_again(&mut self) {
        self.task = tokio::spawn(serve(Server::at(self.port).await, self.answers));
    }

    /// A URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(server: Server, answers: Answers) {
    let mut open: Vec<Client> = Vec::new();
    loop {
        let mut client = server.client_ever().await;
        let path = client.request.split(' ').nth(1).unwrap_or_default().to_owned();
        let token = client.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match answers(&Asked { path: &path, token, port: server.port() }) {
            Stream(first) => {
                client.accept().await;
                client.send(first).await;
                open.push(client);
            }
            Once(status, kind, body, headers) => {
                let length = body.len();
                client
                    .send(&format!(
                        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
                         {headers}Connection: close\r\n\r\n{body}"
                    ))
                    .await;
            }
        }
    }
}

fn page() -> Says {
    Once("200 OK", "text/html; charset=utf-8", "<!DOCTYPE html>", String::new())
}

fn json(status: &'static str, body: &'static str) -> Says {
    Once(status, "application/json", body, String::new())
}

/// The token that each takes.
pub const TOKEN: &str = "right";

/// Home Assistant, as 2025.4.
pub fn home_assistant(asked: &Asked<'_>) -> Says {
    let plain = |status, body| Once(status, "text/plain; charset=utf-8", body, String::new());
    match (asked.path, asked.token) {
        ("/api/stream", Some(TOKEN)) => Stream("data: ping\n\n"),
        ("/api/stream", _) => plain("401 Unauthorized", "401: Unauthorized"),
        ("/", _) => page(),
        _ => plain("404 Not Found", "404: Not Found"),
    }
}

/// Mastodon, as 4.3.
pub fn mastodon(asked: &Asked<'_>) -> Says {
    match (asked.path.strip_prefix("/api/v1/streaming/"), asked.token) {
        (Some(_), Some(TOKEN)) => Stream(":)\n"),
        (Some(_), Some(_)) => json("401 Unauthorized", r#"{"error":"Invalid access token"}"#),
        (Some(_), None) => json("401 Unauthorized", r#"{"error":"Missing access token"}"#),
        (None, _) if asked.path == "/" || asked.path.starts_with("/@") => page(),
        _ => json("404 Not Found", r#"{"error":"Not Found"}"#),
    }
}

/// Mastodon whose streams are a server of their own, on another name of this machine.
pub fn mastodon_apart(asked: &Asked<'_>) -> Says {
    let apart = asked.path.strip_prefix("/apart");
    if apart.is_some() || !asked.path.starts_with("/api/v1/streaming/") {
        return mastodon(&Asked { path: apart.unwrap_or(asked.path), ..*asked });
    }
    let to = format!("Location: http://localhost:{}/apart{}\r\n", asked.port, asked.path);
    Once("301 Moved Permanently", "text/html", "", to)
}

/// Gotify, as 2.6.
pub fn gotify(asked: &Asked<'_>) -> Says {
    match (asked.path.split('?').next().unwrap_or_default(), asked.token) {
        ("/", _) => page(),
        ("/version", _) => json("200 OK", r#"{"version":"2.6.1","commit":"x","buildDate":"x"}"#),
        ("/stream", Some(TOKEN)) => Once(
            "400 Bad Request",
            "text/plain; charset=utf-8",
            "Bad Request\n",
            "Sec-Websocket-Version: 13\r\n".to_owned(),
        ),
        ("/stream", _) => json(
            "401 Unauthorized",
            r#"{"error":"Unauthorized","errorCode":401,"errorDescription":"you need to provide a valid access token or user credentials to access this api"}"#,
        ),
        _ => json("404 Not Found", r#"{"error":"Not Found","errorCode":404}"#),
    }
}

/// smee's own server (https://github.com/probot/smee.io).
pub fn smee(asked: &Asked<'_>) -> Says {
    match asked.path {
        "/" => page(),
        _ => Stream("id: 0\nevent: ready\ndata: {}\n\n"),
    }
}

/// A site with pages that name a Mercure hub beside them, one that names a hub elsewhere, one that names a hub
/// which ends each stream at once, and one whose hub's address is a command to a shell.
pub fn site_with_hub(asked: &Asked<'_>) -> Says {
    let linked = |hub: &str| {
        let link = format!("Link: <{hub}>; rel=\"mercure\"\r\n");
        Once("200 OK", "text/html", "<!DOCTYPE html>", link)
    };
    match asked.path {
        "/books/1" | "/" => linked("/hub"),
        "/away" => linked("https://hub.example/.well-known/mercure"),
        "/ends" => linked("/hub?ends"),
        "/shell?session=SECRET" => linked("/hub'$(id)?a=1;touch${IFS}/tmp/x;b=1"),
        path if path.starts_with("/hub?ends&topic=") => {
            Once("200 OK", "text/event-stream", "", String::new())
        }
        path if path.starts_with("/hub?topic=") || path.starts_with("/hub'$(id)?") => {
            Stream(":\n\n")
        }
        _ => Once("404 Not Found", "text/plain", "404 page not found\n", String::new()),
    }
}
