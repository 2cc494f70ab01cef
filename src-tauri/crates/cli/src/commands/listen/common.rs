//! What all followed URLs have in common: the output, when it ends, what waits for the command, and the state that
//! is saved. A message is printed before it is saved that it was, so that none is lost.

use std::{io, io::Write, sync::Arc};

use hark_agent::print;
use hark_engine::{
    link::{Committed, Delivery, Outcome},
    matching::Pattern,
    message::{Extras, Message, RawEvent},
    policy::Origin,
    readable::Line,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;

use super::{
    exec::Queue,
    known::Ids,
    progress::{Progress, Ticket},
    state::State,
};
use crate::out;

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

/// Why nothing more is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// As many messages have come as were asked for, or the one that was.
    Enough,
    /// The reader of the output is gone.
    Gone,
    /// The output cannot be written, as this sentence says.
    Unwritten(String),
    /// The command cannot be started, as this sentence says.
    NotStarted(String),
}

/// What ends it.
#[derive(Debug, Default)]
pub struct Ends {
    /// So many more messages.
    pub count: Option<u64>,
    /// A message in whose title or text this is found.
    pub until: Option<Pattern>,
}

impl Ends {
    /// Whether it ends with this message.
    fn with(&mut self, message: &Message) -> bool {
        let counted = self.count.as_mut().is_some_and(|left| {
            *left = left.saturating_sub(1);
            *left == 0
        });
        let is_in = |until: &Pattern| until.is_in(&message.title) || until.is_in(&message.body);
        counted || self.until.as_ref().is_some_and(is_in)
    }
}

/// One followed URL.
#[derive(Debug)]
pub struct Source {
    /// What it is called in JSON and for the command: its URL without what may be secret in it.
    pub from: String,
    /// What it is called in a line.
    pub name: String,
    /// How far it has come.
    pub progress: Progress,
}

/// See the module.
#[derive(Debug)]
pub struct Common<W> {
    /// Where messages are printed.
    pub out: W,
    /// In which form.
    pub format: Format,
    /// Whether what the servers held at first is left out.
    pub only_new: bool,
    /// What ends it.
    pub ends: Ends,
    /// Those that are followed.
    pub sources: Vec<Source>,
    /// The way to the command, where there is one.
    pub queue: Option<Queue>,
    /// Where it is saved, where it is.
    pub state: Option<State>,
    /// Whether the last attempt to save has failed.
    pub unsaved: bool,
    /// Set once nothing more is taken.
    pub over: Option<Over>,
    /// Told when that is so.
    pub ended: Arc<Notify>,
}

impl<W: Write> Common<W> {
    /// Takes what one URL has brought.
    pub fn commit(&mut self, number: usize, deliveries: &[Delivery], now: Timestamp) -> Committed {
        let (mut text, mut ids, mut taken, mut over) =
            (String::new(), Ids::default(), Vec::new(), self.over.clone());
        for (place, delivery) in deliveries.iter().enumerate() {
            if over.is_some() {
                break;
            }
            let Some(source) = self.sources.get_mut(number) else { break };
            let is_new = source.progress.takes(&deliveries[place..], &mut ids);
            let message = match &delivery.outcome {
                Outcome::Message(_, Origin::Backlog) if self.only_new => None,
                Outcome::Message(message, _) if is_new => Some(&**message),
                _ => None,
            };
            if let Some(message) = message {
                self.print(number, &delivery.event, message, now, &mut text);
                over = self.ends.with(message).then_some(Over::Enough);
            }
            taken.push((delivery, message));
        }
        // Nothing is noted as told that was not.
        if self.write(&text) {
            for (delivery, message) in taken {
                let ticket = message
                    .and_then(|message| self.hand_over(number, &delivery.event, message, now));
                if let Some(source) = self.sources.get_mut(number) {
                    source.progress.pass(delivery, ticket, ids, now);
                }
            }
            self.save();
            if let Some(over) = over {
                self.end(over);
            }
        }
        self.sources
            .get(number)
            .map_or_else(Committed::default, |source| source.progress.committed(ids))
    }

