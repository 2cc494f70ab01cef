//! `hark doctor`: what a server does right and wrong, and the line to change.
//!
//! [`observe`] makes plain connections and notes what comes; [`judge`] is pure and says what to
//! think of it, and [`here`] what to think of this machine. None of them knows a link, a store or a terminal.

mod buffering;
mod head;
pub mod here;
mod observe;
mod occurrence;
mod resume;
mod stream;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use hark_engine::{failure::Cause, feed::Feed};
use serde::Serialize;
use url::Url;

pub use observe::{Visit, observe};
pub use occurrence::{Form, Occurrence, What};
pub use resume::Resumed;

use hark_stream::connection::{Certificate, Head};

/// What was seen of a server.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The URL that was asked, in the form that the feed asks it.
    pub url: Url,
    /// Whether a credential was sent.
    pub credential: bool,
    /// The feed that the server speaks.
    pub feed: Arc<dyn Feed>,
    /// Each answer on the way, with how long after the request it came; the last is that of the stream or
    /// the refusal.
    pub heads: Vec<(Head, Duration)>,
    /// After which time the stream opened, if it did.
    pub opened: Option<Duration>,
    /// What came on it.
    pub heard: Vec<Occurrence>,
    /// After which time it ended and why, or why it never began.
    pub ended: Option<(Duration, Cause)>,
    /// When listening ended.
    pub listened: Duration,
    /// The compression used for a client that accepts one.
    pub compressed: Option<String>,
    /// The results of dials with an event id.
    pub resumed: Vec<Resumed>,
    /// Why a dial with an id was refused that the server cannot know any more, where it was.
    pub forgotten: Option<Cause>,
    /// Its certificate, where that was refused.
    pub certificate: Option<Certificate>,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Whether it answers, and with what.
    Answer,
    /// A redirect on the way.
    Redirect,
    /// TLS: whether what is sent is encrypted.
    Encryption,
    /// `Content-Type`.
    Type,
    /// `Cache-Control`.
    Caching,
    /// `Content-Encoding`.
    Compression,
    /// Whether what is sent comes at once.
    Buffering,
    /// Whether it stays open.
    Stream,
    /// Its heartbeat.
    Heartbeat,
    /// Event ids.
    Ids,
    /// `retry:`.
    Retry,
    /// What a client that comes back gets.
    Resume,
    /// How events are written.
    Format,
}

/// How well something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// As it should be.
    Ok,
    /// Works, and could be better.
    Warning,
    /// Messages get lost, come late, or not at all.
    Wrong,
    /// Could not be seen this time.
    Unknown,
}

/// Where a line is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In what the server sends.
    Server,
    /// In nginx's `location`.
    Nginx,
    /// In Caddy's site block.
    Caddy,
    /// On the command line, to see more.
    Try,
}

/// A line to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The program whose settings have the line.
    pub place: Place,
    /// The line.
    pub line: String,
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The subject.
    pub about: About,
    /// How well it is done.
    pub mark: Mark,
    /// What was seen, for a person.
    pub seen: String,
    /// The lines to change, each sufficient alone unless `seen` says otherwise.
    pub change: Vec<Change>,
}

impl Finding {
    fn new(about: About, mark: Mark, seen: impl Into<String>) -> Self {
        Self { about, mark, seen: seen.into(), change: Vec::new() }
    }

    fn change(mut self, place: Place, line: impl Into<String>) -> Self {
        self.change.push(Change { place, line: line.into() });
        self
    }
}

/// The findings, in the order in which a person reads them.
#[must_use]
pub fn judge(seen: &Observation) -> Vec<Finding> {
    let mut findings = head::judge(seen);
    findings.extend(buffering::judge(seen));
    if seen.opened.is_some() {
        findings.extend(stream::judge(seen));
        findings.extend(resume::judge(seen));
        findings.extend(resume::of_forgotten(seen));
        findings.extend(stream::format(seen));
    }
    findings
}

impl Observation {
    /// Messages that came.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.heard.iter().filter(|heard| matches!(heard.what, What::Message { .. })).count()
    }

    /// What the server is called, without what may be secret in a URL.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// A header of the last answer, as text.
    fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.heads.last()?;
        let values = head.headers.get_all(name).iter();
        let values: Vec<_> =
            values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (!values.is_empty()).then(|| hark_engine::readable::clean(&values.join(", "), 200))
    }

    /// The proxy before the server, where it names itself.
    fn proxy(&self) -> Option<Place> {
        let said = [self.header("server"), self.header("via")];
        let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        if said.contains("nginx") || said.contains("openresty") {
            Some(Place::Nginx)
        } else if said.contains("caddy") {
            Some(Place::Caddy)
        } else {
            None
        }
    }
}

/// A length of time for a person.
fn span(length: Duration) -> String {
    match length.as_millis() {
        ms @ 0..1000 => format!("{ms} ms"),
        ms @ 1000..9950 if ms % 1000 < 50 || ms % 1000 >= 950 => format!("{} s", (ms + 50) / 1000),
        ms @ 1000..9950 => format!("{}.{} s", (ms + 50) / 1000, (ms + 50) % 1000 / 100),
        ms @ 9950..120_000 => format!("{} s", (ms + 500) / 1000),
        ms => format!("{} min", (ms + 30_000) / 60_000),
    }
}
