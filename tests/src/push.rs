//! What the stand-ins of push servers have in common: a port, streams that are written byte for byte,
//! and what was asked of them. They are built from the servers' documentation, on axum.

use std::convert::Infallible;

use axum::{Router, body::Body, http::header, response::Response};
use futures_util::stream;
use hark_api::{HistoryQuery, route};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use crate::{
    World,
    http::{free_port, listen},
};

impl World {
    /// The kinds of the agent's journal entries, newest first.
    pub async fn journal(&self) -> Vec<String> {
        let rows = self.client().call(&route::JOURNAL, &HistoryQuery::default()).await.unwrap();
        rows.into_iter().map(|row| row.kind).collect()
    }

    /// How often the journal tells of messages that may be missing.
    pub async fn gaps(&self) -> usize {
        self.journal().await.iter().filter(|kind| *kind == "gap").count()
    }
}

/// A server on a port of its own, until dropped.
pub struct Served {
    /// The port.
    pub port: u16,
    task: JoinHandle<()>,
}

impl Served {
    /// Serves these routes.
    pub async fn start(router: Router) -> Self {
        Self::at(free_port(), router).await
    }

    /// Serves them on this port.
    pub async fn at(port: u16, router: Router) -> Self {
        let listener = listen(port).await;
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, task }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One open stream. It ends cleanly when this is dropped.
pub struct Out(UnboundedSender<String>);

impl Out {
    /// Writes; answers whether anybody still reads.
    pub fn write(&self, text: impl Into<String>) -> bool {
        self.0.send(text.into()).is_ok()
    }
}

/// A stream, and the response that carries it.
#[must_use]
pub fn event_stream(headers: &[(&str, &str)]) -> (Out, Response) {
    let (out, written) = unbounded_channel();
    let next = |mut written: UnboundedReceiver<String>| async {
        let text = written.recv().await?;
        Some((Ok::<_, Infallible>(text), written))
    };
    let mut response = Response::builder().header(header::CONTENT_TYPE, "text/event-stream");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = Body::from_stream(stream::unfold(written, next));
    (Out(out), response.body(body).unwrap())
}