    /// Prints a line of JSON. Characters that control a terminal are escaped beyond what JSON asks for.
    pub fn json(&mut self, line: &Value) {
        let line = print::harmless(&line.to_string());
        self.write(&format!("{line}\n"));
    }

    /// The command has been run for a message.
    pub fn done(&mut self, number: usize, ticket: Ticket) {
        if let Some(source) = self.sources.get_mut(number) {
            source.progress.done(ticket);
        }
        self.save();
    }

    /// The command cannot be started: nothing more is taken, whatever else has ended it.
    pub fn not_started(&mut self, sentence: String) {
        self.over = Some(Over::NotStarted(sentence));
        self.ended.notify_one();
    }

    /// Saves how far all have come. What cannot be saved is told once, and tried again with the next message.
    pub fn save(&mut self) {
        let Some(state) = &self.state else { return };
        let saved = state.save(self.sources.iter().map(|source| source.progress.saved()));
        match (&saved, self.unsaved) {
            (Err(problem), false) => out::note(format_args!(
                "{problem} Until it can be, a restart brings again what came meanwhile."
            )),
            (Ok(()), true) => out::note("The state is saved again."),
            _ => {}
        }
        self.unsaved = saved.is_err();
    }

    fn print(
        &self,
        number: usize,
        event: &RawEvent,
        message: &Message,
        now: Timestamp,
        text: &mut String,
    ) {
        let Some(source) = self.sources.get(number) else { return };
        match self.format {
            Format::Lines => text.push_str(&print::line_here(&source.name, message, now)),
            Format::Json => {
                let told = Told::new(&source.from, event, message, now);
                // Plain values cannot fail to be written.
                let line = serde_json::to_string(&told).unwrap_or_default();
                text.push_str(&print::harmless(&line));
            }
            Format::Raw => return,
        }
        text.push('\n');
    }

    /// Lets a message wait for the command, where there is one.
    fn hand_over(
        &mut self,
        number: usize,
        event: &RawEvent,
        message: &Message,
        now: Timestamp,
    ) -> Option<Ticket> {
        let (queue, source) = (self.queue.as_mut()?, self.sources.get(number)?);
        queue.put(number, message, &Told::new(&source.from, event, message, now), now)
    }

    /// Answers whether it was written.
    fn write(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return true;
        }
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        match &written {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.end(Over::Gone),
            Err(error) => {
                self.end(Over::Unwritten(format!("What has come cannot be written: {error}.")));
            }
        }
        written.is_ok()
    }

    fn end(&mut self, over: Over) {
        self.over.get_or_insert(over);
        self.ended.notify_one();
    }
}

/// A message as the output and the command have it.
#[derive(Debug, Serialize)]
pub struct Told<'a> {
    /// What its URL is called.
    pub from: &'a str,
    server_id: Option<&'a str>,
    title: &'a str,
    body: &'a str,
    priority: u8,
    time: Option<String>,
    received: String,
    url: Option<&'a str>,
    tags: &'a [Line],
    topic: Option<&'a Line>,
    sequence: Option<&'a Line>,
    extras: &'a Extras,
}

