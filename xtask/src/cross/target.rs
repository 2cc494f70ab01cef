//! Rust's standard library for another system, and cargo for it.

use std::process::Command;

use crate::{Result, Shell};

pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub(crate) const MACOS: &str = "aarch64-apple-darwin";
/// Runs what was built for Windows.
pub(crate) const RUNNER: &str = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER";

/// Makes sure that there is a standard library for a target.
///
/// # Errors
/// Where there is none and rustup cannot fetch it.
pub(crate) fn ensure(shell: &Shell, target: &str) -> Result<()> {
    if is_there(shell, target) {
        return Ok(());
    }
    println!("Fetching Rust's standard library for {target}.");
    let mut add = shell.command("rustup");
    add.args(["target", "add", target]);
    let added = shell.ask(&mut add).is_some();
    match added && is_there(shell, target) {
        true => Ok(()),
        false => Err(format!(
            "Rust's standard library for {target} is not here, and rustup does not fetch it."
        )),
    }
}

fn is_there(shell: &Shell, target: &str) -> bool {
    let mut ask = shell.command("rustc");
    ask.args(["--print", "target-libdir", "--target", target]);
    let folder = shell.ask(&mut ask).unwrap_or_default();
    let files = std::fs::read_dir(folder.trim()).into_iter().flatten().flatten();
    files.map(|file| file.file_name()).any(|name| name.to_string_lossy().starts_with("libstd-"))
}

/// cargo, building for Windows.
pub(crate) fn cargo(shell: &Shell, args: &[&str]) -> Command {
    let mut command = shell.cargo(args);
    command.args(["--target", WINDOWS]);
    command
}
