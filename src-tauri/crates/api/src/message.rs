//! Stored messages.

use serde::{Deserialize, Serialize};

use crate::Time;

/// One event, decoded and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
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
    /// When it was sent, as its server says; when it was received where that is earlier, or the server says
    /// nothing. Lists are in this order.
    pub time: Time,
    /// When the agent received it.
    pub received: Time,
    /// What a click opens, where the settings allow it.
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
    /// Why, where that needs a reason.
    pub why: Option<Why>,
    /// When the person read it; null while it is unread. What was there before it was followed is no news.
    pub read: Option<Time>,
    /// When the person closed its notification.
    pub dismissed: Option<Time>,
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
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
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Action {
    /// The button's text.
    pub label: String,
    /// What it does.
    pub does: ActionKind,
    /// What it opens, or whom it asks; null where it does neither.
    pub url: Option<String>,
    /// What it says to programs elsewhere; null where it is for this one.
    pub text: Option<String>,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Opens a page.
    Open,
    /// Sends a request.
    Send,
    /// Copies a text.
    Copy,
    /// Nothing here: it is for programs elsewhere.
    Tell,
}

/// Whether a message was to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
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
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// None was to be shown.
    No,
    /// Waiting for the notification server.
    Pending,
    /// Held back until a silence is over.
    Held,
    /// Acknowledged by the notification server.
    Shown,
    /// Told together with others that came while the person was away.
    Digest,
    /// Counted, since too many were on the screen.
    Folded,
    /// Kept quiet for good.
    Quiet,
    /// The notification server would not show it.
    Refused,
    /// Taken back, since the message was read elsewhere.
    Withdrawn,
    /// There was nobody to show it to.
    Nobody,
    /// It was no news any more, or of no interest.
    Old,
}

/// Why an alert was not shown as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "code", content = "text")]
pub enum Why {
    /// Its subscription was muted.
    Mute,
    /// The desktop was not to be disturbed.
    DoNotDisturb,
    /// The person had snoozed.
    Snooze,
    /// It came in quiet hours.
    QuietHours,
    /// It had waited until it was no news any more.
    Age,
    /// Its subscription was paused meanwhile.
    Paused,
    /// Its subscription was removed meanwhile.
    Removed,
    /// The notification server did not answer.
    NoAnswer,
    /// The notification server gave this reason.
    Server(String),
}

/// Which messages the person has read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(default)]
pub struct ReadMessages {
    /// These, at most 1000.
    #[cfg_attr(test, ts(type = "number[]"))]
    pub messages: Vec<i64>,
    /// All up to this id.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub up_to: Option<i64>,
    /// Of those up to that id, only those of one subscription.
    pub subscription: Option<String>,
}

/// Where messages are counted, it is no further than to so many: the answer is that for more of them, too.
pub const COUNTED_MAX: u32 = 1_000;

/// How many were read that had not been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Read {
    /// How many, up to [`COUNTED_MAX`].
    pub messages: u32,
}

/// How much of a subscription the person has not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Unread {
    /// The subscription's key.
    pub subscription: String,
    /// How many messages, up to [`COUNTED_MAX`].
    pub messages: u32,
}

/// Which message to answer as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RawQuery {
    /// Its id.
    #[cfg_attr(test, ts(type = "number"))]
    pub message: i64,
}

/// The event of a message, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RawMessage {
    /// The event's type.
    pub kind: String,
    /// Its own id, where it had one.
    pub own_id: Option<String>,
    /// Its data; of more than 256 KiB the beginning.
    pub data: String,
    /// The length of all of its data, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// The picture of a message, decoded and encoded again by the agent: none of it is as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Picture {
    /// A PNG in Base64; null where there is none, or none is to be fetched.
    pub png: Option<String>,
}

/// Which messages to delete.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(default)]
pub struct DeleteMessages {
    /// At most 1000.
    #[cfg_attr(test, ts(type = "number[]"))]
    pub messages: Vec<i64>,
}

/// Which messages there were, and are no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Deleted {
    /// Their ids.
    #[cfg_attr(test, ts(type = "number[]"))]
    pub messages: Vec<i64>,
}

/// Which messages to answer: by `time`, the latest first, and by id where that is the same; unless `after` or
/// `above` is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(default)]
pub struct MessagesQuery {
    /// At most so many; 1 to 1000, 100 by default. Fewer may come where they are large: only an empty
    /// answer says that there are no more.
    pub limit: Option<u32>,
    /// Only messages with a greater id, in the order of ids, which is that in which they were received.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub after: Option<i64>,
    /// Only messages that stand behind the one with this id.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub before: Option<i64>,
    /// The `time` of that one, by which its place is known where it was deleted meanwhile.
    pub before_time: Option<Time>,
    /// Only messages that stand above the one with this id, the nearest to it first: the other way from it than
    /// `before`.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub above: Option<i64>,
    /// The `time` of that one, for the same reason.
    pub above_time: Option<Time>,
    /// Only those of one subscription.
    pub subscription: Option<String>,
    /// Only those of this time or a later one.
    pub since: Option<Time>,
    /// Only those from before this time.
    pub until: Option<Time>,
    /// Only those of this priority or a higher one.
    pub priority: Option<u8>,
    /// Only those that the person has not read.
    pub unread: bool,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Only those that hold all of these words, anywhere in title, body, tags or topic, whether in capitals or
    /// not. Of each text the first 64 KiB are looked at, of a search the first 16 words.
    pub search: Option<String>,
}
