//! The version of Rust that Hark is built with: `rust-version` of the workspace. Its lints and its
//! format are what `cargo xtask test` holds the code to.
//!
//! No `rust-toolchain.toml` says it. With a version in it, rustup fetches that version beside a
//! `stable` that already is the same one, and fails where it may not fetch. With `stable` in it, it
//! fetches a second toolchain where the right version is installed under its number, and is no pin.

use crate::{Result, Shell};

/// Where the version is written down.
const WORKSPACE: &str = include_str!("../../Cargo.toml");

/// Major and minor version.
type Version = (u32, u32);

/// Fails with an older compiler, which cannot build Hark, and with a newer one where `exact`, as its
/// lints and its format are others.
pub(crate) fn check(shell: &Shell, exact: bool) -> Result<()> {
    let found = shell.ask(shell.command("rustc").arg("--version"));
    judge(found.as_deref().unwrap_or_default(), wanted(), exact)
}

fn wanted() -> &'static str {
    let line = WORKSPACE.lines().find_map(|line| line.strip_prefix("rust-version = "));
    line.unwrap_or_default().trim_matches('"')
}

fn judge(found: &str, wanted: &str, exact: bool) -> Result<()> {
    let had = found.split_whitespace().nth(1).unwrap_or_default();
    let fits = match (version(had), version(wanted)) {
        (Some(had), Some(wanted)) if exact => had == wanted,
        (Some(had), Some(wanted)) => had >= wanted,
        // A compiler without a version is one that somebody has built, and knows.
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let why = if exact { "is held to the lints and the format of" } else { "needs" };
    Err(format!(
        "This is Rust {had}, and Hark {why} Rust {wanted}. With rustup:\n  \
         rustup toolchain install {wanted} --component clippy,rustfmt\n  \
         rustup override set {wanted}"
    ))
}

fn version(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_says_which_version() {
        assert!(version(wanted()).is_some());
    }

    #[test]
    fn an_older_compiler_is_refused_and_a_newer_one_only_for_tests() {
        let fits = |found, exact| judge(found, "1.95", exact).is_ok();
        for (found, to_run, to_test) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", true, true),
            ("rustc 1.95.1 (59807616e 2026-04-14)", true, true),
            ("rustc 1.94.2 (59807616e 2026-04-14)", false, false),
            ("rustc 1.96.0-nightly (59807616e 2026-04-14)", true, false),
            ("", true, true),
        ] {
            assert_eq!((fits(found, false), fits(found, true)), (to_run, to_test), "{found}");
        }
    }
}
