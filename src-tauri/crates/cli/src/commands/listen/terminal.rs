//! One URL followed in the terminal: the sink that prints what comes. People debug their servers with it,
//! so its output is exact.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
};

use hark_agent::print;
use hark_config::settings::Subscription;
use hark_engine::{
    cursor::Cursor,
    failure::{Cause, Class},
    feed::Recognition,
    heartbeat::Expect,
    history::Entry,
    link::{Committed, Config, Delivery, Link, Outcome, Phase},
    message::RawEvent,
    size,
    wire::Arrival,
};
use hark_platform::clock;
use hark_stream::{
    connection::{Ask, Certificate},
    driver::{Command, Driver, Full, Sink},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line a message.
    Lines,
    /// A message a line, as JSON.
    Json,
    /// What the guarded client sees, as JSON: one plain connection, no swap, no dedupe.
    Raw,
}

/// What to follow and how.
#[derive(Clone)]
pub struct Listen {
    /// What to ask.
    pub ask: Ask,
    /// The subscription that it is followed as.
    pub subscription: Subscription,
    /// The event id to resume after.
    pub last_event_id: Option<String>,
    /// The form of the output.
    pub format: Format,
}

/// Follows until the server refuses or `commands` end. Answers the refusal's sentence.
pub async fn listen<W: Write + Send>(
    listen: Listen,
    out: W,
    commands: mpsc::Receiver<Command>,
) -> Result<(), String> {
    let feed = listen.subscription.speaks();
    let plain =
        listen.format == Format::Raw || matches!(listen.subscription.expect(), Expect::Timeout(_));
    let config = Config {
        feed,
        recogniser: listen.subscription.recogniser(),
        law: listen.subscription.law(),
        expect: listen.subscription.expect(),
        swap: !plain,
        cursor: listen.last_event_id.as_deref().map_or(Cursor::NONE, Cursor::of_id),
        // A 404 is a refusal until the server has streamed once.
        streamed_before: false,
        begun: None,
        has_ids: None,
        heard_before: None,
        last_message: None,
        kept: None,
        paused: false,
    };
    let name = listen.subscription.origin();
    let sink = Terminal {
        ask: listen.ask,
        format: listen.format,
        cursor: listen.last_event_id.as_deref().map_or(Cursor::NONE, Cursor::of_id),
        name,
        phase: "",
        refusal: None,
        distrusted: None,
        gone: false,
        known: VecDeque::new(),
        out,
    };
    let sink = Driver::new(config, sink).run(commands).await;
    sink.refusal.map_or(Ok(()), Err)
}

/// How many events are remembered, to know them when they come again. A second connection overlaps the
/// first long enough to bring a few of them again.
const KNOWN_MAX: usize = 1_024;

struct Terminal<W> {
    ask: Ask,
    format: Format,
    cursor: Cursor,
    name: String,
    /// The last phase that was printed.
    phase: &'static str,
    /// The refusal's sentence, once the server has refused.
    refusal: Option<String>,
    /// The server's certificate, where the latest dial failed for it.
    distrusted: Option<Certificate>,
    /// The reader of the output is gone.
    gone: bool,
    /// The latest events with ids of their own, as hashes.
    known: VecDeque<u64>,
    out: W,
}

impl<W: Write> Terminal<W> {
    fn raw(&mut self, kind: &str, rest: Value) {
        if self.format == Format::Raw {
            let mut line = json!({ "kind": kind });
            if let (Value::Object(line), Value::Object(rest)) = (&mut line, rest) {
                line.extend(rest);
                line.insert("at".to_owned(), format!("{:.3}", clock::now().wall).into());
            }
            self.json(&line);
        }
    }

    /// Prints a line of JSON. Characters that control a terminal are escaped beyond what JSON asks for.
    fn json(&mut self, line: &Value) {
        self.line(&print::harmless(&line.to_string()));
    }

    fn line(&mut self, line: &str) {
        self.gone |= writeln!(self.out, "{line}").and_then(|()| self.out.flush()).is_err();
    }

    /// Whether this event was printed before: the same own id, type and data.
    fn is_known(&mut self, event: &RawEvent) -> bool {
        let Some(id) = event.own_id.as_deref().filter(|id| !id.is_empty()) else { return false };
        let mut hash = DefaultHasher::new();
        (id, &event.kind, &event.data).hash(&mut hash);
        let hash = hash.finish();
        if self.known.contains(&hash) {
            return true;
        }
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        self.known.push_back(hash);
        false
    }

