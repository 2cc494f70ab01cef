//! `cargo xtask test`: everything that must hold, the quick checks first.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    Result, Shell, archive, cross, debian, go,
    node::Node,
    package, page, servers,
    tally::Tally,
    tool::{self, Prebuilt},
};

type Step = fn(&mut Run) -> Result<()>;

/// The steps in their order. Each stands on those before it.
const STEPS: [(&str, When, Step); 10] = [
    ("format", When::Quick, format),
    ("spelling", When::Quick, spelling),
    ("dependencies", When::Quick, dependencies),
    ("page", When::Quick, page_of_the_window),
    ("lints", When::Quick, lints),
    ("units", When::Quick, units),
    ("systems", When::Landing, systems),
    ("packages", When::Whole, packages),
    ("whole", When::Whole, whole),
    ("advisories", When::Named, advisories),
];

/// When a step is run without its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Quick,
    Whole,
    /// With all the others only: no test stands on it.
    Landing,
    Named,
}

/// Which steps are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    All,
    Quick,
    /// A step, or a file of `tests/`.
    Only(&'a str),
}

impl<'a> Wanted<'a> {
    /// The file of `tests/`, where it names one.
    fn file(self) -> Option<&'a str> {
        match self {
            Self::Only(name) if STEPS.iter().all(|(step, ..)| *step != name) => Some(name),
            _ => None,
        }
    }

    fn has(self, step: &str, when: When) -> bool {
        match (self, self.file()) {
            (Self::All, _) => when != When::Named,
            (Self::Quick, _) => when == When::Quick,
            // It needs neither Hark nor its packages.
            (_, Some("walls")) => step == "whole",
            (_, Some(_)) => when == When::Whole,
            (Self::Only(name), None) => step == name,
        }
    }
}

pub(crate) fn test(shell: &Shell, wanted: Wanted) -> Result<()> {
    let logs = shell.target.join("xtask-log");
    fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}.", logs.display()))?;
    let mut run = Run { shell, logs, tally: Tally::default(), file: wanted.file() };
    let mut needs = Vec::new();
    for (name, ..) in STEPS.iter().filter(|(name, when, _)| wanted.has(name, *when)) {
        match *name {
            "lints" | "units" => needs.push(debian::WINDOW),
            "packages" => needs.extend([debian::WINDOW, debian::PACKAGES]),
            "whole" => needs.push(debian::TESTS),
            _ => {}
        }
    }
    debian::ensure(shell, &needs)?;
    if let Some(too_little) = too_little_space(&shell.target, wanted) {
        println!("{too_little}");
    }
    let mut outcome = Ok(());
    for (name, _, step) in STEPS.iter().filter(|(name, when, _)| wanted.has(name, *when)) {
        println!("== {name}");
        outcome = step(&mut run);
        if outcome.is_err() {
            break;
        }
    }
    if let Err(why) = &outcome {
        println!("{why}");
        // A failure before any of the tests counts as one failed test.
        run.tally.failed = run.tally.failed.max(1);
    }
    if run.tally.skipped > 0 {
        println!("{} skipped, each for the reason that is told above", run.tally.skipped);
    }
    // CI counts by this last line.
    println!("{}", run.tally);
    outcome.map_err(|_| String::new())
}

/// What a run of everything takes from a clean checkout, in GB, a third of it what cargo keeps for a second build.
const WHOLE_TAKES: u64 = 13;

/// Said beforehand: a full disk shows as the failure of whatever comes to write then.
fn too_little_space(target: &Path, wanted: Wanted) -> Option<String> {
    let disk = rustix::fs::statvfs(target).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) / 1_000_000_000;
    let is_clean = !unpacked(target).exists();
    (matches!(wanted, Wanted::All) && is_clean && free < WHOLE_TAKES).then(|| {
        format!(
            "Only {free} GB are free in {}; all of it takes up to {WHOLE_TAKES} GB from a clean checkout.",
            target.display()
        )
    })
}

struct Run<'a> {
    shell: &'a Shell,
    logs: PathBuf,
    tally: Tally,
    /// The one file of `tests/` to run.
    file: Option<&'a str>,
}

