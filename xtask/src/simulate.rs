//! `cargo xtask simulate` and `cargo xtask soak`: the engine and the judge in simulated time, the agent
//! on a real Home Assistant, and killed at random, at length, and every page of the window in every way.

use std::fs;

use crate::{Result, Shell, archive, debian, page, servers, tool};

/// Random runs of the link in `soak`.
const RUNS: &str = "1000000";
/// Runs of the judge.
const JUDGED: &str = "100000";
/// Kills of the agent under load.
const KILLS: &str = "2000";

pub(crate) fn simulate(shell: &Shell) -> Result<()> {
    let folder = shell.target.join("simulate");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    let mut command = shell.cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "hark-tests",
        "--bin",
        "simulate",
    ]);
    command
        .args(["--", "herd"])
        .arg(folder)
        // Whole-program optimisation would take minutes more.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    shell.run(command)
}

pub(crate) fn soak(shell: &Shell, runs: Option<&str>) -> Result<()> {
    let mut command = shell.cargo(&["test", "--package", "hark-engine", "whatever"]);
    command.env("HARK_SOAK_RUNS", runs.unwrap_or(RUNS));
    shell.run(command)?;
    let mut command = shell.cargo(&["test", "--package", "hark-tests", "--test", "judge"]);
    command.env("HARK_JUDGE_RUNS", JUDGED);
    shell.run(command)?;
    debian::ensure(shell, &[debian::TESTS])?;
    shell.run(shell.cargo(&["build", "--package", "hark"]))?;
    let left_out = home_assistant(shell)?;
    for (test, variable) in [("crash", "HARK_SOAK_KILLS"), ("outbox", "HARK_SOAK_OUTBOX_KILLS")] {
        let mut command = shell.cargo(&["test", "--package", "hark-tests", "--test", test]);
        command.env(variable, KILLS);
        shell.run(command)?;
    }
    window(shell)?;
    if let Some(why) = left_out {
        // At the end, where it is read.
        println!("skipped: {why}\n1 skipped, for the reason that is told above");
    }
    Ok(())
}

/// Every page of the window, in each language, look and width.
fn window(shell: &Shell) -> Result<()> {
    debian::ensure(shell, &[debian::WINDOW])?;
    page::build(shell)?;
    shell.run(shell.cargo(&["build", "--package", "hark-window"]))?;
    let driver = tool::build(shell, tool::TAURI_DRIVER)?;
    let mut command = shell.cargo(&["test", "--package", "hark-tests", "--test", "window_pages"]);
    command.env("HARK_SOAK_WINDOW", "1").env("HARK_TAURI_DRIVER", driver);
    command.envs(archive::ensure(shell)?);
    shell.run(command)
}

/// The agent on a real Home Assistant. Answers why, where there is none.
fn home_assistant(shell: &Shell) -> Result<Option<String>> {
    let program = match servers::home_assistant(shell) {
        Ok(program) => program,
        Err(_) if shell.stopped() => return Err("Stopped.".to_owned()),
        Err(why) => return Ok(Some(format!("Home Assistant: {why}"))),
    };
    let mut command =
        shell.cargo(&["test", "--package", "hark-tests", "--test", "real_home_assistant"]);
    command.env("HARK_TEST_HOME_ASSISTANT", program);
    shell.run(command)?;
    Ok(None)
}
