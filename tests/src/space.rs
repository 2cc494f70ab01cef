//! Namespaces of a test's own, with or without root: what is mounted or broken in them is nobody
//! else's, and gone with its last process.

use std::{ffi::OsStr, process::Command};

use crate::{World, hark, skipped};

/// A program that is started after a shell script, in the script's process: its number stays, and
/// `$1` and further are the script's.
pub fn after(
    world: &World,
    unshare: Option<&str>,
    script: &str,
    arguments: &[&OsStr],
    program: &[&OsStr],
) -> Command {
    let shell = ["sh", "-euc"].map(OsStr::new);
    let mut command = match unshare {
        Some(flags) => {
            let mut command = world.command("unshare");
            command.arg(flags).args(shell);
            command
        }
        None => {
            let mut command = world.command(shell[0]);
            command.arg(shell[1]);
            command
        }
    };
    command.arg(format!("{script}\nshift {}\nexec \"$@\"", arguments.len()));
    command.arg("sh").args(arguments).args(program);
    command
}

/// `hark agent` after a script.
pub fn agent_after(
    world: &World,
    unshare: Option<&str>,
    script: &str,
    arguments: &[&OsStr],
) -> Command {
    let hark = hark::program("hark");
    let program = [hark.as_os_str(), "agent".as_ref(), "--no-tray".as_ref()];
    after(world, unshare, script, arguments, &program)
}

/// Whether this machine lets a test have such namespaces; says so where it does not.
#[must_use]
pub fn allowed(flags: &str) -> bool {
    let tried = Command::new("unshare").args([flags, "true"]).output();
    let allowed = tried.is_ok_and(|tried| tried.status.success());
    if !allowed {
        skipped(&format!("unshare {flags} is not allowed here"));
    }
    allowed
}
