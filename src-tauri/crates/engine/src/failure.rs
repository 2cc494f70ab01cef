//! Why a connection ended or could not be made, whose fault that is, and what a person reads.
//!
//! Causes are told apart by type where they arise; nothing here or above matches on error text.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::readable::{self, Line};

/// Whose fault a failure is, which decides how the link retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// This machine's network: no route, resumed from sleep.
    Local,
    /// The way to the server.
    Network,
    /// The server ended the connection or cannot serve now.
    Server,
    /// A close that the feed calls normal.
    Routine,
    /// The server refuses, or a rule of ours does.
    Refused,
    /// The stream cannot be read.
    Protocol,
}

/// Why a connection ended or could not be made. Stored in the journal as JSON, so a variant's name
/// and fields stay as they are once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// No route to the host, or the network is down.
    NoRoute,
    /// The computer slept, or the network changed, while the connection stood.
    NetworkChanged,
    /// The port is closed.
    ConnectionRefused,
    /// The connection was reset or aborted.
    ConnectionReset,
    /// The name does not exist, or no server could be asked for it.
    NameNotResolved,
    /// No answer to the connection attempt.
    ConnectTimeout,
    /// No answer in the TLS handshake.
    TlsTimeout,
    /// Connected, but the response's headers never came.
    HeadersTimeout,
    /// No complete line for too long.
    MissedHeartbeat {
        /// How long it was silent, in milliseconds.
        silence_ms: u64,
        /// Nothing but headers had ever come on this connection.
        mute: bool,
    },
    /// The response ended cleanly.
    EndOfStream,
    /// The response ended in the middle.
    Truncated,
    /// A status other than 200 and 204.
    Status {
        /// The HTTP status code.
        code: u16,
        /// What the server wrote about it, at most 200 characters.
        detail: Option<Line>,
        /// What its `Retry-After` asks for (RFC 9110, 10.2.3), in milliseconds.
        retry_after_ms: Option<u64>,
        /// Whether this subscription has streamed before: a 404 is then a restarting proxy.
        streamed_before: bool,
    },
    /// A 400 that is about the credential, as its `WWW-Authenticate` says (RFC 6750, 3.1).
    CredentialRefused {
        /// Its word for it, as `invalid_request`.
        error: Line,
        /// What the server wrote about it.
        detail: Option<Line>,
    },
    /// HTTP 204: the server asks not to be dialled again (WHATWG HTML, 9.2.3).
    NoContent,
    /// A 200 that is not `text/event-stream`.
    ContentType {
        /// What it is instead, at most 100 characters.
        found: Line,
    },
    /// The stream is compressed, which holds back what comes and was not asked for.
    Compressed {
        /// Its `Content-Encoding`, at most 100 characters.
        encoding: Line,
    },
    /// A certificate that cannot be trusted.
    Certificate {
        /// Why it cannot be trusted.
        detail: Line,
    },
    /// Any other TLS failure.
    Tls {
        /// What TLS says.
        detail: Line,
    },
    /// A redirect that is not followed: to plain http, to nowhere, or in a circle.
    Redirect {
        /// Why it is not followed.
        detail: Line,
    },
    /// A credential that could not be read.
    Credential {
        /// Why it could not be read, naming the place, never the secret.
        detail: Line,
    },
    /// The response is not HTTP that can be read.
    NotHttp {
        /// What is wrong with it.
        detail: Line,
    },
    /// Another error of the operating system.
    Io {
        /// What it says.
        detail: Line,
    },
    /// The proxy in between failed.
    Proxy {
        /// What went wrong there.
        detail: Line,
    },
    /// What arrived could not be stored, so it is asked for again.
    NotStored {
        /// What the store says.
        detail: Line,
    },
    /// The feed's own normal close.
    Rotation,
    /// The server ended the stream with an error that it says on it.
    StreamError {
        /// Its word or number for it, as `forbidden`.
        code: Line,
        /// What it says about it.
        detail: Line,
        /// Whether the same request will be refused again.
        refused: bool,
    },
    /// The server has ended one connection after the other soon after it opened, as one does that
    /// answers once and is no stream of what is to come.
    BriefStreams {
        /// How many in a row.
        count: u32,
    },
    /// The URL does not say all that this server wants to know.
    Incomplete {
        /// What it lacks, and how to add it.
        detail: Line,
    },
    /// There is no stream at this URL, and it is known where one is.
    Elsewhere {
        /// What is here, where the stream is, and how to follow that.
        detail: Line,
    },
    /// The server pushes by another protocol.
    OtherProtocol {
        /// Which one, and what to do.
        detail: Line,
    },
    /// The server said goodbye, as one does that stops or starts anew.
    Farewell {
        /// Its word for it.
        detail: Line,
    },
}

