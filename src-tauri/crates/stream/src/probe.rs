//! Tries a URL before it is followed: what answers there, and what does it speak?
//!
//! The network's part alone: it dials, listens within deadlines and hands what arrives to the engine's
//! [`Recogniser`]. It names no feed and makes no sentence.

use std::time::Duration;

use futures_util::StreamExt;
use hark_engine::{
    cursor::Cursor,
    failure::{Cause, Class},
    feed::{self, Certainty, Decoded, Feed, Recogniser, Recognition, Standing},
    message::Message,
    readable::copied,
    wire::{Arrival, Head},
};
use http::HeaderValue;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::connection::{Ask, Certificate, Connection, Trail};

/// How long a URL is tried, in all its forms.
const TRY: Duration = Duration::from_secs(5);
/// How long an open stream is listened to for its first words.
const LISTEN: Duration = Duration::from_millis(1500);

/// How long the latest message is looked for.
const LATEST: Duration = Duration::from_secs(3);
/// A replay counts as over after this long without an event.
const QUIET: Duration = Duration::from_millis(250);

/// An event stream, and what it speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// What it speaks.
    pub recognition: Recognition,
    /// Where its events come from; another URL than the person's where that led to it.
    pub url: Url,
}

/// The result of trying a URL.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An event stream.
    Stream(Stream),
    /// It cannot be reached now, which is no reason not to follow it.
    Unreachable {
        /// Why the dial failed.
        cause: Cause,
    },
    /// It answers, but cannot be followed.
    Refused(Refusal),
}

/// Why a URL cannot be followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The kind, by which a client decides what to do.
    pub kind: RefusalKind,
    /// The server's answer.
    pub cause: Cause,
    /// Its certificate, where that is the cause.
    pub certificate: Option<Certificate>,
}

impl Refusal {
    fn of(kind: RefusalKind, cause: Cause) -> Self {
        Self { kind, cause, certificate: None }
    }

    /// What happened, to what, and what to do. `server` is what the person knows it by.
    #[must_use]
    pub fn sentence(&self, server: &str) -> String {
        let sentence = self.cause.sentence(server);
        match &self.certificate {
            Some(certificate) => format!("{sentence} {certificate}"),
            None => sentence,
        }
    }
}

/// The kinds of refusal that a client handles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The server wants a credential, or another one (401, 403, or an error on the stream).
    CredentialWanted,
    /// There is no event stream at this URL.
    NotAFeed,
}

/// Tries the URL of `ask`, and where that is refused, the other addresses that feeds know for it.
pub async fn probe(ask: Ask) -> Outcome {
    let deadline = Instant::now() + TRY;
    let ask = Ask { trail: Trail::kept(), ..ask };
    let cause = match listen(&ask, deadline).await {
        Ok(recognition) => return Outcome::Stream(Stream { recognition, url: ask.url }),
        Err(cause) => cause,
    };
    if let Some(lacks) = lacks(&ask.url, &cause) {
        return Outcome::Refused(Refusal::of(RefusalKind::NotAFeed, lacks));
    }
    let certificate = ask.trail.certificate();
    match elsewhere(&ask, &head(&ask.trail), &cause, deadline).await {
        Some(found) => found.outcome,
        None => match failed(cause, &ask) {
            Outcome::Refused(refusal) => Outcome::Refused(Refusal { certificate, ..refusal }),
            outcome => outcome,
        },
    }
}

