//! `cargo xtask test`: everything that must hold, the quick checks first.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    Result, Shell, archive, debian, node::Node, package, page, servers, tally::Tally, tool,
};

type Step = fn(&mut Run) -> Result<()>;

/// The steps in their order. Each stands on those before it.
const STEPS: [(&str, Step); 6] = [
    ("format", format),
    ("page", page_of_the_window),
    ("lints", lints),
    ("units", units),
    ("packages", packages),
    ("whole", whole),
];

pub(crate) fn test(shell: &Shell, only: Option<&str>) -> Result<()> {
    let logs = shell.target.join("xtask-log");
    fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}.", logs.display()))?;
    let named_step = STEPS.iter().any(|(name, _)| Some(*name) == only);
    let mut run = Run { shell, logs, tally: Tally::default(), file: only.filter(|_| !named_step) };
    let wanted = |name: &str| match only {
        None => true,
        Some(only) if named_step => name == only,
        Some("walls") => name == "whole",
        Some(_) => name == "packages" || name == "whole",
    };
    let mut needs = Vec::new();
    if ["lints", "units", "packages"].into_iter().any(wanted) {
        needs.push(debian::WINDOW);
    }
    if wanted("packages") {
        needs.push(debian::PACKAGES);
    }
    if wanted("whole") {
        needs.push(debian::TESTS);
    }
    debian::ensure(shell, &needs)?;
    let mut outcome = Ok(());
    for (name, step) in STEPS.iter().filter(|(name, _)| wanted(name)) {
        println!("== {name}");
        outcome = step(&mut run);
        if outcome.is_err() {
            break;
        }
    }
    if let Err(why) = &outcome {
        println!("{why}");
        // What the tests stand on counts as one, where it fails before any of them.
        run.tally.failed = run.tally.failed.max(1);
    }
    if run.tally.skipped > 0 {
        println!("{} skipped, each for the reason that is told above", run.tally.skipped);
    }
    // The last line, by which CI counts.
    println!("{}", run.tally);
    outcome.map_err(|_| String::new())
}

struct Run<'a> {
    shell: &'a Shell,
    logs: PathBuf,
    tally: Tally,
    /// The one file of `tests/` to run.
    file: Option<&'a str>,
}

impl Run<'_> {
    /// Runs one program of a step: a line with its time where it passes, all it said where not.
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
                print!("{}", fs::read_to_string(&log).unwrap_or_default());
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

    fn npm(&mut self, node: &Node, name: &str, args: &[&str]) -> Result<()> {
        let mut command = node.npm(self.shell);
        command.args(args);
        self.check(name, command)
    }
}

/// Lines that are worth seeing of a step that passes.
fn is_telling(line: &str) -> bool {
    let line = line.trim_start();
    ["test result:", "Running ", "Doc-tests ", "Tests ", "skipped: "]
        .iter()
        .any(|start| line.starts_with(start))
}

fn format(run: &mut Run) -> Result<()> {
    run.check("cargo fmt", run.shell.cargo(&["fmt", "--all", "--check"]))
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
    let unpacked = unpacked(run.shell);
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
fn unpacked(shell: &Shell) -> PathBuf {
    shell.target.join("unpacked")
}

fn whole(run: &mut Run) -> Result<()> {
    let mut args = vec!["test", "--no-fail-fast", "--package", "hark-tests"];
    if let Some(file) = run.file {
        args.extend(["--test", file]);
    }
    let driver = tool::ensure(run.shell, tool::TAURI_DRIVER)?;
    let (servers, node) = servers::ensure(run.shell)?;
    let archived = archive::ensure(run.shell)?;
    let mut command = run.shell.cargo(&args);
    run.shell
        .mark(&mut command)
        // Where a check fails matters, not through which frames of the runtime.
        .env("RUST_BACKTRACE", "0")
        .env("HARK_BIN_DIR", unpacked(run.shell).join("usr/bin"))
        .env("HARK_PACKAGES", package::folder(run.shell))
        .env("HARK_TAURI_DRIVER", driver)
        .env("HARK_TEST_SERVERS", servers)
        .env("HARK_TEST_NODE", node)
        .envs(archived)
        .env("HARK_TEST_WORLDS", fresh(&run.shell.scratch)?)
        .env("HARK_TEST_OUTPUT", fresh(&run.shell.target.join("e2e"))?);
    run.check("whole", command)
}

fn fresh(folder: &Path) -> Result<&Path> {
    _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    Ok(folder)
}