impl<'a> Told<'a> {
    /// Of this URL's message, which came now.
    pub fn new(from: &'a str, event: &'a RawEvent, message: &'a Message, now: Timestamp) -> Self {
        Self {
            from,
            server_id: event.own_id.as_deref(),
            title: &message.title,
            body: &message.body,
            priority: message.priority.level(),
            time: message.time.map(|time| format!("{time:.3}")),
            received: format!("{now:.3}"),
            url: message.url.as_deref(),
            tags: &message.tags,
            topic: message.topic.as_ref(),
            sequence: message.sequence.as_ref().map(|sequence| &sequence.id),
            extras: &message.extras,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{
        super::{known::tests::delivery, progress::Saved},
        *,
    };

    fn common(ends: Ends) -> Common<Vec<u8>> {
        let source = |name: &str| Source {
            from: format!("http://{name}/"),
            name: name.to_owned(),
            progress: Progress::of(Saved::new(name)).unwrap(),
        };
        Common {
            out: Vec::new(),
            format: Format::Json,
            only_new: false,
            ends,
            sources: vec![source("a"), source("b")],
            queue: None,
            state: None,
            unsaved: false,
            over: None,
            ended: Arc::default(),
        }
    }

    fn told(common: &Common<Vec<u8>>) -> Vec<(String, String)> {
        let text = String::from_utf8(common.out.clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        lines.map(|line| (word(&line["from"]), word(&line["body"]))).collect()
    }

    fn pair(from: &str, body: &str) -> (String, String) {
        (from.to_owned(), body.to_owned())
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn messages_of_several_are_counted_together_and_none_comes_after_the_last() {
        let mut common = common(Ends { count: Some(3), until: None });
        common.commit(0, &[delivery("1", "one", None)], NOW);
        common.commit(1, &[delivery("1", "two", None), delivery("1", "two", None)], NOW);
        assert_eq!(common.over, None);
        let last = [delivery("2", "three", None), delivery("3", "four", None)];
        let committed = common.commit(0, &last, NOW);
        assert_eq!(committed.cursor.id.as_deref(), Some("2"), "what was not told is not passed");
        common.commit(1, &[delivery("4", "five", None)], NOW);
        let (a, b) = ("http://a/", "http://b/");
        assert_eq!(told(&common), [pair(a, "one"), pair(b, "two"), pair(a, "three")]);
        assert_eq!(common.over, Some(Over::Enough));
    }

    #[test]
    fn it_ends_after_the_first_that_matches_in_title_or_text() {
        for (title, body) in [("Backup done", "x"), ("x", "the backup: done.")] {
            let until = Pattern::try_from("(?i)backup.*done".to_owned()).unwrap();
            let mut common = common(Ends { count: None, until: Some(until) });
            common.commit(0, &[delivery("1", "backup begins", None)], NOW);
            assert_eq!(common.over, None);
            let mut last = delivery("2", body, None);
            if let Outcome::Message(message, _) = &mut last.outcome {
                message.title = title.into();
            }
            common.commit(0, &[last, delivery("3", "later", None)], NOW);
            assert_eq!((common.over.clone(), told(&common).len()), (Some(Over::Enough), 2));
        }
    }

    #[test]
    fn what_was_there_before_is_left_out_where_only_news_are_wanted() {
        let mut common = common(Ends { count: Some(1), until: None });
        common.only_new = true;
        let mut old = delivery("1", "old", None);
        if let Outcome::Message(_, origin) = &mut old.outcome {
            *origin = Origin::Backlog;
        }
        assert_eq!(common.commit(0, &[old], NOW).cursor.id.as_deref(), Some("1"));
        common.commit(0, &[delivery("2", "new", None)], NOW);
        assert_eq!(told(&common), [pair("http://a/", "new")]);
    }

    /// Takes no more than it has room for.
    struct Full(io::ErrorKind);

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_printed_is_not_noted_as_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        for (kind, is_gone) in
            [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)]
        {
            let Common { sources, .. } = common(Ends::default());
            let state = State::open(&path).ok();
            let mut common = Common {
                out: Full(kind),
                format: Format::Lines,
                only_new: false,
                ends: Ends::default(),
                sources,
                queue: None,
                state,
                unsaved: false,
                over: None,
                ended: Arc::default(),
            };
            let committed = common.commit(0, &[delivery("1", "lost?", None)], NOW);
            assert_eq!(committed.cursor.id, None);
            assert_eq!(matches!(common.over, Some(Over::Gone)), is_gone);
            assert_eq!(matches!(common.over, Some(Over::Unwritten(_))), !is_gone);
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_cannot_be_saved_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/state");
        fs::create_dir(folder.path().join("deep")).unwrap();
        let mut common = common(Ends::default());
        common.state = State::open(&path).ok();
        // A folder in its place cannot be replaced by a file.
        fs::create_dir(&path).unwrap();
        common.commit(0, &[delivery("1", "one", None)], NOW);
        assert!(common.unsaved);
        fs::remove_dir(&path).unwrap();
        common.commit(0, &[delivery("2", "two", None)], NOW);
        assert!(!common.unsaved && path.exists());
        assert_eq!(told(&common).len(), 2, "what has come is told all the same");
    }
}