/// A cause on its link: enough to decide the retry and to tell a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose fault it is.
    pub class: Class,
    /// What happened.
    pub cause: Cause,
    /// Whose server it was, as scheme, host and port, once that is written down: what is told of it later is
    /// what was told at first, also where the subscription goes elsewhere by then or is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self { class: cause.class(), cause, server: None }
    }
}

impl Failure {
    /// Whether it is the same failure, whatever text the server wrote with it: some count their
    /// refusals, and each would be another.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.class == other.class && self.cause.code() == other.cause.code()
    }
}

impl Cause {
    /// The class that this cause belongs to.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::NoRoute | Self::NetworkChanged | Self::NotStored { .. } => Class::Local,
            Self::ConnectionRefused
            | Self::ConnectionReset
            | Self::NameNotResolved
            | Self::ConnectTimeout
            | Self::TlsTimeout
            | Self::HeadersTimeout
            | Self::MissedHeartbeat { .. }
            | Self::Tls { .. }
            | Self::Proxy { .. }
            | Self::Io { .. } => Class::Network,
            Self::EndOfStream
            | Self::Truncated
            | Self::StreamError { refused: false, .. }
            | Self::BriefStreams { .. }
            | Self::Farewell { .. } => Class::Server,
            Self::Status { code: 408 | 425 | 429 | 500..=599, .. }
            | Self::Status { code: 404 | 409, streamed_before: true, .. } => Class::Server,
            Self::Status { .. }
            | Self::CredentialRefused { .. }
            | Self::NoContent
            | Self::ContentType { .. }
            | Self::Compressed { .. }
            | Self::Certificate { .. }
            | Self::Redirect { .. }
            | Self::Credential { .. }
            | Self::Incomplete { .. }
            | Self::Elsewhere { .. }
            | Self::OtherProtocol { .. }
            | Self::StreamError { refused: true, .. } => Class::Refused,
            Self::NotHttp { .. } => Class::Protocol,
            Self::Rotation => Class::Routine,
        }
    }

    /// How long the server asks to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after_ms, .. } => retry_after_ms.map(Duration::from_millis),
            _ => None,
        }
    }

    /// Whether a server has answered, whatever it said: then it lives, and the way to it works.
    #[must_use]
    pub fn is_an_answer(&self) -> bool {
        matches!(
            self,
            Self::Status { .. }
                | Self::CredentialRefused { .. }
                | Self::NoContent
                | Self::ContentType { .. }
                | Self::Compressed { .. }
                | Self::Redirect { .. }
                | Self::Elsewhere { .. }
                | Self::OtherProtocol { .. }
                | Self::StreamError { .. }
                | Self::BriefStreams { .. }
        )
    }

    /// Whether the server may refuse the id and nothing else about the request. A 404 on a stream
    /// that was there before is no such refusal: what stands before the server is restarting, and the ids
    /// stay valid.
    #[must_use]
    pub fn may_refuse_an_id(&self) -> bool {
        if let Self::Status { code: 404, streamed_before: true, .. } = self {
            return false;
        }
        let of_others = |code| matches!(code, 401 | 403 | 407 | 408 | 409 | 425 | 429);
        matches!(self, Self::Status { code: code @ 400..=499, .. } if !of_others(*code))
    }

    /// Whether the server, or what stands before it, has ended the connection or does not take one,
    /// as when a server restarts.
    #[must_use]
    pub fn is_the_servers_end(&self) -> bool {
        matches!(
            self,
            Self::EndOfStream
                | Self::Truncated
                | Self::Farewell { .. }
                | Self::ConnectionReset
                | Self::ConnectionRefused
                | Self::Status { code: 404 | 500..=599, .. }
        )
    }

    /// A stable short phrase for logs, scripts and translation.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::NoRoute => "no route".into(),
            Self::NetworkChanged => "network changed".into(),
            Self::ConnectionRefused => "connection refused".into(),
            Self::ConnectionReset => "connection reset".into(),
            Self::NameNotResolved => "name not resolved".into(),
            Self::ConnectTimeout => "connect timeout".into(),
            Self::TlsTimeout => "TLS timeout".into(),
            Self::HeadersTimeout => "headers timeout".into(),
            Self::MissedHeartbeat { .. } => "missed heartbeat".into(),
            Self::EndOfStream => "end of stream".into(),
            Self::Truncated => "truncated".into(),
            Self::Status { code, .. } => format!("HTTP {code}"),
            Self::CredentialRefused { .. } => "credential refused".into(),
            Self::NoContent => "HTTP 204".into(),
            Self::ContentType { .. } => "content type".into(),
            Self::Compressed { .. } => "compressed".into(),
            Self::Certificate { .. } => "certificate".into(),
            Self::Tls { .. } => "TLS".into(),
            Self::Redirect { .. } => "redirect".into(),
            Self::Credential { .. } => "credential".into(),
            Self::NotHttp { .. } => "not HTTP".into(),
            Self::Io { .. } => "I/O error".into(),
            Self::Proxy { .. } => "proxy".into(),
            Self::NotStored { .. } => "not stored".into(),
            Self::StreamError { .. } => "stream error".into(),
            Self::BriefStreams { .. } => "brief streams".into(),
            Self::Incomplete { .. } => "incomplete".into(),
            Self::Elsewhere { .. } => "elsewhere".into(),
            Self::OtherProtocol { .. } => "other protocol".into(),
            Self::Rotation => "rotation".into(),
            Self::Farewell { .. } => "farewell".into(),
        }
    }

    /// One sentence or two: what happened, to what, and what the person can do where they can.
    /// `server` is the origin or the name that the person knows it by.
    #[must_use]
    pub fn sentence(&self, server: &str) -> String {
        match self {
            Self::NoRoute => format!(
                "There is no network route to {server}. Hark dials again as soon as the network is back."
            ),
            Self::NetworkChanged => {
                format!("The network changed, so the connection to {server} was made anew.")
            }
            Self::ConnectionRefused => format!(
                "{server} refused the connection: nothing listens on that port. Is the server running?"
            ),
            Self::ConnectionReset => format!("The connection to {server} was reset."),
            Self::NameNotResolved => format!(
                "The name in {server} could not be resolved. Check the spelling, or the network's DNS."
            ),
            Self::ConnectTimeout => {
                format!("{server} did not answer the connection attempt in time.")
            }
            Self::TlsTimeout => format!("{server} did not finish the TLS handshake in time."),
            Self::HeadersTimeout => format!(
                "{server} accepted the connection but sent no response. A proxy that buffers (nginx: proxy_buffering off) is a likely cause."
            ),
            Self::MissedHeartbeat { silence_ms, mute: false } => {
                format!(
                    "{server} sent nothing for {}, so the connection was dropped.",
                    seconds(*silence_ms)
                )
            }
            Self::MissedHeartbeat { silence_ms, mute: true } => format!(
                "{server} answered but sent nothing for {}. A proxy that buffers (nginx: proxy_buffering off) is a likely cause.",
                seconds(*silence_ms)
            ),
            Self::EndOfStream => format!("{server} ended the stream."),
            Self::Truncated => format!("{server} broke the stream off in the middle."),
            Self::Status { code, detail, .. } => {
                let advice = match code {
                    401 => {
                        " It wants a credential, or refuses this one: set one that may read here."
                    }
                    403 => " To read here it wants a credential, or another one: ask its owner.",
                    404 => " Check the path.",
                    429 => " It limits how often it may be asked; Hark waits as it says.",
                    502 | 504 => " Its proxy reaches no server behind it.",
                    _ => "",
                };
                let detail = detail.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
                format!("{server} answered HTTP {code}{detail}.{advice}")
            }
            Self::CredentialRefused { error, detail } => {
                let detail = detail.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
                format!(
                    "{server} answered HTTP 400, as it cannot take the credential ({error}{detail}). Set one that may read here."
                )
            }
            Self::NoContent => format!(
                "{server} answered HTTP 204, which asks not to be dialled again. Hark does so only when you say so."
            ),
            Self::ContentType { found } => format!(
                "{server} answered with {found} instead of an event stream. Check the path; a login page or captive portal answers so too."
            ),
            Self::Compressed { encoding } => format!(
                "{server} compresses the stream ({encoding}) though nobody asked for it, which would hold messages back. Switch compression off for this path at the server or its proxy (nginx: gzip off;)."
            ),
            Self::Certificate { detail } => {
                format!("The certificate of {server} is not trusted: {detail}.")
            }
            Self::Tls { detail } => format!("TLS with {server} failed: {detail}."),
            Self::Redirect { detail } => {
                format!("{server} redirects, and that is not followed: {detail}.")
            }
            Self::Credential { detail } => {
                format!("The credential or certificate for {server} could not be read: {detail}.")
            }
            Self::NotHttp { detail } => {
                format!("{server} does not speak HTTP that can be read: {detail}.")
            }
            Self::Io { detail } => format!("The connection to {server} failed: {detail}."),
            Self::Proxy { detail } => {
                format!("The proxy between here and {server} failed: {detail}.")
            }
            Self::NotStored { detail } => {
                format!("What {server} sent could not be stored: {detail} Hark asks for it again.")
            }
            Self::StreamError { code, detail, refused } => {
                let advice = if *refused {
                    " It will do so again until what it says is mended: the credential, or what is asked for."
                } else {
                    ""
                };
                let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
                format!("{server} ended the stream with an error: {detail}{code}.{advice}")
            }
            Self::BriefStreams { count } => format!(
                "{server} has ended {count} connections in a row soon after they opened: it answers and is no stream that stays open. Hark asks it again once a minute. If it is to be asked more often, let it send retry:."
            ),
            Self::Incomplete { detail } => {
                readable::sentence(&format!("{server} cannot be followed at this URL: {detail}"))
            }
            Self::Elsewhere { detail } => {
                readable::sentence(&format!("{server} has no stream at this URL: {detail}"))
            }
            Self::OtherProtocol { detail } => format!("{server} cannot be followed: {detail}."),
            Self::Rotation => format!("{server} closed the stream as it regularly does."),
            Self::Farewell { detail } => {
                format!(
                    "{server} said goodbye ({detail}), as it does when it stops or starts anew."
                )
            }
        }
    }
}

