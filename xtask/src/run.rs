//! `cargo xtask run`: from a checkout to a notification, in a profile of its own.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use crate::{Result, Shell, debian, page, shell};

pub(crate) fn run(shell: &Shell, agent_args: &[String]) -> Result<()> {
    match missing_desktop() {
        Some(why) => in_terminal(shell, why, agent_args),
        None => on_desktop(shell, agent_args),
    }
}

/// Why no tray, notification or window can be shown here.
fn missing_desktop() -> Option<&'static str> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let bus = is_set("DBUS_SESSION_BUS_ADDRESS")
        || env::var_os("XDG_RUNTIME_DIR")
            .is_some_and(|folder| Path::new(&folder).join("bus").exists());
    if cfg!(not(target_os = "linux")) {
        None
    } else if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        Some("neither DISPLAY nor WAYLAND_DISPLAY is set")
    } else if !bus {
        Some("there is no session bus")
    } else {
        None
    }
}

fn in_terminal(shell: &Shell, why: &str, agent_args: &[String]) -> Result<()> {
    println!("No desktop here ({why}): the agent runs in this terminal and prints each message.");
    shell.run(shell.cargo(&["build", "--package", "hark"]))?;
    println!("Ctrl-C ends it.");
    let mut command = agent(shell, agent_args);
    command.arg("--no-tray");
    let mut agent = spawn(command)?;
    until_end(shell, &mut agent)
}

fn on_desktop(shell: &Shell, agent_args: &[String]) -> Result<()> {
    // Asked before anything is built, so that nobody has to wait beside it for the question.
    let window = debian::ensure(shell, &[debian::WINDOW]);
    shell.run(shell.cargo(&["build", "--package", "hark"]))?;
    println!("The agent starts: its icon is in the tray, and a first notification comes at once.");
    let mut agent = spawn(agent(shell, agent_args))?;
    let opened = window.and_then(|()| open_window(shell));
    if let Err(why) = &opened
        && !shell.stopped()
    {
        eprintln!("There is no window to open. {why}\nThe agent goes on without it.");
    }
    println!("Ctrl-C ends it.");
    let ended = until_end(shell, &mut agent);
    if let Ok(mut window) = opened {
        if ended.is_ok() && !shell.stopped() {
            // The agent found another one of this profile running, or was told to stop.
            shell.wait(&mut window)?;
        }
        shell::end(&mut window);
    }
    ended
}

fn open_window(shell: &Shell) -> Result<Child> {
    println!("Building the window; the first time takes some minutes.");
    page::build(shell)?;
    shell.run(shell.cargo(&["build", "--package", "hark-window"]))?;
    let mut window = hark(shell, "hark-window");
    window.env("HARK_PROFILE", profile(shell));
    spawn(window)
}

fn agent(shell: &Shell, args: &[String]) -> Command {
    let mut command = hark(shell, "hark");
    command.arg("--profile").arg(profile(shell)).args(["agent", "--demo"]).args(args);
    command
}

fn hark(shell: &Shell, program: &str) -> Command {
    let mut command = shell.command(shell.built(program));
    shell.mark(&mut command);
    // Relative paths start at the person's current folder, not at the checkout.
    if let Ok(here) = env::current_dir() {
        command.current_dir(here);
    }
    command
}

/// A profile of its own, unless the person has chosen one.
fn profile(shell: &Shell) -> PathBuf {
    let chosen = env::var_os("HARK_PROFILE").filter(|folder| !folder.is_empty());
    chosen.map_or_else(|| shell.target.join("profile"), PathBuf::from)
}

fn spawn(mut command: Command) -> Result<Child> {
    command.spawn().map_err(|e| format!("{}: {e}.", command.get_program().display()))
}

fn until_end(shell: &Shell, agent: &mut Child) -> Result<()> {
    match shell.wait(agent)? {
        Some(status) if !status.success() => Err(format!("The agent ended early ({status}).")),
        _ => Ok(()),
    }
}
