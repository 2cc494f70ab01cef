//! What a subscription speaks: how to ask, how to resume, how to decode.
//!
//! A feed is a value behind the trait [`Feed`], written from the server's own documented behaviour.
//! It holds no connection and no state. Each has a folder, in which its [`Signature`] says how its
//! servers are recognised, two lines here, `mod` and `pub use`, and one in the [`registry`].
//! [`Mapped`] is the one that is made of data.
//!
//! A feed of one's own says what differs from a plain stream:
//!
//! ```
//! use std::time::Duration;
//!
//! use url::Url;
//!
//! use hark_engine::{
//!     cursor::Cursor,
//!     feed::{Clue, Decoded, Feed, Signature},
//!     message::{Message, RawEvent},
//! };
//!
//! /// A doorbell: `tick` every 20 s, else a line of text for each ring.
//! #[derive(Debug)]
//! struct Doorbell;
//!
//! impl Feed for Doorbell {
//!     fn name(&self) -> &str {
//!         "doorbell"
//!     }
//!
//!     fn cadence_default(&self) -> Option<Duration> {
//!         Some(Duration::from_secs(20))
//!     }
//!
//!     fn decode(&self, event: &RawEvent) -> Decoded {
//!         match event.kind.as_str() {
//!             "tick" => Decoded::Heartbeat,
//!             "ring" => Message::of_text(&event.data).into(),
//!             _ => Decoded::Junk("a doorbell does not send this"),
//!         }
//!     }
//! }
//!
//! impl Signature for Doorbell {
//!     fn by_url(&self, url: &Url) -> Option<Clue> {
//!         url.path().ends_with("/doorbell").then(|| Clue::sure("doorbells are there"))
//!     }
//! }
//!
//! let event = |kind: &str| RawEvent { kind: kind.into(), data: "Front door".into(), own_id: None };
//! assert_eq!(Doorbell.decode(&event("tick")), Decoded::Heartbeat);
//! assert_eq!(Doorbell.decode(&event("ring")), Message::of_text("Front door").into());
//!
//! // What is not said is as the standard has it: the id goes back in `Last-Event-ID`.
//! let url = "https://home.example/doorbell".parse()?;
//! let request = Doorbell.request(&url, &Cursor::of_id("7"));
//! assert_eq!(request.last_event_id.as_deref(), Some("7"));
//! assert!(Doorbell.by_url(&url).is_some());
//! # Ok::<(), url::ParseError>(())
//! ```

mod beginning;
mod centrifugo;
mod django_eventstream;
mod emoji;
mod foreign;
mod hark;
mod home_assistant;
mod html;
mod json;
mod mapped;
mod mastodon;
mod mercure;
mod nchan;
mod ntfy;
mod pocketbase;
pub mod publish;
mod recognition;
mod registry;
mod request;
mod smee;
mod wikimedia;

use std::{fmt, time::Duration};

use jiff::Timestamp;
use url::Url;

pub use centrifugo::Centrifugo;
pub use django_eventstream::DjangoEventstream;
pub use foreign::{HAVE_BOTH, other_protocol, other_protocols_address};
pub use hark::{HOPS, Hark};
pub use home_assistant::HomeAssistant;
pub use json::Json;
pub use mapped::{Form, Mapped};
pub use mastodon::Mastodon;
pub use mercure::Mercure;
pub use nchan::Nchan;
pub use ntfy::Ntfy;
pub use pocketbase::PocketBase;
use publish::{Outgoing, Publish};
pub use recognition::{
    Certainty, Clue, Context, Recogniser, Recognition, Signature, by_url, in_words, in_words_of,
    is_page, linked, other_addresses,
};
pub use registry::{NAMES, UNKNOWN, by_form, by_name, takes_form};
use request::without_parameters;
pub use request::{Request, Subscribe, is_sendable};
pub use smee::Smee;
pub use wikimedia::Wikimedia;

