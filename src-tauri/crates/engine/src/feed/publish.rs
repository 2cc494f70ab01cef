//! A message of the person's own on its way to a server: what it says, the request that it becomes, and
//! what is told where that is refused. Pure; each feed says by [`Feed::publish`] what its server takes.
//!
//! [`Feed::publish`]: super::Feed::publish

use serde_json::{Map, Value};
use url::Url;

use super::{Decoded, Feed, Json, json};
use crate::{
    failure::Cause,
    message::{Message, Priority, RawEvent},
};

/// The largest text that is sent. A server may take less. Bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// The content type of a text.
const TEXT: &str = "text/plain; charset=utf-8";
/// That of an object.
pub(super) const JSON: &str = "application/json";
/// That of a form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// A message that the person sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// What it says.
    pub text: String,
    /// Its title.
    pub title: Option<String>,
    /// How urgent it is; the server's usual where missing.
    pub priority: Option<Priority>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What a click opens, as it was given.
    pub click: Option<String>,
    /// The topic that it belongs to, where the subscription follows several.
    pub topic: Option<String>,
}

/// What is posted so that a server publishes a message. Any 2xx says that it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Where to.
    pub url: Url,
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Outgoing {
    /// The message without what says nothing, where it can be sent.
    ///
    /// # Errors
    /// One sentence that says why it cannot.
    pub fn checked(self) -> Result<Self, String> {
        let Self { text, title, priority, tags, click, topic } = self;
        if text.trim().is_empty() {
            return Err("There is no text to send.".to_owned());
        }
        if text.len() > TEXT_BYTES_MAX {
            let limit = TEXT_BYTES_MAX >> 10;
            return Err(format!("The text is larger than {limit} KiB, which is too much to send."));
        }
        if let Some(click) = click.as_ref().filter(|click| Url::parse(click).is_err()) {
            return Err(format!(
                "{click:?} is no URL that a click can open, as https://host/path."
            ));
        }
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let tags = tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty());
        let tags = tags.map(str::to_owned).collect();
        Ok(Self { text, title: said(title), priority, tags, click, topic: said(topic) })
    }

    /// Whether there is no more to it than its text.
    fn is_bare(&self) -> bool {
        let Self { text: _, title, priority, tags, click, topic: _ } = self;
        title.is_none() && priority.is_none() && tags.is_empty() && click.is_none()
    }

    /// The message as an object whose text and link have these names.
    pub(super) fn object(&self, text: &str, link: &str) -> Map<String, Value> {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        if let Some(title) = &self.title {
            put("title", title.as_str().into());
        }
        put(text, self.text.as_str().into());
        if let Some(priority) = self.priority {
            put("priority", priority.level().into());
        }
        if !self.tags.is_empty() {
            put("tags", self.tags.clone().into());
        }
        if let Some(click) = &self.click {
            put(link, click.as_str().into());
        }
        object
    }

    /// The message as the data of an event that [`Json`] reads, with its content type. The text alone
    /// where it says all and is read as what it is; a text may look like an object.
    pub(super) fn data(&self) -> (&'static str, String) {
        let event = RawEvent { kind: "message".into(), data: self.text.clone(), own_id: None };
        let is_read = || Json.decode(&event) == Decoded::from(Message::of_text(&self.text));
        if self.is_bare() && is_read() {
            return (TEXT, self.text.clone());
        }
        (JSON, Value::from(self.object("body", "url")).to_string())
    }

    /// The topic to send to, of those that are followed.
    pub(super) fn topic_of(&self, followed: &[String]) -> Result<String, String> {
        match (&self.topic, followed) {
            (Some(topic), _) if followed.contains(topic) => Ok(topic.clone()),
            (Some(topic), _) => Err(format!(
                "The topic {topic:?} is none that this subscription follows: {}.",
                followed.join(", ")
            )),
            (None, [topic]) => Ok(topic.clone()),
            (None, _) => Err(which_topic(followed)),
        }
    }
}

/// What is said where a topic has to be named.
pub(super) fn which_topic(followed: &[String]) -> String {
    match followed {
        [] => "This subscription names no topic to send to: name one with --topic.".to_owned(),
        all => {
            format!("Name the topic with --topic; this subscription follows {}.", all.join(", "))
        }
    }
}

/// What is said of a feed that Hark cannot send by.
pub(super) fn unknown_way(feed: &str) -> String {
    format!(
        "Hark cannot send to a subscription whose feed is {feed}; it can where that is ntfy, nchan or \
         mercure."
    )
}

/// A priority as a person writes it: 1 to 5, or a word for one.
///
/// # Errors
/// One sentence that says how it is written.
pub fn read_priority(text: &str) -> Result<Priority, String> {
    let wrong = || {
        format!(
            "{text:?} is no priority; it is 1 (lowest) to 5 (highest), or min, low, normal, high or \
             urgent."
        )
    };
    match (text.parse(), text.to_ascii_lowercase().as_str()) {
        (Ok(level @ 1..=5), _) => Ok(Priority::clamped(level)),
        (Ok(_), _) => Err(wrong()),
        (Err(_), "normal" | "default") => Ok(Priority::NORMAL),
        (Err(_), _) => json::priority(&text.into()).ok_or_else(wrong),
    }
}