fn seconds(ms: u64) -> String {
    if ms < 10_000 {
        format!("{}.{} s", ms / 1000, ms % 1000 / 100)
    } else {
        format!("{} s", ms / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, streamed_before: bool) -> Cause {
        Cause::Status { code, detail: None, retry_after_ms: None, streamed_before }
    }

    #[test]
    fn each_status_has_the_class_of_whose_fault_it_is() {
        for (code, before, class) in [
            (401, false, Class::Refused),
            (403, true, Class::Refused),
            (404, false, Class::Refused),
            (404, true, Class::Server),
            (409, false, Class::Refused),
            (409, true, Class::Server),
            (408, false, Class::Server),
            (425, false, Class::Server),
            (429, false, Class::Server),
            (400, true, Class::Refused),
            (500, false, Class::Server),
            (503, true, Class::Server),
            (599, true, Class::Server),
        ] {
            assert_eq!(status(code, before).class(), class, "{code}, streamed before: {before}");
        }
    }

    #[test]
    fn a_cause_survives_the_journal() {
        let cause = Cause::MissedHeartbeat { silence_ms: 12_345, mute: true };
        let text = serde_json::to_string(&cause).unwrap();
        assert_eq!(serde_json::from_str::<Cause>(&text).unwrap(), cause);
    }

    #[test]
    fn a_sentence_names_the_server_and_what_to_do() {
        assert_eq!(
            status(401, false).sentence("https://push.example"),
            "https://push.example answered HTTP 401. It wants a credential, or refuses this one: \
             set one that may read here."
        );
        assert_eq!(
            Cause::MissedHeartbeat { silence_ms: 5_250, mute: false }.sentence("Builds"),
            "Builds sent nothing for 5.2 s, so the connection was dropped."
        );
    }
}
