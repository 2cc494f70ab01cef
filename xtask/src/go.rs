//! Programs that come as Go modules, built in their pinned version into the target folder where Go is.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use crate::{Result, Shell};

/// A program, and the module and version that it is built from.
struct Module {
    program: &'static str,
    source: &'static str,
}

/// A push server of the tests. It takes some two minutes.
const CENTRIFUGO: Module =
    Module { program: "centrifugo", source: "github.com/centrifugal/centrifugo/v6@v6.9.1" };
/// Judges workflows of GitHub.
const ACTIONLINT: Module =
    Module { program: "actionlint", source: "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7" };

/// Builds the push servers that are missing. Answers the variables that name the programs that are there; prints why
/// another is not, whose tests then say that they are skipped.
pub(crate) fn ensure(shell: &Shell) -> Result<Vec<(&'static str, PathBuf)>> {
    match build(shell, &CENTRIFUGO) {
        Ok(program) => Ok(vec![("HARK_TEST_CENTRIFUGO", program)]),
        Err(_) if shell.stopped() => Err("Stopped.".to_owned()),
        Err(why) => {
            println!("{why}");
            Ok(Vec::new())
        }
    }
}

/// The judge of workflows.
///
/// # Errors
/// Why it cannot be had.
pub(crate) fn actionlint(shell: &Shell) -> Result<PathBuf> {
    build(shell, &ACTIONLINT)
}

fn build(shell: &Shell, Module { program, source }: &Module) -> Result<PathBuf> {
    let folder = shell.target.join("go");
    let (built, stamp) = (folder.join("bin").join(program), folder.join(format!(".{program}")));
    if built.exists() && fs::read_to_string(&stamp).ok().as_deref() == Some(source) {
        return Ok(built);
    }
    if shell.ask(shell.command("go").arg("version")).is_none() {
        return Err(format!("There is no Go to build {program} with."));
    }
    println!("Building {source} into {}.", folder.display());
    let mut install = shell.command("go");
    install.args(["install", "-trimpath", "-ldflags=-s -w", source]);
    install.env("GOBIN", folder.join("bin"));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}.", folder.display()))?;
    // It names every module that it fetches.
    let log = folder.join(format!("{program}.log"));
    let file = File::create(&log).map_err(|error| format!("{}: {error}.", log.display()))?;
    install.stderr(file);
    let done = shell.run(install);
    done.map_err(|why| format!("{program} could not be built: {why} See {}.", log.display()))?;
    fs::write(&stamp, source).map_err(|error| format!("{}: {error}.", stamp.display()))?;
    Ok(built)
}
