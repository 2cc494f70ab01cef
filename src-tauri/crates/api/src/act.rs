//! What the person does about a message: its link, its file, or one of its actions.

use serde::{Deserialize, Serialize};

/// Does something about a message. Nothing that the person has not been shown is done: what is answered with
/// [`Acted::Ask`] is sent again with the question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct Act {
    /// The message's id.
    #[cfg_attr(test, ts(type = "number"))]
    pub message: i64,
    /// What of it.
    pub what: ActOn,
    /// The person's yes to what was asked.
    #[serde(default)]
    pub answer: Option<Yes>,
    /// The language of what is answered, as a tag such as `zh-CN`; English where missing or another.
    #[serde(default)]
    pub language: Option<String>,
}

/// What of a message something is done about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActOn {
    /// Its link.
    Link,
    /// The file that came with it.
    Attachment,
    /// One of its actions, counted from 0.
    Action(u32),
    /// An address in its text. One that does not stand there is not opened.
    Text(String),
}

/// The person's yes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Yes {
    /// What was asked, as it was asked: a yes to anything else is none.
    pub asked: Question,
    /// Whether it is not to be asked again for this subscription, server and method.
    #[serde(default)]
    pub remember: bool,
}

/// What came of it, or is to be done by the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Acted {
    /// It is done, or was tried.
    Done {
        /// Whether it went well.
        ok: bool,
        /// One sentence for the person.
        sentence: String,
    },
    /// The client is to open this in the person's program for it.
    Open {
        /// The link, judged and in its plain form.
        url: String,
    },
    /// The client is to copy this.
    Copy {
        /// Plain text.
        text: String,
    },
    /// The person is to be asked first.
    Ask {
        /// What to ask.
        asked: Question,
    },
}

/// What the person is to see before it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// A link may not lead where it seems to.
    Link {
        /// What would be opened.
        url: String,
        /// What its host may be taken for.
        seems: Seems,
    },
    /// A message asks for a request.
    Request {
        /// The HTTP method.
        method: String,
        /// Scheme, host and port.
        origin: String,
        /// The whole address.
        url: String,
        /// Every header of the message's that is sent: name and value.
        headers: Vec<(String, String)>,
        /// All that is sent; may be empty.
        body: String,
        /// What its host may be taken for.
        seems: Seems,
        /// Whether the answer can be remembered.
        can_remember: bool,
    },
}

/// What an address may be taken for that is another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Seems {
    /// Its host as the network knows it, where that has letters that are not ASCII: `xn--…`.
    pub host: Option<String>,
    /// The same host as it is read.
    pub reads: Option<String>,
    /// What stands before the host and is none of it.
    pub user: Option<String>,
}