/// Why a server has not taken a message: [`Cause::sentence`] where its advice is not for readers alone.
/// `server` is what the person knows it by.
#[must_use]
pub fn refusal(cause: &Cause, server: &str) -> String {
    const CREDENTIAL: &str = "To send there it wants a credential that may write: set one by publish = \
                              { bearer = { file = \"/path\" } } in the subscription's settings.";
    let of = |detail: &Option<crate::readable::Line>| {
        detail.as_ref().map(|text| format!(" ({text})")).unwrap_or_default()
    };
    match cause {
        Cause::Status { code: code @ (401 | 403), detail, .. } => {
            format!("{server} answered HTTP {code}{}. {CREDENTIAL}", of(detail))
        }
        Cause::CredentialRefused { error, detail } => format!(
            "{server} answered HTTP 400, as it cannot take the credential: {error}{}. {CREDENTIAL}",
            of(detail)
        ),
        Cause::Status { code: code @ 413, detail, .. } => {
            format!("{server} answered HTTP {code}{}. Send a shorter text.", of(detail))
        }
        Cause::Status { code: code @ 429, detail, .. } => format!(
            "{server} answered HTTP {code}{}. It limits how much may be sent: send it again later.",
            of(detail)
        ),
        Cause::ContentType { found } => format!(
            "{server} answered with {found} instead of taking the message. Check the address; a login \
             page or captive portal answers so too."
        ),
        Cause::HeadersTimeout => format!(
            "{server} did not answer in time, so it is not known whether it has the message."
        ),
        Cause::NoRoute => format!("There is no network route to {server}."),
        cause => cause.sentence(server),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message with everything.
    pub fn full() -> Outgoing {
        Outgoing {
            text: "main is \"red\"\nand é".into(),
            title: Some("Build".into()),
            priority: Some(Priority::clamped(4)),
            tags: vec!["ci".into(), "a,b".into()],
            click: Some("https://ci.example/7?a=b&c".into()),
            topic: None,
        }
    }

    /// A message of a text alone.
    pub fn bare(text: &str) -> Outgoing {
        Outgoing { text: text.into(), ..Outgoing::default() }
    }

    fn read(data: &str) -> Message {
        match Json.decode(&RawEvent { kind: "message".into(), data: data.into(), own_id: None }) {
            Decoded::Message(message) => *message,
            other => panic!("{data}: {other:?}"),
        }
    }

    #[test]
    fn what_is_sent_is_read_as_it_was_given() {
        let (kind, data) = full().data();
        let wanted = Message {
            title: "Build".into(),
            priority: Priority::clamped(4),
            url: Some("https://ci.example/7?a=b&c".into()),
            tags: vec!["ci".into(), "a,b".into()],
            ..Message::of_text("main is \"red\"\nand é")
        };
        assert_eq!((kind, read(&data)), (JSON, wanted));
        assert_eq!(bare("two\nlines").data(), (TEXT, "two\nlines".into()));
        for odd in ["{}", r#"{"title":"t"}"#, r#""quoted""#, "{\"body\":\"b\"}"] {
            let (kind, data) = bare(odd).data();
            assert_eq!((kind, read(&data)), (JSON, Message::of_text(odd)), "{odd}");
        }
    }

    #[test]
    fn what_says_nothing_is_left_out_and_what_makes_no_sense_is_refused() {
        let given = Outgoing {
            title: Some(" ".into()),
            tags: vec![" a".into(), String::new()],
            topic: Some(String::new()),
            ..bare("hi")
        };
        let wanted = Outgoing { tags: vec!["a".into()], ..bare("hi") };
        assert_eq!(given.checked(), Ok(wanted));
        assert_eq!(full().checked(), Ok(full()));
        assert!(bare(" \n").checked().unwrap_err().contains("no text"));
        let large = bare(&"x".repeat(TEXT_BYTES_MAX + 1));
        assert!(large.checked().unwrap_err().contains("64 KiB"));
        let click = Outgoing { click: Some("example".into()), ..bare("hi") };
        assert!(click.checked().unwrap_err().contains("no URL"));
    }

    #[test]
    fn a_priority_is_a_number_or_a_word() {
        let level = |text: &str| read_priority(text).map(Priority::level);
        for (text, wanted) in
            [("1", 1), ("5", 5), ("min", 1), ("Low", 2), ("default", 3), ("HIGH", 4), ("urgent", 5)]
        {
            assert_eq!(level(text), Ok(wanted), "{text}");
        }
        for wrong in ["0", "6", "-1", "", "soon", "99999999999999999999"] {
            assert!(level(wrong).unwrap_err().contains("1 (lowest) to 5"), "{wrong}");
        }
    }

    #[test]
    fn a_feed_that_takes_nothing_says_which_do() {
        let url = "https://a.example/x".parse().unwrap();
        for name in
            crate::feed::NAMES.iter().filter(|it| !["ntfy", "nchan", "mercure"].contains(it))
        {
            let feed = crate::feed::by_name(name).unwrap();
            let said = feed.publish(&url, Some(&url), &bare("x")).unwrap_err();
            assert!(said.contains(name) && said.contains("ntfy, nchan or mercure"), "{said}");
        }
    }

    #[test]
    fn a_refusal_speaks_of_sending() {
        let status = |code| Cause::Status {
            code,
            detail: Some("why".into()),
            retry_after_ms: None,
            streamed_before: false,
        };
        for code in [401, 403] {
            let said = refusal(&status(code), "https://a.example");
            assert!(said.starts_with(&format!("https://a.example answered HTTP {code} (why). ")));
            assert!(said.contains("may write") && !said.contains("read here"), "{said}");
        }
        assert!(refusal(&status(429), "x").contains("later"));
        assert_eq!(refusal(&status(404), "x"), status(404).sentence("x"));
        assert!(refusal(&Cause::HeadersTimeout, "x").contains("not known"));
        assert!(!refusal(&Cause::NoRoute, "x").contains("dials again"));
    }
}