    fn failed(&mut self, cause: &Cause) {
        let class = cause.class();
        let mut sentence = cause.sentence(&self.name);
        if let (Cause::Certificate { .. }, Some(certificate)) = (cause, self.distrusted.take()) {
            sentence = format!("{sentence} {certificate}");
        }
        let class_name = serde_json::to_value(class).unwrap_or_default();
        self.raw(
            "error",
            json!({ "class": class_name, "cause": cause.code(), "sentence": sentence }),
        );
        if matches!(class, Class::Refused | Class::Protocol) {
            // This ends it, and the caller prints the sentence.
            self.refusal = Some(sentence);
        } else {
            self.note(&sentence);
        }
    }

    /// Writes a sentence to stderr; not in the raw form, which holds it already.
    fn note(&self, sentence: &str) {
        if self.format != Format::Raw {
            // A failure to write is ignored: nobody may be reading.
            let _ = writeln!(std::io::stderr(), "{sentence}");
        }
    }
}

impl<W: Write> Sink for Terminal<W> {
    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        std::future::ready(Ok(self.ask.clone()))
    }

    fn seen(&mut self, arrival: &Arrival) {
        match arrival {
            Arrival::Event { event, id } => self.raw(
                "event",
                json!({ "type": event.kind, "data": event.data, "id": id, "own_id": event.own_id }),
            ),
            Arrival::Comment(text) => self.raw("comment", json!({ "text": text })),
            Arrival::Ignored(ignored) => self.raw(
                "ignored",
                json!({
                    "reason": ignored.reason(),
                    "type": ignored.kind(),
                    "own_id": ignored.own_id(),
                }),
            ),
            Arrival::TooLarge { event, bytes, limit } => {
                self.raw(
                    "ignored",
                    json!({
                        "reason": "too large",
                        "type": event.kind,
                        "own_id": event.own_id,
                        "bytes": bytes,
                        "limit": limit,
                        "option": "--event-max",
                    }),
                );
                self.note(&format!(
                    "An event of {} is left out, as it is over the limit of {}. To take it: \
                     --event-max {}",
                    size::write(*bytes),
                    size::write(*limit),
                    size::write_up(*bytes)
                ));
            }
            Arrival::Retry(hint) => {
                let ms = u64::try_from(hint.as_millis()).unwrap_or(u64::MAX);
                self.raw("retry", json!({ "ms": ms }));
            }
            Arrival::Opened(_) | Arrival::Alive | Arrival::Closed(_) => {}
        }
    }

    fn distrusted(&mut self, certificate: Certificate) {
        self.distrusted = Some(certificate);
    }

    fn commit(&mut self, deliveries: &[Delivery], now: Timestamp) -> Result<Committed, String> {
        for Delivery { event, outcome, cursor, .. } in deliveries {
            if let Outcome::Message(message, _) = outcome
                && !self.is_known(event)
            {
                match self.format {
                    Format::Lines => {
                        let line = print::line_here(&self.name, message, now);
                        self.line(&line);
                    }
                    Format::Json => {
                        let line = json!({
                            "server_id": event.own_id,
                            "title": message.title,
                            "body": message.body,
                            "priority": message.priority.level(),
                            "time": message.time.map(|time| format!("{time:.3}")),
                            "received": format!("{now:.3}"),
                            "url": message.url,
                            "tags": message.tags,
                            "topic": message.topic,
                            "sequence": message.sequence.as_ref().map(|sequence| &sequence.id),
                            "extras": message.extras,
                        });
                        self.json(&line);
                    }
                    Format::Raw => {}
                }
            }
            if let Some(cursor) = cursor {
                self.cursor.clone_from(cursor);
            }
        }
        Ok(Committed { cursor: self.cursor.clone(), ..Committed::default() })
    }

    fn recognised(&mut self, recognition: Recognition) -> Result<(), Full> {
        self.ask.url = recognition.stream_url(&self.ask.url);
        Ok(())
    }

    fn journal(&mut self, entry: &Entry, _: Timestamp) -> Result<(), Full> {
        if let Some(failure) = entry.failure() {
            self.failed(&failure.cause);
        }
        Ok(())
    }

    fn changed(&mut self, link: &Link) -> bool {
        let phase = link.phase().name();
        if phase != self.phase && self.refusal.is_none() {
            self.phase = phase;
            let retry_in_ms = match link.phase() {
                Phase::BackingOff { delay, .. } => {
                    Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
                }
                _ => None,
            };
            self.raw("link", json!({ "phase": phase, "retry_in_ms": retry_in_ms }));
        }
        !self.gone && self.refusal.is_none()
    }
}
