//! Stored messages.

use serde::{Deserialize, Serialize};

use crate::Time;

/// One event, decoded and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Message {
    /// Our own increasing number, and the order.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The id that the wire gave this event, or null.
    pub server_id: Option<String>,
    /// The subscription's key.
    pub subscription: String,
    /// Plain text; empty where the server gave none.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// 1 lowest to 5 highest; 3 is normal.
    pub priority: u8,
    /// The server's time, or when it was received where the server gave none.
    pub time: Time,
    /// When the agent received it.
    pub received: Time,
    /// What a click opens; http or https.
    pub url: Option<String>,
    /// The server's tags.
    pub tags: Vec<String>,
    /// What it was published under, where one connection brings several topics.
    pub topic: Option<String>,
    /// A picture to stand beside it; http or https.
    pub icon: Option<String>,
    /// Whether the body is Markdown.
    pub markdown: bool,
    /// A file that came with it.
    pub attachment: Option<Attachment>,
    /// What the person may do about it.
    pub actions: Vec<Action>,
    /// What was decided.
    pub decision: Decision,
    /// The rule of the person's that decided, where one did.
    pub rule: Option<String>,
    /// What became of its alert.
    pub shown: Shown,
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Attachment {
    /// Its name; may be empty.
    pub name: String,
    /// Where it is; http or https.
    pub url: String,
    /// Its size, where the server knows it.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub bytes: Option<u64>,
}

/// Something that the person may do about a message. What a request would send stays in the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Action {
    /// The button's text.
    pub label: String,
    /// What it does.
    pub does: ActionKind,
    /// What it opens, or whom it asks; null where it does neither.
    pub url: Option<String>,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Opens a page.
    Open,
    /// Sends a request.
    Send,
    /// Copies a text.
    Copy,
}

/// Whether a message was to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Shown as a notification.
    Alert,
    /// Stored quietly: it was there before the first connection.
    Backlog,
    /// Stored quietly: a rule says so.
    Quiet,
}

/// What became of an alert. "Shown" is what the notification server acknowledged, never "seen".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// None was to be shown.
    No,
    /// Waiting for the notification server.
    Pending,
    /// Acknowledged by it.
    Shown,
    /// Counted in one notification together with others.
    Digest,
    /// The notification server would not show it.
    Refused,
    /// Taken back, since the message was read elsewhere.
    Withdrawn,
    /// There was nobody to show it to.
    Nobody,
    /// It had waited for so long that it was no news any more, or its subscription was paused or removed
    /// meanwhile.
    Old,
}

/// Which messages to answer, newest first unless `after` is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default)]
pub struct MessagesQuery {
    /// At most so many; 1 to 1000, 100 by default. Fewer may come where they are large: only an empty
    /// answer says that there are no more.
    pub limit: Option<u32>,
    /// Only messages with a greater id, oldest first.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub after: Option<i64>,
    /// Only messages with a smaller id.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub before: Option<i64>,
    /// Only those of one subscription.
    pub subscription: Option<String>,
}
