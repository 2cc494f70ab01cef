//! The command line: what to show first, and the usual `--help` and `--version`.

use std::{ffi::OsString, path::PathBuf};

use hark_local::{address, program::Place};

const HELP: &str = "\
Hark's window: how each connection is doing, the latest messages, and what was lost when.

Usage: hark-window [--profile DIR] [--message ID [--action N] | --connections]
       hark-window hark:message/ID

Options:
  --connections  Show how each connection is
  --message ID   Show this message
  --action N     Do what its button of this number is for, asking first; 0 opens its link
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
        /// Where to begin, where that is said.
        at: Option<Place>,
    },
    /// Print this and end.
    Print(String),
}

/// Reads the arguments after the program's name.
///
/// # Errors
/// One sentence for the person.
pub(crate) fn read(args: impl Iterator<Item = OsString>) -> Result<Start, String> {
    let args: Vec<OsString> = args.collect();
    if let Some(first) = args.first().map(|first| first.to_string_lossy())
        && address::is_one(&first)
    {
        // A stranger may have written it: nothing else is listened to with it.
        let message = address::message(&first).filter(|_| args.len() == 1);
        let message = message.ok_or("This address names no message: hark:message/ID does.")?;
        return Ok(Start::Window {
            profile: None,
            at: Some(Place::Message { message, action: None }),
        });
    }
    let mut args = args.into_iter();
    let (mut profile, mut message, mut action) = (None, None, None);
    let mut connections = false;
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
        } else if text == "--action" {
            action = Some(number(&args.next().unwrap_or_default().to_string_lossy())?);
        } else if let Some(text) = text.strip_prefix("--action=") {
            action = Some(number(text)?);
        } else if text == "--connections" {
            connections = true;
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
    if message.is_none() && action.is_some() {
        return Err("--action is for a message: name it with --message.".to_owned());
    }
    if message.is_some() && connections {
        return Err("--message and --connections are two places: name one.".to_owned());
    }
    let message = message.map(|message| Place::Message { message, action });
    Ok(Start::Window { profile, at: message.or(connections.then_some(Place::Connections)) })
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("--action wants the number of a button, not `{text}`."))
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
        let wanted = Ok(Start::Window { profile: Some("/p".into()), at: None });
        assert_eq!(read_all(&["--profile", "/p"]), wanted);
        assert_eq!(read_all(&["--profile=/p"]), wanted);
        assert_eq!(read_all(&[]), Ok(Start::Window { profile: None, at: None }));
    }

    #[test]
    fn a_message_is_named_by_its_number() {
        let at = |action| {
            Ok(Start::Window { profile: None, at: Some(Place::Message { message: 12, action }) })
        };
        let wanted = at(None);
        assert_eq!(read_all(&["--message", "12"]), wanted);
        assert_eq!(read_all(&["--message=12"]), at(None));
        for wrong in [&["--message"][..], &["--message=x"], &["--message", "1;2"]] {
            assert!(read_all(wrong).unwrap_err().contains("wants the number"), "{wrong:?}");
        }
    }

    #[test]
    fn a_button_is_named_by_its_number_with_its_message() {
        let at = Place::Message { message: 12, action: Some(3) };
        let wanted = Ok(Start::Window { profile: None, at: Some(at) });
        assert_eq!(read_all(&["--message=12", "--action=3"]), wanted);
        assert_eq!(read_all(&["--action", "3", "--message", "12"]), wanted);
        assert!(read_all(&["--action=1"]).unwrap_err().contains("--message"));
        assert!(
            read_all(&["--message=1", "--action=-1"]).unwrap_err().contains("wants the number")
        );
    }

    #[test]
    fn an_address_opens_at_its_message_and_brings_nothing_with_it() {
        let at = Some(Place::Message { message: 12, action: None });
        assert_eq!(read_all(&["hark:message/12"]), Ok(Start::Window { profile: None, at }));
        for wrong in [
            &["hark:message/12", "--action=1"][..],
            &["hark:", "--message=12", "--action=1"],
            &["hark:message/12", "--profile=/p"],
            &["hark:message/x"],
            &["HARK:open"],
        ] {
            assert!(read_all(wrong).unwrap_err().contains("names no message"), "{wrong:?}");
        }
        assert!(read_all(&["--connections", "hark:message/12"]).is_err(), "it stands alone");
    }

    #[test]
    fn it_opens_at_one_place() {
        let wanted = Ok(Start::Window { profile: None, at: Some(Place::Connections) });
        assert_eq!(read_all(&["--connections"]), wanted);
        assert!(read_all(&["--connections", "--message=1"]).unwrap_err().contains("name one"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(read_all(&["--profil", "/p"]).unwrap_err().contains("`--profil`"));
        assert!(read_all(&["--profile"]).unwrap_err().contains("wants a folder"));
    }
}
