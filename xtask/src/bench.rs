//! `cargo xtask bench`: builds what is measured as it is handed out, and runs `tests/benches/`.

use std::process::Command;

use crate::{Result, Shell, archive, debian, page, tool};

pub(crate) fn bench(shell: &Shell) -> Result<()> {
    debian::ensure(shell, &[debian::BENCH, debian::WINDOW, debian::TESTS, debian::PIP])?;
    page::build(shell)?;
    let packages = ["--package", "hark", "--package", "hark-window"];
    shell.run(shell.cargo(&[&["build", "--release"], &packages[..]].concat()))?;
    let archived = archive::ensure(shell)?;
    let driver = tool::build(shell, tool::TAURI_DRIVER)?;
    let mut command = shell.cargo(&["bench", "--quiet", "--package", "hark-tests"]);
    command.envs(archived).env("HARK_BIN_DIR", shell.target.join("release"));
    command.env("HARK_TAURI_DRIVER", driver);
    plainly(&mut command);
    shell.run(command)?;
    // The judge itself prints how many runs it makes in a second.
    let judge = ["test", "--quiet", "--profile", "bench", "--package", "hark-tests"];
    let judge = [&judge[..], &["--test", "judge", "--", "--nocapture"]].concat();
    let mut command = shell.cargo(&judge);
    plainly(&mut command);
    shell.run(command)
}

/// The measuring programs need no whole-program optimisation, which would take minutes more.
fn plainly(command: &mut Command) {
    command.env("CARGO_PROFILE_BENCH_LTO", "off").env("CARGO_PROFILE_BENCH_CODEGEN_UNITS", "16");
}
