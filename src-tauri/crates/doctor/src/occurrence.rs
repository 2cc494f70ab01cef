//! What came on a stream, as the doctor remembers it: only what is needed to judge it, no text of a
//! message. Pure.

use std::time::Duration;

use hark_engine::{
    feed::{Decoded, Feed, Standing},
    message::RawEvent,
    readable::clean,
    wire::{Arrival, Ignored},
};

use jiff::Timestamp;

/// How much of a name that the server chose is shown. Characters.
const NAME_CHARS_MAX: usize = 40;

/// One thing that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    /// How long after the request.
    pub after: Duration,
    /// What it was.
    pub what: What,
}

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A line, of whatever kind; what it completes follows.
    Line,
    /// A sign of life.
    Heartbeat {
        /// Its form.
        form: Form,
        /// Whether it has an `id:` field.
        has_id: bool,
    },
    /// An event that holds a message.
    Message {
        /// Its own id, as the feed finds it.
        id: Option<String>,
        /// When the server published it, by its own clock, where it says so.
        published: Option<Timestamp>,
        /// It holds U+FFFD, the mark of bytes that are no text.
        broken: bool,
    },
    /// A block that no client dispatches.
    NoData {
        /// Its type.
        kind: Option<String>,
    },
    /// A block with nothing but an id, which moves the cursor.
    IdAlone,
    /// `retry:`.
    Retry(Duration),
    /// An event over the limit.
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The stream ended within a block.
    Unfinished,
}

/// The form of a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A comment, `: …`.
    Comment,
    /// An event of this type.
    Event(String),
}

impl What {
    /// What a connection brings, to the doctor.
    #[must_use]
    pub fn of(arrival: Arrival, feed: &dyn Feed) -> Option<Self> {
        Some(match arrival {
            Arrival::Alive => Self::Line,
            Arrival::Comment(_) => Self::Heartbeat { form: Form::Comment, has_id: false },
            Arrival::Event { event, .. } => Self::of_event(event, feed),
            Arrival::Ignored(Ignored::Unfinished { .. }) => Self::Unfinished,
            Arrival::Ignored(Ignored::IdAlone(_)) => Self::IdAlone,
            Arrival::Ignored(Ignored::NoData { kind, own_id }) => match kind {
                Some(kind) if is_heartbeat(&kind, feed) => {
                    let kind = clean(&kind, NAME_CHARS_MAX);
                    Self::Heartbeat { form: Form::Event(kind), has_id: own_id.is_some() }
                }
                kind => Self::NoData { kind: kind.map(|kind| clean(&kind, NAME_CHARS_MAX)) },
            },
            Arrival::Retry(hint) => Self::Retry(hint),
            Arrival::TooLarge { bytes, .. } => Self::TooLarge { bytes },
            Arrival::Opened(_) | Arrival::Ignored(_) | Arrival::Closed(_) => return None,
        })
    }

    /// The same of a server whose events may stand for several; `position` is where its stream stands.
    pub fn all_of(arrival: Arrival, feed: &dyn Feed, position: &mut Option<String>) -> Vec<Self> {
        let unfolded = match &arrival {
            Arrival::Event { event, .. } => {
                let position = position.as_deref();
                feed.unfold(event, Standing { position, is_first: false })
            }
            _ => None,
        };
        let Some(events) = unfolded else { return Self::of(arrival, feed).into_iter().collect() };
        let kind = match &arrival {
            Arrival::Event { event, .. } => clean(&event.kind, NAME_CHARS_MAX),
            _ => String::new(),
        };
        let mut all = Vec::new();
        for event in events {
            let id = event.own_id.as_deref();
            let after = id.and_then(|id| feed.position(position.as_deref(), &[id]));
            *position = after.or_else(|| position.take());
            if matches!(feed.decode(&event), Decoded::Message(_)) {
                all.push(Self::of_event(event, feed));
            }
        }
        if all.is_empty() {
            // An event it was all the same, and no message.
            all.push(Self::Heartbeat { form: Form::Event(kind), has_id: false });
        }
        all
    }

    fn of_event(mut event: RawEvent, feed: &dyn Feed) -> Self {
        let has_id = event.own_id.is_some();
        feed.identify(&mut event);
        if feed.decode(&event).is_sign_of_life() {
            let form = Form::Event(clean(&event.kind, NAME_CHARS_MAX));
            return Self::Heartbeat { form, has_id };
        }
        let broken = event.data.contains('\u{fffd}');
        // An empty id resets, and names nothing.
        let published = feed.published(&event);
        Self::Message { id: event.own_id.filter(|id| !id.is_empty()), published, broken }
    }
}

/// Whether a type alone says that an event is a heartbeat.
fn is_heartbeat(kind: &str, feed: &dyn Feed) -> bool {
    let event = RawEvent { kind: kind.to_owned(), data: "x".to_owned(), own_id: None };
    feed.decode(&event).is_sign_of_life()
}