/// What was found at another address than the one that was given.
struct Found {
    /// The address, and the feed that it is one of; none where what is missing is known without them.
    at: Option<(&'static str, Url)>,
    outcome: Outcome,
}

/// Tries where else a stream may be that was refused at the URL of `ask`, as a page or by a server that
/// answers so beside its streams; none where nothing is found.
async fn elsewhere(ask: &Ask, page: &Head, cause: &Cause, deadline: Instant) -> Option<Found> {
    let refused = |cause| {
        let outcome = Outcome::Refused(Refusal::of(RefusalKind::NotAFeed, cause));
        Some(Found { at: None, outcome })
    };
    let linked = match feed::linked(&ask.url, page).filter(|_| feed::is_page(cause)).transpose() {
        Ok(linked) => linked,
        Err(lacks) => return refused(lacks),
    };
    if let Some((_, at)) = linked.as_ref().filter(|(_, at)| at.origin() != ask.url.origin()) {
        // What was given for this site is not for whom it names.
        let url = copied(at.as_str())?;
        let detail = format!(
            "its page names one on another server. To follow that, add its address: hark add {url}"
        );
        return refused(Cause::Elsewhere { detail: detail.into() });
    }
    let others = linked.clone().into_iter().chain(feed::other_addresses(&ask.url, cause));
    for (name, other) in others {
        let Some(feed) = feed::by_name(name) else { continue };
        let is_linked = linked.as_ref().is_some_and(|(_, at)| *at == other);
        let ask = Ask { url: other, trail: Trail::kept(), ..ask.clone() };
        let found = match listen(&ask, deadline).await {
            Ok(it) if it.feed == name || it.certainty == Certainty::Sure => Ok(it),
            Ok(_) if is_linked => {
                let (certainty, reason) = (Certainty::Likely, "its page names it as that");
                Ok(Recognition { feed: name, certainty, reason })
            }
            // A stream that wants a token: its page does not, so only here it is seen.
            Err(refusal) => match feed::in_words_of(&*feed, &refusal) {
                Some(refusal) => Err(refusal),
                None if is_linked => Err(refusal),
                None => continue,
            },
            Ok(_) => continue,
        };
        let at = Some((name, ask.url.clone()));
        let outcome = match (feed.subscribe(&ask.url, ""), found) {
            (Err(lacks), _) => return refused(lacks),
            (Ok(_), Ok(recognition)) => Outcome::Stream(Stream { recognition, url: ask.url }),
            (Ok(_), Err(refusal)) => failed(refusal, &ask),
        };
        return Some(Found { at, outcome });
    }
    let url = feed::other_protocols_address(&ask.url, cause)?;
    let ask = Ask { url, trail: Trail::kept(), ..ask.clone() };
    let refusal = listen(&ask, deadline).await.err()?;
    refused(feed::other_protocol(&refusal, &head(&ask.trail))?)
}

/// What a refusal is, of a server of which it is not known yet what it speaks, where that can be told by
/// what [`probe`] would have found: another protocol, a topic that is missing, a page beside a stream.
/// `page` is the head of the refusal.
pub(crate) async fn unveiled(ask: &Ask, page: &Head, refusal: &Cause) -> Option<Cause> {
    let known = feed::other_protocol(refusal, page).or_else(|| lacks(&ask.url, refusal));
    if known.is_some() {
        return known;
    }
    let Found { at, outcome } = elsewhere(ask, page, refusal, Instant::now() + TRY).await?;
    let wants = match &outcome {
        Outcome::Stream(_) => "",
        Outcome::Refused(Refusal { kind: RefusalKind::CredentialWanted, .. }) => {
            " and wants a token, which hark add asks for"
        }
        Outcome::Refused(refusal) => return Some(refusal.cause.clone()),
        Outcome::Unreachable { .. } => return None,
    };
    let (name, url) = at?;
    let (feed, url) = (feed::by_name(name)?, copied(url.as_str())?);
    // Nothing comes after the command: it would be copied with it.
    let detail = format!(
        "this is a page of {}, whose stream is elsewhere{wants}. Follow that in its place: hark add {url}",
        feed.called()
    );
    Some(Cause::Elsewhere { detail: detail.into() })
}

/// What the URL of a server lacks that has answered so, where nothing else is at this URL.
fn lacks(url: &Url, cause: &Cause) -> Option<Cause> {
    let asks = matches!(cause, Cause::Status { code: 400..=403, .. });
    let found = feed::by_url(url).filter(|found| asks && found.certainty == Certainty::Sure)?;
    feed::by_name(found.feed)?.subscribe(url, "").err()
}

/// The head of the latest answer.
pub(crate) fn head(trail: &Trail) -> Head {
    let heads = trail.heads();
    let Some(last) = heads.last() else { return Head::default() };
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    last.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// What a server has at hand for who asks it anew.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    /// The latest message that it holds, where it brings one soon.
    pub message: Option<Message>,
    /// Whether it ended the stream after what it brought.
    pub ended: bool,
    /// Whether it said that this was all, as an API does that streams one answer.
    pub is_answer: bool,
}

/// The last event of an API that streams one answer (OpenAI's chat completions, and what imitates them).
const DONE: &str = "[DONE]";

/// Asks for the latest message, to be decoded by `feed`.
pub async fn latest(ask: &Ask, feed: &dyn Feed) -> Latest {
    let end = Instant::now() + LATEST;
    let mut connection = Connection::dial(ask.as_asks(feed, feed.request_latest(&ask.url)));
    let (mut latest, mut until) = (Latest::default(), end);
    while let Ok(Some(item)) = timeout_at(until, connection.next()).await {
        match item {
            Arrival::Opened(_) => until = end.min(Instant::now() + LISTEN),
            Arrival::Event { event, .. } => {
                latest.is_answer |= event.data.trim() == DONE;
                for event in feed.unfold(&event, Standing::default()).unwrap_or_else(|| vec![event])
                {
                    if let Decoded::Message(message) = feed.decode(&event) {
                        latest.message = Some(*message);
                    }
                }
                until = end.min(Instant::now() + QUIET);
            }
            Arrival::Closed(cause) => {
                latest.ended = cause == Cause::EndOfStream;
                break;
            }
            _ => {}
        }
    }
    latest
}

/// Listens until it is clear what speaks there. A server that ends the stream at once may do so because
/// it was not asked as its feed asks.
async fn listen(ask: &Ask, deadline: Instant) -> Result<Recognition, Cause> {
    let (recognition, ended) = first_words(ask.clone(), deadline).await?;
    let Some(cause) = ended else { return Ok(recognition) };
    let Some(feed) = feed::by_name(recognition.feed) else { return Err(cause) };
    let as_it_asks = ask.as_asks(&*feed, feed.request(&ask.url, &Cursor::NONE));
    match as_it_asks.url == ask.url {
        true => Err(cause),
        false => match first_words(as_it_asks, deadline).await? {
            (_, Some(cause)) => Err(cause),
            (recognition, None) => Ok(recognition),
        },
    }
}

/// What speaks there by its first words, and why the server ends the stream with them, where it does.
async fn first_words(ask: Ask, deadline: Instant) -> Result<(Recognition, Option<Cause>), Cause> {
    let mut connection = Connection::dial(ask.clone());
    let mut recogniser = Recogniser::new(&ask.url);
    let (mut open, mut until) = (false, deadline);
    loop {
        match timeout_at(until, connection.next()).await {
            Ok(Some(Arrival::Closed(cause))) if !open => return Err(cause),
            Err(_) if !open => return Err(Cause::HeadersTimeout),
            Ok(Some(Arrival::Closed(_)) | None) | Err(_) => {
                return Ok((recogniser.of_silence(), None));
            }
            Ok(Some(arrival)) => {
                if let Some(recognition) = recogniser.handle(&arrival) {
                    return Ok((recognition, ended(recognition.feed, &arrival)));
                }
                if matches!(arrival, Arrival::Opened(_)) {
                    open = true;
                    until = deadline.min(Instant::now() + LISTEN);
                }
            }
        }
    }
}

/// Why the server ends the stream, where it says that at once.
fn ended(feed: &str, arrival: &Arrival) -> Option<Cause> {
    let Arrival::Event { event, .. } = arrival else { return None };
    match feed::by_name(feed)?.decode(event) {
        Decoded::Ended(cause) => Some(cause),
        _ => None,
    }
}

/// What a URL alone speaks for, where it does.
#[must_use]
pub fn guess(url: &Url) -> Option<Stream> {
    feed::by_url(url).map(|recognition| Stream { url: recognition.stream_url(url), recognition })
}

/// What a failed dial means; `ask` is what it asked.
fn failed(cause: Cause, ask: &Ask) -> Outcome {
    let cause = match feed::other_protocol(&cause, &head(&ask.trail)) {
        Some(other) => other,
        None => feed::in_words(&ask.url, &cause).unwrap_or(cause),
    };
    let cause = sent_on(ask, &cause).unwrap_or(cause);
    match cause.class() {
        Class::Local | Class::Network | Class::Server | Class::Routine => {
            Outcome::Unreachable { cause }
        }
        Class::Refused | Class::Protocol => {
            let kind = match cause {
                Cause::Status { code: 401 | 403, .. }
                | Cause::CredentialRefused { .. }
                | Cause::StreamError { .. } => RefusalKind::CredentialWanted,
                _ => RefusalKind::NotAFeed,
            };
            Outcome::Refused(Refusal::of(kind, cause))
        }
    }
}

/// The refusal as that of another server that the asked one sends its clients on to, where a credential
/// was given for the asked one and so was not sent there.
fn sent_on(ask: &Ask, cause: &Cause) -> Option<Cause> {
    let heads = ask.trail.heads();
    let at = &heads.last()?.url;
    let asks = matches!(cause, Cause::Status { code: 401 | 403, .. });
    if !asks || ask.headers.is_empty() || at.origin() == ask.url.origin() {
        return None;
    }
    // Its query may hold what the person's own had.
    let origin = at.origin().ascii_serialization();
    let to = copied(&format!("{origin}{}", at.path())).or_else(|| copied(&origin))?;
    let detail = format!(
        "it sends its clients on to another server, where the credential is not sent, as it was given \
         for this one. If that one is right, too, add its address instead: hark add {to}"
    );
    Some(Cause::Elsewhere { detail: detail.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, detail: Option<&str>) -> Cause {
        Cause::Status {
            code,
            detail: detail.map(Into::into),
            retry_after_ms: None,
            streamed_before: false,
        }
    }

    fn failed_at(cause: Cause) -> Outcome {
        failed(cause, &Ask::get("https://a.example/x".parse().unwrap()))
    }

    #[test]
    fn what_is_down_may_be_followed_and_what_says_no_may_not() {
        assert!(matches!(failed_at(Cause::NameNotResolved), Outcome::Unreachable { .. }));
        assert!(matches!(failed_at(Cause::HeadersTimeout), Outcome::Unreachable { .. }));
        let refusal = |cause| match failed_at(cause) {
            Outcome::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal(status(401, None)).kind, RefusalKind::CredentialWanted);
        assert_eq!(refusal(status(404, None)).kind, RefusalKind::NotAFeed);
        let page = Cause::ContentType { found: "text/html".into() };
        assert_eq!(refusal(page).kind, RefusalKind::NotAFeed);
        let sentence = refusal(status(403, Some("40301 forbidden"))).cause.sentence("x");
        assert!(sentence.contains("the user or token may not read this topic"), "{sentence}");
    }
}
