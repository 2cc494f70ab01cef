//! What does a server speak? Judged by what was seen of it: the URL, the head of its answer, its
//! first words. Pure; whoever dials hands in what arrives. What each feed looks like is its own
//! [`Signature`], and no feed but the one for everything else is named here.
//!
//! Precedence:
//! 1. The head, as it comes first: a clue in it decides at once.
//! 2. The first words, a comment or an event. An event decides in any case.
//! 3. The URL, where the words tell nothing.
//! 4. Else it is plain SSE, which [`super::Json`] reads.
//!
//! Of several clues of one of these kinds the most certain counts, and of equally certain ones that
//! of the feed that stands first in the registry, [`super::NAMES`].

use url::Url;

use super::{Feed, Json, by_name, registry::FEEDS};
use crate::{
    cursor::Cursor,
    failure::Cause,
    message::RawEvent,
    readable::copied,
    wire::{Arrival, Head},
};

/// How certain it is that a server speaks a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Nothing speaks for another one.
    Guess,
    /// Others could look so too.
    Likely,
    /// Nothing else looks so.
    Sure,
}

/// What a server speaks, as far as was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// The feed's name.
    pub feed: &'static str,
    /// How certain that is.
    pub certainty: Certainty,
    /// What speaks for it, as a sentence without its full stop.
    pub reason: &'static str,
}

impl Recognition {
    /// Where the events come from, of a server that was recognised by this URL.
    #[must_use]
    pub fn stream_url(&self, url: &Url) -> Url {
        by_name(self.feed).map_or_else(|| url.clone(), |feed| feed.stream_url(url))
    }
}

/// What speaks for one feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clue {
    /// How certain it is by this.
    pub certainty: Certainty,
    /// See [`Recognition::reason`].
    pub reason: &'static str,
}

impl Clue {
    /// One that nothing else would give.
    #[must_use]
    pub fn sure(reason: &'static str) -> Self {
        Self { certainty: Certainty::Sure, reason }
    }

    /// One that others could give too.
    #[must_use]
    pub fn likely(reason: &'static str) -> Self {
        Self { certainty: Certainty::Likely, reason }
    }
}

/// What was known before the first words, which may mean more by it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The feed that the URL speaks for.
    pub by_url: Option<&'static str>,
    /// The head of the answer.
    pub head: &'a Head,
}

/// How a feed is recognised. Each method is one kind of clue, and a feed has those that its servers
/// give.
pub trait Signature: Feed {
    /// By the URL that a person gives.
    fn by_url(&self, _url: &Url) -> Option<Clue> {
        None
    }

    /// By the head of the answer.
    fn by_head(&self, _head: &Head) -> Option<Clue> {
        None
    }

    /// By a comment before the first event.
    fn by_comment(&self, _context: &Context<'_>, _comment: &str) -> Option<Clue> {
        None
    }

    /// By the first event.
    fn by_event(&self, _context: &Context<'_>, _event: &RawEvent) -> Option<Clue> {
        None
    }

    /// Whether an error that it has words for could be no other server's.
    fn is_told_by_errors(&self) -> bool {
        true
    }

    /// Where else the stream may be, where this answer to the URL is what a server of this feed
    /// gives at a URL beside its streams.
    fn other_address(&self, _url: &Url, _refusal: &Cause) -> Option<Url> {
        None
    }

    /// Where the head of a page says that its stream is, or what is missing to follow that.
    fn linked(&self, _page: &Url, _head: &Head) -> Option<Result<Url, Cause>> {
        None
    }
}

/// Recognises one stream while it arrives.
#[derive(Clone, Debug)]
pub struct Recogniser {
    url: Url,
    by_url: Option<Recognition>,
    head: Head,
}

impl Recogniser {
    /// For the stream at this URL.
    #[must_use]
    pub fn new(url: &Url) -> Self {
        Self { url: url.clone(), by_url: by_url(url), head: Head::default() }
    }

    /// The head of the answer, once it has arrived.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Whether this feed would have asked as a plain stream is asked, at the same address.
    #[must_use]
    pub fn was_asked_as(&self, feed: &dyn Feed) -> bool {
        let asked = Json.request(&self.url, &Cursor::NONE);
        feed.request(&self.url, &Cursor::NONE) == asked && feed.stream_url(&self.url) == self.url
    }

