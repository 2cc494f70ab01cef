//! The command line: two options, and the usual `--help` and `--version`.

use std::{ffi::OsString, path::PathBuf};

const HELP: &str = "\
Hark's window: how each connection is doing, the latest messages, and what was lost when.

Usage: hark-window [--profile DIR] [--message ID]

Options:
  --message ID   Show this message
  --profile DIR  Use the Hark whose files are in DIR (also: HARK_PROFILE)
  -V, --version  Print the version
  -h, --help     Print this help";

/// What was asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    /// Show the window.
    Window {
        /// The profile folder, where one is named.
        profile: Option<PathBuf>,
        /// The id of the message to show, where one is named.
        message: Option<i64>,
    },
    /// Print this and end.
    Print(String),
}

/// Reads the arguments after the program's name.
///
/// # Errors
/// One sentence for the person.
pub(crate) fn read(mut args: impl Iterator<Item = OsString>) -> Result<Start, String> {
    let (mut profile, mut message) = (None, None);
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if text == "--profile" {
            profile = Some(args.next().ok_or("--profile wants a folder.")?.into());
        } else if let Some(folder) = text.strip_prefix("--profile=") {
            profile = Some(folder.into());
        } else if text == "--message" {
            message = Some(id(&args.next().unwrap_or_default().to_string_lossy())?);
        } else if let Some(text) = text.strip_prefix("--message=") {
            message = Some(id(text)?);
        } else if text == "-h" || text == "--help" {
            return Ok(Start::Print(HELP.to_owned()));
        } else if text == "-V" || text == "--version" {
            return Ok(Start::Print(format!("hark-window {}", env!("CARGO_PKG_VERSION"))));
        } else {
            return Err(format!(
                "`{text}` is not an option of hark-window. See: hark-window --help"
            ));
        }
    }
    Ok(Start::Window { profile, message })
}

fn id(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("--message wants the number of a message, not `{text}`."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(args: &[&str]) -> Result<Start, String> {
        read(args.iter().map(OsString::from))
    }

    #[test]
    fn a_profile_is_named_in_both_usual_forms() {
        let wanted = Ok(Start::Window { profile: Some("/p".into()), message: None });
        assert_eq!(read_all(&["--profile", "/p"]), wanted);
        assert_eq!(read_all(&["--profile=/p"]), wanted);
        assert_eq!(read_all(&[]), Ok(Start::Window { profile: None, message: None }));
    }

    #[test]
    fn a_message_is_named_by_its_number() {
        let wanted = Ok(Start::Window { profile: None, message: Some(12) });
        assert_eq!(read_all(&["--message", "12"]), wanted);
        assert_eq!(read_all(&["--message=12"]), wanted);
        for wrong in [&["--message"][..], &["--message=x"], &["--message", "1;2"]] {
            assert!(read_all(wrong).unwrap_err().contains("wants the number"), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(read_all(&["--profil", "/p"]).unwrap_err().contains("`--profil`"));
        assert!(read_all(&["--profile"]).unwrap_err().contains("wants a folder"));
    }
}
