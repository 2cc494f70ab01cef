//! Sending a message of the person's own to a subscription's server.

use serde::{Deserialize, Serialize};

/// A message to send.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct SendMessage {
    /// The subscription's key, or its name.
    pub subscription: String,
    /// What it says, at most 64 KiB.
    pub text: String,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// 1 lowest to 5 highest; the server's usual where missing.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What a click opens, a URL.
    #[serde(default)]
    pub click: Option<String>,
    /// The topic to send to, where the subscription follows several.
    #[serde(default)]
    pub topic: Option<String>,
}

/// The server has taken a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Sent {
    /// The key of the subscription that it was sent to.
    pub subscription: String,
    /// Its label; the key where it has none.
    pub name: String,
}
