//! The event stream: what a client missed, then what comes.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::{Sse, sse},
    routing::get,
};
use futures_util::{Stream, StreamExt, stream};
use hark_api::{Event, route};
use tokio::sync::broadcast::error::RecvError;

use crate::{events::Numbered, status::Status};

const HEARTBEAT: Duration = Duration::from_secs(15);

/// The route of the stream, which does not answer a single value as the others do.
pub(super) fn router(status: &Status) -> Router {
    Router::new().route(route::EVENTS, get(events)).with_state(status.clone())
}

async fn events(
    State(status): State<Status>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let subscription = status.events().subscribe(after);
    let reset = |status: &Status| Event::Reset(Box::new(status.now()));
    let first = match subscription.missed {
        Some(missed) => missed,
        None => vec![(subscription.number, reset(&status))],
    };
    let live = stream::unfold((subscription.live, status), move |(mut live, status)| async move {
        let numbered = match live.recv().await {
            Ok(numbered) => numbered,
            // The client was too slow: it starts again from the current state.
            Err(RecvError::Lagged(_)) => {
                let subscription = status.events().subscribe(None);
                live = subscription.live;
                (subscription.number, reset(&status))
            }
            Err(RecvError::Closed) => return None,
        };
        Some((numbered, (live, status)))
    });
    let heartbeat = sse::KeepAlive::new().interval(HEARTBEAT);
    Sse::new(stream::iter(first).chain(live).map(|event| Ok(sse_event(&event))))
        .keep_alive(heartbeat)
}

fn sse_event((number, event): &Numbered) -> sse::Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    sse::Event::default().id(number.to_string()).data(data)
}
