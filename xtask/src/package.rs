//! `cargo xtask package`: the two packages for Debian, out of `[package.metadata.deb]` of the crates.

use std::{fs, path::PathBuf, process::Stdio};

use crate::{Result, Shell, debian, page, tool};

/// Answers the paths of the packages.
pub(crate) fn package(shell: &Shell, release: bool) -> Result<Vec<PathBuf>> {
    debian::ensure(shell, &[debian::WINDOW, debian::PACKAGES])?;
    page::build(shell)?;
    let profile = if release { "release" } else { "dev" };
    for crate_name in ["hark", "hark-window"] {
        let args = ["build", "--profile", profile, "--package", crate_name];
        shell.run(shell.cargo(&args))?;
    }
    assemble(shell, profile)
}

/// Makes the packages of what has been built.
pub(crate) fn assemble(shell: &Shell, profile: &str) -> Result<Vec<PathBuf>> {
    let cargo_deb = tool::build(shell, tool::CARGO_DEB)?;
    let folder = folder(shell);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    for crate_name in ["hark", "hark-window"] {
        let mut command = shell.command(&cargo_deb);
        command.env("CARGO_TARGET_DIR", &shell.target);
        command.args(["--no-build", "--strip", "--quiet", "--profile", profile]);
        // No revision of Debian's own: the version is the crate's.
        command.args(["--deb-revision", "", "--package", crate_name, "--output"]).arg(&folder);
        command.stdout(Stdio::null());
        shell.run(command)?;
    }
    let found = fs::read_dir(&folder).map_err(|e| e.to_string())?;
    Ok(found.flatten().map(|entry| entry.path()).collect())
}

/// Where they are put; nothing else is.
pub(crate) fn folder(shell: &Shell) -> PathBuf {
    shell.target.join("packages")
}
