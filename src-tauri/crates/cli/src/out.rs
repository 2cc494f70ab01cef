//! Output of commands. A reader that stops early, such as `head`, ends the command without an error.

use std::{
    fmt,
    io::{self, Write},
    process,
};

use hark_agent::print::harmless;
use serde::Serialize;

/// Prints a line.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    print(format_args!("{text}\n"))
}

/// Prints a value as a line of JSON.
pub fn json(value: &impl Serialize) -> io::Result<()> {
    line(harmless(&serde_json::to_string(value)?))
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

/// Writes a note to stderr. A failure to write is ignored.
pub fn note(text: impl fmt::Display) {
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
