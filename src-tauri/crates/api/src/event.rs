//! What `GET /v1/events` tells, as it happens.

use serde::{Deserialize, Serialize};

use crate::{HandlerRun, Link, Message, Shown, Status, Time, Why};

/// One event of the agent's own stream. Its SSE `id:` is an increasing number, from which a client
/// that comes back within the last 256 events is replayed; else it gets [`Event::Reset`] first.
/// A comment line every 15 s is its heartbeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The first event of a stream, and whenever replay is not possible: everything as it is now.
    /// What a client held before may be stale; it fetches messages and history again.
    Reset(Box<Status>),
    /// Subscriptions, conditions or the agent changed.
    Status(Box<Status>),
    /// One link changed.
    Link(Box<Link>),
    /// A message was stored, or its server has changed it.
    Message(Box<Message>),
    /// What became of messages. What is null is as it was.
    Changed {
        /// Their ids; of more than 1000, the latest.
        #[cfg_attr(test, ts(type = "number[]"))]
        messages: Vec<i64>,
        /// What became of their alerts.
        shown: Option<Shown>,
        /// Why, where that needs a reason.
        why: Option<Why>,
        /// When they were read.
        read: Option<Time>,
        /// When their notification was closed by the person.
        dismissed: Option<Time>,
    },
    /// These messages are gone: replaced by a later one of theirs, or deleted on the server.
    Removed {
        /// Their ids.
        #[cfg_attr(test, ts(type = "number[]"))]
        messages: Vec<i64>,
    },
    /// The history changed; fetch it again where it is in view.
    History {
        /// The subscription's key; null for the agent's own rows.
        subscription: Option<String>,
    },
    /// A handler was run.
    Handler(Box<HandlerRun>),
}