    /// Takes the next that arrived. Answers as soon as it is clear what the server speaks.
    pub fn handle(&mut self, arrival: &Arrival) -> Option<Recognition> {
        match arrival {
            Arrival::Opened(head) => {
                self.head.clone_from(head);
                best(|signature| signature.by_head(head))
            }
            Arrival::Comment(text) => {
                let context = self.context();
                best(|signature| signature.by_comment(&context, text))
            }
            Arrival::Event { event, .. } => Some(self.by_event(event)),
            _ => None,
        }
    }

    /// What an open stream speaks that says nothing more.
    #[must_use]
    pub fn of_silence(&self) -> Recognition {
        self.by_url.unwrap_or_else(|| plain(Certainty::Guess, "it is an event stream"))
    }

    fn by_event(&self, event: &RawEvent) -> Recognition {
        let context = self.context();
        let words = best(|signature| signature.by_event(&context, event));
        words.or(self.by_url).unwrap_or_else(|| {
            plain(Certainty::Likely, "it is an event stream of no kind that is known")
        })
    }

    fn context(&self) -> Context<'_> {
        Context { by_url: self.by_url.map(|shape| shape.feed), head: &self.head }
    }
}

/// What the URL alone speaks for.
#[must_use]
pub fn by_url(url: &Url) -> Option<Recognition> {
    best(|signature| signature.by_url(url))
}

