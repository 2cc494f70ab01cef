//! `cargo xtask simulate` and `cargo xtask soak`: the engine and the judge in simulated time, and the
//! agent killed at random, at length.

use std::fs;

use crate::{Result, Shell, debian};

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
    let mut command = shell.cargo(&["test", "--package", "hark-engine", "whatever_happens"]);
    command.env("HARK_SOAK_RUNS", runs.unwrap_or(RUNS));
    shell.run(command)?;
    let mut command = shell.cargo(&["test", "--package", "hark-tests", "--test", "judge"]);
    command.env("HARK_JUDGE_RUNS", JUDGED);
    shell.run(command)?;
    debian::ensure(shell, &[debian::TESTS])?;
    shell.run(shell.cargo(&["build", "--package", "hark"]))?;
    let mut command = shell.cargo(&["test", "--package", "hark-tests", "--test", "crash"]);
    command.env("HARK_SOAK_KILLS", KILLS);
    shell.run(command)
}
