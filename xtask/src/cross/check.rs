//! Type checks and lints for another system, of the tests as well. What is written in C on the way there is compiled by
//! Zig, whose compiler knows all systems and comes from Python's registry.

use std::{path::PathBuf, process::Command};

use super::{target, write};
use crate::{Result, Shell, pip};

const ZIG: &str = "ziglang==0.15.2";
/// What is checked: all that is Hark's and not of this machine's tools.
const LEFT_OUT: [&str; 3] = ["hark-tests", "xtask", "hark-window"];

/// Stands for the compiler: takes out what is Apple's or Rust's own way to name a target, and compiles Objective-C as
/// nothing, since its headers are Apple's.
const COMPILER: &str = r#"#!/bin/sh
# Compiles for @TARGET@.
skip= n=$#
while [ "$n" -gt 0 ]; do
    arg=$1; shift; n=$((n - 1))
    if [ -n "$skip" ]; then skip=; continue; fi
    case "$arg" in
        -arch | -isysroot) skip=1 ;;
        --target=* | -mmacosx-version-min=* | -m64) ;;
        *.m | *.mm) set -- "$@" '@EMPTY@' ;;
        *) set -- "$@" "$arg" ;;
    esac
done
exec python3 -m ziglang cc -target @TARGET@ "$@"
"#;

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    Passed,
    /// It could not be made, for this reason.
    NotMade(String),
}

/// The command that checks all crates but those that are for this machine alone, and the window, whose web view is the
/// toolkit's.
///
/// # Errors
/// Why it cannot be checked here.
pub(crate) fn command(shell: &Shell, target: &str) -> Result<Command> {
    let library = target::ensure(shell, target)?;
    let compiler = Compiler::ensure(shell, target)?;
    let all = ["clippy", "--quiet", "--workspace", "--all-targets", "--target", target];
    let mut command = shell.cargo(&all);
    command.args(LEFT_OUT.iter().flat_map(|name| ["--exclude", name]));
    command.args(["--", "--deny", "warnings"]);
    compiler.set(&mut command);
    library.set(&mut command);
    Ok(command)
}

/// Checks.
///
/// # Errors
/// Where the check fails.
pub(super) fn check(shell: &Shell, target: &str) -> Result<Checked> {
    match command(shell, target) {
        Ok(command) => shell.run(command).map(|()| Checked::Passed),
        Err(_) if shell.stopped() => Err("Stopped.".to_owned()),
        Err(why) => Ok(Checked::NotMade(why)),
    }
}

struct Compiler {
    target: String,
    folder: PathBuf,
    packages: PathBuf,
}

impl Compiler {
    fn ensure(shell: &Shell, target: &str) -> Result<Self> {
        let packages = shell.target.join("tools").join(ZIG.replace("==", "-"));
        if !packages.join("ziglang").exists() {
            println!("Fetching a C compiler for other systems into {}.", packages.display());
            pip::install(shell, &packages, ZIG)?;
        }
        let folder = packages.join(target);
        let of_zig = match target {
            target::MACOS => "aarch64-macos",
            _ => "x86_64-windows-gnu",
        };
        let empty = folder.join("empty.c");
        let text =
            COMPILER.replace("@TARGET@", of_zig).replace("@EMPTY@", &empty.display().to_string());
        write(&empty, "", 0o644)?;
        write(&folder.join("cc"), &text, 0o755)?;
        write(&folder.join("ar"), "#!/bin/sh\nexec python3 -m ziglang ar \"$@\"\n", 0o755)?;
        Ok(Self { target: target.replace('-', "_"), folder, packages })
    }

    fn set(&self, command: &mut Command) {
        for (name, program) in [("CC", "cc"), ("CXX", "cc"), ("AR", "ar")] {
            command.env(format!("{name}_{}", self.target), self.folder.join(program));
        }
        command.env("PYTHONPATH", &self.packages);
        command.env("ZIG_GLOBAL_CACHE_DIR", self.packages.join("cache"));
        command.env("ZIG_LOCAL_CACHE_DIR", self.packages.join("cache"));
        // Any folder: what stands in Apple's is not looked at by a check.
        command.env("SDKROOT", &self.folder);
    }
}
