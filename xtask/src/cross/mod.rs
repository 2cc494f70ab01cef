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
    cmp::Reverse,
    fs, iter,
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

/// How many programs of tests are run at once on a processor. By this, it is seldom idle.
const AT_ONCE: usize = 3;
/// How many tests of a program are run at once.
const TESTS_AT_ONCE: &str = "3";

/// How many random runs the engine's models make of a link and of alerts, and what is said of it.
const RUNS: &str = "5000";
const LESS: (&str, &str) = (
    "hark-engine",
    "5,000 random runs of 100,000 and 20,000: what knows no system does the same on each",
);

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
    println!("== units and the whole under Wine");
    let units = units(shell, &wine, soak)?;
    let (whole, without) = whole::programs(shell, &programs, soak)?;
    record.whole = without;
    if !soak {
        record.whole.less.insert(0, (LESS.0.to_owned(), LESS.1.to_owned()));
    }
    let sessions = wine.begin(shell)?;
    (record.units, record.whole.tally) = counted(shell, &wine, units, whole)?;
    println!("== the installer under Wine");
    record.installer = wine.kept(|| installer::life(shell, &wine, &programs))?;
    println!("== how soon it starts");
    record.start = whole::start(shell, &programs)?;
    drop(sessions);

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

/// The unit tests of all crates but the window's, which has no web view there; built.
fn units(shell: &Shell, wine: &Wine, soak: bool) -> Result<Command> {
    let mut args = vec!["test", "--no-fail-fast", "--lib", "--bins"];
    args.extend(UNITS.iter().chain(&["hark"]).flat_map(|name| ["--package", name]));
    let command = |more: &[&str]| {
        let mut command = target::cargo(shell, &[&args, more].concat())?;
        // Snapshots are looked for from the checkout, which cargo cannot be asked for there. It is built in, too.
        command.env("INSTA_WORKSPACE_ROOT", &shell.root);
        command.env(target::RUNNER, wine.script()).env("RUST_BACKTRACE", "0");
        command.env("RUST_TEST_THREADS", TESTS_AT_ONCE);
        if !soak {
            command.env("HARK_SOAK_RUNS", RUNS);
        }
        Ok(command)
    };
    shell.run(command(&["--no-run"])?)?;
    command(&[])
}

/// Runs the unit tests, and the named programs of tests of the whole, beside each other, and counts either. What takes
/// longest is begun first, so that nothing long is left to the end. Each stays on a processor with the Wine that it
/// asks, which saves a third of both's time: one of them always waits for the other.
fn counted(
    shell: &Shell,
    wine: &Wine,
    units: Command,
    whole: Vec<(String, Command)>,
) -> Result<(Tally, Tally)> {
    let logs = shell.target.join("xtask-log");
    let (of_units, of_whole) = (logs.join("cross-units.txt"), logs.join("cross-whole"));
    fs::create_dir_all(&of_whole).map_err(|e| format!("{}: {e}.", of_whole.display()))?;
    let whole = whole.into_iter().map(|(file, it)| (it, of_whole.join(format!("{file}.txt"))));
    let mut programs: Vec<_> = iter::once((units, of_units.clone())).chain(whole).collect();
    programs.sort_by_cached_key(|(_, log)| Reverse(took(log)));
    for (_, log) in &programs {
        _ = fs::remove_file(log);
    }
    let tallies = Mutex::new((Tally::default(), Tally::default()));
    let workers = wine.seats().iter().copied().cycle().take(wine.seats().len() * AT_ONCE);
    let done = shell.run_logged_at_once(workers, programs, |log, line| {
        let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
        match log == of_units {
            true => tallies.0.count(line),
            false => tallies.1.count(line),
        }
        let line = line.trim();
        if line.ends_with("FAILED") || line.starts_with("error") {
            println!("   {line}");
        }
    })?;
    let (units, whole) = tallies.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !done && units.failed + whole.failed == 0 {
        return Err(format!("The tests could not be run; see {}", logs.display()));
    }
    println!("{units}; see {}", of_units.display());
    println!("{whole}; see {}", of_whole.display());
    Ok((units, whole))
}

/// How long a program of tests took when it wrote this log, in milliseconds; 0 where there is none.
fn took(log: &Path) -> u64 {
    let text = fs::read_to_string(log).unwrap_or_default();
    let ends =
        text.lines().filter_map(|line| line.rsplit_once("finished in ")?.1.strip_suffix('s'));
    ends.filter_map(|seconds| seconds.parse::<f64>().ok()).map(|it| (it * 1e3) as u64).sum()
}

/// Writes a file of this mode, and its folder where there is none.
fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let folder = path.parent().ok_or("no folder")?;
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)));
    written.map_err(|e| format!("{}: {e}.", path.display()))
}
