//! Output of commands. A reader that stops early, such as `head`, ends the command without an error.

use std::{
    env, fmt,
    io::{self, Write},
    process::{self, Command, Stdio},
};

use hark_agent::print::harmless;
use hark_engine::readable::Text;
use hark_platform::terminal;
use serde::Serialize;

use crate::Done;

/// Prints a line.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    print(format_args!("{text}\n"))
}

/// Does what prints as things come, for as long as somebody reads it.
pub async fn while_read(work: impl Future<Output = Done>) -> Done {
    tokio::select! {
        done = work => done,
        () = terminal::unread() => Ok(()),
    }
}

/// Prints a value as a line of JSON.
pub fn json(value: &impl Serialize) -> io::Result<()> {
    line(as_json(value)?)
}

/// A value as JSON in one line.
pub fn as_json(value: &impl Serialize) -> io::Result<String> {
    Ok(harmless(&serde_json::to_string(value)?))
}

/// Prints a value as indented JSON.
pub fn json_pretty(value: &impl Serialize) -> io::Result<()> {
    line(harmless(&serde_json::to_string_pretty(value)?))
}

/// Prints a text as it is.
pub fn print(text: impl fmt::Display) -> io::Result<()> {
    if !put(&mut io::stdout().lock(), text)? {
        process::exit(0);
    }
    Ok(())
}

/// Prints a text in the place of what was drawn before, where that is a terminal.
pub fn redraw(text: &str, is_terminal: bool) -> io::Result<()> {
    // To the top left corner, the text, and nothing below it. A line that was longer goes as well.
    let lines = text.replace('\n', "\x1b[K\n");
    if is_terminal { print(format_args!("\x1b[H{lines}\x1b[J")) } else { print(text) }
}

/// Prints a text that may be long; on a terminal by the person's pager, where there is one.
pub fn paged(text: &str, is_terminal: bool) -> io::Result<()> {
    if !is_terminal || !page(text) {
        return print(text);
    }
    Ok(())
}

/// Whether the pager has shown it. `PAGER` is a program and its arguments, or nothing for no pager.
fn page(text: &str) -> bool {
    let named = env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let mut words = named.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        // Colours, no more than a screen at once, and nothing to leave where all fits.
        command.env("LESS", "FRX");
    }
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // A person who has seen enough leaves it.
        let _ = input.write_all(text.as_bytes());
    }
    pager.wait().is_ok()
}

/// Writes a note to stderr, without what would control the terminal: it may repeat what a stranger wrote. A
/// failure to write is ignored.
pub fn note(text: impl fmt::Display) {
    let text = Text::from(&*text.to_string());
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether there still was a reader.
fn put(out: &mut impl Write, text: impl fmt::Display) -> io::Result<bool> {
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        outcome => outcome.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_is_gone_is_no_failure_and_a_full_disk_is() {
        let (reader, mut writer) = io::pipe().unwrap();
        assert!(put(&mut writer, "a").unwrap());
        drop(reader);
        assert!(!put(&mut writer, "b").unwrap());
        assert!(put(&mut &mut [0; 1][..], "too long").is_err());
    }
}
