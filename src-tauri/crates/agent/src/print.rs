//! A message as a line of a terminal, in local time.

use std::{
    io::{Write, stdout},
    pin::pin,
    sync::{LazyLock, Mutex, PoisonError},
};

use hark_engine::{
    message::Message,
    readable::{Line, is_unreadable},
};
use hark_store::{Query, Store};
use jiff::{Timestamp, tz::TimeZone};
use tokio::task::yield_now;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

use crate::{ledger::Ledger, status::Status};

/// Messages that are read at a time.
const PAGE_ROWS: u32 = 16;
/// Lines that wait for a terminal that is halted, as by Ctrl-S; more are dropped.
const LINES_MAX: usize = 1024;

/// Prints on a thread of its own, so that a halted terminal halts no link.
static OUT: LazyLock<(NonBlocking, Mutex<Option<WorkerGuard>>)> = LazyLock::new(|| {
    let (out, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(LINES_MAX).finish(stdout());
    (out, Mutex::new(Some(guard)))
});

/// Prints each message that is stored from now on, and still is when its turn comes, until `stop` is done
/// and what came until then has been printed. A terminal that is gone is no reason to stop.
pub async fn run(ledger: Ledger, status: Status, stop: impl Future<Output = ()>) {
    let mut changes = ledger.events().changes();
    let mut printed = ledger.read(Store::newest).unwrap_or_default();
    let mut stop = pin!(stop);
    let mut is_stopped = false;
    while !is_stopped {
        tokio::select! {
            change = changes.changed() => is_stopped = change.is_err(),
            () = &mut stop => is_stopped = true,
        }
        // Notifications go first: reading what is to be printed takes a moment.
        yield_now().await;
        // A failure is a condition already; they are printed once they can be read.
        let after = |id| Query { after: Some(id), limit: PAGE_ROWS, ..Query::default() };
        while let Ok(rows) = ledger.read(|store| store.messages(&after(printed)))
            && let Some(last) = rows.last().map(|row| row.id)
        {
            for row in &rows {
                message(&status.name(&row.subscription), &row.message, row.received);
            }
            printed = last;
        }
    }
}

fn message(name: &str, message: &Message, received: Timestamp) {
    let line = line_here(name, message, received);
    let _ = OUT.0.clone().write_all(format!("{line}\n").as_bytes());
}

/// Waits a moment for what is still to be printed. Nothing is printed from then on.
pub fn finish() {
    if LazyLock::get(&OUT).is_some() {
        drop(OUT.1.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The line, in the time zone of this machine.
pub fn line_here(name: &str, message: &Message, received: Timestamp) -> String {
    line(name, message, received, &TimeZone::system())
}

fn line(name: &str, message: &Message, received: Timestamp, zone: &TimeZone) -> String {
    let time = message.time.unwrap_or(received).to_zoned(zone.clone()).strftime("%H:%M:%S");
    let text = text(&message.title, &message.body, message.priority.level());
    format!("{time}  {name}  {text}")
}

/// Title and body on one line.
#[must_use]
pub fn text(title: &str, body: &str, priority: u8) -> String {
    let body = body.replace('\n', " ⏎ ");
    let urgent = if priority >= 4 { "! " } else { "" };
    match (title.is_empty(), body.is_empty()) {
        (true, _) => format!("{urgent}{body}"),
        (false, true) => format!("{urgent}{title}"),
        (false, false) => format!("{urgent}{title}: {body}"),
    }
}

/// How many characters of a message are shown where it is only mentioned.
const GLIMPSE_CHARS_MAX: usize = 200;

/// Title and body on one line, cut to a length that can be read at a glance.
#[must_use]
pub fn glimpse(title: &str, body: &str, priority: u8) -> String {
    Line::of(&text(title, body, priority), GLIMPSE_CHARS_MAX).into()
}

/// Escapes in JSON the characters that control a terminal or can make a text look like another: U+007F to
/// U+009F and bidirectional overrides. JSON itself escapes those below U+0020.
#[must_use]
pub fn harmless(json: &str) -> String {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        if is_unreadable(char) {
            out.push_str(&format!("\\u{:04x}", u32::from(char)));
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        let mut message = Message::of_text("two\nlines");
        let at = Timestamp::from_second(45_296).unwrap();
        let line = |message: &Message| line("Builds", message, at, &TimeZone::UTC);
        assert_eq!(line(&message), "12:34:56  Builds  two ⏎ lines");
        message.title = "Red".into();
        assert_eq!(line(&message), "12:34:56  Builds  Red: two ⏎ lines");
    }

    #[test]
    fn a_glimpse_of_a_long_message_is_short() {
        assert_eq!(glimpse("Red", "two\nlines", 5), "! Red: two ⏎ lines");
        let long = glimpse("Red", &"long\n".repeat(20_000), 3);
        assert!(long.starts_with("Red: long ⏎ long") && long.ends_with('…'), "{long}");
        assert_eq!((long.chars().count(), long.lines().count()), (GLIMPSE_CHARS_MAX, 1));
    }

    #[test]
    fn no_json_that_is_printed_commands_a_terminal() {
        let text = "a\u{9b}31mb\u{202e}c\u{7f}ü";
        let line = serde_json::json!({ "text": text }).to_string();
        let harmless = harmless(&line);
        assert_eq!(harmless, r#"{"text":"a\u009b31mb\u202ec\u007fü"}"#);
        let read: serde_json::Value = serde_json::from_str(&harmless).unwrap();
        assert_eq!(read["text"], text, "and it says the same");
    }
}
