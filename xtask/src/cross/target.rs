//! Rust's standard library for another system, and cargo for it.

use std::process::Command;

use super::library;
use crate::{Result, Shell};

pub(crate) const WINDOWS: &str = "x86_64-pc-windows-gnu";
pub(crate) const MACOS: &str = "aarch64-apple-darwin";
/// Runs what was built for Windows.
pub(crate) const RUNNER: &str = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER";

/// Makes sure that there is a standard library for a target: rustup's, or one that is built here.
///
/// # Errors
/// Where there is none, rustup cannot fetch it, and it cannot be built.
pub(crate) fn ensure(shell: &Shell, target: &str) -> Result<Library> {
    if !is_there(shell, target) {
        println!("Fetching Rust's standard library for {target}.");
        let mut add = shell.command("rustup");
        add.args(["target", "add", target]);
        shell.ask(&mut add);
    }
    if is_there(shell, target) {
        return Ok(Library::default());
    }
    let sysroot = library::ensure(shell, target).map_err(|why| {
        format!(
            "Rust's standard library for {target} is not here, and rustup does not fetch it. {why}"
        )
    })?;
    let name = target.replace('-', "_").to_uppercase();
    let flags = format!("--sysroot={}", sysroot.display());
    Ok(Library { flags: Some((format!("CARGO_TARGET_{name}_RUSTFLAGS"), flags)) })
}

/// Where the target's standard library is.
#[derive(Default)]
pub(crate) struct Library {
    /// The variable and its value by which rustc finds one that is not its own.
    flags: Option<(String, String)>,
}

impl Library {
    /// Has this cargo use it.
    pub(crate) fn set(&self, cargo: &mut Command) {
        cargo.envs(self.flags.iter().map(|(name, value)| (name, value)));
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
///
/// # Errors
/// As [`ensure`].
pub(crate) fn cargo(shell: &Shell, args: &[&str]) -> Result<Command> {
    let library = ensure(shell, WINDOWS)?;
    let mut command = shell.cargo(args);
    command.args(["--target", WINDOWS]);
    // Under Wine the tests wait for the processor: what is built a minute longer saves more of it in each run.
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    library.set(&mut command);
    Ok(command)
}
