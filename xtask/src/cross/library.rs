//! Rust's standard library for another system, built here where rustup has none: from Debian's package of its sources,
//! which must be those of this very compiler. It stands in a folder of its own in the target folder, which rustc is
//! told to look in; the compiler's own folder is not touched.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::write;
use crate::{Result, Shell, archive};

/// Debian's suites that may have the sources of a compiler that is newer than the stable one.
const SUITES: [&str; 5] = ["sid", "forky", "trixie-backports", "trixie", "bookworm"];
const PACKAGE: &str = "rust-src";
/// What is built: all that a program, its tests and its macros want.
const CRATES: &str = "-Zbuild-std=std,panic_abort,test,proc_macro";

/// Compiles one crate. That a panic ends the process must be known to the crate that ends it.
const COMPILER: &str = r#"#!/bin/sh
# rustc, for building its standard library.
case " $* " in *" --crate-name panic_abort "*) set -- "$@" -Cpanic=abort ;; esac
exec "$@"
"#;
const MANIFEST: &str = "[package]\nname = \"nothing\"\nedition = \"2024\"\n[workspace]\n";

/// The folder for `--sysroot` in which the target's standard library is, built where it is not there yet.
///
/// # Errors
/// Where the sources cannot be had or not be built.
pub(super) fn ensure(shell: &Shell, target: &str) -> Result<PathBuf> {
    let folder = shell.target.join("std");
    let version = version(shell)?;
    let sysroot = folder.join(format!("{version}-{target}"));
    if sysroot.exists() {
        return Ok(sysroot);
    }
    let sources = sources(shell, &folder, &version)?;
    println!("Building Rust's standard library for {target}.");
    let built = build(shell, &folder.join("build"), &sources, target)?;
    let fresh = folder.join("fresh");
    _ = fs::remove_dir_all(&fresh);
    put_together(shell, &built, &fresh, target)?;
    fs::rename(&fresh, &sysroot).map_err(|e| format!("{}: {e}.", sysroot.display()))?;
    Ok(sysroot)
}

/// Of the compiler, as 1.95.0.
fn version(shell: &Shell) -> Result<String> {
    let said = shell.ask(shell.command("rustc").arg("--version")).unwrap_or_default();
    let version = said.split(' ').nth(1).ok_or("rustc does not say its version.")?;
    Ok(version.to_owned())
}

/// The folder of the library's sources.
fn sources(shell: &Shell, folder: &Path, version: &str) -> Result<PathBuf> {
    let library = Path::new("usr/src").join(format!("rustc-{version}")).join("library");
    let place = folder.join(PACKAGE).join(&library);
    if !place.exists() {
        archive::package(shell, PACKAGE, version, &SUITES, folder)
            .map_err(|why| format!("The sources of Rust {version} were not had: {why}"))?;
    }
    Ok(place)
}

/// Builds it as a dependency of nothing. Answers the folder of what was built.
fn build(shell: &Shell, folder: &Path, sources: &Path, target: &str) -> Result<PathBuf> {
    write(&folder.join("Cargo.toml"), MANIFEST, 0o644)?;
    write(&folder.join("src/lib.rs"), "", 0o644)?;
    write(&folder.join("rustc"), COMPILER, 0o755)?;
    let out = folder.join("target");
    let mut cargo = shell.command("cargo");
    cargo.current_dir(folder);
    cargo.args(["build", "--quiet", "--release", CRATES, "--target", target, "--target-dir"]);
    cargo.arg(&out).env("RUSTC_WRAPPER", folder.join("rustc"));
    cargo.env("RUSTFLAGS", "-Cembed-bitcode=yes -Zforce-unstable-if-unmarked");
    // The library is built by what the compiler itself was built with: the options of its own developers.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", sources);
    shell.run(cargo)?;
    Ok(out.join(target).join("release/deps"))
}

/// Lays out what rustc looks for: the target's libraries, and those of this machine by a link, for macros.
fn put_together(shell: &Shell, built: &Path, sysroot: &Path, target: &str) -> Result<()> {
    let own = shell.ask(shell.command("rustc").args(["--print", "target-libdir"]));
    let own = own.ok_or("rustc does not say where its libraries are.")?;
    // …/rustlib/HOST/lib
    let own = Path::new(own.trim()).parent().ok_or("rustc's libraries have no folder.")?;
    let rustlib = sysroot.join("lib/rustlib");
    let libraries = rustlib.join(target).join("lib");
    let lay_out = || -> std::io::Result<()> {
        fs::create_dir_all(&libraries)?;
        for file in fs::read_dir(built)?.flatten() {
            let name = file.file_name();
            let text = name.to_string_lossy();
            let is_library = text.ends_with(".rlib") || text.ends_with(".rmeta");
            if is_library && !text.starts_with("libnothing-") {
                fs::copy(file.path(), libraries.join(&name))?;
            }
        }
        std::os::unix::fs::symlink(own, rustlib.join(own.file_name().unwrap_or_default()))
    };
    lay_out().map_err(|e| format!("{}: {e}.", sysroot.display()))
}
