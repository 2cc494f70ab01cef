//! The relay: what it sends to local programs, who may ask it, and how it is.

use serde::{Deserialize, Serialize};

use crate::{Attachment, Cause, Decision, Time};

/// What a client of the relay asks for, in the query of its address. Each of `subscription` and `topic` may stand
/// there several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayQuery {
    /// Only messages of these subscriptions, by key. Messages of Hark's own come where `hark` is named.
    pub subscriptions: Vec<String>,
    /// Only messages under these topics.
    pub topics: Vec<String>,
    /// What came after the message of this id; 0 for all that is held. `Last-Event-ID` counts before it. Without
    /// either, what comes from now on.
    pub since: Option<RelayId>,
    /// Whether events are wanted as they came ([`RelayRaw`]), and not decoded.
    pub raw: bool,
}

impl RelayQuery {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// One sentence that says what is wrong with it.
    pub fn read(query: &str) -> Result<Self, String> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|error| format!("The query could not be read: {error}."))?;
        let mut read = Self::default();
        for (name, value) in pairs {
            match &*name {
                "subscription" => read.subscriptions.push(value),
                "topic" => read.topics.push(value),
                "since" => read.since = Some(RelayId::read(&value)?),
                "format" => {
                    read.raw = match &*value {
                        "raw" => true,
                        "decoded" => false,
                        _ => return Err("`format` is raw or decoded.".to_owned()),
                    }
                }
                // See `token_in`.
                "token" => {}
                _ => {
                    return Err(format!(
                        "A relay knows no {name:?}; it knows subscription, topic, since, format and token."
                    ));
                }
            }
        }
        let many = read.subscriptions.len().max(read.topics.len());
        match many > FILTER_MAX {
            true => Err(format!("At most {FILTER_MAX} subscriptions and topics may be named.")),
            false => Ok(read),
        }
    }

    /// The token in the query of an address, whatever else it says: who asks is judged before what is asked for.
    #[must_use]
    pub fn token_in(query: &str) -> Option<String> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
        pairs.into_iter().rev().find_map(|(name, value)| (name == "token").then_some(value))
    }
}

/// How many subscriptions, and how many topics, a client may name.
const FILTER_MAX: usize = 256;

/// Up to where a client has everything, as it stands in `id:` and comes back in `Last-Event-ID` or `since`:
/// `7.5f0c2a91d3b84e6f`, or a number alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayId {
    /// A message's id; 0 is before all.
    pub message: i64,
    /// The store in which that is its id. Without, it is taken for one of the store that is there.
    pub epoch: Option<String>,
}

impl RelayId {
    /// Reads one.
    ///
    /// # Errors
    /// One sentence, where it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let (number, epoch) = match text.trim().split_once('.') {
            Some((number, epoch)) => (number, Some(epoch)),
            None => (text.trim(), None),
        };
        let message = number.parse().ok().filter(|id| *id >= 0);
        let is_epoch = |epoch: &str| {
            (1..=EPOCH_BYTES_MAX).contains(&epoch.len())
                && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match message.filter(|_| epoch.is_none_or(is_epoch)) {
            Some(message) => Ok(Self { message, epoch: epoch.map(str::to_owned) }),
            None => Err(format!(
                "{text:?} is no id of a message; ids are numbers from 0 on, or as the relay wrote them."
            )),
        }
    }

    /// As it is written.
    #[must_use]
    pub fn written(message: i64, epoch: &str) -> String {
        format!("{message}.{epoch}")
    }
}

/// The longest name of a store.
const EPOCH_BYTES_MAX: usize = 64;

/// One event of `GET /relay/v1/messages`: its `event:` is the variant's name, and its `data:` what stands in it. The
/// SSE `id:` ([`RelayId`]) says up to where the client has everything: that of a message is the message's, that of a gap
/// the one from which it goes on; it also stands alone, at the beginning and where messages were passed over. Each
/// stream begins with the `status` of each subscription. A comment line every 15 s is its heartbeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RelayEvent {
    /// A message, decoded.
    Message(Box<RelayMessage>),
    /// A message as it came, in its place for who asks so; its `event:` is `message` as well.
    Raw(Box<RelayRaw>),
    /// A message is gone: deleted, or another one took its place.
    Removed(RelayRemoved),
    /// How an upstream connection is now.
    Status(RelayStatus),
    /// Messages may be missing that are no longer held.
    Gap(RelayGap),
}

/// A message as the relay sends it. Nothing of it changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayMessage {
    /// Hark's own increasing number, and the order.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The id that the wire gave this event, or null.
    pub server_id: Option<String>,
    /// The subscription's key.
    pub subscription: String,
    /// What it was published under, where one connection brings several topics.
    pub topic: Option<String>,
    /// Plain text; may be empty.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// 1 lowest to 5 highest; 3 is normal.
    pub priority: u8,
    /// When it was sent, as its server says, but never after it was received.
    pub time: Time,
    /// When the agent received it.
    pub received: Time,
    /// Its link; http, https or what the settings allow.
    pub url: Option<String>,
    /// The server's tags.
    pub tags: Vec<String>,
    /// A picture to stand beside it; http or https.
    pub icon: Option<String>,
    /// Whether the body is Markdown.
    pub markdown: bool,
    /// A file that came with it.
    pub attachment: Option<Attachment>,
    /// What Hark decided: whether it is shown.
    pub decision: Decision,
    /// The Harks that it has passed through.
    pub hark_hops: Vec<String>,
}

