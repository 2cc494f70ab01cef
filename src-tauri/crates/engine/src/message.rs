//! A message: one event, decoded into what a person can read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::readable::{LINE_CHARS_MAX, Line, TEXT_CHARS_MAX, Text, is_blank};

/// The longest title kept, in characters. The raw event keeps the rest.
pub const TITLE_CHARS_MAX: usize = LINE_CHARS_MAX;
/// The longest body kept, in characters. The raw event keeps the rest.
pub const BODY_CHARS_MAX: usize = TEXT_CHARS_MAX;
/// The most tags kept.
pub const TAGS_MAX: usize = 32;
/// The longest tag, topic or other short text kept, in characters.
pub const WORD_CHARS_MAX: usize = 100;
/// The longest name of a sequence, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// The most actions kept. ntfy allows three.
pub const ACTIONS_MAX: usize = 5;
/// The most headers of a request that an action sends. One with more is not kept.
pub const HEADERS_MAX: usize = 16;

/// One dispatched event as the wire gave it (WHATWG HTML, 9.2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEvent {
    /// The event's type; `message` where none was given.
    pub kind: String,
    /// The data, lines joined by line feeds.
    pub data: String,
    /// The id that this very event carried; not the inherited one. Empty resets the cursor.
    pub own_id: Option<String>,
}

/// How urgent, as ntfy counts: 1 lowest, 3 normal, 5 highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Priority(u8);

impl Priority {
    /// What a message has that says nothing of it: 3.
    pub const NORMAL: Self = Self(3);

    /// The nearest priority to any number.
    #[must_use]
    pub fn clamped(level: i64) -> Self {
        Self(u8::try_from(level.clamp(1, 5)).unwrap_or(3))
    }

    /// 1 to 5.
    #[must_use]
    pub fn level(self) -> u8 {
        self.0
    }

    /// Whether it is 5, which a person is to see whatever else comes.
    #[must_use]
    pub fn is_highest(self) -> bool {
        self.0 == 5
    }
}

/// One event, decoded. All texts are plain and free of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line; may be empty.
    pub title: Line,
    /// The text; may be empty.
    pub body: Text,
    /// From 1 to 5; see [`Priority`].
    pub priority: Priority,
    /// The server's time, where it gave one.
    pub time: Option<Timestamp>,
    /// What a click opens, as [`crate::links::kept`] keeps it.
    pub url: Option<String>,
    /// The server's tags.
    pub tags: Vec<Line>,
    /// The topic that it was published under, where one connection brings several.
    pub topic: Option<Line>,
    /// The series that it belongs to; the latest message of a series stands for all of them.
    pub sequence: Option<Sequence>,
    /// What few servers send.
    pub extras: Extras,
}

/// A series of messages in which a later one may take the place of an earlier: the state of one
/// thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Its name, unique within the subscription.
    pub id: Line,
    /// Whether this message takes the place of the one before it.
    pub replaces: bool,
    /// Whether it is known to be the first.
    pub begins: bool,
}

/// A change to an earlier message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The latest of this sequence was read elsewhere: nothing more is to be shown of it.
    Read(Line),
    /// The messages of this sequence were deleted on the server.
    Deleted(Line),
}

/// What few servers send with a message. Kept with it; stored as JSON, so that a field's name stays
/// as it is once released.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    /// A picture to stand beside it; http or https.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Whether the body is Markdown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub markdown: bool,
    /// A file that comes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// What the person may do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name; may be empty.
    pub name: Line,
    /// Where it is; http or https.
    pub url: String,
    /// Its size, where the server knows it.
    pub bytes: Option<u64>,
}

/// Something that the person may do about a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The button's text.
    pub label: Line,
    /// Whether the notification goes away with it.
    pub clear: bool,
    /// What it does.
    #[serde(flatten)]
    pub does: Does,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum Does {
    /// Opens a page.
    Open {
        /// The page, as [`crate::links::kept`] keeps it.
        url: String,
    },
    /// Sends a request.
    Send {
        /// Where to, http or https.
        url: String,
        /// The HTTP method, e.g. `POST`.
        method: Line,
        /// The headers: name and value.
        headers: Vec<(Line, Line)>,
        /// The body; may be empty.
        body: Text,
    },
    /// Copies a text.
    Copy {
        /// The text.
        text: Text,
    },
    /// Nothing here: it is for programs elsewhere, and kept as what it says.
    Tell {
        /// What it says.
        text: Text,
    },
}

impl Message {
    /// What one line can say of it: its title, or its text where the title is no more than its
    /// topic.
    #[must_use]
    pub fn headline(&self) -> &str {
        let bare = is_blank(&self.title) || self.topic.as_ref() == Some(&self.title);
        let text: &str = if bare && !self.body.is_empty() { &self.body } else { &self.title };
        text.lines().next().unwrap_or_default()
    }

    /// A message of plain text.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self {
            title: Line::default(),
            body: text.into(),
            priority: Priority::NORMAL,
            time: None,
            url: None,
            tags: Vec::new(),
            topic: None,
            sequence: None,
            extras: Extras::default(),
        }
    }
}

/// A stranger's short text, such as a tag; `None` where nothing is left of it.
#[must_use]
pub fn word(text: &str) -> Option<Line> {
    let word = Line::of(text, WORD_CHARS_MAX);
    (!word.is_empty()).then_some(word)
}

/// A stranger's name for a thing; `None` where it is empty or too long, as a cut name could be
/// another's.
#[must_use]
pub fn name(text: &str) -> Option<Line> {
    let name = Line::of(text, NAME_CHARS_MAX + 1);
    (!name.is_empty() && name.chars().count() <= NAME_CHARS_MAX).then_some(name)
}
