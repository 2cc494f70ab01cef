//! The version of Rust that Hark is held to: `rust-version` of the workspace. An older one is refused
//! by cargo itself, before anything is built; a newer one builds Hark, but its lints and its format
//! are others, so that tests with it would say other things than everybody else's.
//!
//! No `rust-toolchain.toml` says it. With a version in it, rustup fetches that version beside a
//! `stable` that already is the same one, and fails where it may not fetch. With `stable` in it, it
//! fetches a second toolchain where the right version is installed under its number, and is no pin.

use crate::{Result, Shell};

/// Major and minor version; which patch it is makes no difference.
const WANTED: &str = env!("CARGO_PKG_RUST_VERSION");

/// Fails with another version than the wanted one.
pub(crate) fn check(shell: &Shell) -> Result<()> {
    judge(&shell.ask(shell.command("rustc").arg("--version")).unwrap_or_default())
}

fn judge(found: &str) -> Result<()> {
    // "rustc 1.95.0 (59807616e 2026-04-14)".
    let had = found.split_whitespace().nth(1).unwrap_or("of an unknown version");
    if had.strip_prefix(WANTED).is_some_and(|patch| patch.starts_with('.')) {
        return Ok(());
    }
    Err(format!(
        "This is Rust {had}, and Hark is held to the lints and the format of Rust {WANTED}. With rustup:\n  \
         rustup toolchain install {WANTED} --component clippy,rustfmt\n  \
         rustup override set {WANTED}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_patch_of_the_wanted_version_fits_and_nothing_else() {
        assert!(judge(&format!("rustc {WANTED}.3 (59807616e 2026-04-14)")).is_ok());
        assert!(judge("rustc 1.9.0 (59807616e 2026-04-14)").is_err());
        assert!(judge(&format!("rustc {WANTED}9.0 (59807616e 2026-04-14)")).is_err());
        assert!(judge("").is_err());
    }
}