use crate::{
    cursor::Cursor,
    failure::Cause,
    message::{Change, Message, RawEvent},
};

/// What an event means to its feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A message for the person.
    Message(Box<Message>),
    /// A change to an earlier message.
    Change(Change),
    /// A sign of life and no more. Its id is no cursor: it names no message.
    Heartbeat,
    /// The first word of the server on a connection, with what its clock shows.
    Greeting(Option<Timestamp>),
    /// A sign of life that this server sends only once everything that it holds has been sent.
    Idle,
    /// The first word of a server that sends nothing until it is told what, with the id by which it
    /// knows the connection. See [`Feed::subscribe`].
    Connected(String),
    /// The server has not got any more what came after the cursor: a gap. Its id is a cursor.
    Reset,
    /// It has not brought what came after the cursor, and brings something to who asks otherwise: its id is
    /// the cursor to ask anew with. Whether that is a gap is said then.
    Anew,
    /// The server says why it ends the stream. Its id is no cursor.
    Ended(Cause),
    /// Well formed, and not for a person. Passed over and not counted; its id is a cursor even so.
    Nothing,
    /// Not what this feed sends; kept aside and counted, never a disconnect.
    Junk(&'static str),
}

impl Decoded {
    /// Whether it is a sign of life and nothing else.
    #[must_use]
    pub fn is_sign_of_life(&self) -> bool {
        matches!(self, Self::Heartbeat | Self::Greeting(_) | Self::Idle | Self::Connected(_))
    }
}

/// In which order a server sends what was missed, and so where the cursor may go with each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As published, and before anything new, as the standard has it: each event is a cursor.
    Published,
    /// Mixed with what is new. The cursor stays behind until [`Decoded::Idle`] shows that all has
    /// come.
    Mixed,
}

impl From<Message> for Decoded {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

/// Where a connection stands when an event comes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    /// The cursor after what came before it, or the one that was asked with.
    pub position: Option<&'a str>,
    /// Whether it is the first event.
    pub is_first: bool,
}