/// A message's event as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayRaw {
    /// Hark's own increasing number, and the order.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The event's id on the wire, or null.
    pub server_id: Option<String>,
    /// The subscription's key.
    pub subscription: String,
    /// What it was published under, where one connection brings several topics.
    pub topic: Option<String>,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event's data.
    pub data: String,
    /// When the agent received it.
    pub received: Time,
    /// The Harks that it has passed through.
    pub hark_hops: Vec<String>,
}

/// That a message is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayRemoved {
    /// Its id.
    #[cfg_attr(test, ts(type = "number"))]
    pub message: i64,
    /// Its subscription's key.
    pub subscription: String,
}

/// How an upstream connection is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayStatus {
    /// The subscription's key.
    pub subscription: String,
    /// Its label.
    pub name: String,
    /// How it is.
    pub state: Upstream,
    /// Since when it is connected; null where it is not.
    pub since: Option<Time>,
    /// Why it is down; null where it is not.
    pub cause: Option<Cause>,
}

/// How an upstream connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// It is being made for the first time.
    Connecting,
    /// It stands.
    Up,
    /// It does not, and is tried again, or waits for the person.
    Down,
    /// The person has paused it.
    Paused,
    /// It is not followed any more.
    Removed,
}

/// That messages may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayGap {
    /// The subscription's key; null where the id that was asked from is none of this store, so that nothing is
    /// known of what came after it.
    pub subscription: Option<String>,
    /// The id from which the client goes on.
    #[cfg_attr(test, ts(type = "number"))]
    pub after: i64,
    /// The greatest id that may be missing; null where that is not known.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub up_to: Option<i64>,
}

/// Why the relay does not answer what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayRefusal {
    /// One sentence. A Hark that follows shows it to its person.
    pub error: String,
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Relay {
    /// Where it is to listen, as the settings say: an address or a path. Null where it is off.
    pub at: Option<String>,
    /// Whether it listens there.
    pub listens: bool,
    /// Why it does not; null where it does, or is off.
    pub problem: Option<String>,
    /// The file with the token for all that it answers; null where it is off, or has no token as it is a socket.
    pub token_file: Option<String>,
    /// The file with the token for messages alone, which may stand in an address.
    pub read_only_token_file: Option<String>,
    /// The web pages that may ask.
    pub origins: Vec<String>,
    /// Those who follow it now.
    pub clients: Vec<RelayClient>,
    /// How many may at most.
    pub clients_max: u32,
}

/// One that follows the relay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RelayClient {
    /// Since when.
    pub since: Time,
    /// What it calls itself (`User-Agent`), at most 100 characters; may be empty.
    pub agent: String,
    /// The origin of the web page that it is; null where it is none.
    pub origin: Option<String>,
    /// The id up to which it was sent all that it wants.
    #[cfg_attr(test, ts(type = "number"))]
    pub reached: i64,
    /// How many messages it was sent.
    #[cfg_attr(test, ts(type = "number"))]
    pub sent: u64,
}

/// Which token of the relay is to be another one. Who follows with it is cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(default)]
pub struct RenewToken {
    /// Whether it is the one for messages alone.
    pub read_only: bool,
}

/// What a supervisor is told at `GET /v1/health`, with status 503 where `ok` is false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Health {
    /// Whether the agent does its work. A server that is away is none of its faults.
    pub ok: bool,
    /// Connections that stand.
    pub up: u32,
    /// Those that do not, and should.
    pub down: u32,
    /// Those that the person has paused.
    pub paused: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_or_refused_with_a_sentence() {
        let read = RelayQuery::read("subscription=a&subscription=b%20c&topic=t&since=7&format=raw");
        let wanted = RelayQuery {
            subscriptions: vec!["a".into(), "b c".into()],
            topics: vec!["t".into()],
            since: Some(RelayId { message: 7, epoch: None }),
            raw: true,
        };
        assert_eq!(read.unwrap(), wanted);
        for (query, word) in [
            ("since=-1", "no id"),
            ("since=9999999999999999999", "no id"),
            ("since=7.", "no id"),
            ("since=7.a.b", "no id"),
            ("since=.a", "no id"),
            ("format=xml", "raw or decoded"),
            ("subscriptions=a", "knows no"),
        ] {
            assert_eq!(RelayQuery::token_in(&format!("{query}&token=t%20u")).unwrap(), "t u");
            let said = RelayQuery::read(query).unwrap_err();
            assert!(said.contains(word) && said.ends_with('.'), "{said}");
        }
        let written = RelayId::written(7, "a1");
        let wanted = RelayId { message: 7, epoch: Some("a1".into()) };
        assert_eq!(RelayId::read(&written), Ok(wanted));
        let many: String = (0..300).map(|n| format!("topic={n}&")).collect();
        assert!(RelayQuery::read(many.trim_end_matches('&')).unwrap_err().contains("At most"));
    }
}
