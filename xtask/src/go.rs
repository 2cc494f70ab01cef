//! Push servers that come as Go modules, built in their pinned version into the target folder where Go is.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use crate::{Result, Shell};

const CENTRIFUGO: &str = "github.com/centrifugal/centrifugo/v6@v6.9.1";

/// Builds what is missing, which takes some two minutes. Answers the variables that name the programs that
/// are there; prints why another is not, whose tests then say that they are skipped.
pub(crate) fn ensure(shell: &Shell) -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = shell.target.join("go");
    let (program, stamp) = (folder.join("bin/centrifugo"), folder.join(".installed"));
    if !program.exists() || fs::read_to_string(&stamp).ok().as_deref() != Some(CENTRIFUGO) {
        if shell.ask(shell.command("go").arg("version")).is_none() {
            println!("There is no Go to build Centrifugo with.");
            return Ok(Vec::new());
        }
        println!("Building {CENTRIFUGO} into {}.", folder.display());
        let mut install = shell.command("go");
        install.args(["install", "-trimpath", "-ldflags=-s -w", CENTRIFUGO]);
        install.env("GOBIN", folder.join("bin"));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}.", folder.display()))?;
        // It names every module that it fetches.
        let log = folder.join("log");
        let file = File::create(&log).map_err(|error| format!("{}: {error}.", log.display()))?;
        install.stderr(file);
        if let Err(why) = shell.run(install) {
            if shell.stopped() {
                return Err(why);
            }
            println!("Centrifugo could not be built: {why} See {}.", log.display());
            return Ok(Vec::new());
        }
        fs::write(&stamp, CENTRIFUGO).map_err(|error| format!("{}: {error}.", stamp.display()))?;
    }
    Ok(vec![("HARK_TEST_CENTRIFUGO", program)])
}