/// What a subscription speaks.
///
/// Pure: it gets a URL, an id or an event, and answers a value. The link remembers what must be
/// known from one call to the next: the cursor, what it asked for, whether messages carry ids.
///
/// Two kinds of servers want more, and fit so:
/// - A stream of several channels, each with a position of its own (Centrifugo): [`Feed::unfold`] gives
///   each event the id that it has with what came before it on its connection, and [`Feed::position`]
///   puts the ids together to one cursor, which [`Feed::request`] takes apart again.
/// - A request after the connection (PocketBase) is [`Feed::subscribe`], which [`Decoded::Connected`]
///   asks for. The link hands that on as an effect, and the driver sends it beside the stream; its
///   failure is the connection's.
pub trait Feed: fmt::Debug + Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &str;

    /// What a person knows it by, as its makers write it; its name in the settings where that is the same.
    fn called(&self) -> &str {
        self.name()
    }

    /// Where its events come from, where the person's URL is that of a page or another stream
    /// beside them.
    fn stream_url(&self, url: &Url) -> Url {
        url.clone()
    }

    /// What to ask: the person's URL, and to resume after the cursor. Without one, everything that
    /// the server still holds, where it can be asked for: what comes before the first id is then
    /// not lost in a break.
    fn request(&self, url: &Url, cursor: &Cursor) -> Request {
        Request::by_header(url, cursor.id.as_deref())
    }

    /// What to post beside the connection so that the server sends on it what the URL asks for, where
    /// it is to be told so. `client` is what the server calls the connection.
    ///
    /// # Errors
    /// What the URL lacks, which can be known before there is a connection.
    fn subscribe(&self, _url: &Url, _client: &str) -> Result<Option<Subscribe>, Cause> {
        Ok(None)
    }

    /// What to send so that the server publishes a message of the person's: `to` is where the settings
    /// say that it is taken, where they do; `url` is the subscription's.
    ///
    /// # Errors
    /// Why it cannot be sent, and what to do: one sentence.
    fn publish(&self, _url: &Url, _to: Option<&Url>, _: &Outgoing) -> Result<Publish, String> {
        Err(publish::unknown_way(self.name()))
    }

    /// What to ask for the latest message that the server holds, and as little more as it can.
    fn request_latest(&self, url: &Url) -> Request {
        self.request(url, &Cursor::NONE)
    }

    /// How long after a connection's opening the server surely holds all that it had not sent on it, where it may
    /// leave something out that was published while the connection was made; none where it leaves out nothing.
    fn backfill_after(&self) -> Option<Duration> {
        None
    }

    /// What to ask for what the server holds since this time of its own, and for nothing that is to come: it ends
    /// the stream after that. Asked once for each connection of a feed with [`Feed::backfill_after`].
    fn request_backfill(&self, url: &Url, since: Timestamp) -> Request {
        self.request(url, &Cursor { id: None, time: Some(since) })
    }

    /// Whether [`Feed::request`] can resume after this id. If not, the cursor stays where it was. A
    /// server that resumes from nothing resumes from no id.
    fn resumes_from(&self, id: &str) -> bool {
        is_sendable(id)
    }

    /// The response headers, in lower case, of which the first that is there says from which id the
    /// stream really goes on. Where that is not the one that was asked for, the server has
    /// forgotten it: the link records a gap and asks again without a cursor.
    fn resumed_from_headers(&self) -> &'static [&'static str] {
        &[]
    }

    /// In which order what was missed comes.
    fn order(&self) -> Order {
        Order::Published
    }

    /// The server's own time of an event's publication, where it is in every event: by it backlog,
    /// replay and live are told apart. A time that may be that of what the event tells of does not
    /// count.
    fn published(&self, _event: &RawEvent) -> Option<Timestamp> {
        None
    }

    /// Whether a dial resumes from the cursor's time ([`Feed::published`]) and not from its id.
    fn resumes_by_time(&self) -> bool {
        false
    }

    /// Whether the server can bring what was missed at all.
    fn replays(&self) -> bool {
        true
    }

    /// Whether a dial without a cursor may bring nothing of what was sent before, so that every
    /// break without one is a gap.
    fn misses_without_cursor(&self) -> bool {
        true
    }

    /// The subscription that a URL names, whatever credential it carries: parameters that hold one
    /// may change, and it is the same stream.
    fn identity(&self, url: &Url) -> Url {
        without_parameters(url, CREDENTIAL_PARAMETERS)
    }

    /// What a key is made of for the stream at this URL, where that is not the end of its path.
    fn label(&self, _url: &Url) -> Option<String> {
        None
    }

    /// What a person calls the stream at this URL, where its path says that and is a secret: it may be a
    /// name that is shown, and never a key that stands in logs.
    fn private_name(&self, _url: &Url) -> Option<String> {
        None
    }

    /// How long the server keeps what it can replay, where nothing else shows that it has
    /// forgotten: a longer break is a gap.
    fn kept(&self) -> Option<Duration> {
        None
    }

    /// How long the server keeps this very event, where it says so: better than [`Feed::kept`].
    fn keeps(&self, _event: &RawEvent) -> Option<Duration> {
        None
    }

    /// The same subscription in another form of URL, for a server that refused this one in a way
    /// that speaks for it. Tried once.
    fn other_form(&self, _url: &Url, _refusal: &Cause) -> Option<Url> {
        None
    }

    /// How often the server sends a heartbeat unless it is configured otherwise.
    fn cadence_default(&self) -> Option<Duration> {
        None
    }

    /// The age of a connection from which on a clean close is this server's routine, if it has one.
    fn routine_close_after(&self) -> Option<Duration> {
        None
    }

    /// Whose ids the events have, where they are not the SSE field's: the feed's name, or what else
    /// tells them from others. Under other ids the same events are others: a subscription that
    /// changes to them begins anew.
    fn ids(&self) -> String {
        String::new()
    }

    /// The events that one stands for, where it holds several or has its id only together with what came
    /// before it on its connection. `None` where it is what it is. What it answers is decoded as any event,
    /// and not unfolded again.
    fn unfold(&self, _event: &RawEvent, _on: Standing<'_>) -> Option<Vec<RawEvent>> {
        None
    }

    /// What stands for an event that was too large to be read, of which the beginning is there, where such
    /// a one would come with each connection that asks so.
    fn unfold_too_large(&self, _event: &RawEvent) -> Option<RawEvent> {
        None
    }

    /// The cursor after events with these ids, where that is not the last id alone; `before` is the one before
    /// them.
    fn position(&self, _before: Option<&str>, _ids: &[&str]) -> Option<String> {
        None
    }

    /// The URL with a bearer token in it, where the server reads it there and not in `Authorization`.
    fn with_token(&self, _url: &Url, _token: &str) -> Option<Url> {
        None
    }

    /// Sets the event's own id where it is not the SSE field's. Also called for an event that is too
    /// large, of which only the beginning is there: without its id it would be fetched for ever.
    fn identify(&self, _event: &mut RawEvent) {}

    /// What an event means.
    fn decode(&self, event: &RawEvent) -> Decoded;

    /// What the server says about a close in a comment before it.
    fn farewell(&self, _comment: &str) -> Option<Cause> {
        None
    }

    /// What the server wrote about an error status, in words for the person where it is a code.
    /// Where a JSON body has a numeric `code`, `detail` begins with it.
    fn explain(&self, _status: u16, _detail: &str) -> Option<String> {
        None
    }
}

