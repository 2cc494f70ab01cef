//! Namespaces of a test's own, with or without root: a mount or a fault in them affects nothing else, and
//! is gone with the last process in them.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    net::TcpListener,
    os::fd::AsFd,
    process::{Command, Stdio},
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::{World, hark, skipped};

/// A program that is started after a shell script, in the script's process, whose id stays; `$1` and
/// further are the script's arguments.
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

/// Says to a test that it runs in namespaces of its own already.
const INSIDE: &str = "HARK_TEST_INSIDE";

/// Has the test of this name run once more, in a network and a set of mounts of its own, and answers
/// `false` where that is done, or where it is not allowed, which it says; `true` where this is that run,
/// whose loopback is up.
///
/// # Panics
/// Where it fails there.
#[must_use]
pub fn enter(test: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        assert!(run("ip link set lo up").0, "the loopback cannot be set up");
        return true;
    }
    let Some(flags) = own() else { return false };
    let program = env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command.arg(flags).arg(program).args([test, "--exact", "--nocapture"]).env(INSIDE, "1");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{out}{err}");
    assert!(output.status.success(), "{test} fails in a network of its own");
    // A misspelt name would run nothing.
    assert!(out.contains("1 passed"), "{test} did not run");
    for line in err.lines().filter_map(|line| line.strip_prefix("skipped: ")) {
        skipped(line);
    }
    false
}

/// The flags of `unshare` for a network and a set of mounts of one's own; none where it is not allowed.
fn own() -> Option<&'static str> {
    // nginx as root wants to change its groups, which a user namespace forbids; root does not need one.
    let flags = if rustix::process::geteuid().is_root() { "-nm" } else { "-Urnm" };
    allowed(flags).then_some(flags)
}

/// The same for a program that is no test: runs it once more with these arguments.
///
/// # Panics
/// Where it fails there.
#[must_use]
pub fn enter_program() -> bool {
    if env::var_os(INSIDE).is_some() {
        must("ip link set lo up");
        return true;
    }
    let Some(flags) = own() else { return false };
    let mut command = Command::new("unshare");
    command.arg(flags).arg(env::current_exe().unwrap()).args(env::args_os().skip(1));
    let status = command.env(INSIDE, "1").stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "it fails in a network of its own");
    false
}

/// Listens on every address of the network that this process is in.
///
/// # Panics
/// Where it may not.
#[must_use]
pub fn listen_in(pid: u32) -> TcpListener {
    let network = File::open(format!("/proc/{pid}/ns/net")).unwrap();
    // A thread of its own, since it cannot go back; its sockets stay where they were made.
    let listen = move || {
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
        TcpListener::bind(("0.0.0.0", 0)).unwrap()
    };
    thread::spawn(listen).join().unwrap()
}

/// Runs a line of shell as root of the namespaces; answers whether it has succeeded, and all that it
/// printed.
pub fn run(line: &str) -> (bool, String) {
    let path = format!("{}:/usr/sbin:/sbin", env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").args(["-euc", line]).env("PATH", path).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Runs a line of shell that must succeed.
///
/// # Panics
/// Where it does not.
pub fn must(line: &str) {
    let (done, text) = run(line);
    assert!(done, "{line}: {text}");
}
