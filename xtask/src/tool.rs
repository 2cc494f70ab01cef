//! Rust programs that the tests and the packages need, built into the target folder.

use std::{fs, path::PathBuf};

use crate::{Result, Shell};

/// Makes the packages.
pub(crate) const CARGO_DEB: (&str, &str) = ("cargo-deb", "3.8.0");
/// Drives the window in the tests.
pub(crate) const TAURI_DRIVER: (&str, &str) = ("tauri-driver", "2.1.0");

/// The path of a tool, which is installed first where it is missing.
pub(crate) fn ensure(shell: &Shell, (name, version): (&str, &str)) -> Result<PathBuf> {
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