/// Query parameters that servers read credentials from.
const CREDENTIAL_PARAMETERS: &[&str] =
    &["auth", "authorization", "token", "access_token", "jwt", "key"];

/// An event that every feed takes for a sign of life: one of the types that servers are known to
/// send for it, or one that says nothing. A text is never one, not even `ping`: people send that as
/// a first message.
fn is_common_heartbeat(event: &RawEvent) -> bool {
    const KINDS: &[&str] = &["ping", "heartbeat", "keepalive", "keep-alive"];
    KINDS.contains(&event.kind.as_str()) || matches!(event.data.trim(), "" | "{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_signs_of_life_are_no_messages() {
        let event = |kind: &str, data: &str| RawEvent {
            kind: kind.into(),
            data: data.into(),
            own_id: None,
        };
        for heartbeat in [
            event("ping", "2026-01-01"),
            event("message", ""),
            event("message", "{}"),
            event("keepalive", "{\"time\":1}"),
        ] {
            for name in NAMES {
                let decoded = by_name(name).unwrap().decode(&heartbeat);
                assert!(decoded.is_sign_of_life(), "{name}: {heartbeat:?}");
            }
        }
        let ping = event("message", "ping");
        for name in ["json", "nchan", "mercure"] {
            let decoded = by_name(name).unwrap().decode(&ping);
            assert!(matches!(decoded, Decoded::Message(_)), "{name}: what people send first");
        }
    }

    #[test]
    fn a_credential_in_the_url_is_no_part_of_the_streams_identity() {
        let url = |text: &str| Url::parse(text).unwrap();
        let hub = url("https://hub.example/s?topic=a&authorization=x.y&match=b&key=1");
        let identity = Mercure.identity(&hub);
        assert_eq!(identity.as_str(), "https://hub.example/s?topic=a&match=b");
        let plain = url("https://a.example/s?b=%20c+d");
        assert_eq!(Json.identity(&plain), plain, "and nothing else is touched");
        assert_eq!(
            Json.identity(&url("https://a.example/s?token=1")).as_str(),
            "https://a.example/s"
        );
    }
}
