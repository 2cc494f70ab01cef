//! By a program that the session has for it: it hands the text on for as long as nobody copies anything else,
//! which no process that ends could.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

/// Whether a variable of the environment says something.
#[cfg(not(target_vendor = "apple"))]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// macOS has one always.
#[cfg(target_vendor = "apple")]
fn is_set(_session: &str) -> bool {
    true
}

/// The programs, each with the variable of the session that it is for.
#[cfg(target_vendor = "apple")]
const PROGRAMS: &[(&str, &[&str])] = &[("", &["/usr/bin/pbcopy"])];
/// The programs, each with the variable of the session that it is for.
#[cfg(not(target_vendor = "apple"))]
const PROGRAMS: &[(&str, &[&str])] = &[
    ("WAYLAND_DISPLAY", &["wl-copy", "--type", "text/plain;charset=utf-8"]),
    ("DISPLAY", &["xclip", "-selection", "clipboard", "-in"]),
    ("DISPLAY", &["xsel", "--clipboard", "--input"]),
];

pub(super) fn copy(text: &str) -> bool {
    PROGRAMS.iter().any(|(session, argv)| is_set(session) && hand_to(argv, text))
}

/// Starts a program and gives it the text. A thread waits for it, as it may not read at once.
fn hand_to(argv: &[&str], text: &str) -> bool {
    let [program, args @ ..] = argv else { return false };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let text = text.to_owned();
    thread::spawn(move || {
        if let Some(mut input) = child.stdin.take() {
            // One that ends early has said so to nobody.
            let _ = input.write_all(text.as_bytes());
        }
        child.wait()
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_program_takes_is_not_copied() {
        assert!(!hand_to(&["hark-has-no-such-program"], "x"));
        assert!(!hand_to(&[], "x"));
        assert!(hand_to(&["cat"], "x"));
    }
}