impl Run<'_> {
    /// Runs one program of a step: prints a line with its time where it passes, its output where it fails.
    fn check(&mut self, name: &str, command: Command) -> Result<()> {
        let log = self.logs.join(format!("{}.txt", name.replace(' ', "-")));
        _ = fs::remove_file(&log);
        let begun = Instant::now();
        let tally = &mut self.tally;
        let before = (tally.passed, tally.failed);
        let passed = self.shell.run_logged(command, &log, |line| {
            tally.count(line);
            if is_telling(line) {
                println!("   {}", line.trim());
            }
        });
        let took = begun.elapsed().as_secs_f32();
        match passed {
            Ok(true) => {
                println!("ok {name} ({took:.1} s)");
                Ok(())
            }
            Ok(false) => {
                let output = fs::read_to_string(&log).unwrap_or_default();
                output.lines().filter(|line| !is_noise(line)).for_each(|line| println!("{line}"));
                if before.1 == self.tally.failed {
                    self.tally.failed += 1;
                }
                Err(format!("FAILED {name} ({took:.1} s); also in {}", log.display()))
            }
            Err(why) => {
                self.tally.failed += 1;
                Err(format!("FAILED {name} ({took:.1} s): {why} See {}", log.display()))
            }
        }
    }

    /// Tells why a part of a step is not run.
    fn skip(&mut self, name: &str, why: &str) {
        println!("skipped: {name}: {why}");
        self.tally.skipped += 1;
    }

    /// A program that is fetched; none, with a note, where it cannot be.
    fn fetched(&mut self, tool: &Prebuilt, name: &str) -> Result<Option<PathBuf>> {
        match tool::fetch(self.shell, tool) {
            Ok(path) => Ok(Some(path)),
            Err(_) if self.shell.stopped() => Err("Stopped.".to_owned()),
            Err(why) => {
                self.skip(name, &why);
                Ok(None)
            }
        }
    }

    fn npm(&mut self, node: &Node, name: &str, args: &[&str]) -> Result<()> {
        let mut command = node.npm(self.shell);
        command.args(args);
        self.check(name, command)
    }
}

/// Whether a line of a failing step only tells that something went well: those are many, and bury what did not.
fn is_noise(line: &str) -> bool {
    let first = line.trim_start().split(' ').next();
    matches!(first, Some("Compiling" | "Checking" | "Downloading" | "Downloaded"))
        || line.starts_with("test ") && line.ends_with(" ok")
}

/// Whether a line of a passing step is worth showing.
fn is_telling(line: &str) -> bool {
    let line = line.trim_start();
    ["test result:", "Running ", "Doc-tests ", "Tests ", "skipped: "]
        .iter()
        .any(|start| line.starts_with(start))
}

fn format(run: &mut Run) -> Result<()> {
    run.check("cargo fmt", run.shell.cargo(&["fmt", "--all", "--check"]))
}

/// The spelling of code and texts; `.typos.toml` lists the exceptions.
fn spelling(run: &mut Run) -> Result<()> {
    let Some(typos) = run.fetched(&tool::TYPOS, "typos")? else { return Ok(()) };
    let mut command = run.shell.command(typos);
    // Dotfiles too.
    command.args(["--hidden", "--exclude", ".git"]);
    run.check("typos", command)
}

/// Checks that each dependency is used, and that `.deny.toml` allows it.
fn dependencies(run: &mut Run) -> Result<()> {
    // Both checkers look at what other systems would need too, which building here does not fetch.
    if run.shell.ask(&mut run.shell.cargo(&["fetch", "--quiet"])).is_none() {
        run.skip("cargo-shear, cargo-deny", "the dependencies cannot be fetched.");
        return Ok(());
    }
    if let Some(shear) = run.fetched(&tool::CARGO_SHEAR, "cargo-shear")? {
        let mut command = run.shell.command(shear);
        command.args(["--frozen", "--deny-warnings"]);
        run.check("cargo-shear", command)?;
    }
    if let Some(deny) = run.fetched(&tool::CARGO_DENY, "cargo-deny")? {
        let mut command = run.shell.command(deny);
        command.args(["--frozen", "--workspace", "check", "--hide-inclusion-graph"]);
        command.args(["licenses", "sources", "bans"]);
        run.check("cargo-deny", command)?;
    }
    Ok(())
}

/// What is known against the dependencies. The database is a clone of a repository, which cannot be
/// reached from everywhere: hence only where it is asked for.
fn advisories(run: &mut Run) -> Result<()> {
    let Some(deny) = run.fetched(&tool::CARGO_DENY, "cargo-deny")? else { return Ok(()) };
    let mut command = run.shell.command(deny);
    command.args(["--locked", "--workspace", "check", "advisories"]);
    run.check("advisories", command)
}

fn page_of_the_window(run: &mut Run) -> Result<()> {
    let node = page::fetch(run.shell)?;
    run.npm(&node, "prettier", &["run", "format:check"])?;
    run.npm(&node, "svelte-check", &["run", "check"])?;
    run.npm(&node, "vitest", &["run", "test"])?;
    if page::is_stale(run.shell) {
        run.npm(&node, "vite build", &["run", "build"])?;
    }
    Ok(())
}

fn lints(run: &mut Run) -> Result<()> {
    page::build(run.shell)?;
    let args = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    run.check("clippy", run.shell.cargo(&args))
}

