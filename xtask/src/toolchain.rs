//! The version of Rust that Hark requires: `rust-version` of the workspace. cargo itself refuses an older
//! one before anything is built. A newer one builds Hark, but its lints and format differ, so that tests
//! with it would give other results than everybody else's.
//!
//! No `rust-toolchain.toml` pins it. With a version in it, rustup fetches that version beside a `stable`
//! that already is the same one, and fails where it may not fetch. With `stable` in it, rustup fetches a
//! second toolchain where the right version is installed under its number, and nothing is pinned.

use crate::{Result, Shell};

/// Major and minor version; the patch version does not matter.
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
