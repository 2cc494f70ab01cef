//! The requests that messages may make without a question.

use serde::{Deserialize, Serialize};

/// A yes that is remembered: to any request of this subscription's messages to this server with this method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Consent {
    /// The subscription's key.
    pub subscription: String,
    /// Scheme, host and port of the server.
    pub origin: String,
    /// The HTTP method.
    pub method: String,
}