/// The types and lints of what is for Windows and for macOS, and the workflows that build it. `cargo xtask cross` runs
/// what can be run of it.
fn systems(run: &mut Run) -> Result<()> {
    for (name, target) in [("Windows", cross::WINDOWS), ("macOS", cross::MACOS)] {
        match cross::check_command(run.shell, target) {
            Ok(command) => run.check(&format!("types for {name}"), command)?,
            Err(_) if run.shell.stopped() => return Err("Stopped.".to_owned()),
            Err(why) => run.skip(&format!("types for {name}"), &why),
        }
    }
    match go::actionlint(run.shell) {
        Ok(actionlint) => run.check("workflows", run.shell.command(actionlint)),
        Err(_) if run.shell.stopped() => Err("Stopped.".to_owned()),
        Err(why) => {
            run.skip("workflows", &why);
            Ok(())
        }
    }
}

fn units(run: &mut Run) -> Result<()> {
    page::build(run.shell)?;
    // The window apart: together with it cargo would give the others' dependencies more features
    // than they ask for, and build them all once more for that.
    let rest = ["test", "--no-fail-fast", "--workspace"];
    let rest = [&rest[..], &["--exclude", "hark-window", "--exclude", "hark-tests"]].concat();
    run.check("units", run.shell.cargo(&rest))?;
    let window = ["test", "--no-fail-fast", "--package", "hark-window"];
    run.check("units of the window", run.shell.cargo(&window))
}

fn packages(run: &mut Run) -> Result<()> {
    page::build(run.shell)?;
    for name in ["hark", "hark-window"] {
        run.check(&format!("build {name}"), run.shell.cargo(&["build", "--package", name]))?;
    }
    let begun = Instant::now();
    let made = package::assemble(run.shell, "dev")?;
    let unpacked = unpacked(&run.shell.target);
    _ = fs::remove_dir_all(&unpacked);
    for deb in &made {
        let mut command = run.shell.command("dpkg-deb");
        command.arg("--extract").args([deb, &unpacked]);
        run.shell.run(command)?;
    }
    println!("ok packages ({:.1} s)", begun.elapsed().as_secs_f32());
    Ok(())
}

/// The packages' files, which the tests of the whole run.
fn unpacked(target: &Path) -> PathBuf {
    target.join("unpacked")
}

fn whole(run: &mut Run) -> Result<()> {
    let mut args = vec!["test", "--no-fail-fast", "--package", "hark-tests"];
    if let Some(file) = run.file {
        args.extend(["--test", file]);
    }
    let driver = tool::build(run.shell, tool::TAURI_DRIVER)?;
    let (servers, node) = servers::ensure(run.shell)?;
    let archived = archive::ensure(run.shell)?;
    let built = go::ensure(run.shell)?;
    let mut command = run.shell.cargo(&args);
    run.shell
        .mark(&mut command)
        // The failed check matters, not the runtime's frames above it.
        .env("RUST_BACKTRACE", "0")
        .env("HARK_BIN_DIR", unpacked(&run.shell.target).join("usr/bin"))
        .env("HARK_PACKAGES", package::folder(run.shell))
        .env("HARK_TAURI_DRIVER", driver)
        .env("HARK_TEST_SERVERS", servers)
        .env("HARK_TEST_NODE", node)
        .envs(archived)
        .envs(built)
        .env("HARK_TEST_WORLDS", fresh(&run.shell.scratch)?)
        .env("HARK_TEST_OUTPUT", fresh(&run.shell.target.join("e2e"))?);
    run.check("whole", command)
}

fn fresh(folder: &Path) -> Result<&Path> {
    _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file in no folder that cargo looks into would never run.
    #[test]
    fn every_file_of_tests_is_registered() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let mut missing = Vec::new();
        for under in ["", "benches/"] {
            for entry in fs::read_dir(folder.join(under)).unwrap() {
                let path = format!("{under}{}", entry.unwrap().file_name().display());
                if path.ends_with(".rs") && !manifest.contains(&format!("path = \"{path}\"")) {
                    missing.push(path);
                }
            }
        }
        assert!(missing.is_empty(), "tests/Cargo.toml does not name {missing:?}");
    }

    #[test]
    fn a_failure_is_shown_without_what_went_well() {
        let log = "   Compiling hark v0.1.0\n    Checking url v2\ntest a ... ok\ntest b ... FAILED\n\
                   error: linking with `cc` failed\n  = note: No space left on device\nall is ok";
        let shown: Vec<&str> = log.lines().filter(|line| !is_noise(line)).collect();
        assert_eq!(shown, log.lines().skip(3).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_of_tests_runs_with_what_it_stands_on() {
        let steps = |wanted: Wanted| -> Vec<&str> {
            let wanted = STEPS.iter().filter(|(name, when, _)| wanted.has(name, *when));
            wanted.map(|(name, ..)| *name).collect()
        };
        assert_eq!(steps(Wanted::Only("end_to_end")), ["packages", "whole"]);
        assert_eq!(steps(Wanted::Only("walls")), ["whole"]);
        assert_eq!(steps(Wanted::Only("advisories")), ["advisories"]);
        assert!(!steps(Wanted::Quick).contains(&"packages"));
        assert!(!steps(Wanted::All).contains(&"advisories"));
    }
}
