//! `cargo xtask cross`: Windows and macOS from a Debian machine. Hark is built for Windows, its unit tests and the
//! tests of the whole are run under Wine, and macOS is type-checked. What came of it is written into the docs.

mod check;
mod installer;
mod library;
mod record;
mod target;
mod whole;
mod wine;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::{Result, Shell, debian, page, tally::Tally};

pub(crate) use check::command as check_command;
use check::{Checked, check};
use record::Record;
pub(crate) use target::{MACOS, WINDOWS};
use wine::Wine;

/// The crates whose unit tests are of Hark's own.
const UNITS: [&str; 9] = [
    "hark-engine",
    "hark-local",
    "hark-platform",
    "hark-store",
    "hark-api",
    "hark-stream",
    "hark-config",
    "hark-doctor",
    "hark-agent",
];

/// Does it; the whole for longer where this is to soak.
pub(crate) fn cross(shell: &Shell, soak: bool) -> Result<()> {
    let begun = Instant::now();
    debian::ensure(shell, &[debian::CROSS, debian::TESTS])?;
    page::build(shell)?;
    let wine = Wine::ensure(shell)?;
    let mut record = Record::default();

    println!("== build for Windows");
    build(shell, "dev")?;
    // What stands between the tests and a program under Wine.
    let between = ["build", "--package", "hark-api", "--examples"];
    shell.run(target::cargo(shell, &between)?)?;
    let programs = wine.programs(shell)?;
    println!("== units under Wine");
    let session = wine.begin(shell)?;
    record.units = units(shell, &wine)?;
    println!("== the whole under Wine");
    record.whole = whole::run(shell, &programs, soak)?;
    println!("== the installer under Wine");
    record.installer = installer::life(shell, &wine, &programs)?;
    println!("== how soon it starts");
    record.start = whole::start(shell, &programs)?;
    drop(session);

    println!("== macOS");
    record.macos = check(shell, MACOS)?;
    record.seconds = begun.elapsed().as_secs();
    record.write(shell)?;
    println!("{record}");
    match record.failed() {
        0 => Ok(()),
        failed => Err(format!("{failed} failed under Wine.")),
    }
}

/// Builds the programs for Windows; answers where they are.
pub(crate) fn build(shell: &Shell, profile: &str) -> Result<PathBuf> {
    for package in ["hark", "hark-window"] {
        let args = ["build", "--profile", profile, "--package", package];
        shell.run(target::cargo(shell, &args)?)?;
    }
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(shell.target.join(WINDOWS).join(folder))
}

/// Runs the unit tests of all crates but the window's, which has no web view there.
fn units(shell: &Shell, wine: &Wine) -> Result<Tally> {
    let mut args = vec!["test", "--no-fail-fast", "--lib", "--bins"];
    args.extend(UNITS.iter().chain(&["hark"]).flat_map(|name| ["--package", name]));
    let mut command = target::cargo(shell, &args)?;
    command.env(target::RUNNER, wine.script()).env("RUST_BACKTRACE", "0");
    // Snapshots are looked for from the checkout, which cargo cannot be asked for there.
    command.env("INSTA_WORKSPACE_ROOT", &shell.root);
    counted(shell, "cross-units", command)
}

/// Runs tests and counts them; what they print is in the log of this name.
fn counted(shell: &Shell, log: &str, command: Command) -> Result<Tally> {
    let folder = shell.target.join("xtask-log");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    counted_at_once(shell, 1, vec![(command, folder.join(format!("{log}.txt")))])
}

/// Runs several programs of tests, so many at once, each with its log.
fn counted_at_once(
    shell: &Shell,
    at_once: usize,
    programs: Vec<(Command, PathBuf)>,
) -> Result<Tally> {
    let Some((_, first)) = programs.first() else { return Ok(Tally::default()) };
    let logs = match programs.len() {
        1 => first.clone(),
        _ => first.parent().unwrap_or(first).to_owned(),
    };
    for (_, log) in &programs {
        _ = fs::remove_file(log);
    }
    let tally = Mutex::new(Tally::default());
    let done = shell.run_logged_at_once(at_once, programs, |line| {
        tally.lock().unwrap_or_else(PoisonError::into_inner).count(line);
        let line = line.trim();
        if line.ends_with("FAILED") || line.starts_with("error") {
            println!("   {line}");
        }
    })?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !done && tally.failed == 0 {
        return Err(format!("The tests could not be run; see {}", logs.display()));
    }
    println!("{tally}; see {}", logs.display());
    Ok(tally)
}

/// Writes a file of this mode, and its folder where there is none.
fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let folder = path.parent().ok_or("no folder")?;
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)));
    written.map_err(|e| format!("{}: {e}.", path.display()))
}