/// Where else a stream may be that was refused at this URL, and of which feed it would be, in the
/// order of the registry.
pub fn other_addresses<'a>(
    url: &'a Url,
    refusal: &'a Cause,
) -> impl Iterator<Item = (&'static str, Url)> + 'a {
    FEEDS
        .iter()
        .filter_map(move |entry| Some((entry.name, entry.signature.other_address(url, refusal)?)))
}

/// Where the head of a page says that its stream is, and of which feed that is; or what is missing to
/// follow that. One that is too long to be told is none.
#[must_use]
pub fn linked(page: &Url, head: &Head) -> Option<Result<(&'static str, Url), Cause>> {
    FEEDS.iter().find_map(|entry| {
        let linked = entry.signature.linked(page, head)?;
        if linked.as_ref().is_ok_and(|url| copied(url.as_str()).is_none()) {
            return None;
        }
        Some(linked.map(|url| (entry.name, url)))
    })
}

/// Whether this answer is what a page gives, or a server that has none: there may be a stream beside
/// it.
#[must_use]
pub fn is_page(refusal: &Cause) -> bool {
    matches!(refusal, Cause::ContentType { .. } | Cause::Status { code: 404 | 405, .. })
}

/// The cause with the error of the server at this URL in words, where it is one that a feed knows: the
/// one that the URL speaks for, or any whose errors could be no other's.
#[must_use]
pub fn in_words(url: &Url, cause: &Cause) -> Option<Cause> {
    let own = by_url(url).map(|it| it.feed);
    let mut telling =
        FEEDS.iter().filter(|entry| own == Some(entry.name) || entry.signature.is_told_by_errors());
    telling.find_map(|entry| in_words_of(entry.signature, cause))
}

/// The cause with the server's own error in this feed's words, where it has any.
pub fn in_words_of<F: Feed + ?Sized>(feed: &F, cause: &Cause) -> Option<Cause> {
    let Cause::Status { code, detail: Some(detail), .. } = cause else { return None };
    let words = feed.explain(*code, detail)?;
    let mut cause = cause.clone();
    if let Cause::Status { detail, .. } = &mut cause {
        *detail = Some(words.into());
    }
    Some(cause)
}

fn best(clue_of: impl Fn(&dyn Signature) -> Option<Clue>) -> Option<Recognition> {
    let mut best: Option<Recognition> = None;
    for entry in FEEDS {
        let Some(Clue { certainty, reason }) = clue_of(entry.signature) else { continue };
        if best.is_none_or(|best| certainty > best.certainty) {
            best = Some(Recognition { feed: entry.name, certainty, reason });
        }
    }
    best
}

fn plain(certainty: Certainty, reason: &'static str) -> Recognition {
    Recognition { feed: "json", certainty, reason }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use Certainty::{Guess, Likely, Sure};

    type Found = (&'static str, Certainty);

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn pair(recognition: Recognition) -> Found {
        (recognition.feed, recognition.certainty)
    }

    /// What a URL is recognised as.
    pub(crate) fn of_url(at: &str) -> Option<Found> {
        by_url(&url(at)).map(pair)
    }

    /// What a stream is recognised as whose answer has this header.
    pub(crate) fn of_head(at: &str, name: &str, value: &str) -> Option<Found> {
        let head = Head::from_iter([(name.to_owned(), value.to_owned())]);
        Recogniser::new(&url(at)).handle(&Arrival::Opened(head)).map(pair)
    }

    /// What a stream is recognised as whose first word is this comment.
    pub(crate) fn of_comment(at: &str, server: &str, comment: &str) -> Option<Found> {
        after(at, server).handle(&Arrival::Comment(comment.to_owned())).map(pair)
    }

    /// What a stream of nginx is recognised as whose first word is this event.
    pub(crate) fn of_event(at: &str, kind: &str, data: &str, own_id: Option<&str>) -> Found {
        let own_id = own_id.map(str::to_owned);
        let event = RawEvent { kind: kind.into(), data: data.into(), own_id };
        let arrival = Arrival::Event { event, id: String::new() };
        after(at, "nginx/1.22").handle(&arrival).map(pair).unwrap()
    }

    fn after(at: &str, server: &str) -> Recogniser {
        let mut recogniser = Recogniser::new(&url(at));
        let head = Head::from_iter([("server".to_owned(), server.to_owned())]);
        assert_eq!(recogniser.handle(&Arrival::Opened(head)), None);
        recogniser
    }

    #[test]
    fn of_urls_the_most_certain_counts_and_of_equal_ones_the_first_of_the_registry() {
        for (at, wanted) in [
            ("https://stream.wikimedia.org/api/stream", ("wikimedia", Sure)),
            ("https://ntfy.sh/x/.well-known/mercure", ("mercure", Sure)),
            ("https://stream.wikimedia.org/.well-known/mercure", ("mercure", Sure)),
            ("https://ntfy.sh/api/stream", ("ntfy", Likely)),
            ("https://ntfy.sh/v2/stream/x", ("ntfy", Likely)),
        ] {
            assert_eq!(of_url(at), Some(wanted), "{at}");
        }
    }

    #[test]
    fn a_head_decides_at_once_and_words_before_the_url() {
        let hub = "https://a.example/.well-known/mercure?topic=x";
        let any = "https://a.example/x";
        assert_eq!(of_head(any, "mercure-last-event-id", "a"), Some(("mercure", Sure)));
        assert_eq!(of_comment(hub, "", "hi"), Some(("nchan", Likely)));
        assert_eq!(of_comment(any, "", "hello"), None, "more may come");
        assert_eq!(of_event(hub, "message", "hello", None), ("mercure", Sure));
        assert_eq!(of_event(any, "message", "hello", None), ("json", Likely));
        let silence = |at| pair(after(at, "").of_silence());
        assert_eq!(silence(hub), ("mercure", Sure));
        assert_eq!(silence(any), ("json", Guess));
    }

    #[test]
    fn an_error_is_said_in_words_where_a_feed_knows_it() {
        let status = |detail: Option<&str>| Cause::Status {
            code: 403,
            detail: detail.map(Into::into),
            retry_after_ms: Some(5),
            streamed_before: true,
        };
        let any = "https://a.example/x".parse().unwrap();
        let words = in_words(&any, &status(Some("40301 forbidden"))).unwrap();
        let sentence = words.sentence("x");
        assert!(sentence.contains("the user or token may not read this topic"), "{sentence}");
        let Cause::Status { code: 403, retry_after_ms: Some(5), streamed_before: true, .. } = words
        else {
            panic!("{words:?}")
        };
        assert_eq!(in_words(&any, &status(Some("Forbidden"))), None);
        assert_eq!(in_words(&any, &status(None)), None);
        assert_eq!(in_words(&any, &Cause::NoRoute), None);

        // What many servers say counts where the URL speaks for one of them.
        let mut unauthorized = status(Some("401: Unauthorized"));
        if let Cause::Status { code, .. } = &mut unauthorized {
            *code = 401;
        }
        assert_eq!(in_words(&any, &unauthorized), None);
        let stream = "http://ha.local:8123/api/stream".parse().unwrap();
        let sentence = in_words(&stream, &unauthorized).unwrap().sentence("x");
        assert!(sentence.contains("Home Assistant wants"), "{sentence}");
    }
}
