//! One URL followed in the terminal: the sink of its driver. Messages go to what all have in common, what else is
//! to be said goes to stderr. People debug their servers with it, so its output is exact.

use std::{
    io::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hark_config::settings::Subscription;
use hark_engine::{
    failure::{Cause, Class},
    feed::Recognition,
    heartbeat::Expect,
    history::Entry,
    link::{Committed, Config, Delivery, Link, Phase},
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

use super::{
    common::{Common, Format},
    progress::Saved,
};
use crate::out;

/// What to follow and how.
#[derive(Clone)]
pub struct Listen {
    /// What to ask.
    pub ask: Ask,
    /// The subscription that it is followed as.
    pub subscription: Subscription,
    /// How far it had come.
    pub saved: Saved,
    /// Which of the followed it is.
    pub number: usize,
    /// Whether there are others.
    pub is_one_of_several: bool,
}

/// Follows until the server refuses, `commands` end or all is over. Answers the refusal's sentence.
pub async fn listen<W: Write + Send>(
    listen: Listen,
    common: Arc<Mutex<Common<W>>>,
    commands: mpsc::Receiver<Command>,
) -> Result<(), String> {
    let (format, name, from) = {
        let common = common.lock().unwrap_or_else(PoisonError::into_inner);
        let source = common.sources.get(listen.number);
        let name = source.map_or_else(String::new, |source| source.name.clone());
        (common.format, name, source.map_or_else(String::new, |source| source.from.clone()))
    };
    let Listen { ask, subscription, saved, number, is_one_of_several } = listen;
    let plain = format == Format::Raw || matches!(subscription.expect(), Expect::Timeout(_));
    let config = Config {
        feed: subscription.speaks(),
        recogniser: subscription.recogniser(),
        law: subscription.law(),
        expect: subscription.expect(),
        swap: !plain,
        cursor: saved.cursor(),
        // A 404 is a refusal until the server has streamed once.
        streamed_before: saved.streamed,
        begun: saved.begun,
        has_ids: saved.has_ids,
        heard_before: saved.heard,
        last_message: saved.last_message,
        kept: None,
        paused: false,
    };
    let sink = Terminal {
        ask,
        format,
        number,
        name,
        from: is_one_of_several.then_some(from),
        phase: "",
        failed: None,
        refusal: None,
        distrusted: None,
        common,
    };
    let sink = Driver::new(config, sink).run(commands).await;
    sink.refusal.map_or(Ok(()), Err)
}

struct Terminal<W> {
    ask: Ask,
    format: Format,
    number: usize,
    name: String,
    /// Said in raw lines, where there are several.
    from: Option<String>,
    /// The last phase that was printed.
    phase: &'static str,
    /// What was last said of a failure, until it is connected again.
    failed: Option<String>,
    /// The refusal's sentence, once the server has refused.
    refusal: Option<String>,
    /// The server's certificate, where the latest dial failed for it.
    distrusted: Option<Certificate>,
    common: Arc<Mutex<Common<W>>>,
}

impl<W: Write> Terminal<W> {
    fn raw(&mut self, kind: &str, rest: Value) {
        if self.format == Format::Raw {
            let mut line = json!({ "kind": kind });
            if let (Value::Object(line), Value::Object(rest)) = (&mut line, rest) {
                line.extend(rest);
                line.insert("at".to_owned(), format!("{:.3}", clock::now().wall).into());
                if let Some(from) = &self.from {
                    line.insert("from".to_owned(), from.as_str().into());
                }
            }
            self.common().json(&line);
        }
    }

    fn common(&self) -> MutexGuard<'_, Common<W>> {
        self.common.lock().unwrap_or_else(PoisonError::into_inner)
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
        } else if self.failed.as_ref() != Some(&sentence) {
            self.note(&sentence);
            self.failed = Some(sentence);
        }
    }

    /// Writes a sentence to stderr; not in the raw form, which holds it already.
    fn note(&self, sentence: &str) {
        if self.format != Format::Raw {
            out::note(sentence);
        }
    }
}

impl<W: Write> Sink for Terminal<W> {
    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        std::future::ready(Ok(self.ask.clone()))
    }

    fn seen(&mut self, arrival: &Arrival) {
        // In a flood it costs to write down what nobody wants to see.
        if self.format != Format::Raw && !matches!(arrival, Arrival::TooLarge { .. }) {
            return;
        }
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
        Ok(self.common().commit(self.number, deliveries, now))
    }

    fn recognised(&mut self, recognition: Recognition) -> Result<(), Full> {
        self.ask.url = recognition.stream_url(&self.ask.url);
        let mut common = self.common();
        if let Some(source) = common.sources.get_mut(self.number) {
            source.progress.speaks(recognition.feed);
        }
        common.save();
        Ok(())
    }

    fn journal(&mut self, entry: &Entry, _: Timestamp) -> Result<(), Full> {
        if let Some(failure) = entry.failure() {
            self.failed(&failure.cause);
        }
        if *entry == Entry::Opened && self.failed.take().is_some() {
            self.note(&format!("{} is connected again.", self.name));
        }
        if let Entry::Gap { since } = entry {
            self.raw("gap", json!({ "since": format!("{since:.3}") }));
            self.note(&format!(
                "{}: messages since {since:.0} may have been missed; the server cannot send them again.",
                self.name
            ));
        }
        Ok(())
    }

    fn backlog_over(&mut self) -> Result<(), Full> {
        let mut common = self.common();
        if let Some(source) = common.sources.get_mut(self.number) {
            source.progress.streamed();
        }
        common.save();
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
        let mut common = self.common();
        if let (Some(heard), Some(source)) = (link.heard(), common.sources.get_mut(self.number)) {
            source.progress.heard(heard.wall);
        }
        common.over.is_none() && self.refusal.is_none()
    }
}
